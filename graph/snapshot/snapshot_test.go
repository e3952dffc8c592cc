// SPDX-License-Identifier: Apache-2.0

package snapshot_test

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
)

func meta() snapshot.Meta {
	return snapshot.Meta{
		Tool:    snapshot.Tool{Name: "foureyes", Version: "1.2.3"},
		Started: time.Date(2026, 10, 1, 1, 0, 0, 0, time.UTC),
		Ended:   time.Date(2026, 10, 1, 1, 0, 9, 250_000_000, time.UTC),
	}
}

func write(tb testing.TB, dir string, g *graph.Graph) snapshot.Manifest {
	tb.Helper()
	m, err := snapshot.Write(dir, g, meta())
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func read(tb testing.TB, dir string) *graph.Graph {
	tb.Helper()
	s, err := snapshot.Open(dir)
	if err != nil {
		tb.Fatal(err)
	}
	g, err := s.Graph()
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// written writes g into a new directory.
func written(tb testing.TB, g *graph.Graph) (dir string, m snapshot.Manifest) {
	tb.Helper()
	dir = filepath.Join(tb.TempDir(), "snap")
	return dir, write(tb, dir, g)
}

func add(tb testing.TB, b *graph.Builder, f graph.Fact) {
	tb.Helper()
	if err := b.Add(f); err != nil {
		tb.Fatal(err)
	}
}

func graphOf(tb testing.TB, fs []graph.Fact) *graph.Graph {
	tb.Helper()
	var b graph.Builder
	for _, f := range fs {
		add(tb, &b, f)
	}
	return b.Graph()
}

func id(s string) graph.ID {
	parsed, err := graph.ParseID(s)
	if err != nil {
		panic(err)
	}
	return parsed
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// rich is one of everything, and the values that formats like to lose.
func rich() []graph.Fact {
	ana, a1, a2 := id("identity:hr/E1001"), id("account:corp/a1"), id("account:corp/ключ=日本,ou=x\\2c/y")
	g1, g2, role := id("group:corp/g1"), id("group:corp/g2"), id("role:corp/r@/scope")
	pay, ghost := id("entitlement:erp/pay"), id("unresolved:corp-2/S-1-5-21")
	fs := []graph.Fact{
		graph.SourceRun{Source: "corp", Connector: "ldap", Started: at("2026-10-01T01:00:00Z"), Ended: at("2026-10-01T01:00:09.123456789Z"),
			Details: graph.Attrs{{Key: "steps", Values: []string{"one", "<b>&two\u202e"}}, {Key: "tool", Values: []string{}}}},
		graph.SourceRun{Source: "hr"},
		graph.Node{ID: ana, Name: "Ana Ruiz", Attrs: graph.Attrs{
			{Key: "department", Values: []string{"Treasury"}},
			{Key: "e-mail", Values: []string{"", "ana@example.com", "ana@example.com"}},
			{Key: "phones", Values: []string{}},
			{Key: "sponsor", Values: []string{""}},
		}},
		graph.Node{ID: a1, Name: "a\x00b\u202e\u2028\u00e9e\u0301👁\ufffd\n"},
		graph.Node{ID: a2},
		graph.Node{ID: g1, Name: "ledger-dev", Attrs: graph.Attrs{{Key: "ключ", Values: []string{strings.Repeat("long ", 2000)}}}},
		graph.Node{ID: pay, Name: `"quoted\"`},
		graph.Grant{From: ana, To: a1, Kind: graph.Owns, Terms: graph.Terms{Via: "correlated by employee_id"}},
		graph.Grant{From: a1, To: g1, Kind: graph.Member, Terms: graph.Terms{Since: at("1601-01-01T00:00:00.0000001Z")}},
		graph.Grant{From: g1, To: g1, Kind: graph.Member},
		graph.Grant{From: ghost, To: g1, Kind: graph.Member},
		graph.Grant{From: g1, To: role, Kind: graph.Assigned, Terms: graph.Terms{DirectOnly: true}},
		graph.Grant{From: g1, To: role, Kind: graph.Assigned, Terms: graph.Terms{FromTime: at("1970-01-01T00:00:00Z"), UntilTime: at("9999-12-31T23:59:59.999999999Z")}},
		graph.Grant{From: g1, To: role, Kind: graph.Assigned, Terms: graph.Terms{FromTime: at("1969-12-31T23:59:59.999999999Z"), UntilTime: at("1969-12-31T00:00:00Z")}},
		graph.Grant{From: g1, To: role, Kind: graph.Assigned, Terms: graph.Terms{FromTime: at("0001-01-01T00:00:00.000000001Z"), UntilTime: at("2026-10-01T02:00:00.5+02:00")}},
		graph.Grant{From: g1, To: role, Kind: graph.Assigned, Terms: graph.Terms{FromTime: at("0000-01-01T00:00:00Z"), UntilTime: at("2262-04-12T00:00:00Z")}},
		graph.Grant{From: role, To: pay, Kind: graph.Contains},
		graph.Grant{From: a2, To: g1, Kind: graph.Eligible},
		graph.Grant{From: ana, To: g1, Kind: graph.Controls, Terms: graph.Terms{Via: "owner\u00a0of; the group"}},
		graph.Gap{About: g2, Dataset: graph.Memberships, Reason: "denied"},
		graph.Gap{About: g2, Dataset: graph.All},
		graph.Use{Account: a1, Entitlement: pay, At: at("2026-09-12T10:00:00.000000001Z"), Ref: "commit 3f2a"},
		graph.Use{Account: id("account:corp/gone"), Entitlement: id("entitlement:erp/gone")},
		graph.Coverage{Source: "corp", Dataset: graph.Memberships, State: graph.Partial, Received: graph.CountOf(0), Expected: graph.CountOf(2), Method: "second count", Reason: "size limit"},
		graph.Coverage{Source: "corp", Dataset: graph.Groups, State: graph.Complete, Details: graph.Attrs{{Key: "filter", Values: []string{"(&(a=b)(c<=d))"}}}},
		graph.Coverage{Source: "hr", Dataset: graph.All, State: graph.Failed},
	}
	return fs
}

// export is all that g says, as text.
func export(tb testing.TB, g *graph.Graph) string {
	tb.Helper()
	var b bytes.Buffer
	if err := facts.Export(&b, g); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	graphs := map[string]*graph.Graph{
		"empty": graphOf(t, nil),
		"rich":  graphOf(t, rich()),
		"gap":   graphOf(t, []graph.Fact{graph.Gap{About: id("group:corp/g"), Dataset: graph.Groups}}),
		"large": large(t),
	}
	for name, g := range graphs {
		t.Run(name, func(t *testing.T) {
			dir, _ := written(t, g)
			got := read(t, dir)
			if want, got := export(t, g), export(t, got); got != want {
				t.Errorf("facts (-written +read):\n%.3000s", cmp.Diff(want, got))
			}
			if got.NumNodes() != g.NumNodes() {
				t.Fatalf("got %d nodes, want %d", got.NumNodes(), g.NumNodes())
			}
			for n := range uint32(g.NumNodes()) {
				if got.ID(n) != g.ID(n) || got.Described(n) != g.Described(n) {
					t.Errorf("node %d: got %s, described %t; want %s, %t", n, got.ID(n), got.Described(n), g.ID(n), g.Described(n))
				}
			}
			if problems, err := snapshot.Verify(dir); err != nil || len(problems) > 0 {
				t.Errorf("Verify: %q, %v", problems, err)
			}
		})
	}
}

// large has more rows than a batch, a group and a dictionary of a file hold.
func large(tb testing.TB) *graph.Graph {
	const accounts, groups = 2700, 50
	var b graph.Builder
	start := at("2020-01-01T00:00:00Z")
	for i := range accounts {
		account := graph.ID{Kind: graph.Account, Source: "corp", Key: strings.Repeat("x", i%50) + string(rune('a'+i%26)) + time.Duration(i).String()}
		add(tb, &b, graph.Node{ID: account, Name: account.Key, Attrs: graph.Attrs{{Key: "status", Values: []string{"enabled"}}}})
		for j := range groups {
			add(tb, &b, graph.Grant{From: account, To: graph.ID{Kind: graph.Group, Source: "corp", Key: string(rune('一' + j))}, Kind: graph.Member,
				Terms: graph.Terms{Since: start.Add(time.Duration(i*groups+j) * 1_000_001)}})
		}
	}
	return b.Graph()
}

func TestManifestTellsAll(t *testing.T) {
	g := graphOf(t, rich())
	dir, m := written(t, g)
	s, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	opts := cmp.AllowUnexported(graph.Count{})
	if diff := cmp.Diff(m, s.Manifest(), opts); diff != "" {
		t.Errorf("manifest (-written +read):\n%s", diff)
	}
	want := snapshot.Counts{Nodes: 8, Described: 5, Grants: 12, Gaps: 2, Uses: 2,
		Kinds:      map[graph.Kind]int{graph.Account: 2, graph.Entitlement: 1, graph.Group: 2, graph.Identity: 1, graph.Role: 1, graph.Unresolved: 1},
		GrantKinds: map[graph.GrantKind]int{graph.Assigned: 5, graph.Contains: 1, graph.Controls: 1, graph.Eligible: 1, graph.Member: 3, graph.Owns: 1}}
	if diff := cmp.Diff(want, m.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(g.Coverage(), m.Coverage, opts); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
	if m.Content != facts.Content(g) {
		t.Errorf("content is %s, want %s", m.Content, facts.Content(g))
	}
	if m.Format != "foureyes/snapshot/1" || m.Tool != meta().Tool || !m.Started.Equal(meta().Started) || !m.Ended.Equal(meta().Ended) {
		t.Errorf("got %s, %v, %s, %s", m.Format, m.Tool, m.Started, m.Ended)
	}
}

// TestReadBackComparesEveryRow: the files of one graph are refused as those of
// another that differs in one value.
func TestReadBackComparesEveryRow(t *testing.T) {
	dir, m := written(t, graphOf(t, rich()))
	if err := snapshot.ReadBack(dir, m, graphOf(t, rich())); err != nil {
		t.Fatalf("the same graph: %v", err)
	}
	others := 0
	for i, f := range rich() {
		changed := slices.Clone(rich())
		want := ""
		switch f := f.(type) {
		case graph.Node:
			f.Name += "x"
			changed[i], want = f, "nodes.parquet: row"
			if f.Attrs != nil {
				f.Name = rich()[i].(graph.Node).Name
				f.Attrs = append(slices.Clone(f.Attrs), graph.Attr{Key: "яяя"})
				changed[i], want = f, "attributes.parquet"
			}
		case graph.Grant:
			f.Since = f.Since.Add(time.Nanosecond)
			changed[i], want = f, "grants.parquet: row"
		case graph.Gap:
			f.Reason += "x"
			changed[i], want = f, "gaps.parquet: row"
		case graph.Use:
			f.Ref += "x"
			changed[i], want = f, "uses.parquet: row"
		default:
			continue
		}
		others++
		if err := snapshot.ReadBack(dir, m, graphOf(t, changed)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v changed: got %v, want %q", f, err, want)
		}
		less := slices.Delete(slices.Clone(rich()), i, i+1)
		if err := snapshot.ReadBack(dir, m, graphOf(t, less)); err == nil {
			t.Errorf("%v left out: it is accepted", f)
		}
	}
	if others < 20 {
		t.Errorf("only %d graphs were tried", others)
	}
}

// TestWrongBytesOfText: a reason or a reference that is not UTF-8 reads back as
// facts files say it. Names and attributes like that are refused by the builder.
func TestWrongBytesOfText(t *testing.T) {
	say := func(text string) []graph.Fact {
		return []graph.Fact{
			graph.Grant{From: id("account:corp/a"), To: id("group:corp/g"), Kind: graph.Member, Terms: graph.Terms{Via: text}},
			graph.Gap{About: id("group:corp/g"), Dataset: graph.All, Reason: text},
			graph.Use{Account: id("account:corp/a"), Entitlement: id("entitlement:corp/e"), Ref: text},
		}
	}
	g := graphOf(t, say("a\xff\xfeb"))
	dir, m := written(t, g)
	if diff := cmp.Diff(export(t, graphOf(t, say("a\ufffd\ufffdb"))), export(t, read(t, dir))); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if got := facts.Content(read(t, dir)); got != m.Content || got != facts.Content(g) {
		t.Errorf("content %s was written and %s was read", m.Content, got)
	}
	if problems, err := snapshot.Verify(dir); err != nil || len(problems) > 0 {
		t.Errorf("Verify: %q, %v", problems, err)
	}
}

// filesOf returns the bytes of every file of a directory.
func filesOf(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			tb.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

func TestSameGraphSameBytes(t *testing.T) {
	many := organisation(t, 300, 5000, 7)
	fs := rich()
	for f, err := range facts.Read(strings.NewReader(export(t, many)), "many") {
		if err != nil {
			t.Fatal(err)
		}
		fs = append(fs, f)
	}
	var want map[string]string
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for i, procs := range []int{1, 2, 8, 1, 4} {
		runtime.GOMAXPROCS(procs)
		r := rand.New(rand.NewPCG(uint64(i), 2))
		r.Shuffle(len(fs), func(i, j int) { fs[i], fs[j] = fs[j], fs[i] })
		dir, _ := written(t, graphOf(t, fs))
		got := filesOf(t, dir)
		if want == nil {
			want = got
		}
		for name := range want {
			if got[name] != want[name] {
				t.Errorf("%s differs with GOMAXPROCS=%d", name, procs)
			}
		}
		if len(got) != 6 {
			t.Errorf("got %d files, want 6", len(got))
		}
	}
}

func TestPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows has no permission bits")
	}
	dir, _ := written(t, graphOf(t, rich()))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", d.Name(), info.Mode().Perm(), want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestExistsIsLeftAlone(t *testing.T) {
	parent := t.TempDir()
	if err := errors.Join(
		os.Mkdir(filepath.Join(parent, "empty"), 0o755),
		os.WriteFile(filepath.Join(parent, "file"), []byte("mine"), 0o644),
	); err != nil {
		t.Fatal(err)
	}
	names := []string{"empty", "file", "snap"}
	if err := os.Symlink("nowhere", filepath.Join(parent, "link")); err == nil {
		names = append(names, "link")
	}
	write(t, filepath.Join(parent, "snap"), graphOf(t, nil))
	before := filesOf(t, filepath.Join(parent, "snap"))
	for _, name := range names {
		_, err := snapshot.Write(filepath.Join(parent, name), graphOf(t, rich()), meta())
		if !errors.Is(err, snapshot.ErrExists) {
			t.Errorf("%s: got %v, want ErrExists", name, err)
		}
	}
	if diff := cmp.Diff(before, filesOf(t, filepath.Join(parent, "snap"))); diff != "" {
		t.Errorf("the snapshot was touched:\n%s", diff)
	}
	if got := namesIn(t, parent); !slices.Equal(got, slices.Sorted(slices.Values(names))) {
		t.Errorf("the folder holds %q, want %q", got, names)
	}
}

func namesIn(tb testing.TB, dir string) []string {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWriteRefuses(t *testing.T) {
	tooFar := graph.Terms{UntilTime: time.Date(400_000, 1, 1, 0, 0, 0, 0, time.UTC)}
	member := graph.Grant{From: id("account:corp/a"), To: id("group:corp/g"), Kind: graph.Member, Terms: tooFar}
	tests := []struct {
		name, dir, want string
		facts           []graph.Fact
		change          func(*snapshot.Meta)
	}{
		{name: "no parent", dir: "no/such/snap", want: "there is no folder"},
		{name: "parent is a file", dir: "file/snap", want: "file"},
		{name: "unfinished name", dir: ".snap.1.partial", want: "choose another"},
		{name: "no tool", dir: "snap", want: "tool has no name", change: func(m *snapshot.Meta) { m.Tool.Name = "" }},
		{name: "tool in no encoding", dir: "snap", want: "UTF-8", change: func(m *snapshot.Meta) { m.Tool.Version = "\xff" }},
		{name: "no end", dir: "snap", want: "not known", change: func(m *snapshot.Meta) { m.Ended = time.Time{} }},
		{name: "ends early", dir: "snap", want: "before it started", change: func(m *snapshot.Meta) { m.Ended = m.Started.Add(-1) }},
		{name: "time too far", dir: "snap", want: "too far away", facts: []graph.Fact{member}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parent := t.TempDir()
			if err := os.WriteFile(filepath.Join(parent, "file"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
			m := meta()
			if tt.change != nil {
				tt.change(&m)
			}
			_, err := snapshot.Write(filepath.Join(parent, tt.dir), graphOf(t, tt.facts), m)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if got := namesIn(t, parent); !slices.Equal(got, []string{"file"}) {
				t.Errorf("the folder holds %q", got)
			}
		})
	}
}

// unlessCI skips a test on a machine that lacks what it needs.
func unlessCI(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}
