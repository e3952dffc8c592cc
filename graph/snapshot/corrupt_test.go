// SPDX-License-Identifier: Apache-2.0

package snapshot_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
)

// readAll opens dir and reads its graph.
func readAll(dir string) (*graph.Graph, error) {
	s, err := snapshot.Open(dir)
	if err != nil {
		return nil, err
	}
	return s.Graph()
}

// small has a row in each file and little else.
func small(tb testing.TB) *graph.Graph {
	return graphOf(tb, []graph.Fact{
		graph.SourceRun{Source: "corp", Connector: "ldap", Started: meta().Started},
		graph.Node{ID: id("account:corp/a1"), Name: "aruiz", Attrs: graph.Attrs{{Key: "status", Values: []string{"enabled"}}, {Key: "x", Values: []string{}}}},
		graph.Grant{From: id("account:corp/a1"), To: id("group:corp/g1"), Kind: graph.Member, Terms: graph.Terms{Since: meta().Started, Via: "rule"}},
		graph.Grant{From: id("account:corp/a2"), To: id("group:corp/g1"), Kind: graph.Member},
		graph.Gap{About: id("group:corp/g2"), Dataset: graph.Memberships, Reason: "denied"},
		graph.Use{Account: id("account:corp/a1"), Entitlement: id("entitlement:erp/pay"), At: meta().Ended},
		graph.Coverage{Source: "corp", Dataset: graph.Groups, State: graph.Complete, Received: graph.CountOf(2)},
	})
}

// A flip is one byte of one file of a snapshot, changed after it was opened.
type flip struct {
	dir  string
	s    *snapshot.Snapshot
	name string
	at   int
	mask byte
}

func (f flip) String() string {
	return fmt.Sprintf("%s with byte %d changed by %#x", f.name, f.at, f.mask)
}

// eachFlip calls check with every byte of every file changed by a mask. Each file
// has a snapshot of its own, in which all other bytes are as written.
func eachFlip(t *testing.T, atLeast int64, masks func(name string, at int) []byte, check func(*testing.T, flip)) {
	t.Helper()
	var flips atomic.Int64
	t.Cleanup(func() {
		if n := flips.Load(); n < atLeast {
			t.Errorf("only %d flips were tried", n)
		}
	})
	dir, _ := written(t, small(t))
	for _, name := range namesIn(t, dir) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, _ := written(t, small(t))
			s, err := snapshot.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			text := filesOf(t, dir)[name]
			for at := range len(text) {
				for _, mask := range masks(name, at) {
					put(t, filepath.Join(dir, name), text[at]^mask, at)
					check(t, flip{dir, s, name, at, mask})
					put(t, filepath.Join(dir, name), text[at], at)
					flips.Add(1)
				}
			}
			if got := filesOf(t, dir)[name]; got != text {
				t.Fatal("not every byte was put back")
			}
		})
	}
}

// put changes one byte of a file.
func put(t *testing.T, path string, b byte, at int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte{b}, int64(at))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestEveryFlippedByteIsRefused(t *testing.T) {
	t.Parallel()
	masks := func(name string, at int) []byte {
		if name == "manifest.json" {
			return []byte{0x20, 1 << (at % 8)} // 0x20: letter case, and white space
		}
		return []byte{1 << (at % 8)}
	}
	eachFlip(t, 5000, masks, func(t *testing.T, f flip) {
		var err error
		if f.name == "manifest.json" {
			_, err = snapshot.Open(f.dir)
		} else {
			_, err = f.s.Graph()
		}
		if !errors.Is(err, snapshot.ErrCorrupt) && !(f.name == "manifest.json" && errors.Is(err, snapshot.ErrNewer)) {
			t.Fatalf("%s: got %v, want ErrCorrupt", f, err)
		}
		if !strings.Contains(err.Error(), f.name) && !errors.Is(err, snapshot.ErrNewer) {
			t.Fatalf("%s: the error does not name the file: %v", f, err)
		}
	})
}

