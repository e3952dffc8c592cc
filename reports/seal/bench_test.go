// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"testing"

	"github.com/foureyes-iga/foureyes/reports/seal"
)

// BenchmarkOpen opens a sealed file, and one with a changed byte in what is drawn.
func BenchmarkOpen(b *testing.B) {
	p := newSigner(b, "p256")
	file := sealed(b, p, seal.Options{})
	roots := pool(p.root())
	for name, at := range map[string]int{"whole": -1, "changed": 5000} {
		b.Run(name, func(b *testing.B) {
			mine := append([]byte(nil), file...)
			if at >= 0 {
				mine[at] ^= 1
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				if _, err := seal.Open(mine, roots, check()); (err == nil) != (at < 0) {
					b.Fatal(err)
				}
			}
		})
	}
}
