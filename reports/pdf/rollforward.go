// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"

	"github.com/foureyes-iga/foureyes/reports"
)

// rollForward carries the population of an earlier snapshot forward to this one.
func (d *doc) rollForward() {
	r := d.packet.RollForward
	if r == nil {
		return
	}
	d.chapter("Population roll-forward", false)
	d.say(fmt.Sprintf("From the snapshot of %s (%s) to this one. What was counted before, with what came and without what went, is what is counted now. People are those who have not left; began and ended are people who came back or left, accounts that were enabled or no longer are, and accounts that lost or got their link to a person.", when(r.From.Ended), short(r.From.Digest)))
	d.skip(8)
	t := d.table(column{"Source", 9, false}, column{"What is counted", 22, false}, column{"Before", 7, true}, column{"New", 6, true}, column{"Began", 6, true}, column{"Ended", 6, true},
		column{"Gone", 6, true}, column{"Now", 7, true}, column{"Moved", 6, true}, column{"Tie-out", 20, false})
	number := func(n int) cell { return cell{{reports.Number(n), d.small()}} }
	for _, x := range r.Populations {
		t.row(cell{{string(x.Source), d.small()}}, cell{{x.Of.String(), d.small()}}, number(x.Before), number(x.Added), number(x.Begun), number(x.Ended),
			number(x.Gone), cell{{reports.Number(x.After), d.small().bold(d)}}, number(x.Moved), cell{{x.Ties(), d.small()}, {aside(x.Unsure), d.note()}})
	}
	d.none(len(r.Populations), "Neither snapshot holds anything.")
	d.head("New places", firstRow)
	t = d.table(column{"Place", 30, false}, column{"What lies in it", 34, false})
	for _, x := range r.Places {
		holds := d.small()
		if x.Uncovered() {
			holds = holds.bold(d)
		}
		t.row(cell{{x.Label(), d.small()}}, cell{{x.Holds(), holds}})
	}
	d.none(len(r.Places), "No source, application or organisational unit is new.")
}
