// SPDX-License-Identifier: Apache-2.0

package text

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
)

// controlPlane tells who controls everything: those who do one by one, those who could
// by what they would use.
func (p *printer) controlPlane(pk *reports.Packet) {
	if len(pk.ControlPlane) == 0 {
		return
	}
	p.head("CONTROL PLANE")
	if n := pk.FoldedByPlane(); n > 0 {
		p.line(2, fmt.Sprintf("Whoever holds it can break every rule. %s through it; JSON and CSV list each.", lead(n)))
	}
	told := 0
	for _, h := range pk.ControlPlane {
		if h.Mode == reach.Attainable {
			continue
		}
		if told++; told > perRule {
			continue
		}
		p.line(2, subject(h.Subject)+", "+h.Mode.String()+findingsOf(h))
		p.line(5, path(h.Path))
	}
	if more := told - perRule; more > 0 {
		p.line(2, fmt.Sprintf("… and %s more; --format json lists all", reports.Number(more)))
	}
	for _, w := range reports.CouldHold(pk.ControlPlane) {
		p.line(2, fmt.Sprintf("by %s %s could obtain it", named(w.Thing), reports.Plural(w.Count, "subject")))
	}
}

func lead(n int) string {
	if n == 1 {
		return "1 finding leads"
	}
	return reports.Number(n) + " findings lead"
}

func findingsOf(h reports.Holder) string {
	if len(h.Lines) == 0 {
		return ""
	}
	return fmt.Sprintf(": %s of %s", reports.Plural(len(h.Lines), "finding"), reports.Plural(len(h.Rules), "rule"))
}

// attainable tells what could be reached, by what stands behind it, with one example
// of each.
func (p *printer) attainable(pk *reports.Packet) {
	if len(pk.Attainable) == 0 {
		return
	}
	p.head("ATTAINABLE, by what stands behind it")
	for i, a := range pk.Attainable {
		if i == perCause {
			p.line(2, fmt.Sprintf("… and %s more; --format json lists all", reports.Number(len(pk.Attainable)-i)))
			break
		}
		p.line(0, "")
		p.line(2, fmt.Sprintf("%s: %s (%s): %s", named(a.Cause), a.Says(), reports.Plural(len(a.Lines), "finding"), first(a.Rules, 8)))
		example := pk.Findings[a.Lines[0]-1]
		if len(a.Lines) > 1 {
			p.line(4, "such as, of "+example.Rule+":")
		}
		p.finding(example)
	}
}

// first lists the first few.
func first(all []string, n int) string {
	if len(all) <= n {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %s more", strings.Join(all[:n], ", "), reports.Number(len(all)-n))
}

// flaw tells of a rule that is broken by so many.
func (p *printer) flaw(f reports.Flaw) {
	p.line(4, f.Says())
	for i, c := range f.Causes {
		if i == perCause {
			p.line(4, fmt.Sprintf("… and %s more", reports.Number(len(f.Causes)-i)))
			break
		}
		p.line(4, fmt.Sprintf("%s because of %s", reports.Plural(c.Count, "finding"), named(c.Thing)))
	}
	p.line(4, "--format json and csv list each.")
}