// TestForgedFilesDoNotPanic changes bytes and makes the manifest agree. Such a
// snapshot says what it said, or Verify finds it out.
func TestForgedFilesDoNotPanic(t *testing.T) {
	t.Parallel()
	masks := func(name string, at int) []byte {
		if name == "manifest.json" || at%8 != len(name)%8 {
			return nil
		}
		return []byte{1<<(at/8%8) | 0x80}
	}
	var refused atomic.Int64
	eachFlip(t, 500, masks, func(t *testing.T, f flip) {
		if err := snapshot.Reseal(f.dir, f.s.Manifest()); err != nil {
			t.Fatal(err)
		}
		problems, err := snapshot.Verify(f.dir)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		if len(problems) > 0 {
			refused.Add(1)
			return
		}
		g, err := readAll(f.dir)
		if err != nil || facts.Content(g) != f.s.Manifest().Content {
			t.Fatalf("%s: Verify finds nothing, and the content is another: %v", f, err)
		}
	})
	t.Cleanup(func() {
		if refused.Load() == 0 {
			t.Error("nothing was refused")
		}
	})
}

func TestDamage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want string
		damage     func(dir string) error
		plain      bool // the error is not ErrCorrupt: there is nothing to judge
		problems   int
	}{
		{name: "missing file", want: "gaps.parquet: it is missing", problems: 1, damage: func(dir string) error { return os.Remove(dir + "/gaps.parquet") }},
		{name: "two missing", want: "is missing", problems: 2, damage: func(dir string) error {
			return errors.Join(os.Remove(dir+"/gaps.parquet"), os.Remove(dir+"/nodes.parquet"))
		}},
		{name: "extra file", want: "more.parquet: it does not belong here", problems: 1, damage: func(dir string) error { return os.WriteFile(dir+"/more.parquet", nil, 0o600) }},
		{name: "extra folder", want: "acknowledgements: it does not belong here", problems: 1, damage: func(dir string) error { return os.Mkdir(dir+"/acknowledgements", 0o700) }},
		{name: "truncated", want: "grants.parquet: it has 100 bytes", problems: 1, damage: func(dir string) error { return os.Truncate(dir+"/grants.parquet", 100) }},
		{name: "longer", want: "nodes.parquet: it has", problems: 1, damage: func(dir string) error { return appendTo(dir+"/nodes.parquet", "\n") }},
		{name: "folder for a file", want: "uses.parquet: it is not a regular file", problems: 1, damage: func(dir string) error {
			return errors.Join(os.Remove(dir+"/uses.parquet"), os.Mkdir(dir+"/uses.parquet", 0o700))
		}},
		{name: "folder for the manifest", want: "manifest.json: it is not a regular file", problems: 1, damage: func(dir string) error {
			return errors.Join(os.Remove(dir+"/manifest.json"), os.Mkdir(dir+"/manifest.json", 0o700))
		}},
		{name: "empty manifest", want: "manifest.json: unexpected end", problems: 1, damage: func(dir string) error { return os.Truncate(dir+"/manifest.json", 0) }},
		{name: "manifest and a newline", want: "not in canonical form", problems: 1, damage: func(dir string) error { return appendTo(dir+"/manifest.json", "\n") }},
		{name: "huge manifest", want: "at most", problems: 1, damage: func(dir string) error { return os.Truncate(dir+"/manifest.json", 1<<40) }},
		{name: "other format", want: "unknown format", problems: 1, damage: replaceIn("foureyes/snapshot/1", "foureyes/findings/1")},
		{name: "version 0", want: "unknown format", problems: 1, damage: replaceIn("snapshot/1", "snapshot/0")},
		{name: "version 3", plain: true, want: "newer", damage: replaceIn("snapshot/1", "snapshot/3")},
		{name: "version 20", plain: true, want: "newer", damage: replaceIn("snapshot/1", "snapshot/20")},
		{name: "a count changed", want: "its digest should be", problems: 1, damage: replaceIn(`"grants": 2`, `"grants": 3`)},
		{name: "an unknown key", want: "not in canonical form", problems: 1, damage: replaceIn(`"format"`, `"more": 1, "format"`)},
		{name: "a fact of another kind", want: "does not belong", problems: 1, damage: replaceIn(`"sources": [`, `"sources": [{"fact":"gap","about":"group:corp/g","dataset":"*"},`)},
		{name: "no manifest", plain: true, want: "is not a snapshot", damage: func(dir string) error { return os.Remove(dir + "/manifest.json") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, _ := written(t, small(t))
			if err := tt.damage(dir); err != nil {
				t.Fatal(err)
			}
			_, err := readAll(dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, snapshot.ErrCorrupt) == tt.plain {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			problems, err := snapshot.Verify(dir)
			if (err != nil) != tt.plain || len(problems) != tt.problems {
				t.Errorf("Verify: %q, %v; want %d problems", problems, err, tt.problems)
			}
			if all := strings.Join(problems, "\n"); tt.problems > 0 && !strings.Contains(all, tt.want) {
				t.Errorf("Verify: %q, want %q", problems, tt.want)
			}
		})
	}
}

