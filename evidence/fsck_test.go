// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/foureyes-iga/foureyes/evidence"
)

// A doctored store is one that somebody has changed behind the ledger's back.
type doctored struct {
	evidence.Memory
	head    []byte
	leaves  [][]byte
	objects map[evidence.Digest][]byte // instead of what is kept
}

func doctor(t testing.TB, s *evidence.Memory) *doctored {
	t.Helper()
	d := &doctored{objects: map[evidence.Digest][]byte{}}
	d.head, _ = s.Head(t.Context())
	for leaf := range s.Leaves(t.Context(), 0, 1<<40) {
		d.leaves = append(d.leaves, leaf)
	}
	for o := range s.ObjectNames(t.Context()) {
		r, err := s.Object(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		d.objects[o], _ = io.ReadAll(r)
	}
	return d
}

func (d *doctored) Head(context.Context) ([]byte, error) { return d.head, nil }

func (d *doctored) Leaves(_ context.Context, lo, hi int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for i := lo; i < min(hi, int64(len(d.leaves))); i++ {
			if !yield(d.leaves[i], nil) {
				return
			}
		}
	}
}

func (d *doctored) Object(_ context.Context, o evidence.Digest) (io.ReadCloser, error) {
	content, ok := d.objects[o]
	if !ok {
		return nil, evidence.ErrNoObject
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

func (d *doctored) ObjectNames(context.Context) iter.Seq2[evidence.Digest, error] {
	return func(yield func(evidence.Digest, error) bool) {
		for _, o := range slices.SortedFunc(maps.Keys(d.objects), func(a, b evidence.Digest) int { return bytes.Compare(a[:], b[:]) }) {
			if !yield(o, nil) {
				return
			}
		}
	}
}

// eventful makes a ledger with a record of every kind, and returns a checkpoint that
// was kept outside on the way.
func eventful(t testing.TB, s *evidence.Memory) (l *evidence.Ledger, outside []byte) {
	t.Helper()
	l = create(t, s)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	policy, err := l.PutObject(ctx, strings.NewReader("a policy"))
	must(err)
	notes, err := l.PutSalted(ctx, []byte("notes"))
	must(err)
	add(t, l, record(0, policy), record(1))
	short := record(2, notes)
	short.Class, short.Series = "standard", ""
	add(t, l, short)
	must(l.PlaceHold(ctx, "case-1", "campaign/q3", said("Bo Lee", 2)))
	must(l.LiftHold(ctx, "case-1", said("Bo Lee", 3)))
	must(l.Rotate(ctx, newKey(t, 10), false, said("Bo Lee", 4)))
	outside = head(t, l).Note
	add(t, l, record(0)) // the clock goes back
	must(l.CloseSeries(ctx, "campaign/q3", said("Bo Lee", 5)))
	_, err = l.HoldDrill(ctx, 3, time.Time{}, said("Bo Lee", 6))
	must(err)
	must(l.Erase(ctx, notes, said("Bo Lee", 5*365)))
	return l, outside
}

func TestFsckOfASoundLedger(t *testing.T) {
	s := &evidence.Memory{}
	l, outside := eventful(t, s)
	v := fsck(t, s, outside, head(t, l).Note)
	if !v.Sound() || v.Anchor != evidence.Consistent || v.Erased != 1 || v.Objects != 7 || v.Unnamed != 0 || len(v.Notes) != 0 {
		t.Errorf("%+v", v)
	}
}

// Every bit of every record, and every record swapped with the next, doubled, left out,
// and put in anew.
func TestFsckFindsEveryChange(t *testing.T) {
	s := &evidence.Memory{}
	_, outside := eventful(t, s)
	wantSound(t, doctor(t, s), evidence.Consistent, outside)
	wrong := func(what string, d *doctored) {
		t.Helper()
		if fsck(t, d).Sound() {
			t.Errorf("%s: not found", what)
		}
	}
	d := doctor(t, s)
	for i, leaf := range d.leaves {
		for b := range leaf {
			for bit := range 8 {
				leaf[b] ^= 1 << bit
				wrong(fmt.Sprintf("record %d byte %d bit %d", i, b, bit), d)
				leaf[b] ^= 1 << bit
			}
		}
	}
	whole := d.leaves
	for i := range whole {
		d.leaves = slices.Delete(slices.Clone(whole), i, i+1)
		wrong(fmt.Sprint("left out ", i), d)
		d.leaves = slices.Insert(slices.Clone(whole), i, whole[i])
		wrong(fmt.Sprint("doubled ", i), d)
		d.leaves = whole[:i]
		wrong(fmt.Sprint("cut at ", i), d)
		if i > 0 && !bytes.Equal(whole[i], whole[i-1]) {
			d.leaves = slices.Clone(whole)
			d.leaves[i], d.leaves[i-1] = whole[i-1], whole[i]
			wrong(fmt.Sprint("swapped ", i), d)
		}
	}
	d.leaves = whole
	for i := range d.head {
		for bit := range 8 {
			d.head[i] ^= 1 << bit
			wrong(fmt.Sprintf("head byte %d bit %d", i, bit), d)
			d.head[i] ^= 1 << bit
		}
	}
	for o, content := range d.objects {
		for i := range content {
			content[i] ^= 1
			wrong(fmt.Sprintf("object %s byte %d", o, i), d)
			content[i] ^= 1
		}
		delete(d.objects, o)
		wrong(fmt.Sprintf("object %s removed", o), d)
		d.objects[o] = content
	}
	wantSound(t, d, evidence.Consistent, outside)
}

// Against a checkpoint that was kept elsewhere, whoever holds even the key cannot
// rewrite, roll back or fork. Without one the verdict says that nobody can know.
func TestFsckAgainstAnOutsideCheckpoint(t *testing.T) {
	s := &evidence.Memory{}
	l := create(t, s)
	for n := range 10 {
		add(t, l, record(n))
	}
	backup := doctor(t, s)
	for n := range 10 {
		add(t, l, record(10+n))
	}
	outside := head(t, l).Note
	add(t, l, record(30))

	t.Run("continued", func(t *testing.T) { wantSound(t, s, evidence.Consistent, outside) })
	t.Run("rolled back to a backup", func(t *testing.T) {
		wantSound(t, backup, evidence.Unanchored)
		v := fsck(t, backup, outside)
		if v.Sound() || v.Anchor != evidence.RolledBack || len(v.Proofs) != 1 || v.Proofs[0][0] != string(outside) {
			t.Errorf("%v %v", v.Anchor, v.Problems)
		}
	})
	t.Run("forked with the key", func(t *testing.T) {
		fork := &evidence.Memory{}
		f := create(t, fork)
		for n := range 40 {
			add(t, f, record(n+5))
		}
		wantSound(t, fork, evidence.Unanchored)
		v := fsck(t, fork, outside)
		if v.Sound() || v.Anchor != evidence.Forked || len(v.Proofs) != 1 {
			t.Errorf("%v %v", v.Anchor, v.Problems)
		}
	})
	t.Run("made anew with another key", func(t *testing.T) {
		fork := &evidence.Memory{}
		f, err := evidence.Create(t.Context(), fork, evidence.Founding{Origin: origin, At: day(0)}, newKey(t, 77), steady(1))
		if err != nil {
			t.Fatal(err)
		}
		for n := range 40 {
			add(t, f, record(n))
		}
		if v := fsck(t, fork, outside); v.Sound() || v.Anchor != evidence.Forked {
			t.Errorf("%v %v", v.Anchor, v.Problems)
		}
	})
	t.Run("cut off", func(t *testing.T) {
		for n := range 21 {
			d := doctor(t, s)
			d.leaves = d.leaves[:n]
			if v := fsck(t, d, outside); v.Sound() || n > 0 && v.Anchor != evidence.RolledBack {
				t.Errorf("cut at %d: %v %v", n, v.Anchor, v.Problems)
			}
			if v := fsck(t, d); v.Sound() || n > 0 && v.Anchor != evidence.Truncated {
				t.Errorf("cut at %d, without a checkpoint: %v %v", n, v.Anchor, v.Problems)
			}
		}
	})
}

// What a writer of ours never writes is found though it is signed: whoever has the
// key cannot erase early, under a hold, or let the clock go back unseen.
func TestFsckKnowsTheRules(t *testing.T) {
	raw := func(kind, series, body string, at time.Time, objects ...evidence.Digest) []byte {
		leaf, err := evidence.Record{Kind: kind, Time: at, Class: "sox", Series: series, Body: []byte(body), Objects: objects}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return leaf
	}
	policy := evidence.DigestOf([]byte("a policy"))
	erased := fmt.Sprintf("{\"object\":%q}\n", policy)
	for _, tt := range []struct {
		name   string
		leaves [][]byte
		want   string
	}{
		{"erased early", [][]byte{raw("decision", "", "", day(1), policy), raw("erased", "", erased, day(2))}, "before its years were over"},
		{"erased in an open series", [][]byte{raw("decision", "s", "", day(1), policy), raw("erased", "", erased, day(9000))}, "before its years were over"},
		{"erased under a hold", [][]byte{raw("decision", "", "", day(1), policy), raw("hold-placed", "", "{\"hold\":\"h\"}\n", day(2)), raw("erased", "", erased, day(9000))}, "under hold h"},
		{"clock", [][]byte{raw("decision", "", "", day(9)), raw("decision", "", "", day(8))}, "clock went back"},
		{"announced for nothing", [][]byte{raw("clock-anomaly", "", "", day(1)), raw("decision", "", "", day(8))}, "clock went back"},
		{"a second beginning", [][]byte{raw("ledger", "", "", day(9))}, "its first"},
		{"lifted and not placed", [][]byte{raw("hold-lifted", "", "{\"hold\":\"h\"}\n", day(2))}, "not in force"},
		{"closed twice", [][]byte{raw("series-closed", "s", "{}\n", day(2)), raw("series-closed", "s", "{}\n", day(2))}, "ends once"},
		{"no class", [][]byte{bytes.Replace(raw("decision", "", "", day(2)), []byte("class sox"), []byte("class six"), 1)}, "no class"},
		{"a checkpoint of another past", [][]byte{raw("checkpoint", "", "x", day(2))}, "checkpoint in it"},
		{"a key and no checkpoint of both", [][]byte{raw("key", "", fmt.Sprintf("{\"key\":%q,\"replaces\":%q,\"compromised\":false}\n", newKey(t, 9).Public, evidence.KeyID(newKey(t, 1).Public)), day(2)), raw("decision", "", "", day(8))}, "both keys"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &evidence.Memory{}
			l := create(t, s)
			_ = l
			old, _ := s.Head(t.Context())
			if err := s.Append(t.Context(), old, signAll(t, s, tt.leaves), 1, tt.leaves); err != nil {
				t.Fatal(err)
			}
			if tt.name[:3] != "era" {
				_, _ = s.PutObject(t.Context(), strings.NewReader("a policy"))
			}
			v := fsck(t, s)
			if !strings.Contains(fmt.Sprint(v.Problems), tt.want) {
				t.Errorf("problems %v, want %q", v.Problems, tt.want)
			}
		})
	}
}

// signAll signs whatever it is given, as somebody with the key can.
func signAll(t *testing.T, s evidence.Store, more [][]byte) []byte {
	t.Helper()
	all := slices.Collect(firsts(s.Leaves(t.Context(), 0, 100)))
	root := naiveRoot(append(all, more...))
	signed, err := evidence.Checkpoint{Origin: origin, Size: int64(len(all) + len(more)), Root: root}.Sign(newKey(t, 1).Signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func firsts(seq iter.Seq2[[]byte, error]) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for b := range seq {
			if !yield(b) {
				return
			}
		}
	}
}

// Fsck uses nothing of what writes: no function of a file that is not its own, but for
// the few that are named here.
func TestFsckSharesOnlyHashing(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("no files: %v", err)
	}
	made := map[string]string{} // functions and methods by the file that has them
	var own []*ast.File
	fset := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "fsck") {
			own = append(own, f)
			continue
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				made[fn.Name.Name] = name
			}
		}
	}
	if len(own) < 3 || len(made) < 20 {
		t.Fatalf("%d files of fsck and %d functions beside: too few to say anything", len(own), len(made))
	}
	for _, f := range own {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if id, ok := call.Fun.(*ast.Ident); ok && made[id.Name] != "" {
				t.Errorf("%s: fsck calls %s of %s", fset.Position(id.Pos()), id.Name, made[id.Name])
			}
			return true
		})
	}
}

