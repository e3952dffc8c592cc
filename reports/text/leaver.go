// SPDX-License-Identifier: Apache-2.0

package text

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// perGroup is how much of one application or source is told.
const perGroup = 20

// Leaver writes what of one person's access lives.
func Leaver(w io.Writer, l *reports.Leaver) error {
	out := &printer{w: bufio.NewWriter(w)}
	out.line(0, leaverHead(l))
	out.clocks(l)
	out.logins("LIVE", l.Logins, func(x reports.LeaverLogin) bool { return x.Life.Lives() })
	out.held(l)
	out.logins("MAY LIVE", l.Logins, func(x reports.LeaverLogin) bool { return x.Life == check.Unknown })
	out.logins("NOT LIVE", l.Logins, func(x reports.LeaverLogin) bool { return x.Life == check.Ended })
	out.cannotTell(l)
	out.unlinked(l)
	out.changes(l)
	out.line(0, "")
	_, _ = out.w.WriteString(reports.Display(l.Verdict()) + "\n") // one line, however long
	return out.w.Flush()
}

func leaverHead(l *reports.Leaver) string {
	s := named(l.Person) + ", employee id " + l.EmployeeID
	if l.Employment == "left" {
		s += ", left"
	}
	s += ", as of " + l.AsOf.Format("2006-01-02 15:04 UTC")
	switch {
	case l.Effective.IsZero():
	case l.Effective.After(l.AsOf):
		s += "; the end that was asked about, " + l.Effective.Format("2006-01-02 15:04 UTC") + ", is still to come, so that no use after it is looked for"
	default:
		s += "; end " + l.Effective.Format("2006-01-02 15:04 UTC")
	}
	return s
}

func (p *printer) logins(title string, all []reports.LeaverLogin, which func(reports.LeaverLogin) bool) {
	all = slices.DeleteFunc(slices.Clone(all), func(x reports.LeaverLogin) bool { return !which(x) })
	if len(all) == 0 {
		return
	}
	p.head(title)
	for _, x := range all {
		p.login(x)
	}
}

func (p *printer) login(x reports.LeaverLogin) {
	p.line(2, x.ID.String()+name(x.Thing)+", "+loginStatus(x)+tie(x))
	if !x.Outlives.ID.IsZero() {
		p.line(4, fmt.Sprintf("IT LIVES ALTHOUGH %s%s HAS ENDED", x.Outlives.ID, name(x.Outlives)))
	}
	if x.Use.Answer != "" {
		p.line(4, "used after the end: "+strings.ReplaceAll(x.Use.Answer, "-", " ")+", "+x.Use.Why)
	}
	if x.Life == check.Ended && x.Grants > 0 {
		p.line(4, reports.Plural(x.Grants, "grant")+" of it would count again if it were enabled")
	}
	p.reached(x.Access, x.More)
	if x.End.Text != "" {
		p.line(4, "to do: "+remedy(x.End))
	}
	p.remedies(x.Remove)
}

func name(t reports.Thing) string {
	if t.Name == "" {
		return ""
	}
	return " (" + t.Name + ")"
}

func loginStatus(x reports.LeaverLogin) string {
	switch x.Life {
	case check.Locked:
		return "locked: it lives, for locks open again"
	case check.Unknown:
		return "of which it is not known whether it is enabled"
	case check.Ended:
		if x.Status == "locked" {
			return "locked for good by an administrator"
		}
	}
	return x.Status
}

func tie(x reports.LeaverLogin) string {
	switch x.Tie {
	case check.Carried:
		return "; linked to nobody, but it says that it is theirs"
	case check.Declared:
		return "; " + x.By.ID.String() + " is named as its owner"
	case check.Obtained:
		return "; " + x.By.ID.String() + " controls it"
	}
	return ""
}

func (p *printer) reached(groups []reports.LeaverGroup, more int) {
	for _, g := range groups {
		p.line(4, g.Title)
		for i, r := range g.Rows {
			if i == perGroup {
				p.line(6, fmt.Sprintf("… and %s more; --format json lists them", reports.Number(len(g.Rows)-i)))
				break
			}
			p.line(6, reachedRow(r))
		}
	}
	if more > 0 {
		p.line(4, fmt.Sprintf("… and %s more, which are only counted", reports.Number(more)))
	}
}

func reachedRow(r reports.LeaverRow) string {
	s := fmt.Sprintf("%-10s  %s%s", r.Mode, r.ID, name(r.Thing))
	if r.Implied {
		return s + ", as every account of its source"
	}
	if len(r.Path) > 2 {
		var through []string
		for i, t := range r.Path[1 : len(r.Path)-1] {
			through = append(through, kindWord(r.Kinds[i])+t.Label())
		}
		s += ", through " + strings.Join(through, ", ")
	}
	return s + "; ask " + r.Owners()
}

// kindWord tells of a step what is not plain.
func kindWord(k graph.GrantKind) string {
	if k == graph.Eligible || k == graph.Controls {
		return k.String() + " "
	}
	return ""
}

func (p *printer) remedies(all []reports.Remedy) {
	for i, r := range all {
		if i == perGroup {
			p.line(4, fmt.Sprintf("… and %s more; --format json lists them", reports.Number(len(all)-i)))
			return
		}
		p.line(4, "to do: "+remedy(r))
	}
}

func remedy(r reports.Remedy) string {
	if r.LDIF == "" {
		return r.Text
	}
	return r.Text + "; a change record is below"
}

func (p *printer) held(l *reports.Leaver) {
	if len(l.Held) == 0 {
		return
	}
	p.head("HELD WITHOUT AN ACCOUNT")
	p.reached(l.Held, l.HeldMore)
	p.remedies(l.RemoveHeld())
}

func (p *printer) cannotTell(l *reports.Leaver) {
	if len(l.CannotTell) == 0 {
		return
	}
	p.head("CANNOT TELL")
	for i := 0; i < len(l.CannotTell); i++ {
		s := ""
		for ; i+1 < len(l.CannotTell) && l.CannotTell[i].SaidOf(l.CannotTell[i+1]); i++ {
			s += string(l.CannotTell[i].Dataset) + ", "
		}
		d := l.CannotTell[i]
		s += d.Subject() + ": " + d.Why
		var about []string
		for _, t := range d.Things {
			about = append(about, t.ID.String()+name(t))
		}
		if len(about) > 0 {
			s += ": " + strings.Join(about, ", ")
		}
		if d.Count > len(about) {
			s += fmt.Sprintf(", … (%s)", reports.Number(d.Count))
		}
		p.line(2, s)
	}
}

// unlinked counts the accounts of which nothing tells whose they are.
func (p *printer) unlinked(l *reports.Leaver) {
	if l.Unlinked > 0 {
		p.line(0, "")
		p.line(0, "Accounts that may be used and are linked to nobody: "+reports.Number(l.Unlinked)+". None of them carries their employee id, name, login or address.")
	}
}

// changes writes the change records, each once, as they can be copied: a blank before
// a line would join it to the one above. They hold nothing but printable ASCII.
func (p *printer) changes(l *reports.Leaver) {
	var all []reports.Remedy
	for _, x := range l.Logins {
		for _, r := range append([]reports.Remedy{x.End}, x.Remove...) {
			if r.LDIF != "" && !slices.Contains(all, r) {
				all = append(all, r)
			}
		}
	}
	if len(all) == 0 {
		return
	}
	p.head("# CHANGE RECORDS, as LDIF: suggestions to look at first. foureyes writes to no directory.")
	for _, r := range all {
		_, _ = p.w.WriteString("\n# " + reports.Display(r.Text) + "\n" + r.LDIF)
	}
}
