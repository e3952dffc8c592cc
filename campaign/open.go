// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Plan says what a campaign would ask of whom, before it begins.
type Plan struct {
	Opened
	Loads         []Load // in the order of people, of the first stage
	Missing       []Missing
	Uncorrelated  int // lines of accounts of which nobody knows whose they are
	Undescribed   int // lines about things without a description
	WithFindings  int
	Unchanged     []Item // in scope, kept last time, and so not asked about
	Reciprocal    []Pair // people who would decide about each other
	firstAssigned map[string]graph.ID
	graph         *graph.Graph
}

// A Load is how many lines come to somebody.
type Load struct {
	Reviewer graph.ID
	Lines    int
}

// Heavy is how many lines nobody decides about with care.
const Heavy = 200

// A Pair is two people, in order.
type Pair struct{ A, B graph.ID }

// NewPlan works out a campaign. It does not ask whether what is missing was accepted.
func NewPlan(s Subject, t Terms) (*Plan, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	for _, a := range t.Admins {
		if !isPerson(s.Graph, a) {
			return nil, fmt.Errorf("administrator %s is nobody that the snapshot knows", a)
		}
	}
	items, err := Items(s, t.Scope, t.Birthright)
	if err != nil {
		return nil, err
	}
	unchanged, err := unchanged(s, t.Scope, t.Birthright)
	if err != nil {
		return nil, err
	}
	missing, err := incomplete(s, t.Scope)
	if err != nil {
		return nil, err
	}
	p := &Plan{Opened: Opened{Terms: t, AsOf: s.AsOf, Items: items}, Missing: missing, Unchanged: unchanged, firstAssigned: map[string]graph.ID{}, graph: s.Graph}
	p.nominate(newRule(s, NewCrowd(s.Graph, s.AsOf), t))
	p.count(s.Graph)
	return p, nil
}

func (p *Plan) nominate(r *rule) {
	lines := map[graph.ID]int{}
	for _, item := range p.Items {
		who, o := r.nominate(item, p.Terms.Stages[0], func(graph.ID) Obstacle { return Obstacle{} })
		if o.rank != 0 || who.IsZero() {
			p.Nobody = append(p.Nobody, Nobody{item.ID, o.Why})
			continue
		}
		p.firstAssigned[item.ID] = who
		lines[who]++
	}
	for who, n := range lines {
		p.Loads = append(p.Loads, Load{who, n})
	}
	slices.SortFunc(p.Loads, func(a, b Load) int { return a.Reviewer.Compare(b.Reviewer) })
	p.findPairs()
}

// findPairs finds people who would decide about each other.
func (p *Plan) findPairs() {
	decides := map[Pair]bool{}
	for _, item := range p.Items {
		for _, whose := range item.People {
			if who := p.firstAssigned[item.ID]; !who.IsZero() {
				decides[Pair{who, whose}] = true
			}
		}
	}
	for x := range decides {
		if x.A.Compare(x.B) < 0 && decides[Pair{x.B, x.A}] {
			p.Reciprocal = append(p.Reciprocal, x)
		}
	}
	slices.SortFunc(p.Reciprocal, func(x, y Pair) int {
		if c := x.A.Compare(y.A); c != 0 {
			return c
		}
		return x.B.Compare(y.B)
	})
}

func (p *Plan) count(g *graph.Graph) {
	for _, item := range p.Items {
		if !item.Structure && !item.IsBirthright() && len(item.People) == 0 {
			p.Uncorrelated++
		}
		if n, _ := g.Find(item.To); !described(g, n) {
			p.Undescribed++
		}
		if len(item.Findings) > 0 {
			p.WithFindings++
		}
	}
}

func described(g *graph.Graph, n uint32) bool {
	text, _ := g.Attr(n, "description")
	return text != ""
}

// MayBegin says why nobody, or not this person, can begin a campaign of this plan: something in
// scope was not read and nobody answers for it, nothing is in scope, or the person is unknown.
func (p *Plan) MayBegin(by graph.ID) error {
	var errs []error
	for _, m := range p.Missing {
		if !slices.ContainsFunc(p.Terms.Accepted, func(a Accepted) bool { return a.About == m.About }) {
			errs = append(errs, fmt.Errorf("%s: %s", m.About, m.Why))
		}
	}
	switch {
	case errs != nil:
		return fmt.Errorf("not everything in scope was read: collect again, or say in accepted_gaps who answers for it: %w", errors.Join(errs...))
	case len(p.Items) == 0 && len(p.Unchanged) > 0:
		return fmt.Errorf("nothing in scope changed: the last campaign kept all of it (%d)", len(p.Unchanged))
	case len(p.Items) == 0:
		return errors.New("no access is in scope: there is nothing to certify")
	}
	if !isPerson(p.graph, by) {
		return fmt.Errorf("%s is nobody that the snapshot knows", by)
	}
	return nil
}

// opening is what a campaign of these terms begins with.
func opening(s Subject, t Terms, by graph.ID) (*Plan, error) {
	p, err := NewPlan(s, t)
	if err != nil {
		return nil, err
	}
	return p, p.MayBegin(by)
}

// An Origin names what a campaign is begun with: the digests of its subject's snapshot and
// policy, and where both are kept.
type Origin struct {
	Snapshot, Policy string
	Kept             []Kept
}

