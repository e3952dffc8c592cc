// SPDX-License-Identifier: Apache-2.0

package whatif_test

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
	"github.com/foureyes-iga/foureyes/sod/whatif"
)

var noon = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)

// A dice makes small worlds, policies and changes.
type dice struct{ *rand.Rand }

func (d dice) oneIn(n int) bool { return d.IntN(n) == 0 }

func pick[T any](d dice, all []T) T { return all[d.IntN(len(all))] }

// things are all that a world may know.
func things() (all []graph.ID) {
	for _, text := range []string{
		"identity:hr/1", "identity:hr/2", "identity:hr/3", "account:corp/1", "account:corp/2", "account:corp/3", "account:erp/1", "account:erp/2",
		"group:corp/~all", "group:corp/1", "group:corp/2", "group:corp/3", "group:erp/1", "role:erp/1", "role:erp/2",
		"entitlement:erp/1", "entitlement:erp/2", "entitlement:corp/1", "unresolved:corp/1", "unresolved:erp/1", "somebody:corp/1",
	} {
		id, err := graph.ParseID(text)
		if err != nil {
			panic(err)
		}
		all = append(all, id)
	}
	return all
}

func (d dice) node(id graph.ID) graph.Node {
	n := graph.Node{ID: id, Name: pick(d, []string{"a", "b", "c"})}
	for _, key := range []string{"department", "employee_id", "status", "type"} {
		if d.oneIn(3) {
			n.Attrs.Set(key, pick(d, []string{"1", "2", "enabled", "terminated", "service", "shared", "guest", "breakglass"}))
		}
	}
	if d.oneIn(3) { // what the checks look at
		for key, values := range checked() {
			if d.oneIn(4) {
				n.Attrs.Set(key, pick(d, values)...)
			}
		}
	}
	return n
}

// checked are attributes that the checks look at, with values that matter.
func checked() iter.Seq2[string, [][]string] {
	all := map[string][][]string{
		"company":             {{"Acme"}, {"Globex"}},
		"created":             {{"2020-01-01"}},
		"department":          {{"1"}, {"2"}},
		"end_date":            {{"2026-01-01"}, {"2027-01-01"}},
		"last_sign_in":        {{}, {"2020-01-01"}},
		"mail":                {{"a@x"}, {"A@X"}},
		"mfa":                 {{"none"}, {"registered"}, {"enforced"}, {"not-applicable"}},
		"owner":               {{"identity:hr/1"}, {"account:corp/2"}, {"identity:hr/9"}, {"identity:hr/2", "identity:hr/3"}},
		"parent":              {{"account:corp/1"}},
		"password_set":        {{"2020-01-01"}, {"2026-09-30"}},
		"privileged":          {{"true"}, {"false"}},
		"previous_department": {{"1"}, {"2"}},
		"sponsor":             {{}, {"identity:hr/1"}, {"group:corp/1"}},
		"start_date":          {{"2026-01-01"}, {"2027-01-01"}},
		"status":              {{"active"}, {"enabled"}, {"leave"}, {"pending"}, {"terminated"}},
		"transfer_date":       {{"2026-01-01"}},
		"worker_type":         {{"employee"}, {"vendor"}},
	}
	return func(yield func(string, [][]string) bool) {
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if !yield(key, all[key]) {
				return
			}
		}
	}
}

// everyCheck returns all checks, in the manner of a policy.
func everyCheck() []sod.Check {
	const day = 24 * time.Hour
	return []sod.Check{
		{Name: "breakglass", Severity: sod.Low, Within: 90 * day},
		{Name: "control-owner", Severity: sod.Low},
		{Name: "dormant-group", Severity: sod.Low},
		{Name: "duplicate-identity", Severity: sod.Low},
		{Name: "guest", Severity: sod.Low, After: 90 * day},
		{Name: "leaver", Severity: sod.High, Within: day},
		{Name: "mfa", Severity: sod.Low, AtLeast: "enforced"},
		{Name: "mover", Severity: sod.Low, After: day, Within: 3650 * day, Peers: 1},
		{Name: "never-used", Severity: sod.Low, After: 30 * day},
		{Name: "orphaned", Severity: sod.Low},
		{Name: "ownerless", Severity: sod.Low},
		{Name: "prehire", Severity: sod.Low, Within: 7 * day},
		{Name: "privileged", Severity: sod.Low},
		{Name: sod.RoleConflict},
		{Name: "service", Severity: sod.Low, After: 90 * day},
		{Name: "shared", Severity: sod.Low},
		{Name: "stale", Severity: sod.Low, After: 90 * day},
		{Name: "unapproved-grant", Severity: sod.Low, Within: 3650 * day, Requests: []sod.Request{
			{Beneficiary: "account:corp/1", Access: "group:corp/*", Approver: "identity:hr/1", Approved: noon, DayOnly: true}}},
		{Name: "uncorrelated", Severity: sod.Low},
		{Name: "vendor", Severity: sod.Low, After: 365 * day},
	}
}

