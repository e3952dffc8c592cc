// SPDX-License-Identifier: Apache-2.0

package campaign_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// An org is a small organisation, and the truth about whose access is whose. The truth is
// kept apart from the graph that the campaign sees.
type org struct {
	lines  []string
	people []string
	whose  map[string]map[string]bool // account or group → who is behind it
	admins []string

	findings []sod.Finding
	breakers map[string]bool // whom the birthright puts on the path of an open finding
}

// newOrg makes people with several accounts, linked in every way there is, who manage
// each other, own the groups they are in and administer the campaign.
func newOrg(seed uint64, least int) org {
	r := rand.New(rand.NewPCG(seed, 3))
	o := org{whose: map[string]map[string]bool{}}
	mark := func(thing, who string) {
		if o.whose[thing] == nil {
			o.whose[thing] = map[string]bool{}
		}
		o.whose[thing][who] = true
	}
	n := least + r.IntN(2)
	for i := range n {
		o.people = append(o.people, fmt.Sprintf("identity:hr/E%d", i))
	}
	anybody := func() string { return o.people[r.IntN(n)] }
	for i, p := range o.people {
		o.lines = append(o.lines, fmt.Sprintf("%s status=active employee_id=E%d manager=%s", p, i, anybody()))
		for a := range 1 + r.IntN(3) {
			account := fmt.Sprintf("account:corp/a%d-%d", i, a)
			mark(account, p)
			switch way := r.IntN(4); {
			case a == 0 || way == 0:
				o.lines = append(o.lines, account, p+" owns "+account)
			case way == 1:
				o.lines = append(o.lines, fmt.Sprintf("%s employee_id=E%d", account, i))
			case way == 2:
				o.lines = append(o.lines, fmt.Sprintf("%s parent=account:corp/a%d-0", account, i))
			default:
				o.lines = append(o.lines, account+" owner="+p)
			}
			for g := range 2 {
				if r.IntN(2) == 0 {
					group := fmt.Sprintf("group:corp/g%d", g)
					o.lines = append(o.lines, account+" member "+group)
					mark(group, p)
				}
			}
		}
	}
	if r.IntN(2) == 0 {
		o.lines = append(o.lines, "group:corp/g0 member group:corp/g1")
	}
	for g := range 2 {
		o.lines = append(o.lines, fmt.Sprintf("group:corp/g%d owner=%s", g, anybody()))
	}
	o.admins = []string{anybody()}
	return o
}

// own is the slow oracle: whose access a line is about.
func (o org) own(l *campaign.Line, who string) bool {
	if l.IsBirthright() {
		return o.breakers[who]
	}
	return o.whose[l.From.String()][who]
}

// give adds a group that everybody has, and open findings: of some it is on the path, of
// some it leads to where the path ends by another way, and of some it has no part.
func (o *org) give(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 5))
	o.breakers = map[string]bool{}
	o.lines = append(o.lines, "group:corp/all owner="+o.people[r.IntN(len(o.people))], "group:corp/all assigned entitlement:corp/e", "entitlement:corp/e", "entitlement:corp/other")
	for i, p := range o.people {
		account := fmt.Sprintf("account:corp/a%d-0", i)
		o.lines = append(o.lines, account+" member group:corp/all")
		if o.whose["group:corp/all"] == nil {
			o.whose["group:corp/all"] = map[string]bool{}
		}
		o.whose["group:corp/all"][p] = true
		var path []string
		switch r.IntN(6) {
		case 0:
			path, o.breakers[p] = []string{account, "group:corp/all"}, true
		case 1:
			path, o.breakers[p] = []string{account, "entitlement:corp/e"}, true
		case 2:
			path = []string{account, "entitlement:corp/other"}
		default:
			continue
		}
		o.findings = append(o.findings, found(t, fmt.Sprintf("F-%d", i), sod.Open, p, path...))
	}
}

// chains tries every way of handing one line on, by whomever to whomever, up to six steps
// one after the other, and asks after each whether somebody could decide about access of
// their own. What can follow depends on who has the line; so each holder is gone on from
// once, with the shortest chain that leads there.
func (o org) chains(t *testing.T, c *campaign.Campaign, s campaign.Subject, log *ledger, item string) (tried int) {
	t.Helper()
	type chain struct{ steps []campaign.Record }
	seen := map[graph.ID]bool{}
	queue := []chain{{}}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		c := replayed(t, s, log, at.steps)
		l, _ := c.Line(item)
		if seen[l.Holder] {
			continue
		}
		seen[l.Holder] = true
		o.mayNotDecide(t, s, log, at.steps, item)
		if len(at.steps) == 6 {
			continue
		}
		for _, how := range []campaign.How{campaign.Delegated, campaign.Forwarded, campaign.OutOfOffice, campaign.Escalated, campaign.Reassigned, campaign.TakenOver, campaign.Named} {
			for _, by := range o.people {
				for _, to := range o.people {
					step := campaign.Record{Campaign: "Q3", At: start, By: id(t, by), Assigned: &campaign.Assigned{Items: []string{item}, To: id(t, to), Stage: 0, How: how}}
					tried++
					if admits(t, s, log, append(slices.Clone(at.steps), step)) {
						queue = append(queue, chain{append(slices.Clone(at.steps), step)})
					}
				}
			}
		}
	}
	return tried
}

