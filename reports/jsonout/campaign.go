// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"io"

	"github.com/foureyes-iga/foureyes/reports"
)

type campaignPlan struct {
	Format       string           `json:"format"`
	ID           string           `json:"id"`
	Name         string           `json:"name"`
	Period       string           `json:"period,omitempty"`
	AsOf         string           `json:"as_of"`
	Verdict      string           `json:"verdict"`
	Lines        int              `json:"lines"`
	WithFindings int              `json:"lines_with_findings"`
	Uncorrelated int              `json:"lines_of_nobodys_accounts"`
	Undescribed  int              `json:"lines_without_description"`
	Reviewers    []planLoad       `json:"reviewers"`
	Nobody       []planNobody     `json:"nobody"`
	Missing      []planMissing    `json:"not_read"`
	Reciprocal   [][2]leaverThing `json:"about_each_other"`
	NotReviewed  []notReviewed    `json:"not_reviewed"`
}

type planLoad struct {
	leaverThing
	Lines int `json:"lines"`
}

type planNobody struct {
	Item string `json:"item"`
	Line string `json:"line"`
	Why  string `json:"why"`
}

type planMissing struct {
	About    string `json:"about"`
	Why      string `json:"why"`
	Accepted bool   `json:"accepted"`
}

// CampaignPlan writes what a campaign would ask of whom as one JSON object and a line
// feed.
func CampaignPlan(w io.Writer, p *reports.CampaignPlan) error {
	out := campaignPlan{
		Format: "foureyes/campaign-plan/1", ID: p.ID, Name: p.Name, Period: p.Period, AsOf: instant(p.AsOf), Verdict: p.Verdict(), Lines: p.Lines,
		WithFindings: p.WithFindings, Uncorrelated: p.Uncorrelated, Undescribed: p.Undescribed,
		Reviewers: []planLoad{}, Nobody: []planNobody{}, Missing: []planMissing{}, Reciprocal: [][2]leaverThing{},
		NotReviewed: notReviewedOf(p.NotReviewed),
	}
	for _, l := range p.Loads {
		out.Reviewers = append(out.Reviewers, planLoad{leaverThing(l.Reviewer), l.Lines})
	}
	for _, n := range p.Nobody {
		out.Nobody = append(out.Nobody, planNobody{n.Item, n.Sentence, n.Why})
	}
	open := map[string]bool{}
	for _, m := range p.Open() {
		open[m.About] = true
	}
	for _, m := range p.Missing {
		out.Missing = append(out.Missing, planMissing{m.About, m.Why, !open[m.About]})
	}
	for _, x := range p.Reciprocal {
		out.Reciprocal = append(out.Reciprocal, [2]leaverThing{leaverThing(x[0]), leaverThing(x[1])})
	}
	return encode(w, out)
}

type notReviewed struct {
	Item string `json:"item"`
	Line string `json:"line"`
}

func notReviewedOf(lines []reports.NotReviewed) []notReviewed {
	all := []notReviewed{}
	for _, l := range lines {
		all = append(all, notReviewed{l.Item, l.Sentence})
	}
	return all
}

type controlStanding struct {
	ID        string       `json:"id"`
	Title     string       `json:"title,omitempty"`
	Owner     *leaverThing `json:"owner,omitempty"`
	Performed string       `json:"performed,omitempty"`
	By        *leaverThing `json:"by,omitempty"`
	Evidence  []string     `json:"evidence"`
	Declared  string       `json:"declared,omitempty"`
}

func controlsOf(controls []reports.ControlStanding) []controlStanding {
	all := []controlStanding{}
	for _, c := range controls {
		all = append(all, controlStanding{c.ID, c.Title, known(c.Owner), stamp(c.Performed), known(c.By), some(c.Evidence), c.Declared.String()})
	}
	return all
}

// Review writes how a campaign stands, or one reviewer's part of it, as one JSON object and a
// line feed.
func Review(w io.Writer, s *reports.Standing) error {
	return encode(w, struct {
		Format string `json:"format"`
		*review
		NotReviewed []notReviewed     `json:"not_reviewed"`
		Controls    []controlStanding `json:"controls"`
	}{"foureyes/review/1", reviewOf(s.Review), notReviewedOf(s.NotReviewed), controlsOf(s.Controls)})
}

// Controls writes when compensating controls were last carried out as one JSON object and a
// line feed.
func Controls(w io.Writer, controls []reports.ControlStanding) error {
	return encode(w, struct {
		Format   string            `json:"format"`
		Controls []controlStanding `json:"controls"`
	}{"foureyes/controls/1", controlsOf(controls)})
}

type calendar struct {
	Format   string        `json:"format"`
	Quarters []string      `json:"quarters"`
	Rows     []calendarRow `json:"applications"`
}

type calendarRow struct {
	Application string         `json:"application"`
	Title       string         `json:"title,omitempty"`
	Quarters    []calendarCell `json:"quarters"`
}

type calendarCell struct {
	Quarter   string   `json:"quarter"`
	State     string   `json:"state"`
	Campaigns []string `json:"campaigns"`
}

// Calendar writes which application was certified in which quarter as one JSON object and
// a line feed.
func Calendar(w io.Writer, c *reports.Calendar) error {
	out := calendar{"foureyes/campaign-calendar/1", some(c.Quarters), []calendarRow{}}
	for _, r := range c.Rows {
		row := calendarRow{r.Application, r.Title, []calendarCell{}}
		for i, x := range r.Cells {
			row.Quarters = append(row.Quarters, calendarCell{c.Quarters[i], x.State, some(x.Campaigns)})
		}
		out.Rows = append(out.Rows, row)
	}
	return encode(w, out)
}
