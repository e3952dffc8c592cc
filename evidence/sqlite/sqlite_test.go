// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/evidence"
)

const origin = "example.com/evidence"

func nightly() bool { return os.Getenv("FOUREYES_NIGHTLY") != "" }

func moment(n int) time.Time {
	return time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Second)
}

func steady(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

func newKey(t testing.TB) evidence.Key {
	t.Helper()
	secret, err := evidence.GenerateKey(steady(1), origin)
	if err != nil {
		t.Fatal(err)
	}
	k, err := evidence.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func record(n int, objects ...evidence.Digest) evidence.Record {
	return evidence.Record{Kind: "decision", Time: moment(n), Class: "sox", Objects: objects, Body: fmt.Appendf(nil, "line %d\n", n)}
}

// newFolder makes a closed evidence folder with some records and an object for each.
func newFolder(t testing.TB, records int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "evidence")
	s, err := Create(dir)
	must(t, err)
	l, err := evidence.Create(t.Context(), s, evidence.Founding{Origin: origin, At: moment(0)}, newKey(t), steady(2))
	must(t, err)
	for n := range records {
		d, err := l.PutObject(t.Context(), strings.NewReader(fmt.Sprint("object ", n)))
		must(t, err)
		_, err = l.Append(t.Context(), record(n, d))
		must(t, err)
	}
	l.Close()
	must(t, s.Close())
	return dir
}

func openLedger(t testing.TB, dir string) (*Store, *evidence.Ledger) {
	t.Helper()
	s, err := Open(dir)
	must(t, err)
	key := newKey(t)
	l, err := evidence.Open(t.Context(), s, &key, steady(3))
	must(t, err)
	return s, l
}

func verdict(t testing.TB, dir string, outside ...[]byte) *evidence.Verdict {
	t.Helper()
	v, err := Fsck(t.Context(), dir, outside...)
	must(t, err)
	return v
}

func wantSound(t testing.TB, dir string) {
	t.Helper()
	if v := verdict(t, dir); !v.Sound() {
		t.Fatalf("problems: %v", v.Problems)
	}
}

func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		all[strings.TrimPrefix(name, dir+string(filepath.Separator))] = string(content)
		return err
	}))
	return all
}

func TestFolderIsReadBackAndPrivate(t *testing.T) {
	dir := newFolder(t, 3)
	before := files(t, dir)
	s, err := OpenReader(dir)
	must(t, err)
	l, err := evidence.Open(t.Context(), s, nil, nil)
	must(t, err)
	var got []string
	for e, err := range l.Records(t.Context(), 1) {
		must(t, err)
		o, err := l.Object(t.Context(), e.Objects[0])
		must(t, err)
		got = append(got, strings.TrimSpace(string(e.Body))+": "+string(o))
	}
	if want := "line 0: object 0, line 1: object 1, line 2: object 2"; strings.Join(got, ", ") != want {
		t.Errorf("read back %q", got)
	}
	must(t, s.Close())
	wantSound(t, dir)
	if after := files(t, dir); !maps.Equal(before, after) {
		t.Errorf("reading changed the folder: %v", slices.Sorted(maps.Keys(after)))
	}
	if runtime.GOOS == "windows" {
		return
	}
	must(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		info, _ := e.Info()
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		return err
	}))
}

func TestOneWriterOrManyReaders(t *testing.T) {
	dir := newFolder(t, 1)
	a, err := OpenReader(dir)
	must(t, err)
	b, err := OpenReader(dir)
	must(t, err)
	if _, err := Open(dir); !errors.Is(err, ErrBusy) {
		t.Errorf("opened to write beside readers: %v", err)
	}
	must(t, errors.Join(a.Close(), b.Close()))
	w, err := Open(dir)
	must(t, err)
	if _, err := Open(dir); !errors.Is(err, ErrBusy) {
		t.Errorf("two writers: %v", err)
	}
	if _, err := OpenReader(dir); !errors.Is(err, ErrBusy) {
		t.Errorf("a reader beside a writer: %v", err)
	}
	must(t, w.Close())
	if _, err := Create(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made over another: %v", err)
	}
	if _, err := Fsck(t.Context(), t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without a ledger: %v", err)
	}
}

