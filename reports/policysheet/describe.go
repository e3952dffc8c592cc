// SPDX-License-Identifier: Apache-2.0

package policysheet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/lint"
)

// An item is a part of a policy as words that can be compared.
type item struct {
	id     string
	fields []field
}

// A field has one value, or, when it is a set, any number in any order.
type field struct {
	name   string
	values []string
	set    bool
}

func one(name, value string) field { return field{name: name, values: []string{value}} }

func set(name string, values []string) field { return field{name, values, true} }

func (i *item) say(name, value string) { i.fields = append(i.fields, one(name, value)) }

func described[T any](all []T, describe func(T) item) []item {
	var items []item
	for _, x := range all {
		items = append(items, describe(x))
	}
	return items
}

// head is what a policy says of itself.
func head(p *sod.Policy) []item {
	var approved []string
	for _, a := range p.Approved {
		approved = append(approved, strings.TrimSpace(fmt.Sprintf("%s on %s %s", a.By, a.On, a.Ref)))
	}
	return []item{{fields: []field{one("name", p.Name), one("mode", p.Mode.String()), set("approved", approved), set("control_plane", selectors(p.ControlPlane))}}}
}

func describeApp(a sod.Application) item {
	return item{a.ID, []field{one("title", a.Title), one("owner", idText(a.Owner)), one("in_scope", strconv.FormatBool(a.InScope)), set("entitlements", selectors(a.Entitlements))}}
}

func describeControl(c sod.Control) item {
	return item{c.ID, []field{one("title", c.Title), one("owner", idText(c.Owner)), set("frameworks", c.Frameworks)}}
}

func describeDuty(d sod.Duty) item {
	may := ""
	if d.MayBeEmpty != nil {
		may = strings.TrimSpace(d.MayBeEmpty.Why + " " + d.MayBeEmpty.Until.String())
	}
	return item{d.ID, []field{one("title", d.Title), set("holds", selectors(d.Holds)), one("may_be_empty", may)}}
}

func describeRule(p *sod.Policy) func(sod.Rule) item {
	return func(r sod.Rule) item {
		i := item{id: r.ID}
		i.say("title", r.Title)
		i.say("risk", r.Risk)
		i.say("process", r.Process)
		i.say("severity", r.Severities())
		i.say("control", r.Control)
		i.say("kind", words(p, &r))
		var duties []string
		for _, d := range r.Duties {
			duties = append(duties, p.Duties[d].ID)
		}
		i.fields = append(i.fields, set("duties", duties))
		i.say("where", patterns(r.Where))
		i.say("same", r.Same)
		return i
	}
}

func describeVendor(v sod.Vendor) item {
	i := item{v.ID, []field{one("name", v.Name), set("companies", slices.Clone(v.Companies))}}
	i.say("owner", idText(v.Owner))
	i.say("contract_end", v.ContractEnd.String())
	if a := v.Assurance; a != nil {
		i.say("assurance", a.Report)
		i.say("period_end", a.PeriodEnd.String())
		i.say("exceptions", a.Exceptions)
		i.say("reviewed", strings.TrimSpace(idText(a.ReviewedBy)+" "+a.ReviewedOn.String()))
		i.say("ref", a.Ref)
	}
	return i
}

func describeCompensating(c sod.CompensatingControl) item {
	i := item{id: c.ID}
	i.say("title", c.Title)
	i.say("owner", idText(c.Owner))
	i.say("every", span(c.Every))
	i.say("last_performed", c.LastPerformed.String())
	return i
}

func describeAcceptance(a sod.Acceptance) item {
	i := item{id: a.Rule + a.Check + " of " + strings.Join(ids(a.Subjects), ", ")}
	i.say("reason", a.Reason)
	i.say("compensating_control", a.CompensatingControl)
	i.say("approved_by", idText(a.ApprovedBy))
	i.say("approved_on", a.ApprovedOn.String())
	i.say("ticket", a.Ticket)
	i.say("expires", a.Expires.String())
	return i
}

func describeGap(a sod.AcceptedGap) item {
	about := idText(a.About)
	if about == "" {
		about = string(a.Source) + "/" + string(a.Dataset)
	}
	return item{about, []field{one("why", a.Why), one("by", idText(a.By)), one("until", a.Until.String())}}
}

func describeCheck(c sod.Check) item {
	i := item{c.Name, []field{one("severity", c.Severity.String()), one("control", c.Control), one("after", span(c.After))}}
	i.say("within", span(c.Within))
	i.say("at_least", c.AtLeast)
	i.say("where", patterns(c.Where))
	if s := c.SLA; s != nil {
		i.say("sla", s.String())
		i.say("sla period", span(s.Period))
		var holidays []string
		for _, d := range s.Calendar.Holidays {
			holidays = append(holidays, d.String())
		}
		i.fields = append(i.fields, set("holidays", holidays))
	}
	return i
}

func selectors(all []sod.Selector) []string {
	var texts []string
	for _, s := range all {
		texts = append(texts, lint.SelectorText(s))
	}
	return texts
}

func idText(id graph.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

func ids(all []graph.ID) []string {
	var texts []string
	for _, id := range all {
		texts = append(texts, id.String())
	}
	return texts
}

// span writes a duration as policies do; "" for none.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return ""
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	}
	return d.String()
}
