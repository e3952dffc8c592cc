// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/foureyes-iga/foureyes/evidence"
)

var update = flag.Bool("update", false, "write what testdata/v1 lacks; what is there stays as it was made")

const artefacts = "testdata/v1"

// What version 1 of the formats wrote is still read and still holds: an export with five
// changes of keys and an erased object, a checkpoint, and proofs of both kinds.
func TestArtefactsOfVersion1(t *testing.T) {
	if *update {
		makeArtefacts(t)
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(artefacts, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	s := &evidence.Memory{}
	if err := evidence.Restore(t.Context(), os.DirFS(filepath.Join(artefacts, "export")), s); err != nil {
		t.Fatal(err)
	}
	v := fsck(t, s, read("early.checkpoint"), read("late.checkpoint"))
	if !v.Sound() || v.Anchor != evidence.Consistent || len(v.Keys) != 7 || v.Erased != 1 {
		t.Errorf("%+v", v)
	}
	keys, err := evidence.ParseKeys(string(read("trust")))
	if err != nil {
		t.Fatal(err)
	}
	if e, _, err := evidence.OpenInclusion(read("record.tlog-proof"), keys); err != nil || e.Kind != "decision" {
		t.Errorf("%+v, %v", e, err)
	}
	if _, _, err := evidence.OpenConsistency(read("consistency.proof"), keys); err != nil {
		t.Error(err)
	}
	key := newKey(t, 104)
	l, err := evidence.Open(t.Context(), s, &key, steady(9))
	if err != nil {
		t.Fatal(err)
	}
	r := record(0)
	r.Series, r.Time = "campaign/q9", day(10*365) // ten years on, it is continued
	add(t, l, r)
	wantSound(t, s, evidence.Consistent, read("late.checkpoint"))
}

func makeArtefacts(t *testing.T) {
	s := &evidence.Memory{}
	l, early := eventful(t, s)
	for n := range uint64(5) {
		if err := l.Rotate(t.Context(), newKey(t, 100+n), false, said("Ana Ruiz", 6*365)); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name string, b []byte) {
		name = filepath.Join(artefacts, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(name); err == nil {
			return
		}
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	err := l.Export(t.Context(), func(name string, r io.Reader) error {
		b, err := io.ReadAll(r)
		write(filepath.Join("export", name), b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	in, err := l.ProveRecord(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	con, err := l.ProveConsistency(early)
	if err != nil {
		t.Fatal(err)
	}
	write("early.checkpoint", early)
	write("late.checkpoint", head(t, l).Note)
	write("record.tlog-proof", in.Encode())
	write("consistency.proof", con.Encode())
	trust := ""
	for _, k := range l.Keys() {
		trust += k + "\n"
	}
	write("trust", []byte(trust))
}
