// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/foureyes-iga/foureyes/evidence"
)

func benchAppend(b *testing.B, parallel int, object bool) {
	dir := newFolder(b, 0)
	s, l := openLedger(b, dir)
	var n atomic.Int64
	b.SetParallelism(parallel)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := record(0)
			r.Body = fmt.Appendf(nil, "%d", n.Add(1))
			if object {
				d, err := l.PutObject(b.Context(), strings.NewReader(string(r.Body)))
				must(b, err)
				r.Objects = []evidence.Digest{d}
			}
			_, err := l.Append(b.Context(), r)
			must(b, err)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
	l.Close()
	must(b, s.Close())
}

func BenchmarkAppend(b *testing.B) {
	for _, parallel := range []int{1, 500} {
		for _, object := range []bool{false, true} {
			b.Run(fmt.Sprintf("writers=%d/object=%v", parallel, object), func(b *testing.B) { benchAppend(b, parallel, object) })
		}
	}
}
