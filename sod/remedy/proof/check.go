// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"cmp"
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

// stucks checks that no plan clears what is stuck: the kept grants that are told prove it
// with what is not of the scope. None can be left out, and none can stand in for a later
// one.
func (c *checker) stucks() error {
	for _, s := range c.plan.Stuck {
		f := c.before[s.Finding]
		for i, g := range s.Kept {
			if i > 0 && compare(s.Kept[i-1], g) >= 0 {
				return fmt.Errorf("stuck %s: %s from %s to %s is not in its place", s.Finding, g.Kind, g.From, g.To)
			}
			if is, _ := c.exists(g, nested); !is || !c.inScope(g) || !c.mustStay(g) {
				return fmt.Errorf("stuck %s: %s from %s to %s is no grant that must stay", s.Finding, g.Kind, g.From, g.To)
			}
		}
		if c.isThere(f, c.outside, s.Kept) != nil || !c.isLeast(f, c.outside, s.Kept) {
			return fmt.Errorf("stuck %s: the grants that must stay do not prove it, or not all of them are needed", s.Finding)
		}
		if err := c.isFirst(f, s.Kept); err != nil {
			return fmt.Errorf("stuck %s: %w", s.Finding, err)
		}
	}
	return nil
}

// isFirst checks that no kept grant can stand in for a later one.
func (c *checker) isFirst(f *sod.Finding, kept []grant) error {
	solid := func(g grant) bool { return !c.mayGo(g) }
	others := map[grant]bool{}
	c.walk(f, solid, func(g grant) { others[g] = c.inScope(g) })
	for i, g := range kept {
		for other, is := range others {
			if !is || slices.Contains(kept, other) || compare(other, g) >= 0 {
				continue
			}
			changed := slices.Clone(kept)
			if changed[i] = other; c.isThere(f, c.outside, changed) == nil {
				return fmt.Errorf("%s from %s to %s proves as much, and comes first", other.Kind, other.From, other.To)
			}
		}
	}
	return nil
}

func (c *checker) outside(g grant) bool { return !c.inScope(g) }

func compare(a, b grant) int {
	return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To), cmp.Compare(a.Kind, b.Kind))
}

// isThere returns nil when a finding is there by some grants and those that pass.
func (c *checker) isThere(f *sod.Finding, pass func(grant) bool, by []grant) error {
	if c.breaks(f, func(g grant) bool { return pass(g) || slices.Contains(by, g) }) {
		return nil
	}
	return fmt.Errorf("its grants do not prove %s", f.ID)
}