func TestEveryCheckIsTried(t *testing.T) {
	var names []string
	for _, c := range everyCheck() {
		names = append(names, c.Name)
	}
	if diff := cmp.Diff(check.Names(), names); diff != "" {
		t.Errorf("checks (-those that exist +those that are tried):\n%s", diff)
	}
}

// grant returns a grant that is allowed.
func (d dice) grant() graph.Grant {
	for {
		g := graph.Grant{From: pick(d, things()), To: pick(d, things()), Kind: pick(d, graph.GrantKinds())}
		if d.oneIn(4) {
			g.DirectOnly = true
		}
		switch d.IntN(12) {
		case 0:
			g.UntilTime = noon
		case 1:
			g.FromTime = noon
		}
		if g.Check() == nil && (g.Kind != graph.Controls || d.oneIn(3)) {
			return g
		}
	}
}

func (d dice) world() *graph.Graph {
	var b graph.Builder
	for _, id := range things() {
		if id.Key == "~all" && !d.oneIn(3) || d.oneIn(4) {
			continue
		}
		if err := b.Add(d.node(id)); err != nil {
			panic(err)
		}
	}
	for range 5 + d.IntN(20) {
		g := d.grant()
		if g.From.Key == "~all" || g.To.Key == "~all" {
			if !d.oneIn(6) {
				continue
			}
		}
		if err := b.Add(g); err != nil {
			panic(err)
		}
	}
	for d.oneIn(2) { // accounts that belong together
		who := things()[len(things())-1]
		if err := b.Add(graph.Grant{From: who, To: pick(d, things()[3:8]), Kind: graph.Owns}); err != nil {
			panic(err)
		}
	}
	datasets := append(graph.Datasets(), graph.All)
	for d.oneIn(2) {
		if err := b.Add(graph.Gap{About: pick(d, things()[:18]), Dataset: pick(d, datasets), Reason: "denied"}); err != nil {
			panic(err)
		}
	}
	for _, s := range []graph.Source{"corp", "erp", "hr"} {
		c := graph.Coverage{Source: s, Dataset: graph.All, State: graph.Complete}
		if d.oneIn(6) {
			continue // partial, and a source only while it has a node
		}
		if err := b.Add(c); err != nil {
			panic(err)
		}
		if d.oneIn(4) {
			c.Dataset, c.State = pick(d, datasets), graph.Partial
			if err := b.Add(c); err != nil {
				panic(err)
			}
		}
	}
	return b.Graph()
}

func (d dice) selector() sod.Selector {
	switch d.IntN(5) {
	case 0:
		return sod.Selector{Name: pick(d, []string{"a", "b"}), Kind: pick(d, []graph.Kind{graph.Group, graph.Role, graph.Entitlement})}
	case 1:
		return sod.Selector{Attrs: []sod.AttrPattern{{Key: "department", Pattern: pick(d, []string{"1", "2", "*"})}}}
	}
	p, err := sod.ParseIDPattern(pick(d, things()[8:]).String())
	if err != nil {
		panic(err)
	}
	return sod.Selector{ID: &p}
}

func (d dice) policy() *sod.Policy {
	p := &sod.Policy{Mode: pick(d, []reach.Mode{reach.Standing, reach.Eligible, reach.Attainable})}
	for i := range 3 {
		duty := sod.Duty{ID: fmt.Sprintf("d%d", i), Holds: []sod.Selector{d.selector(), d.selector()}}
		if d.oneIn(3) {
			duty.MayBeEmpty = &sod.MayBeEmpty{Why: "it may"}
		}
		p.Duties = append(p.Duties, duty)
	}
	p.Rules = []sod.Rule{
		{ID: "R1", Severity: sod.High, Kind: sod.ConflictRule, Duties: []int{0, 1}},
		{ID: "R2", Severity: sod.Low, Kind: sod.ConflictRule, Duties: []int{0, 1, 2}},
		{ID: "R3", Severity: sod.Critical, Kind: sod.CriticalRule, Duties: []int{2}},
	}
	for _, more := range []sod.Rule{
		{ID: "R4", Severity: sod.Low, Kind: sod.AtMostRule, Limit: 1, Duties: []int{0, 1, 2}},
		{ID: "R5", Severity: sod.Low, Kind: sod.PeopleRule, Limit: 2, Duties: []int{0, 1}},
		{ID: "R6", Severity: sod.Low, Kind: sod.RequiresRule, Duties: []int{0, 2}},
		{ID: "R7", Severity: sod.Low, Kind: sod.ConflictRule, Duties: []int{0, 2}, Same: "department"},
		{ID: "R8", Severity: sod.Low, Kind: sod.CriticalRule, Duties: []int{0}, Where: []sod.AttrPattern{{Key: "department", Pattern: "1"}}},
	} {
		if d.oneIn(5) {
			p.Rules = append(p.Rules, more)
		}
	}
	p.Accepted = []sod.Acceptance{{Rule: "R3", Subjects: things()[:2], Expires: sod.Date{Year: 2026, Month: 12, Day: 31}}}
	if d.oneIn(3) {
		p.Accepted = append(p.Accepted, d.acceptance(p))
	}
	if d.oneIn(3) {
		p.AcceptedGaps = []sod.AcceptedGap{{About: pick(d, things()[3:18]), Until: sod.Date{Year: 2026, Month: 12, Day: 31}}}
	}
	if d.oneIn(2) { // several, or one by itself
		several := 3
		if d.oneIn(2) {
			several = len(check.Names())
		}
		p.Controls = []sod.Control{{ID: "AC", Owner: pick(d, things()[:8])}}
		p.Apps = []sod.Application{{ID: "app", InScope: d.oneIn(2), Entitlements: []sod.Selector{d.selector()}}}
		p.ControlPlane = []sod.Selector{d.selector()}
		p.Checks = slices.DeleteFunc(everyCheck(), func(sod.Check) bool { return !d.oneIn(several) })
	}
	return p
}

