// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	gocmp "github.com/google/go-cmp/cmp"
)

func id(s string) graph.ID {
	x, err := graph.ParseID(s)
	if err != nil {
		panic(err)
	}
	return x
}

func member(from, to string) graph.Grant {
	return graph.Grant{From: id(from), To: id(to), Kind: graph.Member}
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func build(t testing.TB, fs ...graph.Fact) *graph.Graph {
	t.Helper()
	var b graph.Builder
	for _, f := range fs {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

func export(t testing.TB, g *graph.Graph) string {
	t.Helper()
	var b bytes.Buffer
	if err := facts.Export(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestIDsAreOrderedAsTheirText(t *testing.T) {
	var ids []graph.ID
	for _, kind := range []string{"account", "entitlement", "group", "identity", "role", "unresolved"} {
		for _, source := range []string{"a", "a-", "a-b", "a0", "ab", "b", "corp", "corp-2", "corp2", "-", "0"} {
			for _, key := range []string{"!", "0", "a", "a/b", "é", "~all"} {
				ids = append(ids, id(kind+":"+source+"/"+key))
			}
		}
	}
	for _, x := range ids {
		for _, y := range ids {
			if got, want := cmp.Compare(x.Compare(y), 0), strings.Compare(x.String(), y.String()); got != want {
				t.Fatalf("%s and %s: got %d, want %d", x, y, got, want)
			}
		}
	}
}

func TestParseIDRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "want kind:source/key",
		"account":             "want kind:source/key",
		"account:corp":        "want kind:source/key",
		"account:corp/":       "the key is empty",
		"account:/a":          "want 1 to 64 characters",
		"account:Corp/a":      "only a-z, 0-9 and - are allowed",
		"Account:corp/a":      `unknown kind "Account"`,
		":corp/a":             `unknown kind ""`,
		"account:corp/a\n":    "a control character",
		"account:corp/\x7f":   "a control character",
		"account:corp/\u0085": "a control character",
		"account:corp/\xff":   "not valid UTF-8",
		"account:" + "corp/" + strings.Repeat("k", 4097): "longer than 4096 bytes",
	} {
		if _, err := graph.ParseID(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want %s", text, err, want)
		}
	}
}

// FuzzParseID: what is read is written again as it was, and passes its own check.
func FuzzParseID(f *testing.F) {
	for _, s := range []string{"account:corp/a", "group:a-b/~all", "role:x/y@/z", "entitlement:0/é:/", "unresolved:-/ ", "bad", "account:corp/\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, err := graph.ParseID(s)
		if err != nil {
			return
		}
		if x.String() != s {
			t.Errorf("%q became %q", s, x.String())
		}
		if err := x.Check(); err != nil {
			t.Errorf("%q was read, and its check says %v", s, err)
		}
	})
}

// FuzzIDOrder: the order of IDs is the order of their text.
func FuzzIDOrder(f *testing.F) {
	f.Add("account:a/x", "account:a-b/x")
	f.Add("account:a0/x", "account:a/x")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, err := graph.ParseID(a)
		y, err2 := graph.ParseID(b)
		if err != nil || err2 != nil {
			return
		}
		if got, want := cmp.Compare(x.Compare(y), 0), strings.Compare(a, b); got != want {
			t.Errorf("%q and %q: got %d, want %d", a, b, got, want)
		}
	})
}

// someFacts has all that a file can say, with duplicates and dangling ends.
func someFacts() []graph.Fact {
	window := graph.Terms{FromTime: day("2026-01-01"), UntilTime: day("2027-01-01")}
	all := []graph.Fact{
		graph.SourceRun{Source: "corp", Connector: "test", Started: day("2026-10-01"), Details: graph.Attrs{{Key: "how", Values: []string{"a", "b"}}}},
		graph.Node{ID: id("account:corp/a"), Name: "a", Attrs: graph.Attrs{{Key: "empty", Values: []string{}}, {Key: "mail", Values: []string{"x", "y"}}}},
		graph.Node{ID: id("group:corp/g"), Name: "g"},
		graph.Node{ID: id("identity:hr/1")},
		member("account:corp/a", "group:corp/g"),
		member("group:corp/g", "group:corp/h"),
		member("group:corp/h", "group:corp/g"),
		member("group:corp/g", "group:corp/g"),
		graph.Grant{From: id("account:corp/a"), To: id("role:corp/r"), Kind: graph.Assigned},
		graph.Grant{From: id("account:corp/a"), To: id("role:corp/r"), Kind: graph.Assigned, Terms: window},
		graph.Grant{From: id("group:corp/g"), To: id("role:corp/r"), Kind: graph.Assigned, Terms: graph.Terms{DirectOnly: true}},
		graph.Grant{From: id("identity:hr/1"), To: id("account:corp/a"), Kind: graph.Owns},
		graph.Use{Account: id("account:corp/a"), Entitlement: id("entitlement:corp/e"), At: day("2026-09-01"), Ref: "r"},
		graph.Gap{About: id("group:corp/secret"), Dataset: graph.Memberships, Reason: "denied"},
		graph.Coverage{Source: "corp", Dataset: graph.Accounts, State: graph.Complete, Received: graph.CountOf(1)},
		graph.Coverage{Source: "corp", Dataset: graph.All, State: graph.Partial, Reason: "cut"},
	}
	return append(all, all[1], all[4], all[9], all[12], all[13])
}

