// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"crypto/sha256"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/foureyes-iga/foureyes/evidence"
)

// naiveRoot is RFC 6962, section 2.1, word for word.
func naiveRoot(leaves [][]byte) tlog.Hash {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	default:
		k := 1
		for 2*k < n {
			k *= 2
		}
		left, right := naiveRoot(leaves[:k]), naiveRoot(leaves[k:])
		return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
	}
}

// The writer, fsck and the words of the RFC agree on every size.
func TestRootsAgree(t *testing.T) {
	s := &evidence.Memory{}
	l := create(t, s)
	var leaves [][]byte
	for n := range 130 {
		if n > 0 {
			add(t, l, record(n))
		}
		leaves = leaves[:0]
		for leaf := range s.Leaves(t.Context(), 0, 1000) {
			leaves = append(leaves, leaf)
		}
		want := naiveRoot(leaves)
		if got := head(t, l).Root; got != want {
			t.Fatalf("%d records: head %s, want %s", n+1, got, want)
		}
		if got := fsck(t, s).Root; got != want.String() {
			t.Fatalf("%d records: fsck %s, want %s", n+1, got, want)
		}
	}
}