func TestExportAndRestore(t *testing.T) {
	s := &evidence.Memory{}
	l, outside := eventful(t, s)
	for n := range 600 { // more than two bundles
		r := record(0)
		r.Series, r.Time = "campaign/q4", day(5*365+1).Add(time.Duration(n)*time.Second)
		add(t, l, r)
	}
	export := func(l *evidence.Ledger) fstest.MapFS {
		files := fstest.MapFS{}
		err := l.Export(t.Context(), func(name string, r io.Reader) error {
			b, err := io.ReadAll(r)
			files[name] = &fstest.MapFile{Data: b}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	files := export(l)
	restored := &evidence.Memory{}
	if err := evidence.Restore(t.Context(), files, restored); err != nil {
		t.Fatal(err)
	}
	wantSound(t, restored, evidence.Consistent, outside, head(t, l).Note)
	again, err := evidence.Open(t.Context(), restored, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if second := export(again); !maps.EqualFunc(files, second, func(a, b *fstest.MapFile) bool { return bytes.Equal(a.Data, b.Data) }) {
		t.Error("the copy of a copy has other bytes")
	}
	// A byte in each place of each file, a file less, a file more.
	sound := func() error {
		s := &evidence.Memory{}
		if err := evidence.Restore(t.Context(), files, s); err != nil {
			return err
		}
		if v := fsck(t, s); !v.Sound() {
			return errors.New(v.Problems[0].String())
		}
		return nil
	}
	tried := 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f := files[name]
		for i := 0; i < len(f.Data); i += max(1, len(f.Data)/60) {
			f.Data[i] ^= 0x10
			if sound() == nil {
				t.Errorf("%s: byte %d changed and taken", name, i)
			}
			f.Data[i] ^= 0x10
			tried++
		}
		delete(files, name)
		if sound() == nil {
			t.Errorf("%s is missing and was not missed", name)
		}
		files[name] = f
	}
	files["objects/zz/more"] = &fstest.MapFile{}
	if sound() == nil {
		t.Error("a file more was taken")
	}
	if tried < 100 {
		t.Errorf("only %d changes were tried", tried)
	}
}
