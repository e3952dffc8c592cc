// SPDX-License-Identifier: Apache-2.0

package text

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// Mover writes what one person holds after a transfer.
func Mover(w io.Writer, m *reports.Mover) error {
	out := &printer{w: bufio.NewWriter(w), asOf: m.AsOf}
	out.line(0, moverHead(m))
	if m.Why != "" {
		out.line(0, "No places are held against each other: "+m.Why+".")
	} else {
		out.line(0, "The old place is "+m.From+", the new one "+m.To+", as "+toldBy(m.By)+".")
	}
	for _, f := range []check.Fate{check.Kept, check.Undecidable, check.InBoth, check.InNew, check.Since, check.InNeither} {
		out.stays(f, m.Of(f))
	}
	out.moverFindings(m)
	out.cannotTell(&reports.Leaver{CannotTell: m.CannotTell})
	out.unlinked(&reports.Leaver{Unlinked: m.Unlinked})
	out.moverChanges(m)
	out.line(0, "")
	_, _ = out.w.WriteString(reports.Display(m.Verdict()) + "\n") // one line, however long
	return out.w.Flush()
}

func moverHead(m *reports.Mover) string {
	s := named(m.Person) + ", employee id " + m.EmployeeID
	if m.Employment == "left" {
		s += ", left"
	}
	s += ", as of " + m.AsOf.Format("2006-01-02 15:04 UTC")
	if m.Moved.IsZero() {
		return s + "; no day of a transfer is known"
	}
	return s + "; moved on " + m.Moved.Format("2006-01-02")
}

func toldBy(by string) string {
	if by == "snapshot" {
		return "the earlier snapshot has it"
	}
	return "human resources tell it"
}

// heading says what stands in a way.
func heading(f check.Fate) string {
	switch f {
	case check.Kept:
		return "KEPT: the old place has it, and the new one does not"
	case check.Undecidable:
		return "CANNOT TELL WHERE IT COMES FROM"
	case check.InBoth:
		return "BOTH PLACES HAVE IT"
	case check.InNew:
		return "THE NEW PLACE HAS IT"
	case check.Since:
		return "IT CAME WITH THE TRANSFER OR LATER"
	}
	return "NEITHER PLACE HAS IT, as a rule: it is a matter for whoever gave it"
}

func (p *printer) stays(f check.Fate, all []reports.MoverRow) {
	if len(all) == 0 {
		return
	}
	p.head(heading(f))
	for i, r := range all {
		if i == perGroup {
			p.line(2, fmt.Sprintf("… and %s more; --format json lists them", reports.Number(len(all)-i)))
			break
		}
		p.stay(r, f == check.Kept || f == check.Undecidable)
	}
}

// stay tells one thing; what follows from it, and how it goes, where it matters.
func (p *printer) stay(r reports.MoverRow, full bool) {
	s := fmt.Sprintf("%-10s  %s%s, by %s", r.Mode, r.ID, name(r.Thing), r.Path[0].Label())
	if shares := r.Shares(); shares != "" {
		s += "; " + shares
	}
	if !full {
		p.line(2, s)
		return
	}
	p.line(2, s+"; ask "+r.Owners())
	for i, g := range r.Gives {
		if i == perGroup {
			p.line(4, fmt.Sprintf("… and %s more; --format json lists them", reports.Number(len(r.Gives)-i)))
			break
		}
		p.line(4, "gives "+g.ID.String()+name(g.Thing))
	}
	if r.More > 0 {
		p.line(4, fmt.Sprintf("… and %s more that the account reaches, which are only counted", reports.Number(r.More)))
	}
	p.remedies(r.Remove)
}

func (p *printer) moverFindings(m *reports.Mover) {
	if m.Policy == "" {
		return
	}
	p.head("FINDINGS NOW, by " + m.Policy)
	if len(m.Findings) == 0 {
		p.line(2, "none")
	}
	for _, f := range m.Findings {
		p.line(2, fmt.Sprintf("%s  %s  %s, %s, %s", f.Rule, f.Severity, f.Title, f.Mode, f.Status))
		p.finding(f)
	}
	for _, n := range m.NotAssessed {
		p.line(2, fmt.Sprintf("NOT ASSESSED: %s, %s: %s", n.Rule, n.Mode, n.Reason))
	}
}

// moverChanges writes the change records of what goes, each once.
func (p *printer) moverChanges(m *reports.Mover) {
	var all []reports.Remedy
	for _, r := range slices.Concat(m.Of(check.Kept), m.Of(check.Undecidable)) {
		for _, x := range r.Remove {
			if x.LDIF != "" && !slices.Contains(all, x) {
				all = append(all, x)
			}
		}
	}
	if len(all) == 0 {
		return
	}
	p.head("# CHANGE RECORDS, as LDIF: suggestions to look at first. foureyes writes to no directory.")
	for _, r := range all {
		_, _ = p.w.WriteString("\n# " + strings.TrimSpace(reports.Display(r.Text)) + "\n" + r.LDIF)
	}
}
