// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"
	"slices"
	"strings"
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
	Pieces, Nodes, Shares int
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
		back: newBackward(k.Graph, k.AsOf), counting: sod.Counting(k.Graph, k.Policy, k.AsOf),
		before: map[string]*sod.Finding{}, number: map[grant]int{},
	}
	for _, check := range []func() error{
		func() error { return c.about(k) }, c.findings, c.stucks, c.steps, c.cleared, c.prices, c.parts, c.sums,
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	v := &Verdict{Cost: p.Cost, LowerBound: p.LowerBound, Revoked: len(p.Revoke), Clears: len(p.Clears), Stuck: len(p.Stuck), Reopens: len(p.Reopens), Parts: len(p.Certificate.Parts)}
	for _, part := range p.Certificate.Parts {
		for _, piece := range part.Pieces {
			v.Clauses += len(piece.Clauses)
			v.Nodes += len(piece.Tree)
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
	before   map[string]*sod.Finding // open, and of the plan
	accepted map[string]bool
	number   map[grant]int // grants of the certificate
	cost     []int64
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
		{"moment", p.AsOf.UTC().Format(time.RFC3339Nano), k.AsOf.UTC().Format(time.RFC3339Nano)},
		{"mode", p.Mode.String(), k.Policy.Mode.String()},
	} {
		if x.plan != x.is {
			return fmt.Errorf("it is for the %s %q, and this is %q", x.what, x.plan, x.is)
		}
	}
	if p.Scope != "assignments" && p.Scope != "structure" {
		return fmt.Errorf("scope %q: want assignments or structure", p.Scope)
	}
	if p.Only != nil && (p.Only.Finding == "") == p.Only.Subject.IsZero() {
		return fmt.Errorf("it is only for a finding or for a subject, and says neither or both")
	}
	return nil
}

// findings checks that the plan is about every finding that it has to be about.
func (c *checker) findings() error {
	c.accepted = map[string]bool{}
	for _, f := range c.judge(c.g) {
		only := c.plan.Only
		switch {
		case f.Kind != "sod" && f.Kind != "critical":
		case f.Status != sod.Open:
			c.accepted[f.ID] = true
		case only == nil || only.Finding == f.ID || !only.Subject.IsZero() && only.Subject == f.Subjects[0]:
			c.before[f.ID] = &f
		}
	}
	told := map[string]bool{}
	for _, id := range c.told() {
		switch {
		case c.before[id] == nil:
			return fmt.Errorf("%s is no open finding that the plan is about", id)
		case told[id]:
			return fmt.Errorf("%s is told twice", id)
		}
		told[id] = true
	}
	for id := range c.before {
		if !told[id] {
			return fmt.Errorf("finding %s is left out", id)
		}
	}
	return nil
}

func (c *checker) told() []string {
	all := slices.Clone(c.plan.Clears)
	for _, s := range c.plan.Stuck {
		all = append(all, s.Finding)
	}
	return all
}

// judge evaluates a graph by the rules of the policy.
func (c *checker) judge(g *graph.Graph) []sod.Finding {
	p := *c.policy
	p.Checks = nil
	return sod.Evaluate(g, &p, c.asOf).Findings
}

// mayGo reports whether a plan may revoke a grant that exists.
func (c *checker) mayGo(g grant) bool {
	if !c.inScope(g) {
		return false
	}
	rule := c.rule(g)
	return rule == nil || !rule.Keep
}

func (c *checker) inScope(g grant) bool {
	if g.Kind == graph.Owns {
		return false
	}
	return c.plan.Scope == "structure" || g.From.Kind != graph.Group && g.From.Kind != graph.Role
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

// stucks checks that no plan clears what is stuck.
func (c *checker) stucks() error {
	for _, s := range c.plan.Stuck {
		on, err := c.proves(s.Finding, s.Witness)
		if err != nil {
			return fmt.Errorf("stuck %s: %w", s.Finding, err)
		}
		var kept []grant
		for _, g := range on {
			if c.mayGo(g) {
				return fmt.Errorf("stuck %s: %s from %s to %s may be revoked", s.Finding, g.Kind, g.From, g.To)
			}
			if c.inScope(g) && !slices.Contains(kept, g) {
				kept = append(kept, g)
			}
		}
		if len(kept) != len(s.Kept) || slices.ContainsFunc(kept, func(g grant) bool { return !slices.Contains(s.Kept, g) }) {
			return fmt.Errorf("stuck %s: the grants that must stay are not those of its paths", s.Finding)
		}
	}
	return nil
}

// proves checks that paths prove a finding, and returns the grants on them.
func (c *checker) proves(finding string, paths []path) (on []grant, err error) {
	f := c.before[finding]
	if f == nil {
		return nil, fmt.Errorf("there is no such finding")
	}
	duties, allowed, _ := c.counting(f)
	held := map[string]bool{}
	for _, p := range paths {
		if len(p.Nodes) == 0 || p.Nodes[0] != f.Subjects[0] || held[p.Duty] {
			return nil, fmt.Errorf("a path does not begin at %s, or one for duty %q is there twice", f.Subjects[0], p.Duty)
		}
		grants, err := c.follow(p)
		if err != nil {
			return nil, err
		}
		end, _ := c.g.Find(p.Nodes[len(p.Nodes)-1])
		counts := func(d sod.Counted) bool { return d.Duty == p.Duty && slices.Contains(d.Nodes, end) }
		if p.Duty == "" && (f.Subjects[0].Kind != graph.Unresolved || len(grants) != 1) || p.Duty != "" && !slices.ContainsFunc(duties, counts) {
			return nil, fmt.Errorf("a path does not lead to duty %q", p.Duty)
		}
		held[p.Duty] = true
		on = append(on, grants...)
	}
	if f.Subjects[0].Kind == graph.Unresolved {
		if !held[""] {
			return nil, fmt.Errorf("nothing proves that %s is a subject", f.Subjects[0])
		}
		delete(held, "")
	}
	if len(held) != allowed+1 {
		return nil, fmt.Errorf("%d duties are proved, and %d break the rule", len(held), allowed+1)
	}
	return on, nil
}

// steps checks what is revoked.
func (c *checker) steps() error {
	seen := map[grant]bool{}
	total := int64(0)
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
		total += cost
	}
	if total != c.plan.Cost {
		return fmt.Errorf("the steps cost %d, and the plan says %d", total, c.plan.Cost)
	}
	return nil
}

// cleared judges the graph without what is revoked.
func (c *checker) cleared() error {
	cut := map[grant]bool{}
	for _, s := range c.plan.Revoke {
		cut[s.grant] = true
	}
	after, err := without(c.g, cut)
	if err != nil {
		return err
	}
	left, reopened := map[string]bool{}, []string{}
	for _, f := range c.judge(after) {
		left[f.ID] = true
		if c.accepted[f.ID] && f.Status == sod.Open {
			reopened = append(reopened, f.ID)
		}
	}
	for _, id := range c.plan.Clears {
		if left[id] {
			return fmt.Errorf("finding %s is still there after the plan", id)
		}
	}
	if !slices.Equal(reopened, c.plan.Reopens) && len(reopened)+len(c.plan.Reopens) > 0 {
		return fmt.Errorf("it reopens %s, and says %s", strings.Join(reopened, ", "), strings.Join(c.plan.Reopens, ", "))
	}
	return c.inTurn()
}

// inTurn checks that each finding is cleared by the step that says so, and by none
// before it.
func (c *checker) inTurn() error {
	step := map[grant]int{}
	told := map[string]bool{}
	for i, s := range c.plan.Revoke {
		step[s.grant] = i
	}
	for i, s := range c.plan.Revoke {
		for _, id := range s.Clears {
			f := c.before[id]
			if f == nil || told[id] || c.breaks(f, step, i) || !c.breaks(f, step, i-1) {
				return fmt.Errorf("step %d does not clear finding %s", i+1, id)
			}
			told[id] = true
		}
	}
	if len(told) != len(c.plan.Clears) {
		return fmt.Errorf("the steps clear %d findings, and the plan %d", len(told), len(c.plan.Clears))
	}
	return nil
}

// breaks reports whether a finding is there when all steps up to one are taken.
func (c *checker) breaks(f *sod.Finding, step map[grant]int, last int) bool {
	start, _ := c.g.Find(f.Subjects[0])
	seen := map[spot]bool{{start, nested}: true}
	queue := []spot{{start, nested}}
	reached := map[uint32]bool{}
	holds := false
	for i := 0; i < len(queue); i++ {
		s := queue[i]
		from := c.g.ID(s.node)
		reached[s.node] = true
		c.onward(s, func(to uint32, k graph.GrantKind, isImplied bool) {
			at, planned := step[grant{from, c.g.ID(to), k}]
			if planned && at <= last && !isImplied {
				return
			}
			holds = holds || s.node == start && !isImplied
			next := spot{to, entryBy(k, from, c.g.ID(to))}
			if weakness(k) <= int(c.policy.Mode) && !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		})
	}
	duties, allowed, _ := c.counting(f)
	held := 0
	for _, d := range duties {
		if slices.ContainsFunc(d.Nodes, func(n uint32) bool { return reached[n] }) {
			held++
		}
	}
	return held > allowed && (holds || f.Subjects[0].Kind != graph.Unresolved)
}

// without copies a graph but for some grants, whatever their windows.
func without(g *graph.Graph, cut map[grant]bool) (*graph.Graph, error) {
	var b graph.Builder
	b.Grow(g.NumNodes())
	var all []graph.Fact
	for n := range uint32(g.NumNodes()) {
		if _, err := b.Number(g.ID(n)); err != nil {
			return nil, err
		}
		if g.Described(n) {
			if err := b.Add(g.Node(n)); err != nil {
				return nil, err
			}
		}
	}
	for n := range uint32(g.NumNodes()) {
		for _, e := range g.Out(n) {
			if cut[grant{g.ID(n), g.ID(e.To), e.Kind()}] {
				continue
			}
			if err := b.AddEdge(n, e.To, e.Kind(), g.Terms(e)); err != nil {
				return nil, err
			}
		}
	}
	for _, x := range g.Gaps() {
		all = append(all, x)
	}
	for _, x := range g.Uses() {
		all = append(all, x)
	}
	for _, x := range g.Coverage() {
		all = append(all, x)
	}
	for _, x := range g.Runs() {
		all = append(all, x)
	}
	for _, f := range all {
		if err := b.Add(f); err != nil {
			return nil, err
		}
	}
	return b.Graph(), nil
}

// prices checks what the grants of the certificate cost.
func (c *checker) prices() error {
	for i, p := range c.plan.Certificate.Grants {
		cost, _, err := c.price(p.grant)
		switch _, twice := c.number[p.grant]; {
		case err != nil:
			return fmt.Errorf("certificate: grant %d: %w", i, err)
		case twice || cost != p.Cost:
			return fmt.Errorf("certificate: grant %d is there twice, or costs %d and says %d", i, cost, p.Cost)
		}
		c.number[p.grant] = i
		c.cost = append(c.cost, cost)
	}
	return nil
}

// parts checks the parts of the certificate: that they have no grant in common, that
// no grant counts for more than its cost, and what they bound.
func (c *checker) parts() error {
	of := map[int]int{}
	for i, p := range c.plan.Certificate.Parts {
		spent := map[int]int64{}
		total := int64(0)
		for j, piece := range p.Pieces {
			units, err := c.piece(piece, spent)
			if err != nil {
				return fmt.Errorf("certificate: part %d, piece %d: %w", i, j, err)
			}
			total += units
		}
		for g, units := range spent {
			if other, is := of[g]; is {
				return fmt.Errorf("certificate: parts %d and %d have grant %d in common", other, i, g)
			}
			if of[g] = i; units > c.cost[g]*unit {
				return fmt.Errorf("certificate: part %d: grant %d counts for more than it costs", i, g)
			}
		}
		if bound := (total + unit - 1) / unit; bound != p.Bound || len(p.Pieces) == 0 {
			return fmt.Errorf("certificate: part %d bounds %d, and says %d", i, bound, p.Bound)
		}
	}
	for i := range c.cost {
		if _, is := of[i]; !is {
			return fmt.Errorf("certificate: grant %d is in no part", i)
		}
	}
	return nil
}

// piece checks a piece, and adds to what is spent what each of its grants counts for.
func (c *checker) piece(p piece, spent map[int]int64) (units int64, err error) {
	clauses, err := c.clauses(p)
	if err != nil {
		return 0, err
	}
	cost := map[int]int64{}
	for _, clause := range clauses {
		for g := range clause {
			cost[g] = c.cost[g] * unit
		}
	}
	for _, n := range p.Tree {
		if n.Grant != nil && *n.Grant >= 0 && *n.Grant < len(c.cost) {
			cost[*n.Grant] = c.cost[*n.Grant] * unit
		}
	}
	shared := map[int]bool{}
	for _, s := range p.Shares {
		if _, ok := cost[s[0]]; !ok || shared[s[0]] || s[1] < 0 || int64(s[1]) > cost[s[0]] {
			return 0, fmt.Errorf("grant %d has a share that it cannot have", s[0])
		}
		cost[s[0]], shared[s[0]] = int64(s[1]), true
	}
	for g, units := range cost {
		spent[g] += units
	}
	return checkPiece(p, clauses, cost)
}

// clauses checks the witnesses of a piece, and returns of each the grants that may be
// revoked.
func (c *checker) clauses(p piece) ([]map[int]bool, error) {
	var all []map[int]bool
	for i, clause := range p.Clauses {
		on, err := c.proves(clause.Finding, clause.Witness)
		if err != nil {
			return nil, fmt.Errorf("clause %d: %w", i, err)
		}
		if !slices.Contains(c.plan.Clears, clause.Finding) {
			return nil, fmt.Errorf("clause %d is of %s, which the plan does not clear", i, clause.Finding)
		}
		grants := map[int]bool{}
		for _, g := range on {
			if !c.mayGo(g) {
				continue
			}
			n, ok := c.number[g]
			if !ok {
				return nil, fmt.Errorf("clause %d: %s from %s to %s is not among the grants", i, g.Kind, g.From, g.To)
			}
			grants[n] = true
		}
		all = append(all, grants)
	}
	return all, nil
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