func appendTo(path, text string) error {
	b, err := os.ReadFile(path)
	return errors.Join(err, os.WriteFile(path, append(b, text...), 0o600))
}

func replaceIn(old, new string) func(dir string) error {
	return func(dir string) error {
		path := filepath.Join(dir, "manifest.json")
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Count(string(b), old) != 1 {
			return errors.New(old + " is not once in the manifest")
		}
		return os.WriteFile(path, []byte(strings.Replace(string(b), old, new, 1)), 0o600)
	}
}

// TestForgedManifest: what is wrong is found though the digest is right.
func TestForgedManifest(t *testing.T) {
	tests := map[string]struct {
		forge func(m *snapshot.Manifest)
		want  string
		read  bool // Graph returns what is there, and only Verify objects
	}{
		"count":     {func(m *snapshot.Manifest) { m.Counts.Described++ }, "counts are not those", false},
		"kind":      {func(m *snapshot.Manifest) { m.Counts.Kinds[graph.Role] = 1 }, "counts are not those", false},
		"content":   {func(m *snapshot.Manifest) { m.Content = "sha256:00" }, "the content of the files is", true},
		"rows":      {func(m *snapshot.Manifest) { m.Files[0].Rows++ }, "the manifest says", false},
		"less rows": {func(m *snapshot.Manifest) { m.Files[2].Rows = -1 }, "the manifest says -1", false},
		"many rows": {func(m *snapshot.Manifest) { m.Files[2].Rows = math.MaxInt }, "the manifest says", false},
		"end":       {func(m *snapshot.Manifest) { m.Ended = m.Started.Add(-1) }, "before it started", false},
		"no file":   {func(m *snapshot.Manifest) { m.Files = m.Files[:4] }, "it lists the files", false},
		"way out":   {func(m *snapshot.Manifest) { m.Files[2].Name = "../grants.parquet" }, "it lists the files", false},
		"exchanged": {func(m *snapshot.Manifest) { m.Files[1], m.Files[2] = m.Files[2], m.Files[1] }, "it lists the files", false},
		"coverage":  {func(m *snapshot.Manifest) { m.Coverage[0].Source = "Not A Source" }, "source name", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir, m := written(t, small(t))
			files := slices.Clone(m.Files)
			tt.forge(&m)
			if slices.Equal(files, m.Files) || strings.HasSuffix(name, "rows") {
				if err := snapshot.Reseal(dir, m); err != nil {
					t.Fatal(err)
				}
			} else if err := os.WriteFile(filepath.Join(dir, "manifest.json"), sealed(t, m), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := readAll(dir)
			if !tt.read && (!errors.Is(err, snapshot.ErrCorrupt) || !strings.Contains(err.Error(), tt.want)) || tt.read && err != nil {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			problems, err := snapshot.Verify(dir)
			if err != nil || len(problems) != 1 || !strings.Contains(problems[0], tt.want) {
				t.Errorf("Verify: %q, %v; want %q", problems, err, tt.want)
			}
		})
	}
}

// TestForgedContent puts a sound file of another snapshot in place of one, and the
// manifest agrees in all but the content: Graph believes the SHA-256 of the files,
// and Verify computes the content.
func TestForgedContent(t *testing.T) {
	dir, m := written(t, small(t))
	other, _ := written(t, graphOf(t, []graph.Fact{graph.Node{ID: id("account:corp/a1"), Name: "eve", Attrs: graph.Attrs{{Key: "status", Values: []string{"enabled"}}, {Key: "x", Values: []string{}}}},
		graph.Gap{About: id("account:corp/a2"), Dataset: graph.All}, graph.Gap{About: id("group:corp/g1"), Dataset: graph.All}, graph.Gap{About: id("group:corp/g2"), Dataset: graph.All}}))
	if err := errors.Join(os.Rename(other+"/nodes.parquet", dir+"/nodes.parquet"), snapshot.Reseal(dir, m)); err != nil {
		t.Fatal(err)
	}
	if got := read(t, dir).Name(0); got != "eve" {
		t.Fatalf("the name is %q: the file was not exchanged", got)
	}
	problems, err := snapshot.Verify(dir)
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0], "the content of the files is") {
		t.Errorf("Verify: %q, %v", problems, err)
	}
}