// isLeast reports whether a finding is not there by fewer grants.
func (c *checker) isLeast(f *sod.Finding, pass func(grant) bool, by []grant) bool {
	for i := range by {
		if c.isThere(f, pass, slices.Delete(slices.Clone(by), i, i+1)) == nil {
			return false
		}
	}
	return true
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
	then := c.judge(after)
	left, reopened := map[string]bool{}, []string{}
	for _, f := range then {
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
	if !slices.Equal(reopened, c.plan.Reopens) {
		return fmt.Errorf("it reopens %s, and says %s", strings.Join(reopened, ", "), strings.Join(c.plan.Reopens, ", "))
	}
	return c.besides(then, left)
}

// besides checks what else comes and goes.
func (c *checker) besides(then []sod.Finding, left map[string]bool) error {
	was := map[string]bool{}
	var creates, clears []finding
	for _, f := range c.all {
		was[f.ID] = true
		if !left[f.ID] && !slices.Contains(c.own[f.Subjects[0]], f.ID) {
			clears = append(clears, told(f))
		}
	}
	for _, f := range then {
		if !was[f.ID] {
			creates = append(creates, told(f))
		}
	}
	same := func(a, b finding) bool {
		return a.Finding == b.Finding && a.Kind == b.Kind && a.Rule == b.Rule && a.Status == b.Status && slices.Equal(a.Subjects, b.Subjects)
	}
	if !slices.EqualFunc(creates, c.plan.Creates, same) || !slices.EqualFunc(clears, c.plan.Besides, same) {
		return fmt.Errorf("it creates %v and clears %v besides, and says %v and %v", creates, clears, c.plan.Creates, c.plan.Besides)
	}
	return c.inTurn()
}

func told(f sod.Finding) finding { return finding{f.ID, f.Kind, f.Rule, f.Status, f.Subjects} }

// inTurn checks that each finding is cleared by the step that says so, and by none
// before it.
func (c *checker) inTurn() error {
	step := map[grant]int{}
	told := map[string]bool{}
	for i, s := range c.plan.Revoke {
		step[s.grant] = i
	}
	breaks := func(f *sod.Finding, last int) bool { // when all steps up to one are taken
		return c.breaks(f, func(g grant) bool { at, planned := step[g]; return !planned || at > last })
	}
	for i, s := range c.plan.Revoke {
		before := -1
		for _, id := range s.Clears {
			place, clears := c.place[id]
			if !clears || told[id] || place <= before || breaks(c.before[id], i) || !breaks(c.before[id], i-1) {
				return fmt.Errorf("step %d does not clear finding %s, or not in this place", i+1, id)
			}
			before, told[id] = place, true
		}
	}
	if len(told) != len(c.plan.Clears) {
		return fmt.Errorf("the steps clear %d findings, and the plan %d", len(told), len(c.plan.Clears))
	}
	return nil
}

// breaks reports whether a finding is there when of all grants those that pass are.
func (c *checker) breaks(f *sod.Finding, pass func(grant) bool) bool {
	reached, holds := c.walk(f, pass, func(grant) {})
	duties, allowed, _ := c.counting(f)
	held := 0
	for _, d := range duties {
		if slices.ContainsFunc(d.Nodes, func(n uint32) bool { return reached[n] }) {
			held++
		}
	}
	return held > allowed && (holds || f.Subjects[0].Kind != graph.Unresolved)
}

// walk tells what the subject of a finding comes to by grants that pass, and whether it
// holds any. It calls do with each of them that is met.
func (c *checker) walk(f *sod.Finding, pass func(grant) bool, do func(grant)) (reached map[uint32]bool, holds bool) {
	start, _ := c.g.Find(f.Subjects[0])
	seen := map[spot]bool{{start, nested}: true}
	queue := []spot{{start, nested}}
	reached = map[uint32]bool{}
	for i := 0; i < len(queue); i++ {
		s := queue[i]
		from := c.g.ID(s.node)
		reached[s.node] = true
		c.onward(s, func(to uint32, k graph.GrantKind, isImplied bool) {
			g := grant{from, c.g.ID(to), k}
			if !isImplied && !pass(g) {
				return
			}
			if !isImplied {
				holds = holds || s.node == start
				do(g)
			}
			next := spot{to, entryBy(k, from, g.To)}
			if weakness(k) <= int(c.policy.Mode) && !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		})
	}
	return reached, holds
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
	all := c.plan.Certificate.Grants
	for i, p := range all {
		cost, _, err := c.price(p.grant)
		switch {
		case err != nil:
			return fmt.Errorf("certificate: grant %d: %w", i, err)
		case cost != p.Cost || cost > limit/unit:
			return fmt.Errorf("certificate: grant %d costs %d, and says %d", i, cost, p.Cost)
		case i > 0 && compare(all[i-1].grant, p.grant) >= 0:
			return fmt.Errorf("certificate: grant %d is not in its place", i)
		}
		c.number[p.grant] = i
	}
	c.clauses = make([]int, len(all))
	return nil
}

// parts checks the parts of the certificate: that they have no grant in common, that
// each grant counts for its cost, and what they bound.
func (c *checker) parts() error {
	of := map[int]bool{}
	last := -1
	for i, p := range c.plan.Certificate.Parts {
		spent, err := c.part(p)
		if err != nil {
			return fmt.Errorf("certificate: part %d: %w", i, err)
		}
		first := len(c.clauses)
		for g := range spent {
			if of[g] {
				return fmt.Errorf("certificate: part %d has grant %d in common with another one", i, g)
			}
			first, of[g] = min(first, g), true
		}
		if first <= last {
			return fmt.Errorf("certificate: part %d is not in its place", i)
		}
		last = first
	}
	for i, g := range c.plan.Certificate.Grants {
		if !of[i] || c.clauses[i] != g.Clauses {
			return fmt.Errorf("certificate: grant %d is in %d clauses, and says %d", i, c.clauses[i], g.Clauses)
		}
	}
	return nil
}

// part checks a part and returns what counts of each grant in it.
func (c *checker) part(p part) (spent map[int]int64, err error) {
	spent = map[int]int64{}
	total := int64(0)
	for j, piece := range p.Pieces {
		if j > 0 && len(piece.Clauses) > 0 && c.compareClauses(p.Pieces[j-1].Clauses[0], piece.Clauses[0]) >= 0 {
			return nil, fmt.Errorf("piece %d is not in its place", j)
		}
		if err := c.piece(piece, spent); err != nil {
			return nil, fmt.Errorf("piece %d: %w", j, err)
		}
		if piece.Bound > limit-total {
			return nil, fmt.Errorf("piece %d bounds more than can be counted", j)
		}
		total += piece.Bound
	}
	if bound := (total + unit - 1) / unit; bound != p.Bound || len(p.Pieces) == 0 {
		return nil, fmt.Errorf("it bounds %d, and says %d", bound, p.Bound)
	}
	before := int64(-1)
	for _, s := range p.Spare {
		if _, is := spent[int(s[0])]; !is || s[0] <= before || s[1] <= 0 || s[1] > limit {
			return nil, fmt.Errorf("grant %d has %d to spare: it is not in its place, or cannot be", s[0], s[1])
		}
		before = s[0]
		spent[int(s[0])] += s[1]
	}
	for g, units := range spent {
		if units != c.plan.Certificate.Grants[g].Cost*unit {
			return nil, fmt.Errorf("grant %d counts for %d units, which is not what it costs", g, units)
		}
	}
	return spent, nil
}

// piece checks a piece, and adds to what is spent what each of its grants counts for.
func (c *checker) piece(p piece, spent map[int]int64) error {
	clauses, err := c.witnesses(p)
	if err != nil {
		return err
	}
	cost := map[int]int64{}
	for _, clause := range clauses {
		for _, g := range clause {
			cost[g] = c.plan.Certificate.Grants[g].Cost * unit
		}
	}
	before := int64(-1)
	for _, s := range p.Shares {
		if whole, ok := cost[int(s[0])]; !ok || s[0] <= before || s[1] < 0 || s[1] >= whole {
			return fmt.Errorf("grant %d has a share that it cannot have", s[0])
		}
		before, cost[int(s[0])] = s[0], s[1]
	}
	for g, units := range cost {
		if spent[g] += units; spent[g] > limit {
			return fmt.Errorf("grant %d counts for more than it costs", g)
		}
	}
	return p.check(clauses, cost)
}

// witnesses checks the clauses of a piece, and returns their grants by number.
func (c *checker) witnesses(p piece) (all [][]int, err error) {
	if len(p.Clauses) == 0 {
		return nil, fmt.Errorf("it has no clauses")
	}
	for i, clause := range p.Clauses {
		if i > 0 && c.compareClauses(p.Clauses[i-1], clause) >= 0 {
			return nil, fmt.Errorf("clause %d is not in its place", i)
		}
		if err := c.witness(clause); err != nil {
			return nil, fmt.Errorf("clause %d: %w", i, err)
		}
		var numbers []int
		for _, g := range clause.Grants {
			n, ok := c.number[g]
			if !ok || len(numbers) > 0 && n <= numbers[len(numbers)-1] {
				return nil, fmt.Errorf("clause %d: %s from %s to %s is not among the grants, or not in its place", i, g.Kind, g.From, g.To)
			}
			numbers = append(numbers, n)
			c.clauses[n]++
		}
		all = append(all, numbers)
	}
	return all, nil
}

// witness checks that the grants of a clause prove its finding with what no plan revokes,
// that all of them are needed, and that it is the first finding of its subject that they
// prove.
func (c *checker) witness(clause clause) error {
	f := c.before[clause.Finding]
	if f == nil || f.Subjects[0] != clause.Subject || !slices.Contains(c.own[clause.Subject], clause.Finding) {
		return fmt.Errorf("%s is no finding of %s that the plan clears", clause.Finding, clause.Subject)
	}
	stays := func(g grant) bool { return !c.mayGo(g) }
	if err := c.isThere(f, stays, clause.Grants); err != nil {
		return err
	}
	if !c.isLeast(f, stays, clause.Grants) {
		return fmt.Errorf("not all of its grants are needed")
	}
	for _, id := range c.own[clause.Subject] {
		if id == clause.Finding {
			break
		}
		if c.isThere(c.before[id], stays, clause.Grants) == nil {
			return fmt.Errorf("its grants prove %s, which comes first", id)
		}
	}
	return nil
}

// compareClauses compares by finding and then by grants.
func (c *checker) compareClauses(a, b clause) int {
	return cmp.Or(cmp.Compare(c.place[a.Finding], c.place[b.Finding]), slices.CompareFunc(a.Grants, b.Grants, compare))
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
