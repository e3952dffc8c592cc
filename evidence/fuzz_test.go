// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"bytes"
	"testing"

	"github.com/foureyes-iga/foureyes/evidence"
)

// What is read as a record is written as the same bytes.
func FuzzParseRecord(f *testing.F) {
	leaf, err := record(7, evidence.DigestOf([]byte("x"))).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(leaf)
	f.Add([]byte("foureyes/record/1\nkind a\ntime 2026-10-01T09:00:00Z\nclass sox\n\n"))
	f.Fuzz(func(t *testing.T, leaf []byte) {
		r, err := evidence.ParseRecord(leaf)
		if err != nil {
			return
		}
		if again, err := r.Encode(); err != nil || !bytes.Equal(again, leaf) {
			t.Errorf("%q is written as %q, %v", leaf, again, err)
		}
	})
}

// Of proofs only those hold that were made: nobody has the key but the seeds.
func FuzzProofs(f *testing.F) {
	l := create(f, &evidence.Memory{})
	add(f, l, record(0), record(1))
	in, err := l.ProveRecord(f.Context(), 1)
	if err != nil {
		f.Fatal(err)
	}
	con, err := l.ProveConsistency(head(f, l).Note)
	if err != nil {
		f.Fatal(err)
	}
	made := [][]byte{in.Encode(), con.Encode(), head(f, l).Note}
	for _, m := range made {
		f.Add(m)
	}
	keys := l.Keys()
	f.Fuzz(func(t *testing.T, file []byte) {
		_, _, noInclusion := evidence.OpenInclusion(file, keys)
		_, _, noConsistency := evidence.OpenConsistency(file, keys)
		_, noCheckpoint := evidence.OpenCheckpoint(file, keys)
		for _, m := range made {
			if bytes.Equal(m, file) {
				return
			}
		}
		if noInclusion == nil || noConsistency == nil || noCheckpoint == nil {
			t.Errorf("it holds, and nobody made it:\n%s", file)
		}
	})
}