func TestExchangedFilesAreRefused(t *testing.T) {
	dir, m := written(t, small(t))
	if err := os.Rename(dir+"/uses.parquet", dir+"/gaps.parquet"); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(dir+"/gaps.parquet", dir+"/uses.parquet"); err != nil {
		t.Skip("no hard links here")
	}
	if err := snapshot.Reseal(dir, m); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(dir); !errors.Is(err, snapshot.ErrCorrupt) || !strings.Contains(err.Error(), "columns") {
		t.Errorf("got %v, want that the columns are others", err)
	}
}

// Where there is nothing to acknowledge an acknowledgement is a file like any other.
func TestNeedlessAcknowledgementIsRefused(t *testing.T) {
	dir, _ := written(t, small(t))
	if err := os.WriteFile(filepath.Join(dir, "acknowledgement.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(dir); !errors.Is(err, snapshot.ErrCorrupt) {
		t.Errorf("got %v, want %v", err, snapshot.ErrCorrupt)
	}
	if problems, err := snapshot.Verify(dir); err != nil || len(problems) != 1 || !strings.Contains(problems[0], "does not belong") {
		t.Errorf("Verify: %q, %v", problems, err)
	}
}

func TestCannotBeOpened(t *testing.T) {
	parent := t.TempDir()
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(parent, "none"): "none",
		file:                          "a snapshot is a folder",
		parent:                        "is not a snapshot",
	} {
		_, err := snapshot.Open(path)
		if err == nil || errors.Is(err, snapshot.ErrCorrupt) || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%s): got %v, want %q", path, err, want)
		}
		if problems, err := snapshot.Verify(path); err == nil {
			t.Errorf("Verify(%s): got %q and no error", path, problems)
		}
	}
	if _, err := snapshot.Open(filepath.Join(parent, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

// TestUnreadableIsNotCorrupt: a file that we may not read says nothing about the
// snapshot.
func TestUnreadableIsNotCorrupt(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("nothing is unreadable here")
	}
	dir, _ := written(t, small(t))
	if err := os.Chmod(dir+"/grants.parquet", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(dir); !errors.Is(err, fs.ErrPermission) || errors.Is(err, snapshot.ErrCorrupt) {
		t.Errorf("got %v, want that it is not permitted", err)
	}
}

// TestUnfinishedIsRefused: what an interrupted Write leaves behind is no snapshot,
// even when it is complete.
func TestUnfinishedIsRefused(t *testing.T) {
	dir, _ := written(t, small(t))
	left := filepath.Join(filepath.Dir(dir), ".snap.123.partial")
	if err := os.Rename(dir, left); err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.Open(left); err == nil || !strings.Contains(err.Error(), "unfinished") {
		t.Errorf("got %v, want that it is unfinished", err)
	}
	if _, err := snapshot.Verify(left); err == nil {
		t.Error("Verify judged an unfinished snapshot")
	}
	t.Chdir(left)
	if _, err := snapshot.Open("."); err == nil {
		t.Error("it was opened from within")
	}
	t.Chdir(filepath.Dir(left))
	write(t, dir, small(t))
}