func TestOrderOfFactsMeansNothing(t *testing.T) {
	all := someFacts()
	want := export(t, build(t, all...))
	if strings.Count(want, "\n") < 15 {
		t.Fatalf("too little was exported:\n%s", want)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if diff := gocmp.Diff(want, export(t, build(t, all...))); diff != "" {
			t.Fatalf("export (-first +shuffled):\n%s", diff)
		}
	}
}

func TestConflicts(t *testing.T) {
	first := graph.Node{ID: id("account:corp/a"), Name: "a", Attrs: graph.Attrs{{Key: "status", Values: []string{"enabled"}}}}
	for name, tt := range map[string]struct {
		second graph.Node
		want   string
	}{
		"same":        {first, ""},
		"other name":  {graph.Node{ID: first.ID, Name: "b", Attrs: first.Attrs}, `account:corp/a: described twice with different content: name "a" and "b"`},
		"other value": {graph.Node{ID: first.ID, Name: "a", Attrs: graph.Attrs{{Key: "status", Values: []string{"locked"}}}}, `attribute status ["enabled"] and ["locked"]`},
		"no value":    {graph.Node{ID: first.ID, Name: "a"}, `attribute status ["enabled"] and []`},
		"one more":    {graph.Node{ID: first.ID, Name: "a", Attrs: graph.Attrs{{Key: "mfa", Values: []string{"none"}}, first.Attrs[0]}}, `attribute mfa [] and ["none"]`},
	} {
		t.Run(name, func(t *testing.T) {
			var b graph.Builder
			if err := b.Add(first); err != nil {
				t.Fatal(err)
			}
			err := b.Add(tt.second)
			if tt.want == "" && err != nil || tt.want != "" && (!errors.Is(err, graph.ErrConflict) || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			g := b.Graph()
			if diff := gocmp.Diff(first, g.Node(0)); diff != "" {
				t.Errorf("the first description does not stand (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBuilderRefuses(t *testing.T) {
	for want, f := range map[string]graph.Fact{
		"invalid kind":                           graph.Node{},
		"not sorted at":                          graph.Node{ID: id("account:corp/a"), Attrs: graph.Attrs{{Key: "b"}, {Key: "a"}}},
		"an attribute has no name":               graph.Node{ID: id("account:corp/a"), Attrs: graph.Attrs{{}}},
		`"member" cannot lead from an identity`:  member("identity:hr/1", "group:corp/g"),
		"direct_only is for assigned":            graph.Grant{From: id("account:corp/a"), To: id("group:corp/g"), Kind: graph.Member, Terms: graph.Terms{DirectOnly: true}},
		`gap about account:corp/a: unknown data`: graph.Gap{About: id("account:corp/a"), Dataset: "x"},
		"gap about: id":                          graph.Gap{Dataset: graph.All},
		"use: id":                                graph.Use{Account: id("account:corp/a")},
		`coverage: source name "X"`:              graph.Coverage{Source: "X", Dataset: graph.All},
		"coverage of corp: unknown dataset":      graph.Coverage{Source: "corp"},
		`source: source name ""`:                 graph.SourceRun{},
	} {
		var b graph.Builder
		if err := b.Add(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %s", f, err, want)
		}
		if g := b.Graph(); g.NumNodes()+g.NumGrants() != 0 {
			t.Errorf("%v: it was refused and left %d nodes", f, g.NumNodes())
		}
	}
}

func TestViaIsUnited(t *testing.T) {
	with := func(via, since string) graph.Grant {
		g := member("account:corp/a", "group:corp/g")
		g.Via = via
		if since != "" {
			g.Since = day(since)
		}
		return g
	}
	all := []graph.Fact{with("rule", ""), with("", "2026-03-01"), with("primary group", "2026-02-01"), with("rule", "2026-04-01"), with("", "")}
	random := rand.New(rand.NewPCG(3, 4))
	for range 120 {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		g := build(t, all...)
		var got []graph.Grant
		for grant := range g.Grants() {
			got = append(got, grant)
		}
		if diff := gocmp.Diff([]graph.Grant{with("primary group; rule", "2026-02-01")}, got); diff != "" {
			t.Fatalf("grants (-want +got):\n%s", diff)
		}
	}
}

func TestWindowsAreSeparateFacts(t *testing.T) {
	with := func(from, until string) graph.Grant {
		g := member("account:corp/a", "group:corp/g")
		if from != "" {
			g.FromTime = day(from)
		}
		if until != "" {
			g.UntilTime = day(until)
		}
		return g
	}
	all := []graph.Grant{with("", ""), with("2026-01-01", ""), with("", "2026-02-01"), with("2026-01-01", "2026-02-01"), with("2026-02-01", "2026-01-01")}
	var b graph.Builder
	for _, g := range append(all, all...) {
		g.FromTime = g.FromTime.In(time.FixedZone("east", 3600)) // the same moment
		if err := b.Add(g); err != nil {
			t.Fatal(err)
		}
	}
	g := b.Graph()
	if g.NumGrants() != len(all) {
		t.Fatalf("%d grants, want %d", g.NumGrants(), len(all))
	}
	for _, tt := range []struct {
		at   string
		want int
	}{{"2025-12-31", 2}, {"2026-01-01", 4}, {"2026-01-31", 4}, {"2026-02-01", 2}} {
		held := 0
		for grant := range g.Grants() {
			if grant.Holds(day(tt.at)) {
				held++
			}
		}
		if held != tt.want {
			t.Errorf("on %s %d hold, want %d", tt.at, held, tt.want)
		}
	}
}

func TestDanglingEnds(t *testing.T) {
	g := build(t, member("account:corp/a", "group:corp/g"), graph.Gap{About: id("role:corp/r"), Dataset: graph.Assignments}, graph.Node{ID: id("account:corp/a"), Name: "a"})
	for want, described := range map[string]bool{"account:corp/a": true, "group:corp/g": false, "role:corp/r": false} {
		n, ok := g.Find(id(want))
		if !ok || g.Described(n) != described || g.ID(n) != id(want) {
			t.Errorf("%s: found %v, described %v", want, ok, ok && g.Described(n))
		}
	}
	n, _ := g.Find(id("group:corp/g"))
	if v, ok := g.Attr(n, "status"); ok || v != "" || g.Name(n) != "" {
		t.Error("something is known of a thing that nobody described")
	}
	if _, ok := g.Find(id("group:corp/h")); ok {
		t.Error("found what is not there")
	}
}

func TestAttributes(t *testing.T) {
	g := build(t, someFacts()...)
	n, _ := g.Find(id("account:corp/a"))
	if v, ok := g.Attr(n, "mail"); v != "x" || !ok {
		t.Errorf("mail is %q, %v", v, ok)
	}
	if v, ok := g.Attr(n, "empty"); v != "" || ok {
		t.Errorf("empty is %q, %v", v, ok)
	}
	if vs := g.AttrValues(n, "empty"); vs == nil || len(vs) != 0 {
		t.Errorf("no values became unknown: %v", vs)
	}
	if vs := g.AttrValues(n, "phone"); vs != nil {
		t.Errorf("unknown became %q", vs)
	}
	var as graph.Attrs
	for _, k := range []string{"c", "a", "b", "a"} {
		as.Set(k, k+"!")
	}
	if diff := gocmp.Diff(graph.Attrs{{Key: "a", Values: []string{"a!"}}, {Key: "b", Values: []string{"b!"}}, {Key: "c", Values: []string{"c!"}}}, as); diff != "" {
		t.Error(diff)
	}
}

func TestStates(t *testing.T) {
	g := build(t, someFacts()...)
	for _, tt := range []struct {
		source  graph.Source
		dataset graph.Dataset
		want    graph.State
	}{{"corp", graph.Accounts, graph.Partial}, {"corp", graph.MFA, graph.Partial}, {"hr", graph.Identities, graph.Partial}} {
		if got := g.State(tt.source, tt.dataset); got != tt.want {
			t.Errorf("%s/%s is %s, want %s", tt.source, tt.dataset, got, tt.want)
		}
	}
	worst := build(t, graph.Coverage{Source: "x", Dataset: graph.All, State: graph.Complete}, graph.Coverage{Source: "x", Dataset: graph.MFA, State: graph.Denied}, graph.Coverage{Source: "x", Dataset: graph.MFA, State: graph.NotApplicable})
	if got := worst.State("x", graph.MFA); got != graph.Denied {
		t.Errorf("the worst is %s", got)
	}
	if got := worst.State("x", graph.Accounts); got != graph.Complete {
		t.Errorf("* says %s", got)
	}
	if diff := gocmp.Diff([]graph.Source{"corp", "hr"}, g.Sources()); diff != "" {
		t.Error(diff)
	}
}

func TestRanges(t *testing.T) {
	g := build(t, someFacts()...)
	for k := graph.Account; k <= graph.Unresolved; k++ {
		lo, hi := g.Range(k)
		var got, want []graph.ID
		for n := lo; n < hi; n++ {
			got = append(got, g.ID(n))
		}
		for n := range uint32(g.NumNodes()) {
			if g.ID(n).Kind == k {
				want = append(want, g.ID(n))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", k, got, want)
		}
	}
}

// TestMillionNodes builds a chain of a million groups that closes to a cycle.
func TestMillionNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("large")
	}
	const n = 1_000_000
	var b graph.Builder
	ids := make([]graph.ID, n)
	for i := range ids {
		ids[i] = graph.ID{Kind: graph.Group, Source: "corp", Key: fmt.Sprintf("g%07d", n-i)}
	}
	for i := range ids {
		if err := b.Add(graph.Grant{From: ids[i], To: ids[(i+1)%n], Kind: graph.Member}); err != nil {
			t.Fatal(err)
		}
	}
	g := b.Graph()
	if g.NumNodes() != n || g.NumGrants() != n {
		t.Fatalf("%d nodes and %d grants", g.NumNodes(), g.NumGrants())
	}
	at, ok := g.Find(ids[17])
	if !ok || len(g.Out(at)) != 1 || g.ID(g.Out(at)[0].To) != ids[18] {
		t.Error("the chain is broken")
	}
}

func TestTextForms(t *testing.T) {
	kinds, grants, states := 0, 0, 0
	for k := graph.Kind(0); k < 20; k++ {
		text, err := k.MarshalText()
		if err != nil {
			continue
		}
		kinds++
		var back graph.Kind
		if err := back.UnmarshalText(text); err != nil || back != k {
			t.Errorf("kind %s came back as %s: %v", k, back, err)
		}
	}
	for _, k := range graph.GrantKinds() {
		grants++
		text, _ := k.MarshalText()
		var back graph.GrantKind
		if err := back.UnmarshalText(text); err != nil || back != k {
			t.Errorf("grant kind %s came back as %s: %v", k, back, err)
		}
	}
	for s := graph.NotApplicable; s <= graph.Failed; s++ {
		states++
		text, _ := s.MarshalText()
		var back graph.State
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("state %s came back as %s: %v", s, back, err)
		}
	}
	if kinds != 7 || grants != 6 || states != 7 {
		t.Errorf("%d kinds, %d grant kinds, %d states", kinds, grants, states)
	}
	for _, err := range []error{new(graph.Kind).UnmarshalText([]byte("Account")), new(graph.GrantKind).UnmarshalText([]byte("")), new(graph.State).UnmarshalText([]byte("ok"))} {
		if err == nil {
			t.Error("unknown text is no error")
		}
	}
}

// TestGrantTable holds the table of kinds of the facts format.
func TestGrantTable(t *testing.T) {
	table := map[graph.GrantKind][2]string{
		graph.Owns:     {"identity somebody", "account"},
		graph.Member:   {"account group unresolved", "group"},
		graph.Assigned: {"identity account group unresolved", "role entitlement"},
		graph.Contains: {"role", "role entitlement"},
		graph.Eligible: {"account group", "role group"},
		graph.Controls: {"identity account group role entitlement unresolved", "account group role entitlement"},
	}
	for _, kind := range graph.GrantKinds() {
		for end := graph.Account; end <= graph.Unresolved; end++ {
			from, to := slices.Contains(strings.Fields(table[kind][0]), end.String()), slices.Contains(strings.Fields(table[kind][1]), end.String())
			if kind.From(end) != from || kind.To(end) != to {
				t.Errorf("%s and %s: from %v, to %v", kind, end, kind.From(end), kind.To(end))
			}
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	const n = 100_000
	var all []graph.Fact
	for i := range n {
		a := graph.ID{Kind: graph.Account, Source: "corp", Key: fmt.Sprintf("a%d", i)}
		all = append(all, graph.Node{ID: a, Name: a.Key}, graph.Grant{From: a, To: graph.ID{Kind: graph.Group, Source: "corp", Key: fmt.Sprintf("g%d", i%500)}, Kind: graph.Member})
	}
	b.ReportAllocs()
	for b.Loop() {
		build(b, all...)
	}
	b.ReportMetric(float64(len(all))*float64(b.N)/b.Elapsed().Seconds(), "facts/s")
}

func TestNotUTF8(t *testing.T) {
	a := graph.ID{Kind: graph.Account, Source: "corp", Key: "a"}
	for _, n := range []graph.Node{
		{ID: a, Name: "\xff"},
		{ID: a, Attrs: graph.Attrs{{Key: "\xff"}}},
		{ID: a, Attrs: graph.Attrs{{Key: "k", Values: []string{"sound", "\xff"}}}},
	} {
		var b graph.Builder
		if err := b.Add(n); err == nil || !strings.Contains(err.Error(), "not valid UTF-8") {
			t.Errorf("%q: got %v, want it refused", n, err)
		}
	}
}