// The same of what everybody is given as birthright: its owner, who has it too, may decide,
// and nobody whom it puts on the path of an open finding.
func TestSelfReviewOfBirthright(t *testing.T) {
	seeds, decided, broken := uint64(4), 0, 0
	if nightly() {
		seeds = 200
	}
	for seed := range seeds {
		o := newOrg(seed, campaign.FewestForBirthright)
		o.give(t, seed)
		s := subject(world(t, o.lines...))
		s.Report.Findings = o.findings
		x := terms(t)
		x.Scope.Structure, x.Birthright = seed%2 == 0, []string{"group:corp/al*"}
		x.Admins = []graph.ID{id(t, o.admins[0])}
		log := &ledger{}
		c, err := campaign.Open(t.Context(), log, s, x, campaign.Origin{}, x.Admins[0], start)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for i, l := range c.Lines() {
			if l.IsBirthright() {
				seen++
				broken += len(o.breakers)
				if !l.Holder.IsZero() {
					decided++
				}
			} else if i%16 != 0 && !nightly() {
				continue
			}
			o.chains(t, c, s, log, l.ID)
		}
		if seen != 1 {
			t.Fatalf("seed %d: %d lines of birthright, want one", seed, seen)
		}
	}
	if decided == 0 || broken == 0 {
		t.Fatalf("%d lines had somebody and %d people were barred: the organisations are too small", decided, broken)
	}
}

func replayed(t *testing.T, s campaign.Subject, log *ledger, more []campaign.Record) *campaign.Campaign {
	t.Helper()
	c, err := campaign.Replay(s, slices.Values(append(slices.Collect(log.all(t)), more...)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func admits(t *testing.T, s campaign.Subject, log *ledger, more []campaign.Record) bool {
	_, err := campaign.Replay(s, slices.Values(append(slices.Collect(log.all(t)), more...)))
	return err == nil
}

// mayNotDecide: nobody's answer about access of their own is taken, and nobody has such
// a line.
func (o org) mayNotDecide(t *testing.T, s campaign.Subject, log *ledger, steps []campaign.Record, item string) {
	t.Helper()
	c := replayed(t, s, log, steps)
	l, _ := c.Line(item)
	if !l.Holder.IsZero() && o.own(l, l.Holder.String()) {
		t.Fatalf("%s → %s came to %s, whose access it is, through %d steps", l.From, l.To, l.Holder, len(steps))
	}
	for _, by := range o.people {
		d := campaign.Decided{Item: item, Answer: campaign.Keep, Source: entered(), Reason: "x"}
		taken := admits(t, s, log, append(slices.Clone(steps), campaign.Record{Campaign: "Q3", At: start, By: id(t, by), Decided: &d}))
		if taken && o.own(l, by) {
			t.Fatalf("%s decided about %s → %s, their own, after %d steps", by, l.From, l.To, len(steps))
		}
		if holds := l.Holder == id(t, by); holds && !taken {
			t.Fatalf("%s has %s → %s and may not decide", by, l.From, l.To)
		}
	}
}

// Nobody ever decides about access of their own: through no account and no chain of
// steps, administrators included.
func TestSelfReview(t *testing.T) {
	seeds, tried, assigned := uint64(12), 0, 0
	if nightly() {
		seeds = 2000
	}
	for seed := range seeds {
		o := newOrg(seed, 3)
		s := subject(world(t, o.lines...))
		x := terms(t)
		x.Scope.Structure = seed%2 == 0
		x.Admins = []graph.ID{id(t, o.admins[0])}
		log := &ledger{}
		c, err := campaign.Open(t.Context(), log, s, x, campaign.Origin{}, x.Admins[0], start)
		if err != nil {
			continue // nobody is in a group
		}
		for _, l := range c.Lines() {
			if !l.Holder.IsZero() {
				assigned++
			}
			tried += o.chains(t, c, s, log, l.ID)
		}
	}
	t.Logf("%d steps tried", tried)
	if tried < 1000 || assigned == 0 {
		t.Fatalf("%d steps were tried and %d lines assigned: the organisations are too small", tried, assigned)
	}
}
