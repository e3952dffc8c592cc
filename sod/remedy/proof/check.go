// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Case is what a plan is held against.
type Case struct {
	Graph                           *graph.Graph
	Policy                          *sod.Policy
	Costs                           *sod.Costs // nil: none
	AsOf                            time.Time
	SnapshotDigest, SnapshotContent string
}

// A Verdict is what a plan that holds was found to say.
type Verdict struct {
	Cost, LowerBound      int64
	Revoked, Clears       int
	Stuck, Reopens        int
	Clauses, Parts        int // of the certificate
	Pieces, Steps, Shares int
}

// Optimal reports whether nothing cheaper clears what the plan clears.
func (v *Verdict) Optimal() bool { return v.Cost == v.LowerBound }

// Check reports what is wrong with a plan. When nothing is, revoking its grants clears
// what it says, costs what it says, and nothing that clears the same costs less than its
// lower bound.
func Check(k Case, file []byte) (*Verdict, error) {
	p, err := read(file)
	if err != nil {
		return nil, err
	}
	c := &checker{
		plan: p, g: k.Graph, policy: k.Policy, asOf: k.AsOf, tariff: k.Costs.Tariff(k.Graph, k.AsOf),
		back: newBackward(k.Graph, k.AsOf), counting: sod.Counting(k.Graph, k.Policy, k.AsOf), place: map[string]int{},
		before: map[string]*sod.Finding{}, number: map[grant]int{}, stays: map[grant]bool{},
	}
	for _, check := range []func() error{
		func() error { return c.about(k) }, c.findings, c.candidates, c.stucks, c.steps, c.cleared, c.losses, c.prices, c.parts, c.sums,
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	v := &Verdict{Cost: p.Cost, LowerBound: p.LowerBound, Revoked: len(p.Revoke), Clears: len(p.Clears), Stuck: len(p.Stuck), Reopens: len(p.Reopens), Parts: len(p.Certificate.Parts)}
	for _, part := range p.Certificate.Parts {
		for _, piece := range part.Pieces {
			v.Clauses += len(piece.Clauses)
			v.Steps += len(piece.Steps)
			v.Shares += len(piece.Shares)
		}
		v.Pieces += len(part.Pieces)
	}
	return v, nil
}

type checker struct {
	plan     *plan
	g        *graph.Graph
	policy   *sod.Policy
	asOf     time.Time
	tariff   *sod.Tariff
	back     *backward
	counting func(*sod.Finding) ([]sod.Counted, int, bool)
	all      []sod.Finding           // before the plan
	before   map[string]*sod.Finding // open, and of the plan
	place    map[string]int          // of these, in clears and in stuck
	own      map[graph.ID][]string   // clears, by subject
	stays    map[grant]bool          // known: whether a grant must stay
	accepted map[string]bool
	number   map[grant]int // grants of the certificate
	clauses  []int         // by number: clauses that name it
}

// about checks that the plan is about this case.
func (c *checker) about(k Case) error {
	p := c.plan
	costs, have := "", ""
	if p.Costs != nil {
		costs = p.Costs.Digest
	}
	if k.Costs != nil {
		have = k.Costs.Digest
	}
	for _, x := range []struct{ what, plan, is string }{
		{"snapshot with digest", p.Snapshot.Digest, k.SnapshotDigest},
		{"snapshot with content", p.Snapshot.Content, k.SnapshotContent},
		{"policy with digest", p.Policy.Digest, k.Policy.Digest},
		{"policy", p.Policy.Name, k.Policy.Name},
		{"cost file with digest", costs, have},
		{"moment", p.AsOf, k.AsOf.UTC().Format(time.RFC3339Nano)},
		{"mode", p.Mode, k.Policy.Mode.String()},
	} {
		if x.plan != x.is {
			return fmt.Errorf("it is for the %s %q, and this is %q", x.what, x.plan, x.is)
		}
	}
	if p.Scope != "assignments" && p.Scope != "structure" {
		return fmt.Errorf("scope %q: want assignments or structure", p.Scope)
	}
	if p.Only != nil && (p.Only.Finding == "") == (p.Only.Subject == nil) {
		return fmt.Errorf("it is only for a finding or for a subject, and says neither or both")
	}
	return nil
}

// findings checks that the plan is about every finding that it has to be about, in
// their order.
func (c *checker) findings() error {
	c.accepted, c.own = map[string]bool{}, map[graph.ID][]string{}
	c.all = c.judge(c.g)
	others := 0
	var ids []string
	for i := range c.all {
		f, only := &c.all[i], c.plan.Only
		switch {
		case f.Kind != "sod" && f.Kind != "critical":
		case f.Status != sod.Open:
			c.accepted[f.ID] = true
		case only == nil || only.Finding == f.ID || only.Subject != nil && *only.Subject == f.Subjects[0]:
			c.before[f.ID] = f
			ids = append(ids, f.ID)
		default:
			others++
		}
	}
	if c.plan.Only != nil && others == 0 {
		return fmt.Errorf("it says what it is only about, and leaves nothing out")
	}
	return c.told(ids)
}

// told checks that of all findings in order each is cleared or stuck.
func (c *checker) told(ids []string) error {
	for i, id := range c.plan.Clears {
		f := c.before[id]
		if f == nil {
			return fmt.Errorf("%s is no open finding that the plan is about", id)
		}
		c.place[id] = i
		c.own[f.Subjects[0]] = append(c.own[f.Subjects[0]], id)
	}
	clears, stuck := c.plan.Clears, c.plan.Stuck
	for _, id := range ids {
		switch {
		case len(clears) > 0 && clears[0] == id:
			clears = clears[1:]
		case len(stuck) > 0 && stuck[0].Finding == id:
			stuck = stuck[1:]
		default:
			return fmt.Errorf("finding %s is left out, or not in its place", id)
		}
	}
	if len(clears)+len(stuck) > 0 {
		return fmt.Errorf("a finding is there twice, or there is none")
	}
	return nil
}

// judge evaluates a graph by the rules of the policy.
func (c *checker) judge(g *graph.Graph) []sod.Finding {
	p := *c.policy
	p.Checks = nil
	return sod.Evaluate(g, &p, c.asOf).Findings
}

// mayGo reports whether a plan may revoke a grant that exists.
func (c *checker) mayGo(g grant) bool { return c.inScope(g) && !c.mustStay(g) }

// mustStay reports whether a grant of the scope is kept.
func (c *checker) mustStay(g grant) bool {
	stays, known := c.stays[g]
	if !known {
		rule := c.rule(g)
		stays = rule != nil && rule.Keep
		c.stays[g] = stays
	}
	return stays
}

// candidates counts the grants of the scope.
func (c *checker) candidates() error {
	type edge struct {
		to uint32
		k  graph.GrantKind
	}
	seen := map[edge]bool{} // of one holder: there are too many to remember all
	holder := uint32(0)
	revocable, kept := 0, 0
	c.back.each(func(from uint32, e graph.Edge) {
		if from != holder {
			clear(seen)
			holder = from
		}
		at := edge{e.To, e.Kind()}
		if seen[at] || !c.inScope(grant{c.g.ID(from), c.g.ID(e.To), e.Kind()}) {
			return
		}
		seen[at] = true
		if rule := c.tariff.Rule(from, e.To, e.Kind()); rule != nil && rule.Keep {
			kept++
		} else {
			revocable++
		}
	})
	if revocable != c.plan.Revocable || kept != c.plan.Kept {
		return fmt.Errorf("%d grants may be revoked and %d must stay, and it says %d and %d", revocable, kept, c.plan.Revocable, c.plan.Kept)
	}
	return nil
}

func (c *checker) inScope(g grant) bool {
	if g.Kind == graph.Owns {
		return false
	}
	return c.plan.Scope == "structure" || g.From.Kind != graph.Group && g.From.Kind != graph.Role && g.From.Kind != graph.Entitlement
}

func (c *checker) rule(g grant) *sod.CostRule {
	from, _ := c.g.Find(g.From)
	to, _ := c.g.Find(g.To)
	return c.tariff.Rule(from, to, g.Kind)
}

// price works out what revoking a grant costs, and whom it concerns.
func (c *checker) price(g grant) (cost int64, concerns int, err error) {
	is, usable := c.exists(g, nested)
	if !is || !c.mayGo(g) {
		return 0, 0, fmt.Errorf("%s from %s to %s is no grant that may be revoked", g.Kind, g.From, g.To)
	}
	concerns = c.back.arrive(g, usable)
	return int64(c.rule(g).Price(max(concerns, 1))), concerns, nil
}

// steps checks what is revoked.
func (c *checker) steps() error {
	seen := map[grant]bool{}
	total, cleared := int64(0), 0
	for i, s := range c.plan.Revoke {
		cost, concerns, err := c.price(s.grant)
		switch {
		case err != nil:
			return fmt.Errorf("step %d: %w", i+1, err)
		case seen[s.grant]:
			return fmt.Errorf("step %d is there twice", i+1)
		case cost != s.Cost || concerns != s.Concerns:
			return fmt.Errorf("step %d costs %d and concerns %d, and says %d and %d", i+1, cost, concerns, s.Cost, s.Concerns)
		}
		seen[s.grant] = true
		total, cleared = total+cost, cleared+len(s.Clears)
		if s.Step != i+1 || s.SoFar.Cost != total || s.SoFar.Findings != cleared {
			return fmt.Errorf("step %d: %d findings are cleared for %d so far, and it says step %d, %d and %d", i+1, cleared, total, s.Step, s.SoFar.Findings, s.SoFar.Cost)
		}
	}
	if total != c.plan.Cost {
		return fmt.Errorf("the steps cost %d, and the plan says %d", total, c.plan.Cost)
	}
	return nil
}

// sums checks what the plan says of cost and bound.
func (c *checker) sums() error {
	bound := int64(0)
	for _, p := range c.plan.Certificate.Parts {
		bound += p.Bound
	}
	switch {
	case bound != c.plan.LowerBound:
		return fmt.Errorf("the parts bound %d, and the plan says %d", bound, c.plan.LowerBound)
	case c.plan.Optimal != (c.plan.Cost == bound):
		return fmt.Errorf("it costs %d and is bounded by %d: whether it is optimal is said wrongly", c.plan.Cost, bound)
	}
	return nil
}
