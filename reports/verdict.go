// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/graph/reach"
)

// Headline counts findings and causes, such as "412 findings, 3 causes".
func (p *Packet) Headline() string {
	s := Plural(p.Summary.Open, "finding") + ", " + Plural(p.Summary.Causes, "cause")
	if n := p.Summary.Accepted; n > 0 {
		s += fmt.Sprintf(", %d accepted", n)
	}
	return s
}

// Verdict says in one sentence what was found and what was not assessed. It never
// says more than was proved.
func (p *Packet) Verdict() string {
	s := "no open finding" + p.LeftOut.above(p.LeftOut.hasOpen()) + " in the assessed scope"
	if p.About != "" {
		s = "no open finding is shown on a path through these lines" // others of the same people may be, elsewhere
	}
	if n := p.Summary.Open; n > 0 {
		s = fmt.Sprintf("%s open (%s)", Plural(n, "finding"), p.bySeverity())
	}
	if n := p.Summary.Accepted; n > 0 {
		s += fmt.Sprintf("; %d accepted", n)
	}
	s += "; " + p.extent()
	if out := p.LeftOut.String(); out != "" {
		s += "; " + out
	}
	if p.About != "" {
		return "of " + p.About + ": " + s
	}
	return s
}

// extent says how much was assessed.
func (p *Packet) extent() string {
	m := p.Summary
	var parts []string
	if m.NotAssessedRows > 0 {
		parts = append(parts, "NOT ASSESSED: "+subjectsIn(m.NotAssessed, m.NotAssessedRows))
	}
	if m.AcceptedRows > 0 {
		parts = append(parts, fmt.Sprintf("not assessed by accepted gaps: %s", Plural(m.AcceptedRows, "row")))
	}
	if len(parts) == 0 {
		if p.LeftOut != nil && p.LeftOut.Rows > 0 {
			return "everything" + p.LeftOut.above(true) + " was assessed"
		}
		return "everything in scope was assessed"
	}
	return strings.Join(parts, "; ")
}

// String says what is left out, such as "2 open findings and 1 row NOT ASSESSED below
// critical are left out"; "" when that is nothing.
func (l *LeftOut) String() string {
	if l == nil {
		return ""
	}
	var parts []string
	if l.Open > 0 {
		parts = append(parts, Plural(l.Open, "open finding"))
	}
	if l.Accepted > 0 {
		parts = append(parts, Plural(l.Accepted, "accepted finding"))
	}
	if l.Rows > 0 {
		parts = append(parts, Plural(l.Rows, "row")+" NOT ASSESSED")
	}
	verb := "are"
	if l.Open+l.Accepted+l.Rows == 1 {
		verb = "is"
	}
	switch n := len(parts); n {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%s below %s %s left out", parts[0], l.Below, verb)
	default:
		return fmt.Sprintf("%s and %s below %s are left out", strings.Join(parts[:n-1], ", "), parts[n-1], l.Below)
	}
}

func (l *LeftOut) hasOpen() bool { return l != nil && l.Open > 0 }

// above names what a statement is about, when something else is left out of it.
func (l *LeftOut) above(limited bool) string {
	if !limited {
		return ""
	}
	return " at " + l.Below.String() + " or above"
}

func subjectsIn(subjects, rows int) string {
	if subjects == 0 {
		return Plural(rows, "row")
	}
	return fmt.Sprintf("%s in %s", Plural(subjects, "subject"), Plural(rows, "row"))
}

func (p *Packet) bySeverity() string {
	var parts []string
	for _, s := range p.Summary.Severities {
		if s.Open > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", s.Open, s.Severity))
		}
	}
	return strings.Join(parts, ", ")
}

// Plural counts a thing: "1 finding", "2 findings", "3 identities", with commas in
// long numbers.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	stem, ok := strings.CutSuffix(noun, "y")
	if ok && stem != "" && !strings.ContainsAny(stem[len(stem)-1:], "aeiou") {
		return Number(n) + " " + stem + "ies"
	}
	return Number(n) + " " + noun + "s"
}

// Number prints n with commas: 12,345.
func Number(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// ModeName returns the mode's name, or "" for the zero Mode of a check.
func ModeName(m reach.Mode) string {
	if m == 0 {
		return ""
	}
	return m.String()
}