// Open begins a campaign and gives each line to whom the rule of the first stage finds.
func Open(ctx context.Context, log Recorder, s Subject, t Terms, from Origin, by graph.ID, at time.Time) (*Campaign, error) {
	p, err := opening(s, t, by)
	if err != nil {
		return nil, err
	}
	o := p.Opened
	o.Snapshot, o.Policy, o.Kept = from.Snapshot, from.Policy, from.Kept
	r := Record{Campaign: t.ID, At: at.UTC(), By: by, Opened: &o}
	c := &Campaign{log: log}
	if err := c.begin(s, r); err != nil {
		return nil, err
	}
	text, err := r.Bytes()
	if err != nil {
		return nil, err
	}
	if err := log.Append(ctx, text); err != nil {
		return nil, fmt.Errorf("campaign %s: %w", t.ID, err)
	}
	return c, c.Ask(ctx, by, at)
}

// Ask gives every line that nobody has to whom the rule of its stage finds: at the
// beginning, and whenever lines have gone to the next stage.
func (c *Campaign) Ask(ctx context.Context, by graph.ID, at time.Time) error {
	if _, over := c.Closing(); over {
		return fmt.Errorf("campaign %s was closed: %w", c.Terms.ID, ErrOver)
	}
	var asked []Assigned
	c.Look(func() { asked = c.toAsk() })
	for _, a := range asked {
		if err := c.write(ctx, Record{By: by, At: at, Assigned: &a}); err != nil {
			return err
		}
	}
	return nil
}

// toAsk lists whom the rules of the stages find for the lines that nobody has, in order.
func (c *Campaign) toAsk() []Assigned {
	lines := map[round][]string{}
	for _, l := range c.lines {
		if !l.Holder.IsZero() || l.Settled || l.saidNotMine() {
			continue
		}
		who, o := c.nominate(l)
		if who.IsZero() {
			l.Obstacle = o.Why
			continue
		}
		at := round{who, l.Stage}
		lines[at] = append(lines[at], l.ID)
	}
	return assignments(lines, Named, "")
}

// assignments gives lines to whom they are for, in the order of people and stages.
func assignments(lines map[round][]string, how How, reason string) (all []Assigned) {
	for at, items := range lines {
		all = append(all, Assigned{Items: items, To: at.who, Stage: at.stage, How: how, Reason: reason})
	}
	slices.SortFunc(all, func(a, b Assigned) int { return cmp.Or(a.To.Compare(b.To), cmp.Compare(a.Stage, b.Stage)) })
	return all
}

// saidNotMine reports whether somebody sent the line back: an administrator gives it to
// somebody else.
func (l *Line) saidNotMine() bool {
	n := len(l.Decisions)
	return n > 0 && l.Decisions[n-1].Decided.Answer == NotMine
}

// HandOn gives lines to somebody else, in a way that is not [Named].
func (c *Campaign) HandOn(ctx context.Context, items []string, to graph.ID, how How, reason string, by graph.ID, at time.Time) error {
	if how == Named {
		return errors.New("only the rule of a stage names somebody")
	}
	stage := 0
	c.Look(func() {
		if len(items) == 0 {
			return
		}
		if l, ok := c.byID[items[0]]; ok {
			stage = l.Stage
		}
	})
	return c.write(ctx, Record{By: by, At: at, Assigned: &Assigned{Items: items, To: to, Stage: stage, How: how, Reason: reason}})
}

// Decide takes one answer.
func (c *Campaign) Decide(ctx context.Context, d Decided, by graph.ID, at time.Time) error {
	return c.DecideAll(ctx, []Decided{d}, by, at)
}

// DecideAll takes answers to different lines, all or none. An error names every one that is
// wrong.
func (c *Campaign) DecideAll(ctx context.Context, answers []Decided, by graph.ID, at time.Time) error {
	var records []Record
	for _, d := range answers {
		records = append(records, Record{By: by, At: at, Decided: &d})
	}
	if len(records) == 0 {
		return nil
	}
	return c.write(ctx, records...)
}

// MayDecide says why [Campaign.DecideAll] would take nothing, and changes nothing.
func (c *Campaign) MayDecide(answers []Decided, by graph.ID, at time.Time) (err error) {
	var j job
	for _, d := range answers {
		j.records = append(j.records, Record{By: by, At: at, Decided: &d})
	}
	c.Look(func() {
		last := c.last
		_, err = c.admitJob(&j, &last, map[string]bool{})
	})
	return err
}

// Send notes that somebody was written to about a stage.
func (c *Campaign) Send(ctx context.Context, s Sent, by graph.ID, at time.Time) error {
	return c.write(ctx, Record{By: by, At: at, Sent: &s})
}

// Statement is a sign-off of what somebody has in a stage now, with its counts.
func (c *Campaign) Statement(stage int, words string, from Source, by graph.ID) SignOff {
	var n Closed
	c.Look(func() { n = count(c.HeldBy(by, stage)) })
	return SignOff{stage, words, n.Kept, n.Revoked, n.CannotTell, n.Undecided, from, ""}
}

// SignOff takes a reviewer's statement: see [Campaign.Statement].
func (c *Campaign) SignOff(ctx context.Context, s SignOff, by graph.ID, at time.Time) error {
	return c.write(ctx, Record{By: by, At: at, SignedOff: &s})
}

// Close ends the campaign. What is undecided stays so, and is counted.
func (c *Campaign) Close(ctx context.Context, by graph.ID, at time.Time) error {
	var x Ended
	c.Look(func() { x = c.ended() })
	return c.write(ctx, Record{By: by, At: at, Closed: &x})
}
