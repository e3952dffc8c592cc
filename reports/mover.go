// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// A Mover says what one person holds after a transfer, resolved for readers.
type Mover struct {
	EmployeeID  string
	Person      Thing
	Employment  string // "employed", "left", or "unknown"
	AsOf, Moved time.Time
	From, To    string // the places that were held against each other; "" when there are none
	By          string // what tells the old one: "attributes", "snapshot" or ""
	Why         string // why there are none
	Sources     []LeaverSource
	Stays       []MoverRow
	CannotTell  []LeaverDoubt
	Unlinked    int

	Policy      string        // its name; "" when none was asked about
	Findings    []Finding     // of the policy's rules, of the person or an own account
	NotAssessed []NotAssessed // of the person
}

// A MoverRow is one thing that the person holds by a grant of their own.
type MoverRow struct {
	LeaverRow
	Of          string // the application or source
	Fate        check.Fate
	There, Here check.Share // of the peers
	Gives       []LeaverRow
	More        int // of Gives: how much is left out
}

// MoverInput is what a [Mover] is made from. Policy and Report may be nil; the report is
// the policy's judgement of the graph.
type MoverInput struct {
	Graph    *graph.Graph
	Policy   *sod.Policy
	Report   *sod.Report
	Question check.MoverQuestion
	Answer   *check.Mover
}

// NewMover resolves an answer.
func NewMover(in MoverInput) (*Mover, error) {
	if in.Graph == nil || in.Answer == nil {
		return nil, errors.New("mover: graph and answer are both needed")
	}
	a, q := in.Answer, in.Question
	b := leaverBuilder{
		LeaverInput: LeaverInput{Graph: in.Graph, Policy: in.Policy, Question: q.Question, Answer: &check.Leaver{Identity: a.Identity}},
		changer:     newChanger(in.Graph, in.Policy), own: map[graph.ID]bool{a.Identity: true},
	}
	for _, id := range a.Own {
		b.own[id] = true
	}
	out := &Mover{
		EmployeeID: q.EmployeeID, Person: b.thing(a.Identity), Employment: b.employment(), AsOf: q.AsOf.UTC(), Moved: a.Moved.UTC(),
		By: a.By, Why: a.Why, Sources: b.sources(), Unlinked: a.Unlinked,
	}
	if a.Why == "" {
		out.From, out.To = a.Before.Called(in.Graph), a.Here.Called(in.Graph)
	}
	for _, s := range a.Stays {
		out.Stays = append(out.Stays, b.stay(s))
	}
	slices.SortStableFunc(out.Stays, func(x, y MoverRow) int {
		return cmp.Or(cmp.Compare(x.Fate, y.Fate), strings.Compare(x.Of, y.Of), x.ID.Compare(y.ID))
	})
	for _, d := range a.CannotTell {
		out.CannotTell = append(out.CannotTell, LeaverDoubt{d, b.things(d.About)})
	}
	return out, out.judge(in, b.own)
}

func (b *leaverBuilder) stay(s check.Stay) MoverRow {
	out := MoverRow{LeaverRow: b.row(s.Access), Of: b.title(s.End()), Fate: s.Fate, There: s.There, Here: s.Here, More: s.More}
	for _, g := range s.Gives {
		out.Gives = append(out.Gives, b.row(g))
	}
	return out
}

// judge adds what of a policy is about the person.
func (m *Mover) judge(in MoverInput, own map[graph.ID]bool) error {
	if in.Report == nil {
		return nil
	}
	m.Policy = cmp.Or(in.Policy.Name, "the policy")
	report := *in.Report
	report.Drop(func(f sod.Finding) bool {
		return !slices.ContainsFunc(f.Subjects, func(id graph.ID) bool { return own[id] })
	},
		func(n sod.NotAssessed) bool { return n.Subjects > 0 || len(n.Gaps) > 0 })
	report.NotAssessed = append(report.NotAssessed, sod.Doubts(in.Graph, in.Policy, in.Report.AsOf, m.Person.ID)...)
	p, err := New(Input{Graph: in.Graph, Policy: in.Policy, Report: &report})
	if err != nil {
		return err
	}
	m.Findings, m.NotAssessed = p.Findings, p.NotAssessed
	return nil
}

// Of returns what stands in one way.
func (m *Mover) Of(f check.Fate) (all []MoverRow) {
	for _, s := range m.Stays {
		if s.Fate == f {
			all = append(all, s)
		}
	}
	return all
}

// Open counts the findings that nobody accepted.
func (m *Mover) Open() int {
	n := 0
	for _, f := range m.Findings {
		if f.Status == sod.Open {
			n++
		}
	}
	return n
}

// Unassessed counts the rows of the policy that nobody accepted.
func (m *Mover) Unassessed() int {
	n := 0
	for _, x := range m.NotAssessed {
		if !x.Accepted {
			n++
		}
	}
	return n
}

// Unsure reports whether anything could not be told.
func (m *Mover) Unsure() bool {
	return len(m.Of(check.Undecidable))+len(m.CannotTell)+m.Unassessed() > 0
}

// Verdict says in one sentence what was kept and what could not be told.
func (m *Mover) Verdict() string {
	var parts []string
	if n := len(m.Of(check.Kept)); n > 0 {
		parts = append(parts, Plural(n, "thing")+" kept from the old place")
	} else {
		parts = append(parts, "nothing that was read is known to be kept from the old place")
	}
	if n := m.Open(); n > 0 {
		parts = append(parts, Plural(n, "open finding"))
	}
	if n := len(m.Of(check.Undecidable)); n > 0 {
		parts = append(parts, "of "+Plural(n, "thing")+" it CANNOT be TOLD where it comes from")
	}
	switch n := len(m.CannotTell) + m.Unassessed(); {
	case n > 0:
		parts = append(parts, "CANNOT TELL: "+Plural(n, "row"))
	case !m.Unsure():
		parts = append(parts, "everything was read")
	}
	return strings.Join(parts, "; ")
}

// Shares says how many peers hold a thing there and here; "" where no places are held
// against each other.
func (r MoverRow) Shares() string {
	if r.There.Of+r.Here.Of == 0 {
		return ""
	}
	return "held by " + share(r.There) + " peers there and " + share(r.Here) + " here"
}

func share(s check.Share) string {
	if s.Most > s.Held {
		return fmt.Sprintf("%d to %d of %d", s.Held, s.Most, s.Of)
	}
	return fmt.Sprintf("%d of %d", s.Held, s.Of)
}
