// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph/reach"
)

// An Unassessed is what people read of rows that say the same in several modes:
// the first of them, with the modes and the lines of all.
type Unassessed struct {
	NotAssessed
	Modes []reach.Mode // empty for a check
	Lines []int
}

// Unassessed returns the rows of what was not assessed, those that differ only in
// their mode told once, in the order of their first lines.
func (p *Packet) Unassessed() []Unassessed { return MergeModes(p.NotAssessed) }

// MergeModes is [Packet.Unassessed] for any rows.
func MergeModes(rows []NotAssessed) []Unassessed {
	var all []Unassessed
	at := map[string]int{}
	for _, n := range rows {
		key := fmt.Sprintf("%q %d %q %q %v %t", n.Rule, n.Subjects, n.Reason, n.Gaps, n.Examples, n.Accepted)
		i, known := at[key]
		if !known {
			i = len(all)
			at[key] = i
			all = append(all, Unassessed{NotAssessed: n})
		}
		all[i].Lines = append(all[i].Lines, n.Line)
		if n.Mode != 0 {
			all[i].Modes = append(all[i].Modes, n.Mode)
		}
	}
	return all
}

// Access names the modes: "standing and eligible".
func (u Unassessed) Access() string {
	var names []string
	for _, m := range u.Modes {
		names = append(names, m.String())
	}
	return strings.Join(names, " and ")
}

// LineText names the lines: "49, 50".
func (u Unassessed) LineText() string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(u.Lines), "[]"), " ", ", ")
}

// Behind names the gaps, when that says more than the reason does: a name beside
// an ID.
func (u Unassessed) Behind() string {
	if u.Subjects == 0 || slices.Equal(u.GapNames, u.Gaps) {
		return ""
	}
	return strings.Join(u.GapNames, ", ")
}
