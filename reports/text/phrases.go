// SPDX-License-Identifier: Apache-2.0

package text

import (
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
)

// named tells the name and the ID.
func named(t reports.Thing) string {
	if t.Name == "" {
		return t.Label()
	}
	return t.Name + " (" + t.ID.String() + ")"
}

func subject(s reports.Subject) string {
	text := named(s.Thing)
	if s.Employment == "left" {
		text += ", left"
	}
	if s.Status != "" && s.Status != "enabled" {
		text += ", " + s.Status
	}
	if s.ID.Kind == graph.Somebody {
		text += ", " + s.Type
	}
	return text
}

// whyContinues says why a finding goes on earlier ones, about other subjects.
func whyContinues(f reports.Finding) string {
	switch f.Subjects[0].ID.Kind {
	case graph.Somebody:
		return "the account belongs with others"
	case graph.Account:
		return "nothing belongs with the account any more"
	}
	return "the account was linked to its owner"
}

func path(w reports.Witness) string {
	text := ""
	for i, n := range w.Nodes {
		if i > 0 {
			text += " ─" + w.Grants[i-1].Kind.String() + "→ "
		}
		text += n.Label()
	}
	return text
}

func acceptance(a reports.Acceptance) string {
	s := "accepted by " + a.ApprovedBy.Label()
	if !a.InForce {
		s = "the acceptance does not count: " + a.Whys() + "; it was accepted by " + a.ApprovedBy.Label()
	}
	if !a.ApprovedOn.IsZero() {
		s += " on " + a.ApprovedOn.String()
	}
	if !a.Expires.IsZero() {
		s += " until " + a.Expires.String()
	}
	s += ": " + a.Reason
	if a.Compensating != nil {
		s += "; compensating control " + a.Compensating.ID
	}
	if a.Ticket != "" {
		s += "; " + a.Ticket
	}
	for _, u := range a.Unknown {
		s += "; not known: " + u
	}
	return s
}

func row(n reports.Unassessed) string {
	if n.Rule == "" { // of the whole policy
		return n.LineText() + ". " + n.Reason
	}
	s := n.LineText() + ". " + n.Rule
	if access := n.Access(); access != "" {
		s += ", " + access
	}
	if n.Subjects == 0 {
		s += ", it is not known of whom"
	} else {
		s += ", " + reports.Plural(n.Subjects, "subject")
	}
	s += ": " + n.Reason
	var names []string
	for _, t := range n.Examples {
		names = append(names, t.Label())
	}
	if len(names) > 0 {
		s += " (" + strings.Join(names, ", ")
		if n.Subjects > len(names) {
			s += ", …"
		}
		s += ")"
	}
	if n.Accepted {
		s += "; the gap is accepted"
	}
	return s
}
