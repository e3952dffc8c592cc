// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"io"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
)

const leaverFormat = "foureyes/leaver/1"

type leaver struct {
	Format     string         `json:"format"`
	EmployeeID string         `json:"employee_id"`
	Identity   leaverThing    `json:"identity"`
	Employment string         `json:"employment"`
	AsOf       string         `json:"as_of"`
	Effective  string         `json:"effective,omitempty"`
	Mode       string         `json:"mode"`
	Verdict    string         `json:"verdict"`
	Summary    leaverSummary  `json:"summary"`
	SLA        string         `json:"sla,omitempty"`
	Clocks     *timing        `json:"clocks,omitempty"`
	Sources    []leaverSource `json:"sources"`
	Accounts   []leaverLogin  `json:"accounts"`
	Held       []leaverRow    `json:"held_without_account"`
	HeldMore   int            `json:"held_without_account_more"`
	CannotTell []leaverDoubt  `json:"cannot_tell"`
}

type leaverSummary struct {
	Accounts   int `json:"accounts"`
	Live       int `json:"live"`
	Held       int `json:"held_without_account"`
	Used       int `json:"used_after_end"`
	CannotTell int `json:"cannot_tell"`
	Unlinked   int `json:"accounts_linked_to_nobody"`
}

type leaverThing struct {
	ID   graph.ID `json:"id"`
	Name string   `json:"name"`
}

type leaverSource struct {
	Name      graph.Source `json:"source"`
	Connector string       `json:"connector,omitempty"`
	Moment    string       `json:"data_of,omitempty"`
}

type leaverLogin struct {
	leaverThing
	Status   string       `json:"status"`
	Type     string       `json:"type,omitempty"`
	Lives    string       `json:"lives"`
	Tie      string       `json:"tie"`
	By       *leaverThing `json:"by,omitempty"`
	Outlives *leaverThing `json:"outlives,omitempty"`
	Used     *leaverUse   `json:"used_after_end,omitempty"`
	Grants   int          `json:"grants"`
	End      *suggestion  `json:"to_end_it,omitempty"`
	Remove   []suggestion `json:"to_remove_its_grants"`
	Access   []leaverRow  `json:"access"`
	More     int          `json:"access_more"`
}

type leaverUse struct {
	Answer string `json:"answer"`
	Why    string `json:"why"`
}

type leaverRow struct {
	leaverThing
	Of      string            `json:"of"`
	Mode    string            `json:"mode"`
	Path    []graph.ID        `json:"path"`
	Names   []string          `json:"path_names"`
	Kinds   []graph.GrantKind `json:"kinds"`
	Implied bool              `json:"as_every_account"`
	Ask     []leaverThing     `json:"ask"`
	Remove  []suggestion      `json:"to_remove_it"`
}

type suggestion struct {
	Text string `json:"text"`
	LDIF string `json:"ldif,omitempty"`
}

type leaverDoubt struct {
	Source  graph.Source  `json:"source"`
	Dataset graph.Dataset `json:"dataset"`
	Why     string        `json:"why"`
	About   []leaverThing `json:"about"`
	Count   int           `json:"count"`
}

// Leaver writes what of one person's access lives as one JSON object and a line feed.
func Leaver(w io.Writer, l *reports.Leaver) error { return encode(w, leaverOf(l)) }

func leaverOf(l *reports.Leaver) leaver {
	d := leaver{
		Format: leaverFormat, EmployeeID: l.EmployeeID, Identity: leaverThing(l.Person), Employment: l.Employment,
		AsOf: instant(l.AsOf), Effective: stamp(l.Effective), Mode: reports.ModeName(l.Mode), Verdict: l.Verdict(),
		Held: leaverRows(l.Held), HeldMore: l.HeldMore, Sources: []leaverSource{}, Accounts: []leaverLogin{}, CannotTell: []leaverDoubt{},
	}
	d.Summary = leaverSummary{len(l.Logins), l.Live(), len(d.Held) + l.HeldMore, l.Used(), len(l.CannotTell), l.Unlinked}
	if l.Timing != nil {
		t := timingOf(*l.Timing)
		d.SLA, d.Clocks = l.SLA, &t
	}
	for _, s := range l.Sources {
		d.Sources = append(d.Sources, leaverSource{s.Name, s.Connector, stamp(s.Moment)})
	}
	for _, x := range l.Logins {
		d.Accounts = append(d.Accounts, loginOf(x))
	}
	for _, x := range l.CannotTell {
		d.CannotTell = append(d.CannotTell, leaverDoubt{x.Source, x.Dataset, x.Why, leaverThings(x.Things), x.Count})
	}
	return d
}

func loginOf(x reports.LeaverLogin) leaverLogin {
	out := leaverLogin{
		leaverThing: leaverThing(x.Thing), Status: x.Status, Type: x.Type, Lives: x.Life.String(), Tie: x.Tie.String(),
		By: known(x.By), Outlives: known(x.Outlives), Grants: x.Grants, Remove: remediesOf(x.Remove), Access: leaverRows(x.Access), More: x.More,
	}
	if out.Status == "" {
		out.Status = "unknown"
	}
	if x.Use.Answer != "" {
		out.Used = &leaverUse{x.Use.Answer, x.Use.Why}
	}
	if x.End.Text != "" {
		out.End = &suggestion{x.End.Text, x.End.LDIF}
	}
	return out
}

// known returns a thing, or nil for none.
func known(t reports.Thing) *leaverThing {
	if t.ID.IsZero() {
		return nil
	}
	return &leaverThing{t.ID, t.Name}
}

func leaverRows(groups []reports.LeaverGroup) []leaverRow {
	out := []leaverRow{}
	for _, g := range groups {
		for _, r := range g.Rows {
			row := leaverRow{
				leaverThing: leaverThing(r.Thing), Of: g.Title, Mode: reports.ModeName(r.Mode), Path: ids(r.Path), Names: names(r.Path),
				Kinds: r.Kinds, Implied: r.Implied, Ask: leaverThings(r.Ask), Remove: remediesOf(r.Remove),
			}
			out = append(out, row)
		}
	}
	return out
}

func remediesOf(all []reports.Remedy) []suggestion {
	out := []suggestion{}
	for _, r := range all {
		out = append(out, suggestion(r))
	}
	return out
}

func leaverThings(all []reports.Thing) []leaverThing {
	out := []leaverThing{}
	for _, t := range all {
		out = append(out, leaverThing(t))
	}
	return out
}
