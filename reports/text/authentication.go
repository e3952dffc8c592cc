// SPDX-License-Identifier: Apache-2.0

package text

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
)

const (
	perSource = 20 // policies of a source that are told
	perTally  = 5  // accounts beside a tally
)

// authentication tells what each source lets its accounts do without.
func (p *printer) authentication(pk *reports.Packet) {
	if len(pk.Authentication) == 0 {
		return
	}
	p.head("AUTHENTICATION CONFIGURATION")
	var silent []string
	for _, a := range pk.Authentication {
		if !a.Told() {
			silent = append(silent, string(a.Source))
			continue
		}
		p.line(2, fmt.Sprintf("%s, %s, %s", a.Source, reports.Plural(a.Enabled, "enabled account"), reports.Plural(a.Others, "other")))
		p.policies(a)
		p.tallies(a)
	}
	if len(silent) > 0 {
		p.line(2, "nothing is told by "+strings.Join(silent, ", "))
	}
}

func (p *printer) policies(a reports.Authentication) {
	for _, why := range a.NotRead {
		p.line(4, "policies: "+why)
	}
	if len(a.Policies)+len(a.NotRead) == 0 {
		p.line(4, "no policy is told")
	}
	for i, x := range a.Policies {
		if i == perSource {
			p.line(4, fmt.Sprintf("… and %s more; --format json lists all", reports.Plural(len(a.Policies)-i, "policy")))
			break
		}
		p.line(4, x.String())
	}
}

func (p *printer) tallies(a reports.Authentication) {
	if len(a.Tallies) == 0 {
		p.line(4, "for which accounts something is left out, the source does not say")
	}
	for _, t := range a.Tallies {
		if !t.Told {
			p.line(4, t.Name+": not told of any account")
			continue
		}
		p.line(4, fmt.Sprintf("%s: %s enabled, %s%s", t.Name, reports.Number(t.Enabled.Count), reports.Plural(t.Others.Count, "other"), unknown(t)))
		if len(t.Examples) > 0 {
			p.line(7, names(t))
		}
	}
}

// unknown says of how many accounts a tally does not know.
func unknown(t reports.Tally) string {
	if t.Enabled.Unknown+t.Others.Unknown == 0 {
		return ""
	}
	return fmt.Sprintf("; unknown of %s enabled, %s", reports.Number(t.Enabled.Unknown), reports.Plural(t.Others.Unknown, "other"))
}

// names lists the first accounts of a tally.
func names(t reports.Tally) string {
	var all []string
	for _, x := range t.Examples[:min(perTally, len(t.Examples))] {
		all = append(all, x.Label())
	}
	s := strings.Join(all, ", ")
	if t.Enabled.Count > len(all) {
		s += ", …"
	}
	return s
}
