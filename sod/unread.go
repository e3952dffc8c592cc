// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// UnreadSubjects returns a row, without rule and mode, that names the given
// datasets of every source that are not whole. It is false when all are.
func UnreadSubjects(g *graph.Graph, p *Policy, asOf time.Time, datasets ...graph.Dataset) (NotAssessed, bool) {
	row := NotAssessed{Accepted: true}
	var words []string
	for _, s := range g.Sources() {
		said := ""
		for _, d := range datasets {
			if g.State(s, d).Whole() {
				continue
			}
			u := reach.Unread{Source: s, Dataset: d, Reason: reach.StateReason(g, s, d)}
			row.Gaps = append(row.Gaps, u.String())
			row.Accepted = row.Accepted && p.Accepts(u, asOf)
			if said == u.Reason { // said once for all datasets of a source that share it
				words[len(words)-1] = strings.Replace(words[len(words)-1], " of ", ", "+string(d)+" of ", 1)
				continue
			}
			said = u.Reason
			words = append(words, string(d)+" of "+string(s)+" ("+u.Reason+")")
		}
	}
	row.Reason = "some may not have been read at all: " + strings.Join(words, "; ")
	return row, len(row.Gaps) > 0
}

// Accepts reports whether a named person accepted that u was not read, and the
// acceptance still holds.
func (p *Policy) Accepts(u reach.Unread, asOf time.Time) bool {
	for _, a := range p.AcceptedGaps {
		if a.covers(u) && a.Until.Includes(asOf) {
			return true
		}
	}
	return false
}

func (a AcceptedGap) covers(u reach.Unread) bool {
	if !a.About.IsZero() || !u.About.IsZero() {
		return a.About == u.About
	}
	return a.Source == u.Source && a.Dataset.Includes(u.Dataset)
}