// Every bit of every file of a closed folder; two masks a byte where a file is larger
// than 64 KiB.
func TestEveryByteOfAFolder(t *testing.T) {
	dir := newFolder(t, 4)
	tried := 0
	for _, name := range slices.Sorted(maps.Keys(files(t, dir))) {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
		must(t, err)
		content, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		masks := []byte{1, 2, 4, 8, 16, 32, 64, 128}
		if len(content) > 64<<10 {
			masks = []byte{0x01, 0x80}
		}
		for i, b := range content {
			for _, mask := range masks {
				_, err = f.WriteAt([]byte{b ^ mask}, int64(i))
				must(t, err)
				if v := verdict(t, dir); v.Sound() {
					t.Fatalf("%s: byte %d with %02x changed, and it is sound", name, i, mask)
				}
				tried++
			}
			_, err = f.WriteAt([]byte{b}, int64(i))
			must(t, err)
		}
		must(t, f.Truncate(int64(max(0, len(content)-1))))
		if len(content) > 0 && verdict(t, dir).Sound() {
			t.Errorf("%s: the last byte is gone, and it is sound", name)
		}
		_, err = f.WriteAt(append(content, 0), 0)
		must(t, err)
		if verdict(t, dir).Sound() {
			t.Errorf("%s: a byte more, and it is sound", name)
		}
		must(t, errors.Join(f.Truncate(int64(len(content))), f.Close()))
	}
	wantSound(t, dir)
	t.Logf("%d changes, all found", tried)
	if tried < 10_000 {
		t.Errorf("only %d changes were tried", tried)
	}
}

// Whoever changes the database can write ledger.sum anew. What then is not found changes
// nothing that anybody reads.
func TestEveryByteWithoutTheSum(t *testing.T) {
	dir := newFolder(t, 4)
	must(t, os.Remove(filepath.Join(dir, sumFile)))
	want := content(t, dir)
	name := filepath.Join(dir, databaseFile)
	database, err := os.ReadFile(name)
	must(t, err)
	step := 31
	if nightly() {
		step = 1
	}
	found, harmless := 0, 0
	for i := 0; i < len(database); i += step {
		changed := bytes.Clone(database)
		changed[i] ^= 0x10
		must(t, os.WriteFile(name, changed, 0o600))
		if v, err := Fsck(t.Context(), dir); err != nil || !v.Sound() {
			found++ // an error: it claims to be of a newer version
			continue
		}
		harmless++
		if got := content(t, dir); got != want {
			t.Errorf("byte %d: it reads otherwise, and is sound", i)
		}
	}
	t.Logf("%d bytes tried: %d changes found, %d change nothing that is read", found+harmless, found, harmless)
	if found == 0 {
		t.Error("nothing was found")
	}
}

// content is all that the database says.
func content(t *testing.T, dir string) string {
	t.Helper()
	s, err := OpenReader(dir)
	must(t, err)
	var b strings.Builder
	head, err := s.Head(t.Context())
	must(t, err)
	b.Write(head)
	for leaf, err := range s.Leaves(t.Context(), 0, 1<<40) {
		must(t, err)
		b.Write(leaf)
	}
	must(t, s.Close())
	return b.String()
}

// doctor changes the database with SQL and writes ledger.sum anew, as somebody can who
// owns the folder.
func doctor(t *testing.T, dir string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, databaseFile))
	must(t, err)
	for _, statement := range statements {
		_, err := db.Exec(statement)
		must(t, err)
	}
	_, err = db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	must(t, err)
	must(t, db.Close())
	s := &Store{dir: dir, disk: realDisk()}
	must(t, s.seal())
}

