// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A workforce is the people of vendors who can sign in, by how surely they are.
type workforce struct {
	accounts map[uint32]certainty // of people: whether they have an enabled account
	crews    map[string]*crew     // by vendor
	strays   map[string]*crew     // by company that is not in the register
}

// A crew is the people of one company who are judged.
type crew struct {
	people  []graph.ID
	perhaps []graph.ID // of whom it is not known whether they are judged, are of a vendor, or can sign in
}

// A certainty says how surely something is so.
type certainty uint8

const (
	no certainty = iota
	perhaps
	surely
)

// vendors judges the people of vendors, their accounts, and the register.
func (r *run) vendors() {
	w := &workforce{accounts: r.enabledOf(), crews: map[string]*crew{}, strays: map[string]*crew{}}
	lo, hi := r.g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		r.worker(w, n)
	}
	r.each(graph.Account, func(n uint32) verdict { return r.ifEnabled(n, r.contractOver) })
	for i := range r.policy.Vendors {
		r.assured(&r.policy.Vendors[i], w.crews[r.policy.Vendors[i].ID])
	}
	for _, company := range slices.Sorted(maps.Keys(w.strays)) {
		r.unregistered(company, w.strays[company])
	}
	r.unread(graph.Accounts, graph.Identities)
}

// enabledOf tells who has an enabled account, or may have one.
func (r *run) enabledOf() map[uint32]certainty {
	has := map[uint32]certainty{}
	lo, hi := r.g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		status, known := r.g.Word(n, "status")
		if known && status != "enabled" {
			continue
		}
		people, linked, _ := r.whose(n)
		for _, p := range people {
			if known && linked {
				has[p] = surely
			} else {
				has[p] = max(has[p], perhaps)
			}
		}
	}
	return has
}

// external tells whether somebody works here for another company.
func (w *world) external(n uint32) certainty {
	switch kind, known := w.g.Word(n, "worker_type"); {
	case !known:
		return perhaps
	case kind == "employee":
		return no
	}
	return surely
}

// workerType names the attribute that does not tell whether somebody is external, with
// what it says.
func (w *world) workerType(n uint32) string { return cmp.Or(w.odd(n, "worker_type"), " (worker_type)") }

// worker judges one person, and notes of which company they are.
func (r *run) worker(w *workforce, n uint32) {
	id, is, has := r.g.ID(n), r.external(n), w.accounts[n]
	if is == no || has == no || !r.g.Described(n) || r.tenure(n).state == departed {
		return
	}
	v := r.worse(r.unsponsored(n), r.ofCompany(n))
	switch {
	case v.found == "" && v.unsure == "":
	case is == perhaps:
		v = unsure(id.Source, graph.Identities, "it is not known whether they work for a vendor%s", r.workerType(n))
	case has == perhaps && v.found != "":
		v = unsure(id.Source, graph.Identities, "%s; it is not known whether they have an account that is enabled", r.check.Name)
	}
	r.take(id, v)
	r.enlist(w, n, min(is, has))
}

// ofCompany says when it is not told of which company somebody is.
func (r *run) ofCompany(n uint32) verdict {
	if r.company(n) == "" {
		return unsure(r.g.ID(n).Source, graph.Identities, "it is not known of which company they are")
	}
	return clear()
}

func (w *world) company(n uint32) string {
	text, _ := w.g.Attr(n, "company")
	return strings.TrimSpace(text)
}

// unsponsored finds that nobody who is there answers for somebody, other than
// themselves. No sponsor told is not "none".
func (r *run) unsponsored(n uint32) verdict {
	id, sponsors := r.g.ID(n), r.g.AttrValues(n, "sponsor")
	others := slices.DeleteFunc(slices.Clone(sponsors), func(s string) bool { return s == id.String() })
	var all standings
	for _, text := range others {
		st, why := r.declared(text)
		all.add(id.Source, st, why)
	}
	switch {
	case sponsors == nil:
		return unsure(id.Source, graph.Identities, "whether they have a sponsor is not known")
	case len(others) > 0 && all.best == gone:
		return found("the sponsor %s", all.why)
	case len(others) > 0 && all.best == notKnown:
		return unsure(id.Source, graph.Identities, "it is not known whether their sponsor is there")
	case len(others) > 0:
		return clear()
	}
	if v := r.unreadOf(id, graph.Identities); v.unsure != "" {
		return v
	}
	if len(sponsors) > 0 {
		return found("they are their own sponsor")
	}
	return found("nobody sponsors them")
}

// enlist notes somebody among the people of their company.
func (r *run) enlist(w *workforce, n uint32, is certainty) {
	id, company := r.g.ID(n), r.company(n)
	in, may := r.anyOf([]graph.ID{id})
	if company == "" || !may {
		return
	}
	into, key := w.strays, company
	if v := r.vendorOf(company); v != nil {
		into, key = w.crews, v.ID
	}
	if into[key] == nil {
		into[key] = &crew{}
	}
	if in && is == surely {
		into[key].people = append(into[key].people, id)
	} else {
		into[key].perhaps = append(into[key].perhaps, id)
	}
}

// vendorOf returns the first vendor of the register that a company is; nil when it is
// none.
func (r *run) vendorOf(company string) *sod.Vendor {
	i := slices.IndexFunc(r.policy.Vendors, func(v sod.Vendor) bool { return v.Employs(company) })
	if i < 0 {
		return nil
	}
	return &r.policy.Vendors[i]
}

