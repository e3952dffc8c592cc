// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/remedy"
	"github.com/foureyes-iga/foureyes/sod/remedy/proof"
)

var info = reports.SnapshotInfo{Digest: "sha256:1", Content: "sha256:2"}

// planFor solves, and returns the plan as a file, and what to hold it against.
func planFor(t *testing.T, g *graph.Graph, p *sod.Policy, asOf time.Time, o remedy.Options) ([]byte, proof.Case) {
	t.Helper()
	plan, err := remedy.Solve(t.Context(), g, p, asOf, o)
	if err != nil {
		t.Fatal(err)
	}
	return written(t, g, p, asOf, o, plan)
}

func written(t *testing.T, g *graph.Graph, p *sod.Policy, asOf time.Time, o remedy.Options, plan *remedy.Plan) ([]byte, proof.Case) {
	t.Helper()
	doc, err := reports.NewPlan(reports.PlanInput{Graph: g, Policy: p, Snapshot: info, Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := jsonout.Plan(&b, doc); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), proof.Case{Graph: g, Policy: p, Costs: o.Costs, AsOf: asOf, SnapshotDigest: info.Digest, SnapshotContent: info.Content}
}

func smallGraph(t *testing.T, seed uint64) (*graph.Graph, *sod.Policy, time.Time) {
	facts, p, asOf := synth.Small(seed)
	var b graph.Builder
	for _, f := range facts {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph(), p, asOf
}

// TestHolds checks the plans of many small worlds, in both scopes.
func TestHolds(t *testing.T) {
	worlds := 1500
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		worlds = 30_000
	}
	clauses, branches := 0, 0
	for seed := range uint64(worlds) {
		g, p, asOf := smallGraph(t, seed+1)
		o := remedy.Options{Scope: remedy.Scope(seed % 2)}
		if seed%3 == 0 {
			o.Costs = &sod.Costs{Digest: "sha256:3", Rules: []sod.CostRule{{Kind: graph.Eligible, Keep: true}, {Kind: graph.Member, Times: 3}, {Kind: graph.Assigned, Cost: 2}}}
		}
		file, is := planFor(t, g, p, asOf, o)
		v, err := proof.Check(is, file)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed+1, err, file)
		}
		if !v.Optimal() {
			t.Errorf("seed %d: not proved", seed+1)
		}
		clauses += v.Clauses
		branches += v.Nodes - v.Pieces
	}
	t.Logf("%d clauses, %d nodes that are no roots", clauses, branches)
	if clauses < worlds/4 {
		t.Error("the worlds are too easy")
	}
}

// TestHoldsTogether checks plans whose proofs share the cost of what many people have.
func TestHoldsTogether(t *testing.T) {
	shares := 0
	for seed := range uint64(4) {
		c := synth.Office(120, seed+1)
		g, p := c.Graph(), c.Policy()
		file, is := planFor(t, g, p, synth.AsOf(), remedy.Options{Scope: remedy.Structure})
		v, err := proof.Check(is, file)
		if err != nil {
			t.Fatalf("seed %d: %v", seed+1, err)
		}
		if !v.Optimal() {
			t.Errorf("seed %d: not proved", seed+1)
		}
		shares += v.Shares
	}
	if shares == 0 {
		t.Error("nothing is shared")
	}
}

// TestUnfinished checks a plan of a search that was stopped at once: it clears all, says
// that it is not proved, and its bound holds.
func TestUnfinished(t *testing.T) {
	c := synth.Office(150, 2)
	g, p := c.Graph(), c.Policy()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	plan, err := remedy.Solve(ctx, g, p, synth.AsOf(), remedy.Options{Scope: remedy.Structure})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Optimal() || plan.Bound == 0 || plan.Bound > plan.Cost {
		t.Fatalf("it costs %d and is bounded by %d", plan.Cost, plan.Bound)
	}
	file, is := written(t, g, p, synth.AsOf(), remedy.Options{Scope: remedy.Structure}, plan)
	if v, err := proof.Check(is, file); err != nil || v.Optimal() {
		t.Errorf("%v, optimal %v", err, v.Optimal())
	}
}

