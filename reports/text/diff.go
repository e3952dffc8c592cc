// SPDX-License-Identifier: Apache-2.0

package text

import (
	"bufio"
	"fmt"
	"io"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
	"github.com/foureyes-iga/foureyes/reports"
)

// perList is how many items of a list of differences are told.
const perList = 20

// Diff writes what is different between two snapshots.
func Diff(w io.Writer, d *reports.Diff) error {
	out := &printer{w: bufio.NewWriter(w)}
	const stamp = "2006-01-02 15:04 UTC"
	out.line(0, "from "+d.Old.Ended.UTC().Format(stamp)+" to "+d.New.Ended.UTC().Format(stamp))
	out.rollForward(d.Forward)
	out.things("JOINERS", d.Joiners)
	out.things("LEAVERS", d.Leavers)
	out.list("MOVERS", len(d.Movers), func(i int) string { return mover(d, d.Movers[i]) })
	out.things("ACCOUNTS ADDED", d.Accounts.Added)
	out.things("ACCOUNTS REMOVED", d.Accounts.Removed)
	out.statuses("ACCOUNTS ENABLED", d.Enabled)
	out.statuses("ACCOUNTS DISABLED", d.Disabled)
	out.things("GROUPS, ROLES AND ENTITLEMENTS ADDED", d.Things.Added)
	out.things("GROUPS, ROLES AND ENTITLEMENTS REMOVED", d.Things.Removed)
	for _, k := range graph.GrantKinds() {
		out.grants("GRANTS ADDED, "+k.String(), d.Grants[k].Added)
		out.grants("GRANTS REMOVED, "+k.String(), d.Grants[k].Removed)
	}
	out.gaps("NEW GAPS", d.GapsAdded, d)
	out.gaps("GAPS CLOSED", d.GapsRemoved, d)
	out.list("COVERAGE", len(d.Coverage), func(i int) string {
		c := d.Coverage[i]
		return fmt.Sprintf("%s/%s: %s before, %s now", c.Source, c.Dataset, reports.StateName(c.Before), reports.StateName(c.After))
	})
	if x := d.Findings; x != nil {
		out.whatIf(x, "FINDINGS ")
	}
	out.line(0, "")
	_, _ = out.w.WriteString(reports.Display(d.Verdict()) + "\n") // one line, however long
	return out.w.Flush()
}

// list tells the first items of a list, and how many there are.
func (p *printer) list(title string, n int, item func(i int) string) {
	if n == 0 {
		return
	}
	p.head(fmt.Sprintf("%s (%s)", title, reports.Number(n)))
	for i := range min(n, perList) {
		p.line(2, item(i))
	}
	if n > perList {
		p.line(2, fmt.Sprintf("… and %s more; --format json lists all", reports.Number(n-perList)))
	}
}

func (p *printer) things(title string, all []diff.Thing) {
	p.list(title, len(all), func(i int) string {
		return named(reports.Thing{ID: all[i].ID, Name: all[i].Name}) + unsure(all[i].Unsure)
	})
}

func (p *printer) statuses(title string, all []diff.Status) {
	p.list(title, len(all), func(i int) string {
		s := all[i]
		return fmt.Sprintf("%s: %s before, %s now", named(reports.Thing{ID: s.ID, Name: s.Name}), s.Before, s.After)
	})
}

func mover(d *reports.Diff, m diff.Mover) string {
	s := named(reports.Thing{ID: m.ID, Name: m.Name})
	for i, f := range m.Fields {
		s += [2]string{": ", "; "}[min(i, 1)] + fmt.Sprintf("%s %s before, %s now", f.Key, d.Value(f.Before), d.Value(f.After))
	}
	return s
}

func (p *printer) grants(title string, l diff.List) {
	var first []string
	for g := range l.All() {
		if len(first) == perList {
			break
		}
		first = append(first, grant(g))
	}
	p.list(title, l.Len(), func(i int) string { return first[i] })
}

func grant(g diff.Grant) string {
	s := named(reports.Thing{ID: g.From, Name: g.FromName}) + " ─" + g.Kind.String() + "→ " + named(reports.Thing{ID: g.To, Name: g.ToName})
	if g.DirectOnly {
		s += ", direct members only"
	}
	if !g.FromTime.IsZero() {
		s += ", from " + g.FromTime.Format("2006-01-02 15:04 UTC")
	}
	if !g.UntilTime.IsZero() {
		s += ", until " + g.UntilTime.Format("2006-01-02 15:04 UTC")
	}
	return s + unsure(g.Unsure)
}

func (p *printer) gaps(title string, all []graph.Gap, d *reports.Diff) {
	p.list(title, len(all), func(i int) string {
		s := fmt.Sprintf("%s of %s", all[i].Dataset, named(d.Thing(all[i].About)))
		if all[i].Reason != "" {
			s += ": " + all[i].Reason
		}
		return s
	})
}

func unsure(why string) string {
	if why == "" {
		return ""
	}
	return ", or not read (" + why + ")"
}
