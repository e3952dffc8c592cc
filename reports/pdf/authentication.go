// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
)

// authentication tells how the accounts of each source prove who they are, as it
// is configured.
func (d *doc) authentication() {
	all := d.packet.Authentication
	if len(all) == 0 {
		return
	}
	d.chapter("Authentication configuration", false)
	d.say("The policies for passwords and lockout that each source tells, setting by setting as it has them, and the accounts for which something is left out. What a source does not tell is unknown. This shows what was configured when the source was read; it does not show that it was so before, nor that nobody signs in another way.")
	var silent []string
	for _, a := range all {
		if !a.Told() {
			silent = append(silent, string(a.Source))
			continue
		}
		d.authenticationOf(a)
	}
	if len(silent) > 0 {
		d.skip(10)
		d.flow(0, span{"Nothing of their authentication is told by the other sources with accounts: ", d.small()}, span{strings.Join(silent, ", ") + ".", d.small().bold(d)})
	}
}

func (d *doc) authenticationOf(a reports.Authentication) {
	d.head("Source "+string(a.Source), 90)
	for _, why := range a.NotRead {
		d.flow(0, span{"Policies ", d.note()}, span{why, d.small().bold(d)})
	}
	for _, p := range a.Policies {
		d.policyOf(p)
	}
	if len(a.Policies)+len(a.NotRead) == 0 {
		d.flow(0, span{"The source tells no policy.", d.small()})
	}
	d.tallies(a)
}

func (d *doc) policyOf(p reports.AuthPolicy) {
	d.skip(6)
	d.need(62)
	d.flow(0, span{"Policy ", d.note()}, span{stated(p.Name), d.body().bold(d)})
	d.y += 2
	for _, s := range p.Settings {
		d.pair(s.Label, s.Text())
	}
	if len(p.Settings) == 0 {
		d.flow(0, span{"No setting of it is told.", d.small()})
	}
}

func (d *doc) tallies(a reports.Authentication) {
	d.skip(8)
	if len(a.Tallies) == 0 {
		d.flow(0, span{"For which accounts something is left out, the source does not say.", d.small()})
		return
	}
	t := d.table(column{"Accounts", 24, false}, column{"Enabled", 8, true}, column{"Enabled, unknown", 11, true}, column{"Others", 8, true}, column{"Others, unknown", 11, true})
	number := func(n int) cell { return cell{{reports.Number(n), d.small()}} }
	t.row(cell{{"all", d.small()}}, number(a.Enabled), cell{{"–", d.small()}}, number(a.Others), cell{{"–", d.small()}})
	for _, x := range a.Tallies {
		enabled, others := cell{{reports.Number(x.Enabled.Count), d.small().bold(d)}}, number(x.Others.Count)
		if !x.Told {
			enabled, others = cell{{"not told", d.note()}}, cell{{"not told", d.note()}}
		}
		t.row(cell{{x.Name, d.small()}}, enabled, number(x.Enabled.Unknown), others, number(x.Others.Unknown))
	}
	d.skip(3)
	d.flow(0, span{fmt.Sprintf("Others are disabled, locked or expired, or of unknown status (%s).", reports.Plural(a.StatusUnknown, "account")), d.note()})
	for _, x := range a.Tallies {
		if len(x.Examples) > 0 {
			d.skip(5)
			d.flow(0, span{fmt.Sprintf("Enabled, %s (%s): ", x.Name, reports.Number(x.Enabled.Count)), d.small().bold(d)}, span{examples(x.Examples, x.Enabled.Count) + ".", d.small()})
		}
	}
}
