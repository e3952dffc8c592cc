// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"io"
	"time"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod/check"
)

const moverFormat = "foureyes/mover/1"

type mover struct {
	Format      string         `json:"format"`
	EmployeeID  string         `json:"employee_id"`
	Identity    leaverThing    `json:"identity"`
	Employment  string         `json:"employment"`
	AsOf        string         `json:"as_of"`
	Moved       string         `json:"moved,omitempty"`
	From        string         `json:"from,omitempty"`
	To          string         `json:"to,omitempty"`
	By          string         `json:"told_by,omitempty"`
	Why         string         `json:"no_places_because,omitempty"`
	Verdict     string         `json:"verdict"`
	Summary     moverSummary   `json:"summary"`
	Sources     []leaverSource `json:"sources"`
	Holds       []moverRow     `json:"holds"`
	CannotTell  []leaverDoubt  `json:"cannot_tell"`
	Policy      string         `json:"policy,omitempty"`
	Findings    []finding      `json:"findings"`
	NotAssessed []notAssessed  `json:"not_assessed"`
}

type moverSummary struct {
	Kept        int `json:"kept"`
	Undecidable int `json:"undecidable"`
	CannotTell  int `json:"cannot_tell"`
	Open        int `json:"open"`
	NotAssessed int `json:"not_assessed_rows"`
	Unlinked    int `json:"accounts_linked_to_nobody"`
}

type moverRow struct {
	leaverRow
	Fate  string      `json:"fate"`
	There *share      `json:"peers_there,omitempty"`
	Here  *share      `json:"peers_here,omitempty"`
	Gives []leaverRow `json:"gives"`
	More  int         `json:"gives_more"`
}

type share struct {
	Held int `json:"held"`
	Most int `json:"held_at_most"`
	Of   int `json:"of"`
}

// Mover writes what one person holds after a transfer as one JSON object and a line feed.
func Mover(w io.Writer, m *reports.Mover) error { return encode(w, moverOf(m)) }

func moverOf(m *reports.Mover) mover {
	d := mover{
		Format: moverFormat, EmployeeID: m.EmployeeID, Identity: leaverThing(m.Person), Employment: m.Employment, AsOf: instant(m.AsOf),
		From: m.From, To: m.To, By: m.By, Why: m.Why, Verdict: m.Verdict(), Policy: m.Policy,
		Sources: []leaverSource{}, Holds: []moverRow{}, CannotTell: []leaverDoubt{}, Findings: []finding{}, NotAssessed: []notAssessed{},
	}
	if !m.Moved.IsZero() {
		d.Moved = m.Moved.Format(time.DateOnly)
	}
	d.Summary = moverSummary{len(m.Of(check.Kept)), len(m.Of(check.Undecidable)), len(m.CannotTell), m.Open(), m.Unassessed(), m.Unlinked}
	for _, s := range m.Sources {
		d.Sources = append(d.Sources, leaverSource{s.Name, s.Connector, stamp(s.Moment)})
	}
	for _, r := range m.Stays {
		d.Holds = append(d.Holds, moverRowOf(r))
	}
	for _, x := range m.CannotTell {
		d.CannotTell = append(d.CannotTell, leaverDoubt{x.Source, x.Dataset, x.Why, leaverThings(x.Things), x.Count})
	}
	for _, f := range m.Findings {
		d.Findings = append(d.Findings, findingOf(f))
	}
	for _, n := range m.NotAssessed {
		d.NotAssessed = append(d.NotAssessed, rowOf(n))
	}
	return d
}

func moverRowOf(r reports.MoverRow) moverRow {
	out := moverRow{leaverRow: leaverRows([]reports.LeaverGroup{{Title: r.Of, Rows: []reports.LeaverRow{r.LeaverRow}}})[0], Fate: r.Fate.String(), More: r.More}
	out.Gives = leaverRows([]reports.LeaverGroup{{Title: r.Of, Rows: r.Gives}})
	if r.There.Of+r.Here.Of > 0 {
		there, here := share(r.There), share(r.Here)
		out.There, out.Here = &there, &here
	}
	return out
}
