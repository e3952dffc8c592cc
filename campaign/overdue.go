// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"context"
	"fmt"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// Overdue lists the lines that somebody has and has not decided, of stages that were due
// before a moment. A campaign that is closed has none.
func (c *Campaign) Overdue(at time.Time) (all []*Line) {
	if c.closed != nil {
		return nil
	}
	for _, l := range c.lines {
		if !l.Holder.IsZero() && l.Final() == "" && at.After(c.Terms.Stages[l.Stage].Due) {
			all = append(all, l)
		}
	}
	return all
}

// Escalate gives every line that is overdue to the next above who has it who may decide
// about it. It returns how many went up, and how many stay because nobody above may.
func (c *Campaign) Escalate(ctx context.Context, by graph.ID, at time.Time) (up, stay int, err error) {
	lines, due := map[round][]string{}, map[round]time.Time{}
	c.Look(func() {
		if !c.isAdmin(by) {
			err = c.noAdmin(by)
			return
		}
		for _, l := range c.Overdue(at) {
			who := c.above(l)
			if who.IsZero() {
				stay++
				continue
			}
			to := round{who, l.Stage}
			lines[to] = append(lines[to], l.ID)
			due[to] = c.Terms.Stages[l.Stage].Due
		}
	})
	if err != nil {
		return 0, 0, err
	}
	for _, a := range assignments(lines, Escalated, "") {
		a.Reason = fmt.Sprintf("undecided since it was due on %s", due[round{a.To, a.Stage}].UTC().Format(time.DateOnly))
		if err := c.write(ctx, Record{By: by, At: at, Assigned: &a}); err != nil {
			return up, stay, err
		}
		up += len(a.Items)
	}
	return up, stay, nil
}

// above goes up from who has a line to the first who may decide about it.
func (c *Campaign) above(l *Line) graph.ID {
	found, _ := c.rule.managers(Item{People: []graph.ID{l.Holder}})
	for _, id := range found {
		who := c.rule.crowd.Person(id)
		if who != l.Holder && !c.hasSigned(who, l.Stage) && c.bar(l, who) == nil {
			return who
		}
	}
	return graph.ID{}
}
