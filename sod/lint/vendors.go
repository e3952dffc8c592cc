// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// vendors warns of a register that nothing reads or that lacks people.
func (l *linter) vendors() {
	checked := slices.ContainsFunc(l.p.Checks, func(c sod.Check) bool { return c.Name == "vendor" })
	switch {
	case checked && len(l.p.Vendors) == 0:
		l.add(Warning, "check vendor", "the policy has no vendors, so that every company is one that is not in the register")
	case !checked && len(l.p.Vendors) > 0:
		l.add(Warning, "vendors", "no check vendor reads the register")
	}
	companies := l.companies()
	for i := range l.p.Vendors {
		v := &l.p.Vendors[i]
		where := "vendor " + v.ID
		l.officer(where, "owner", v.Owner)
		if l.g == nil {
			continue
		}
		if !slices.ContainsFunc(companies, v.Employs) {
			l.add(Warning, where, "nobody in the snapshot is of such a company")
		}
		for j := range l.p.Vendors[:i] {
			if k := slices.IndexFunc(companies, func(c string) bool { return v.Employs(c) && l.p.Vendors[j].Employs(c) }); k >= 0 {
				l.add(Warning, where, "company %q is also vendor %s, which counts: it comes first", companies[k], l.p.Vendors[j].ID)
			}
		}
	}
}

// companies lists the companies of people, in order.
func (l *linter) companies() (all []string) {
	if l.g == nil {
		return nil
	}
	lo, hi := l.g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		if c, _ := l.g.Attr(n, "company"); c != "" {
			all = append(all, c)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
