// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"time"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
)

// A CampaignPlan says what a campaign would ask of whom, resolved for readers.
type CampaignPlan struct {
	ID, Name, Period string
	AsOf             time.Time
	Lines            int
	WithFindings     int
	Uncorrelated     int // lines of accounts of which nobody knows whose they are
	Undescribed      int // lines about things without a description
	Loads            []PlanLoad
	Nobody           []PlanNobody
	Missing          []campaign.Missing
	Accepted         []campaign.Accepted
	NotReviewed      []NotReviewed
	Reciprocal       [][2]Thing // people who would decide about each other
}

// A PlanLoad is how many lines come to somebody.
type PlanLoad struct {
	Reviewer Thing
	Lines    int
}

// A PlanNobody is a line that nobody may decide.
type PlanNobody struct {
	Item, Sentence, Why string
}

// NewCampaignPlan resolves a plan.
func NewCampaignPlan(p *campaign.Plan, s campaign.Subject) *CampaignPlan {
	thing := func(id graph.ID) Thing { return thingIn(s.Graph, id) }
	out := &CampaignPlan{
		ID: p.Terms.ID, Name: p.Terms.Name, Period: p.Terms.Period, AsOf: p.AsOf, Lines: len(p.Items), WithFindings: p.WithFindings,
		Uncorrelated: p.Uncorrelated, Undescribed: p.Undescribed, Missing: p.Missing, Accepted: p.Terms.Accepted,
		NotReviewed: notReviewed(s.Graph, p.Unchanged),
	}
	for _, l := range p.Loads {
		out.Loads = append(out.Loads, PlanLoad{thing(l.Reviewer), l.Lines})
	}
	items := map[string]campaign.Item{}
	for _, i := range p.Items {
		items[i.ID] = i
	}
	for _, x := range p.Nobody {
		out.Nobody = append(out.Nobody, PlanNobody{x.Item, itemSentence(s.Graph, items[x.Item]), x.Why})
	}
	for _, x := range p.Reciprocal {
		out.Reciprocal = append(out.Reciprocal, [2]Thing{thing(x.A), thing(x.B)})
	}
	return out
}

// Open lists what is missing that nobody accepted.
func (p *CampaignPlan) Open() (all []campaign.Missing) {
	accepted := map[string]bool{}
	for _, a := range p.Accepted {
		accepted[a.About] = true
	}
	for _, m := range p.Missing {
		if !accepted[m.About] {
			all = append(all, m)
		}
	}
	return all
}

// Verdict says in one sentence whether the campaign can begin.
func (p *CampaignPlan) Verdict() string {
	s := Plural(p.Lines, "line") + " for " + Plural(len(p.Loads), "reviewer")
	switch n := len(p.Open()); {
	case p.Lines == 0:
		return "no access is in scope: there is nothing to certify"
	case n > 0:
		return s + "; it CANNOT BEGIN: " + Plural(n, "thing") + " in scope not read, and nobody accepted that"
	case len(p.Nobody) > 0:
		return s + "; " + Plural(len(p.Nobody), "line") + " WITHOUT A REVIEWER"
	}
	return s + "; it can begin"
}

// A Calendar says which application was certified in which quarter.
type Calendar struct {
	Quarters []string // such as "2026-Q3", in order
	Rows     []CalendarRow
}

// A CalendarRow is one application.
type CalendarRow struct {
	Application string // its id; "" is campaigns of no application
	Title       string
	Cells       []CalendarCell
}

// A CalendarCell is one quarter of one application. The zero State is "missing".
type CalendarCell struct {
	State     string // "done", "late", "undecided" (closed so), "partial" (not all of its access), "open" or "missing"
	Campaigns []string
}

// Quarter names the quarter of a moment in UTC: "2026-Q3".
func Quarter(t time.Time) string {
	return fmt.Sprintf("%d-Q%d", t.UTC().Year(), (int(t.UTC().Month())+2)/3)
}