func TestDoctoredDatabase(t *testing.T) {
	for _, tt := range []struct {
		name, statement, want string
	}{
		{"a record changed", "UPDATE leaves SET leaf = CAST(replace(CAST(leaf AS TEXT), 'line 1', 'line 7') AS BLOB) WHERE idx = 2", "record 2: its bytes"},
		{"a record left out", "DELETE FROM leaves WHERE idx = 2", "record 2: it is missing"},
		{"the end cut off", "DELETE FROM leaves WHERE idx > 2", "cut off"},
		{"a table more", "CREATE TABLE notes (a)", "other tables"},
		{"a trigger", "CREATE TRIGGER t AFTER INSERT ON leaves BEGIN UPDATE head SET note = x''; END", "other tables"},
		{"an index", "CREATE INDEX i ON leaves (hash)", "other tables"},
		{"no head", "DELETE FROM head", "no rows"},
		{"another program's", "PRAGMA application_id = 7", "no ledger of foureyes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := newFolder(t, 4)
			doctor(t, dir, tt.statement)
			v := verdict(t, dir)
			if v.Sound() || !strings.Contains(fmt.Sprint(v.Problems), tt.want) {
				t.Errorf("problems %v, want %q", v.Problems, tt.want)
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		dir := newFolder(t, 4)
		doctor(t, dir)
		wantSound(t, dir)
	})
	t.Run("newer version", func(t *testing.T) {
		dir := newFolder(t, 1)
		doctor(t, dir, "PRAGMA user_version = 2")
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "use a newer one") {
			t.Errorf("opened: %v", err)
		}
		if _, err := Fsck(t.Context(), dir); err == nil {
			t.Error("a newer version was judged")
		}
	})
}

func TestFolderThatWasTamperedWith(t *testing.T) {
	for name, change := range map[string]func(dir string) error{
		"a file more":            func(dir string) error { return os.WriteFile(filepath.Join(dir, "x"), nil, 0o600) },
		"a write-ahead log":      func(dir string) error { return os.WriteFile(filepath.Join(dir, walFile), nil, 0o600) },
		"a lock that says more":  func(dir string) error { return os.WriteFile(filepath.Join(dir, lockFile), []byte("x"), 0o600) },
		"no objects":             func(dir string) error { return os.RemoveAll(filepath.Join(dir, objectsFolder)) },
		"an object without name": func(dir string) error { return os.WriteFile(filepath.Join(dir, objectsFolder, "x"), nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := newFolder(t, 2)
			must(t, change(dir))
			if verdict(t, dir).Sound() {
				t.Error("it is sound")
			}
		})
	}
	dir := newFolder(t, 2)
	f, err := os.OpenFile(filepath.Join(dir, databaseFile), os.O_RDWR, 0)
	must(t, err)
	_, err = f.WriteAt([]byte{7}, 5000)
	must(t, errors.Join(err, f.Close()))
	var corrupt *evidence.CorruptError
	if _, err := Open(dir); !errors.As(err, &corrupt) {
		t.Errorf("opened to write on top of a change: %v", err)
	}
}

// Many at once over one database: none lost, doubled or misplaced, and at least 500
// durable records a second.
func TestManyAtOnce(t *testing.T) {
	writers, each := 1000, 5
	if nightly() {
		each = 100
	}
	dir := newFolder(t, 0)
	s, l := openLedger(t, dir)
	began := time.Now()
	got := make([][]int64, writers)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for n := range each {
				r := record(0)
				r.Body = fmt.Appendf(nil, "%d/%d", w, n)
				at, err := l.Append(t.Context(), r)
				if err != nil {
					t.Error(err)
					return
				}
				got[w] = append(got[w], at[0])
			}
		})
	}
	all.Wait()
	rate := float64(writers*each) / time.Since(began).Seconds()
	t.Logf("%d records, %.0f a second", writers*each, rate)
	if rate < 500 {
		t.Errorf("%.0f records a second, want 500", rate)
	}
	bodies := map[int64]string{}
	for e, err := range l.Records(t.Context(), 1) {
		must(t, err)
		bodies[e.Index] = string(e.Body)
	}
	if len(bodies) != writers*each {
		t.Errorf("%d records, want %d", len(bodies), writers*each)
	}
	for w, indexes := range got {
		for n, at := range indexes {
			if want := fmt.Sprintf("%d/%d", w, n); bodies[at] != want {
				t.Errorf("record %d holds %q, want %q", at, bodies[at], want)
			}
		}
	}
	l.Close()
	must(t, s.Close())
	wantSound(t, dir)
}