// contractOver finds an account all of whose people work here for vendors and have no
// contract any more.
func (r *run) contractOver(n uint32) verdict {
	people, _, otherwise := r.whose(n)
	if people == nil {
		return otherwise
	}
	var last verdict
	for _, p := range people {
		v := r.ended(p)
		switch {
		case v.found == "" && v.unsure == "":
			return clear()
		case last.unsure == "":
			last = v
		}
	}
	return last
}

// ended finds that the contract of somebody, or that of their company, is over. That it
// will be is not told.
func (r *run) ended(n uint32) verdict {
	id, is := r.g.ID(n), r.external(n)
	if is == no || !r.g.Described(n) {
		return clear() // "orphaned" judges who is not there
	}
	v := r.endOf(n)
	if is == perhaps && (v.found != "" || v.unsure != "") {
		return unsure(id.Source, graph.Identities, "it is not known whether its owner works for a vendor%s", r.workerType(n))
	}
	return v
}

func (r *run) endOf(n uint32) verdict {
	id, vendor := r.g.ID(n), r.vendorOf(r.company(n))
	ends := r.g.AttrValues(n, "end_date")
	end, dated := r.endOfDay(n, "end_date")
	switch {
	case dated && !end.After(r.asOf) && !r.beganAfter(n, end):
		end, _ = r.moment(n, "end_date") // of a day, its beginning: the next is a day later
		return found("the contract of %s ended on %s, %s before %s", r.label(n), ends[0][:len(time.DateOnly)], days(r.asOf.Sub(end)), r.asOf.Format(time.DateOnly))
	case vendor != nil && !vendor.ContractEnd.IsZero() && !vendor.ContractEnd.Includes(r.asOf):
		return found("the contract with %s, for whom %s works, ended on %s", named(vendor), r.label(n), vendor.ContractEnd)
	case len(ends) > 0 && !dated:
		return unsure(id.Source, graph.Identities, "when the contract of its owner ends cannot be read")
	case ends == nil && (vendor == nil || vendor.ContractEnd.IsZero()):
		return unsure(id.Source, graph.Identities, "when the contract of its owner ends is not known")
	}
	return clear()
}

// endOfDay reads an attribute that is a time, or a day, of which it is the end.
func (w *world) endOfDay(n uint32, key string) (time.Time, bool) {
	text, _ := w.g.Attr(n, key)
	if day, err := sod.ParseDate(text); err == nil {
		return day.End(), true
	}
	return w.moment(n, key)
}

// named names a vendor: "Acme GmbH (acme)".
func named(v *sod.Vendor) string {
	if v.Name == "" {
		return v.ID
	}
	return fmt.Sprintf("%s (%s)", v.Name, v.ID)
}

// assured finds that there is no report on a vendor whose people are here, that it is
// old, or that nobody reviewed its exceptions. The finding is about who answers for the
// vendor, and there is one for each vendor.
func (r *run) assured(v *sod.Vendor, c *crew) {
	why := r.unassured(v)
	switch {
	case c == nil || len(why) == 0:
	case len(c.people) == 0:
		r.perhaps(c, "vendor %s: %s", named(v), strings.Join(why, "; "))
	default:
		r.together(v.ID, []graph.ID{v.Owner}, "vendor %s, %s: %s", named(v), crowdOf(c), strings.Join(why, "; "))
	}
}

// unassured says what is amiss with the report on a vendor.
func (r *run) unassured(v *sod.Vendor) (why []string) {
	a := v.Assurance
	if a == nil {
		return []string{"there is no assurance report"}
	}
	if !r.asOf.Before(a.PeriodEnd.End().Add(r.check.After)) {
		why = append(why, fmt.Sprintf("%s covers the time until %s, more than %s before %s", a.Report, a.PeriodEnd, days(r.check.After), r.asOf.Format(time.DateOnly)))
	}
	switch a.Exceptions {
	case "open":
		why = append(why, fmt.Sprintf("the exceptions of %s were not reviewed", a.Report))
	case "":
		why = append(why, fmt.Sprintf("whether %s has exceptions is not stated", a.Report))
	}
	return why
}

// unregistered finds that people work for a company that is not in the register.
func (r *run) unregistered(company string, c *crew) {
	if len(c.people) == 0 {
		r.perhaps(c, "company %q is not in the register of vendors", company)
		return
	}
	r.together("company "+company, c.people, "company %q is not in the register of vendors: %s", company, crowdOf(c))
}

// perhaps notes what would be found of a company if anybody of it were sure to be judged.
func (r *run) perhaps(c *crew, format string, args ...any) {
	for _, id := range c.perhaps {
		v := unsure(id.Source, graph.Identities, format, args...)
		v.unsure += "; whether its people are of a vendor, judged, and can sign in is not known"
		r.addUnknown(id, v)
	}
}

// together adds a finding about a company. It is named by that alone, so that it stays
// the same whoever comes and goes.
func (r *run) together(about string, subjects []graph.ID, format string, args ...any) {
	r.findings = append(r.findings, sod.Finding{Kind: r.check.Name, Rule: r.check.Name, Severity: r.check.Severity,
		Subjects: subjects, Same: about, Detail: fmt.Sprintf(format, args...)})
}

// crowdOf counts people: "2 people, and perhaps 1 more".
func crowdOf(c *crew) string {
	text := fmt.Sprintf("%d people", len(c.people))
	if len(c.people) == 1 {
		text = "1 person"
	}
	if more := len(c.perhaps); more > 0 {
		text += fmt.Sprintf(", and perhaps %d more", more)
	}
	return text
}