// ring is a company in which the weights of witnesses alone do not prove the least cost:
// three accounts of one person, any two of which break a rule. Besides, somebody
// unresolved, an account that controls, a finding that must stay, and one that is only
// eligible.
func ring(t *testing.T) (*graph.Graph, *sod.Policy, time.Time, remedy.Options) {
	t.Helper()
	id := func(text string) graph.ID {
		x, err := graph.ParseID(text)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	var b graph.Builder
	add := func(f graph.Fact) {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	grant := func(from string, k graph.GrantKind, to string) {
		add(graph.Grant{From: id(from), To: id(to), Kind: k})
	}
	for i := range 3 {
		grant("identity:hr/ana", graph.Owns, fmt.Sprintf("account:corp/a%d", i))
		grant(fmt.Sprintf("account:corp/a%d", i), graph.Member, fmt.Sprintf("group:corp/g%d", i))
		grant(fmt.Sprintf("group:corp/g%d", i), graph.Assigned, fmt.Sprintf("entitlement:erp/%d", i))
	}
	for _, k := range []string{"identity:hr/ben", "unresolved:corp/x", "identity:hr/kim"} {
		kind := graph.Assigned
		grant(k, kind, "entitlement:erp/0")
		grant(k, kind, "entitlement:erp/1")
	}
	grant("account:corp/free", graph.Eligible, "group:corp/g0")
	grant("account:corp/free", graph.Member, "group:corp/g1")
	for _, s := range []graph.Source{"hr", "corp", "erp"} {
		add(graph.Coverage{Source: s, Dataset: graph.All, State: graph.Complete})
	}
	p := &sod.Policy{Name: "ring", Digest: "sha256:4", Mode: reach.Eligible}
	for i := range 3 {
		pattern, err := sod.ParseIDPattern(fmt.Sprintf("entitlement:erp/%d", i))
		if err != nil {
			t.Fatal(err)
		}
		p.Duties = append(p.Duties, sod.Duty{ID: fmt.Sprintf("d%d", i), Holds: []sod.Selector{{ID: &pattern}}})
	}
	p.Rules = []sod.Rule{{ID: "TWO", Severity: sod.High, Kind: sod.AtMostRule, Limit: 1, Duties: []int{0, 1, 2}}}
	kim := sod.IDPattern{Kind: graph.Identity, Source: "hr", Key: "kim"}
	costs := &sod.Costs{Digest: "sha256:5", Rules: []sod.CostRule{{From: []sod.Selector{{ID: &kim}}, Keep: true}}}
	return b.Graph(), p, synth.AsOf(), remedy.Options{Scope: remedy.Structure, Costs: costs}
}

// TestEveryFieldIsChecked changes every value of a plan, takes every element out of every
// list and doubles it, and gives each forgery the digest that it needs. None may pass,
// but for those that still are a proof of the same bound: see proves.
func TestEveryFieldIsChecked(t *testing.T) {
	g, p, asOf, o := ring(t)
	file, is := planFor(t, g, p, asOf, o)
	v, err := proof.Check(is, file)
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	if v.Nodes <= v.Pieces || v.Stuck == 0 || v.Clears < 3 {
		t.Fatalf("the plan shows too little: %+v\n%s", v, file)
	}
	var doc any
	d := json.NewDecoder(bytes.NewReader(file))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	tried, passed := 0, []string{}
	for _, m := range mutations(doc, "") {
		tried++
		forged := encode(t, m.doc)
		if bytes.Equal(forged, encode(t, doc)) {
			t.Fatalf("%s changes nothing", m.what)
		}
		if _, err := proof.Check(is, sealed(forged)); err == nil {
			passed = append(passed, m.what)
		}
		if _, err := proof.Check(is, forged); err == nil && !strings.HasPrefix(m.what, ".digest") {
			t.Errorf("%s passes without a digest", m.what)
		}
	}
	t.Logf("%d forgeries", tried)
	for _, what := range passed {
		if !proves.MatchString(what) {
			t.Errorf("%s passes", what)
		}
	}
	if tried < 500 {
		t.Error("too few forgeries")
	}
}

// proves matches changes after which a certificate may prove what it says as before: a
// weight or a share that is one of sixteen thousand parts of a cost more or less, and a
// grant that is dropped for another one that is as good, or not at all. The digest alone
// is what a sealed forgery has anew.
var proves = regexp.MustCompile(`^\.certificate\.parts\[\d+\]\.pieces\[\d+\]\.(weights\[\d+\]\[\d+\]\[1\] (raised|lowered)|shares\[\d+\]\[1\] (raised|lowered)|dropped\[\d+\]\[1\] (raised|lowered)|dropped(\[\d+\])? left out)$|^\.digest (changed|emptied)$`)

// sealed gives a plan the digest that it needs.
func sealed(file []byte) []byte {
	at := bytes.Index(file, []byte(`"digest":"`)) + len(`"digest":"`)
	end := at + bytes.IndexByte(file[at:], '"')
	file = slices.Concat(file[:at], file[end:])
	return slices.Concat(file[:at], []byte(proof.Digest(file)), file[at:])
}

// encode writes a document in the order of the format.
func encode(t *testing.T, doc any) []byte {
	t.Helper()
	var b bytes.Buffer
	write(t, &b, doc, true)
	b.WriteByte('\n')
	return b.Bytes()
}

func write(t *testing.T, b *bytes.Buffer, v any, top bool) {
	switch v := v.(type) {
	case map[string]any:
		var keys []string
		for k := range v {
			if !top || k != "format" && k != "digest" {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		if _, ok := v["digest"]; ok && top {
			keys = slices.Insert(keys, 0, "digest")
		}
		if _, ok := v["format"]; ok && top {
			keys = slices.Insert(keys, 0, "format")
		}
		b.WriteByte('{')
		for i, k := range keys {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(b, "%q:", k)
			write(t, b, v[k], false)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			write(t, b, x, false)
		}
		b.WriteByte(']')
	default:
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
}

// A mutation is a document with one change.
type mutation struct {
	what string
	doc  any
}

// mutations lists every change of a value: each scalar otherwise, each key and each
// element of a list left out, each element twice.
func mutations(v any, at string) (all []mutation) {
	add := func(what string, doc any) { all = append(all, mutation{at + what, doc}) }
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			for _, m := range mutations(x, at+"."+k) {
				all = append(all, mutation{m.what, with(v, k, m.doc)})
			}
			if left := without(v, k); meansOther(k, x) {
				add("."+k+" left out", left)
			}
		}
		add(" with another key", with(v, "also", true))
	case []any:
		for i, x := range v {
			for _, m := range mutations(x, fmt.Sprintf("%s[%d]", at, i)) {
				other := slices.Clone(v)
				other[i] = m.doc
				all = append(all, mutation{m.what, other})
			}
			add(fmt.Sprintf("[%d] left out", i), slices.Delete(slices.Clone(v), i, i+1))
			add(fmt.Sprintf("[%d] twice", i), slices.Insert(slices.Clone(v), i, x))
		}
	case json.Number:
		n, _ := v.Int64()
		add(" raised", n+1)
		add(" lowered", n-1)
		add(" much raised", n*2+1_000_003)
	case string:
		add(" changed", v+"x")
		if v != "" {
			add(" emptied", "")
		}
	case bool:
		add(" turned", !v)
	}
	return all
}

// meansOther reports whether leaving a key out says anything else: an empty list, a zero
// and nothing are the same.
func meansOther(key string, v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) > 0
	case json.Number:
		return v != "0" || key == "grant" || key == "weights" || key == "broken"
	case bool:
		return v
	case string:
		return v != ""
	}
	return true
}

func with(m map[string]any, key string, v any) map[string]any {
	out := map[string]any{}
	for k, x := range m {
		out[k] = x
	}
	out[key] = v
	return out
}

func without(m map[string]any, key string) map[string]any {
	out := with(m, key, nil)
	delete(out, key)
	return out
}

// TestRefusesOtherCases holds a good plan against what it is not about.
func TestRefusesOtherCases(t *testing.T) {
	g, p, asOf, o := ring(t)
	file, is := planFor(t, g, p, asOf, o)
	for name, change := range map[string]func(*proof.Case){
		"another snapshot":  func(c *proof.Case) { c.SnapshotDigest = "sha256:9" },
		"other content":     func(c *proof.Case) { c.SnapshotContent = "sha256:9" },
		"no cost file":      func(c *proof.Case) { c.Costs = nil },
		"another cost file": func(c *proof.Case) { c.Costs = &sod.Costs{Digest: "sha256:9"} },
		"another moment":    func(c *proof.Case) { c.AsOf = c.AsOf.Add(time.Second) },
		"another mode": func(c *proof.Case) {
			other := *c.Policy
			other.Mode = reach.Standing
			c.Policy = &other
		},
		"other prices": func(c *proof.Case) {
			c.Costs = &sod.Costs{Digest: c.Costs.Digest, Rules: append(slices.Clone(c.Costs.Rules), sod.CostRule{Times: 2})}
		},
		"nothing kept": func(c *proof.Case) { c.Costs = &sod.Costs{Digest: c.Costs.Digest} },
	} {
		t.Run(name, func(t *testing.T) {
			other := is
			change(&other)
			if _, err := proof.Check(other, file); err == nil {
				t.Error("it passes")
			}
		})
	}
	for name, text := range map[string][]byte{"nothing": nil, "half": file[:len(file)/2], "two": slices.Concat(file, file)} {
		if _, err := proof.Check(is, text); err == nil || errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCountedTwice forges bounds that add up: a part that is there twice, and a piece that
// is there twice in a part, with every sum said as it would be. Only that a grant's cost
// counts once is against them.
func TestCountedTwice(t *testing.T) {
	g, p, asOf, o := ring(t)
	file, is := planFor(t, g, p, asOf, o)
	for name, forge := range map[string]func(parts []any) ([]any, int64){
		"a part": func(parts []any) ([]any, int64) { return append(parts, parts[0]), bound(parts[0]) },
		"a piece": func(parts []any) ([]any, int64) {
			part := with(parts[0].(map[string]any), "bound", 2*bound(parts[0]))
			pieces := part["pieces"].([]any)
			return append([]any{with(part, "pieces", append(slices.Clone(pieces), pieces...))}, parts[1:]...), bound(parts[0])
		},
	} {
		t.Run(name, func(t *testing.T) {
			var doc map[string]any
			d := json.NewDecoder(bytes.NewReader(file))
			d.UseNumber()
			if err := d.Decode(&doc); err != nil {
				t.Fatal(err)
			}
			certificate := doc["certificate"].(map[string]any)
			parts, more := forge(certificate["parts"].([]any))
			doc["certificate"] = with(certificate, "parts", parts)
			lower, err := doc["lower_bound"].(json.Number).Int64()
			if err != nil {
				t.Fatal(err)
			}
			doc["lower_bound"], doc["optimal"] = lower+more, false
			_, err = proof.Check(is, sealed(encode(t, doc)))
			if err == nil || !strings.Contains(err.Error(), "in common") && !strings.Contains(err.Error(), "counts for more than it costs") {
				t.Errorf("%v, want that a grant counts twice", err)
			}
		})
	}
}

func bound(part any) int64 {
	n, _ := part.(map[string]any)["bound"].(json.Number).Int64()
	return n
}
