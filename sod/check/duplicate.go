// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A namesake is what people of one source should not share.
type namesake struct {
	source     graph.Source
	key, value string
}

// duplicates finds people of one source who are employed and have the same employee id
// or mail address. There is one finding for those who share.
func (r *run) duplicates() {
	sharing := map[namesake][]uint32{}
	lo, hi := r.g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		for _, key := range []string{"employee_id", "mail"} {
			if value, _ := r.g.Attr(n, key); value != "" {
				at := namesake{r.g.ID(n).Source, key, value}
				if key == "mail" {
					at.value = graph.Fold(value)
				}
				sharing[at] = append(sharing[at], n)
			}
		}
	}
	together := map[string]*pair{}
	unclear := map[uint32]bool{}
	for at, people := range sharing {
		if len(people) > 1 {
			r.compare(at, people, together, unclear)
		}
	}
	for _, who := range slices.Sorted(maps.Keys(together)) {
		p := together[who]
		in, perhaps := r.anyOf(p.people)
		if !in {
			for _, id := range p.people {
				if perhaps {
					r.take(id, found("they share"))
				}
			}
			continue
		}
		slices.Sort(p.details)
		r.findings = append(r.findings, sod.Finding{Kind: r.check.Name, Rule: r.check.Name,
			Severity: r.check.Severity, Subjects: p.people, Detail: strings.Join(p.details, "; ")})
	}
	for n := lo; n < hi; n++ {
		if unclear[n] {
			r.take(r.g.ID(n), unsure(r.g.ID(n).Source, graph.Identities, "it shares an employee id or a mail address, and who of those who do is employed is not known"))
		}
	}
	r.unread(graph.Identities)
}

// A pair is two people, or more, who share something.
type pair struct {
	people  []graph.ID
	details []string
}

// compare judges those who share something: by who they are into together, and those of
// whom it cannot be told into unclear.
func (r *run) compare(at namesake, people []uint32, together map[string]*pair, unclear map[uint32]bool) {
	var here []graph.ID
	var perhaps []uint32
	for _, n := range people {
		status, known := r.g.Word(n, "status")
		switch t := r.tenure(n); {
		case t.unsure != "" || !known && t.state == employed:
			perhaps = append(perhaps, n)
		case t.state == employed && status != "pending":
			here = append(here, r.g.ID(n))
		}
	}
	for _, n := range perhaps {
		unclear[n] = unclear[n] || len(here)+len(perhaps) > 1
	}
	if len(here) < 2 {
		return
	}
	who := fmt.Sprint(here)
	if together[who] == nil {
		together[who] = &pair{people: here}
	}
	together[who].details = append(together[who].details, fmt.Sprintf("%d people have the %s %s", len(here), strings.ReplaceAll(at.key, "_", " "), at.value))
}