// After a crash, 100,000 records are read and verified before anything is acknowledged.
func TestRecoveryTime(t *testing.T) {
	n := 10_000
	if nightly() {
		n = 100_000
	}
	dir := newFolder(t, 0)
	s, l := openLedger(t, dir)
	for done := 0; done < n; done += 1000 {
		batch := make([]evidence.Record, 1000)
		for i := range batch {
			batch[i] = record(done + i)
		}
		_, err := l.Append(t.Context(), batch...)
		must(t, err)
	}
	// The folder as a killed process leaves it.
	crashed := filepath.Join(t.TempDir(), "evidence")
	must(t, os.CopyFS(crashed, os.DirFS(dir)))
	l.Close()
	must(t, s.Close())
	began := time.Now()
	again, recovered := openLedger(t, crashed)
	took := time.Since(began)
	t.Logf("%d records were recovered in %v", n, took)
	if took > 2*time.Second && nightly() {
		t.Errorf("%v, want 2s", took)
	}
	if h, err := recovered.Head(); err != nil || h.Size != int64(n+1) {
		t.Errorf("size %d, %v", h.Size, err)
	}
	recovered.Close()
	must(t, again.Close())
	wantSound(t, crashed)
}

var update = flag.Bool("update", false, "make testdata/v1 when it is not there; it stays as it was made")

// A folder that version 1 made is still sound and still written to.
func TestFolderOfVersion1(t *testing.T) {
	const made = "testdata/v1"
	if _, err := os.Stat(made); *update && err != nil {
		must(t, os.CopyFS(made, os.DirFS(newFolder(t, 3))))
	}
	dir := filepath.Join(t.TempDir(), "evidence")
	must(t, os.CopyFS(dir, os.DirFS(made)))
	if v := verdict(t, dir); !v.Sound() || v.Records != 4 || v.Objects != 3 {
		t.Fatalf("%+v", v)
	}
	s, l := openLedger(t, dir)
	_, err := l.Append(t.Context(), record(9))
	must(t, err)
	l.Close()
	must(t, s.Close())
	wantSound(t, dir)
}

// A kill does not show whether anything was synced: the settings do.
func TestDurableSettings(t *testing.T) {
	s, l := openLedger(t, newFolder(t, 1))
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "trusted_schema": "0"} {
		got, err := s.texts(t.Context(), "PRAGMA "+pragma)
		must(t, err)
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s is %v, want %s", pragma, got, want)
		}
	}
	l.Close()
	must(t, s.Close())
}

// Whoever knows an older head writes nothing, and neither does who leaves a gap.
func TestCompareAndSwap(t *testing.T) {
	dir := newFolder(t, 1)
	s, err := Open(dir)
	must(t, err)
	head, err := s.Head(t.Context())
	must(t, err)
	leaf := [][]byte{[]byte("leaf")}
	for name, old := range map[string][]byte{"none": nil, "another": []byte("x"), "longer": append(bytes.Clone(head), 0)} {
		if err := s.Append(t.Context(), old, []byte("next"), 2, leaf); !errors.Is(err, evidence.ErrMoved) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, s.Close())
	wantSound(t, dir)
	s, err = Open(dir)
	must(t, err)
	if err := s.Append(t.Context(), head, []byte("next"), 3, leaf); err == nil {
		t.Error("records with a gap between them")
	}
	must(t, s.Close())
	if v := verdict(t, dir); !v.Sound() || v.Records != 2 {
		t.Errorf("%d records, problems %v", v.Records, v.Problems)
	}
}
