// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/graph/view"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if os.Getenv("CI") != "" {
			t.Fatal("golden files are not updated in CI")
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func id(t *testing.T, s string) graph.ID {
	t.Helper()
	x, err := graph.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// edges reads lines such as "account:c/a member group:c/g", with a ! behind the
// kind for direct only.
func edges(t *testing.T, lines ...string) []view.Edge {
	t.Helper()
	var all []view.Edge
	for _, l := range lines {
		f := strings.Fields(l)
		word, direct := strings.CutSuffix(f[1], "!")
		k, err := graph.ParseGrantKind(word)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, view.Edge{From: id(t, f[0]), To: id(t, f[2]), Kind: k, DirectOnly: direct})
	}
	return all
}

func ids(t *testing.T, all ...string) []graph.ID {
	t.Helper()
	var out []graph.ID
	for _, s := range all {
		out = append(out, id(t, s))
	}
	return out
}

func newView(t *testing.T, subject string, targets []string, lines ...string) *view.View {
	t.Helper()
	v, err := view.New(ids(t, subject), ids(t, targets...), edges(t, lines...), nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func ladder(t *testing.T) *view.View {
	names := map[string]string{
		"identity:hr/E1": "Ana \u202eRuiz <&\"\\>",
		"group:c/g1":     "GH-LEDGER-DEVELOPERS-EMEA-AND-APAC-with-a-name-that-does-not-end-soon-enough-for-a-box",
		"role:e/deploy":  "Ledger Deployers",
		"account:c/a1":   "aruiz",
	}
	v, err := view.New(ids(t, "identity:hr/E1"), ids(t, "entitlement:f/write", "role:e/deploy"), edges(t,
		"identity:hr/E1 owns account:c/a1", "account:c/a1 member group:c/g1", "group:c/g1 member group:c/g2",
		"group:c/g2 member group:c/g1", "group:c/g2 member group:c/g2", "group:c/g2 assigned entitlement:f/write",
		"group:c/g1 eligible role:e/deploy", "identity:hr/E1 controls role:e/deploy",
	), func(x graph.ID) string { return names[x.String()] })
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDraw(t *testing.T) {
	for name, draw := range map[string]func(io.Writer) error{
		"ladder.dot": ladder(t).DOT,
		"ladder.svg": ladder(t).Layout().SVG,
	} {
		t.Run(name, func(t *testing.T) {
			var first bytes.Buffer
			if err := draw(&first); err != nil {
				t.Fatal(err)
			}
			for range 20 {
				var again bytes.Buffer
				if err := draw(&again); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(first.Bytes(), again.Bytes()) {
					t.Fatal("two drawings of one view differ")
				}
			}
			if strings.ContainsRune(first.String(), 0x202e) {
				t.Error("a direction mark came out raw")
			}
			golden(t, name, first.Bytes())
		})
	}
}

func TestSVGIsXML(t *testing.T) {
	var b bytes.Buffer
	if err := ladder(t).Layout().SVG(&b); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(&b)
	n := 0
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n < 20 {
		t.Errorf("only %d tokens", n)
	}
}

func TestLayoutKeepsApart(t *testing.T) {
	for seed := range uint64(40) {
		l := random(t, seed).Layout()
		for i, a := range l.Boxes {
			if a.X < 0 || a.Y < 0 || a.X+a.W > l.Width || a.Y+a.H > l.Height {
				t.Errorf("seed %d: box %s lies outside", seed, a.ID)
			}
			for _, b := range l.Boxes[:i] {
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
					t.Errorf("seed %d: boxes %s and %s overlap", seed, a.ID, b.ID)
				}
			}
		}
	}
}

func random(t *testing.T, seed uint64) *view.View {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	lines := []string{"account:c/a member group:c/g0"}
	n := 2 + r.IntN(8)
	for range r.IntN(4 * n) {
		lines = append(lines, fmt.Sprintf("group:c/g%d member group:c/g%d", r.IntN(n), r.IntN(n)))
	}
	return newView(t, "account:c/a", []string{"group:c/g1", fmt.Sprintf("group:c/g%d", n)}, lines...)
}

func TestPaths(t *testing.T) {
	tests := []struct {
		name    string
		targets []string
		lines   []string
		limit   int
		want    []string
		cut     bool
	}{
		{"two ways, the shorter first", []string{"role:c/r"}, []string{
			"account:c/a member group:c/g", "group:c/g member group:c/h", "group:c/h assigned role:c/r", "group:c/g assigned role:c/r",
		}, 9, []string{"a g r", "a g h r"}, false},
		{"two kinds are two ways", []string{"group:c/g"}, []string{
			"account:c/a member group:c/g", "account:c/a controls group:c/g",
		}, 9, []string{"a g", "a g"}, false},
		{"a cycle ends", []string{"role:c/r"}, []string{
			"account:c/a member group:c/g", "group:c/g member group:c/h", "group:c/h member group:c/g", "group:c/g member group:c/g", "group:c/h assigned role:c/r",
		}, 9, []string{"a g h r"}, false},
		{"no further than the first target", []string{"group:c/g", "role:c/r"}, []string{
			"account:c/a member group:c/g", "group:c/g assigned role:c/r",
		}, 9, []string{"a g"}, false},
		{"the subject is the target", []string{"account:c/a"}, nil, 9, []string{"a"}, false},
		{"no way", []string{"role:c/r"}, []string{"account:c/a member group:c/g"}, 9, nil, false},
		{"direct only reaches a member", []string{"role:c/r"}, []string{
			"account:c/a member group:c/g", "group:c/g assigned! role:c/r",
		}, 9, []string{"a g r"}, false},
		{"direct only stops at a member's member", []string{"role:c/r"}, []string{
			"account:c/a member group:c/g", "group:c/g member group:c/h", "group:c/h assigned! role:c/r",
		}, 9, nil, false},
		{"direct only opens to who controls the group", []string{"role:c/r"}, []string{
			"account:c/a member group:c/g", "group:c/g controls group:c/h", "group:c/h assigned! role:c/r",
		}, 9, []string{"a g h r"}, false},
		{"a group again, once it opens more", []string{"role:c/r"}, []string{
			"account:c/a member group:c/g", "group:c/g member group:c/h", "group:c/h controls group:c/h", "group:c/h assigned! role:c/r",
			"group:c/h member group:c/k", "group:c/k member group:c/h",
		}, 9, []string{"a g h h r"}, false},
		{"but not for what it opened before", []string{"role:c/r"}, []string{
			"account:c/a member group:c/g", "group:c/g member group:c/h", "group:c/h controls group:c/h", "group:c/h assigned role:c/r", "group:c/h assigned! role:c/s",
		}, 9, []string{"a g h r"}, false},
		{"what is needless for a longer way", []string{"role:c/r"}, []string{
			"account:c/a member group:c/g", "group:c/g assigned role:c/r", "account:c/a member group:c/h", "group:c/h member group:c/g",
		}, 9, []string{"a g r", "a h g r"}, false},
		{"exactly the limit is not cut", []string{"group:c/g", "role:c/r"}, []string{
			"account:c/a member group:c/g", "account:c/a assigned role:c/r",
		}, 2, []string{"a g", "a r"}, false},
		{"one more is", []string{"group:c/g", "role:c/r"}, []string{
			"account:c/a member group:c/g", "account:c/a assigned role:c/r",
		}, 1, []string{"a g"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			paths, cut := newView(t, "account:c/a", tt.targets, tt.lines...).Paths(tt.limit)
			var got []string
			for _, p := range paths {
				var keys []string
				for _, n := range p.Nodes {
					keys = append(keys, n.Key)
				}
				got = append(got, strings.Join(keys, " "))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || cut != tt.cut {
				t.Errorf("cut %v, want %v; paths (-want +got):\n%s", cut, tt.cut, diff)
			}
		})
	}
}

// TestPathsGivesUp asks for more paths than anyone can count: the budget of steps
// ends the search, and says so.
func TestPathsGivesUp(t *testing.T) {
	lines := []string{"account:c/a member group:c/g0"}
	for i := range 24 {
		for j := range 24 {
			lines = append(lines, fmt.Sprintf("group:c/g%d member group:c/g%d", i, j))
		}
	}
	lines = append(lines, "group:c/g23 assigned! role:c/r") // never followed: no account is a direct member
	paths, cut := newView(t, "account:c/a", []string{"role:c/r"}, lines...).Paths(10)
	if len(paths) != 0 || !cut {
		t.Errorf("got %d paths, cut %v; want none, cut", len(paths), cut)
	}
}

func TestGraph(t *testing.T) {
	g, err := ladder(t).Graph()
	if err != nil {
		t.Fatal(err)
	}
	n, err := g.Order()
	if err != nil || n != 6 {
		t.Errorf("got %d nodes (%v), want 6", n, err)
	}
	e, err := g.Edge(id(t, "group:c/g2"), id(t, "group:c/g1"))
	if err != nil {
		t.Fatal(err)
	}
	if run, ok := e.Properties.Data.([]view.Edge); !ok || len(run) != 1 || run[0].Kind != graph.Member {
		t.Errorf("edge data are %v", e.Properties.Data)
	}
}

func TestTooLarge(t *testing.T) {
	var all []view.Edge
	for i := range view.MaxEdges + 1 {
		all = append(all, view.Edge{From: id(t, "account:c/a"), To: id(t, fmt.Sprintf("group:c/g%d", i)), Kind: graph.Member})
	}
	if _, err := view.New(ids(t, "account:c/a"), nil, all, nil); !errors.Is(err, view.ErrTooLarge) {
		t.Errorf("got %v, want %v", err, view.ErrTooLarge)
	}
}

func TestAround(t *testing.T) {
	at := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	var b graph.Builder
	add := func(from, kind, to string, terms graph.Terms) {
		k, err := graph.ParseGrantKind(kind)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Add(graph.Grant{From: id(t, from), To: id(t, to), Kind: k, Terms: terms}); err != nil {
			t.Fatal(err)
		}
	}
	add("account:c/a", "member", "group:c/g", graph.Terms{})
	add("group:c/g", "member", "group:c/h", graph.Terms{})
	add("group:c/h", "member", "group:c/g", graph.Terms{})
	add("group:c/g", "assigned", "role:c/r", graph.Terms{DirectOnly: true})
	add("group:c/h", "assigned", "role:c/r", graph.Terms{DirectOnly: true})                   // h has no account in it
	add("group:c/h", "assigned", "role:c/r", graph.Terms{UntilTime: at})                      // over
	add("group:c/h", "assigned", "entitlement:c/other", graph.Terms{})                        // leads elsewhere
	add("account:c/b", "member", "group:c/g", graph.Terms{})                                  // somebody else
	add("account:c/a", "eligible", "role:c/r", graph.Terms{UntilTime: at.Add(time.Second)})   // still
	add("account:c/a", "controls", "role:c/r", graph.Terms{FromTime: at.Add(-1 * time.Hour)}) // too weak
	v := view.Around(b.Graph(), at, reach.Eligible, id(t, "account:c/a"), ids(t, "role:c/r"))
	want := edges(t, "account:c/a member group:c/g", "account:c/a eligible role:c/r", "group:c/g assigned! role:c/r")
	slices.SortFunc(want, func(x, y view.Edge) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
	got := slices.Clone(v.Edges())
	slices.SortFunc(got, func(x, y view.Edge) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("edges (-want +got):\n%s", diff)
	}
}

func TestOfPathsRefusesBroken(t *testing.T) {
	if _, err := view.OfPaths([]reach.Path{{Nodes: ids(t, "account:c/a", "group:c/g")}}, nil); err == nil {
		t.Error("a path without kinds was drawn")
	}
}

func TestVisible(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Ana Ruiz", "Ana Ruiz"},
		{"חנה 山田 Ünïcode 🙂", "חנה 山田 Ünïcode 🙂"},
		{"a\u202eb", "a⟨U+202E⟩b"},
		{"a\x1b[31mb", "a⟨U+001B⟩[31mb"},
		{"a\r\nb\x00\x7f", "a⟨U+000D⟩⟨U+000A⟩b⟨U+0000⟩⟨U+007F⟩"},
		{"a\u0085\u009bb", "a⟨U+0085⟩⟨U+009B⟩b"},
		{"\ufeffa\u200b\u200d\u2066b", "⟨U+FEFF⟩a⟨U+200B⟩⟨U+200D⟩⟨U+2066⟩b"},
		{"\u2028\u3164\U000e0041\ufe0f", "⟨U+2028⟩⟨U+3164⟩⟨U+E0041⟩⟨U+FE0F⟩"},
		{"a\xffb\xed\xa0\x80", "a⟨0xFF⟩b⟨0xED⟩⟨0xA0⟩⟨0x80⟩"},
		{"\ufffd", "\ufffd"},
	}
	for _, tt := range tests {
		if got := view.Visible(tt.in); got != tt.want {
			t.Errorf("Visible(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{"", "plain", "a\u202eb", "\xff\xfe", "\x1b]0;x\a", "⟨U+202E⟩", "\u0600\u200f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := view.Visible(s)
		if strings.ContainsFunc(got, view.Hidden) {
			t.Errorf("Visible(%q) = %q still hides something", s, got)
		}
		if strings.ToValidUTF8(got, "") != got {
			t.Errorf("Visible(%q) = %q is not UTF-8", s, got)
		}
		if again := view.Visible(got); again != got {
			t.Errorf("Visible(%q) = %q, and again %q", s, got, again)
		}
	})
}