// acceptance rests on people who may go: its approver, and who owns its control.
func (d dice) acceptance(p *sod.Policy) sod.Acceptance {
	end := sod.Date{Year: 2026, Month: 12, Day: 31}
	a := sod.Acceptance{Rule: pick(d, p.Rules).ID, Subjects: things()[:8], ApprovedBy: pick(d, things()[:8]), Expires: end}
	a.Subjects = slices.DeleteFunc(a.Subjects, func(id graph.ID) bool { return id == a.ApprovedBy || d.oneIn(3) })
	if d.oneIn(3) {
		a.Subjects = append(a.Subjects, things()[len(things())-1])
	}
	if d.oneIn(3) {
		p.Compensating = []sod.CompensatingControl{{ID: "C", Owner: pick(d, things()[:8])}}
		a.CompensatingControl = "C"
	}
	return a
}

// approve accepts what is found now, and no other access.
func (d dice) approve(g *graph.Graph, p *sod.Policy) {
	if found := sod.Evaluate(g, p, noon).Findings; len(found) > 0 && d.oneIn(2) {
		f := pick(d, found)
		a := sod.Acceptance{Rule: f.Rule, Subjects: f.Subjects, Expires: sod.Date{Year: 2026, Month: 12, Day: 31}}
		a.Digest = sod.Digester(g, p, noon)(&f)
		p.Accepted = append(p.Accepted, a)
	}
}

// change makes steps that this graph can take.
func (d dice) change(g *graph.Graph) (c whatif.Change) {
	for range 1 + d.IntN(4) {
		s := whatif.Step{Where: "here", Remove: d.oneIn(2)}
		switch {
		case d.oneIn(3):
			s.Fact = d.node(pick(d, things()))
		case s.Remove && g.NumGrants() > 0:
			s.Fact = pick(d, slices.Collect(g.Grants()))
		default:
			s.Fact = d.grant()
		}
		if _, err := whatif.Apply(g, append(slices.Clone(c), s)); err == nil {
			c = append(c, s)
		}
	}
	return c
}

// TestPartIsFull holds the judgement of what a change reaches against the judgement
// of everything.
func TestPartIsFull(t *testing.T) {
	rounds := 2000
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		rounds = 200_000
	}
	differ, fewer := 0, 0
	for seed := range uint64(rounds) {
		got, want := judgeBoth(t, seed)
		if diff := cmp.Diff(comparable(want), comparable(got), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("seed %d: the part (+) is not the whole (-):\n%s", seed, diff)
		}
		if len(want.After.Report.Findings)+len(want.Before.Report.Findings)+len(want.After.Report.NotAssessed) > 0 {
			differ++
		}
		if got.Judged < want.Judged {
			fewer++
		}
	}
	t.Logf("of %d changes %d changed a finding, and %d reached only some subjects", rounds, differ, fewer)
	if differ < rounds/10 || fewer < rounds/10 {
		t.Error("the worlds are too dull to prove anything")
	}
}

func judgeBoth(t *testing.T, seed uint64) (part, full *whatif.Result) {
	t.Helper()
	d := dice{rand.New(rand.NewPCG(seed, 5))}
	g, p := d.world(), d.policy()
	d.approve(g, p)
	c := d.change(g)
	part, err := whatif.Prepare(g, p, noon, check.JudgeEach).Try(c)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	after, err := whatif.Apply(g, c)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return part, whatif.Full(g, after, p, noon, check.JudgeEach)
}

// comparable is what a result says.
func comparable(r *whatif.Result) whatif.Result {
	out := *r
	out.Judged, out.Before.Graph, out.After.Graph = 0, nil, nil
	return out
}
