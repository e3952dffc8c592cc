// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A model is the findings that are to be cleared, and the part of the graph in which
// their paths are.
type model struct {
	g       *graph.Graph
	p       *sod.Policy
	asOf    time.Time
	scope   Scope
	view    *reach.View
	tariff  *sod.Tariff
	prices  *prices
	targets []target
	same    map[int32][]int32 // by start: its targets
	stuck   []Stuck
	open    int // findings that could be targets

	others, unassessed int // as in [Plan]

	net    *network
	grants []candidate
}

// A target is a finding that is to be cleared: its subject holds more of the labels
// than it may.
type target struct {
	finding *sod.Finding
	start   int32
	labels  []int32
	duties  []string // by place in labels
	allowed int
	exists  int32 // a label that is needed besides; -1: none
}

// A candidate is a grant of the scope.
type candidate struct {
	from, to uint32
	kind     graph.GrantKind
	cost     int
	concern  int
	keep     bool
}

type grantKey struct {
	from, to uint32
	kind     graph.GrantKind
}

func newModel(g *graph.Graph, p *sod.Policy, asOf time.Time, o Options) (*model, error) {
	m := &model{g: g, p: p, asOf: asOf, scope: o.Scope, view: reach.At(g, asOf, p.Mode), tariff: o.Costs.Tariff(g, asOf)}
	if err := judged(g, asOf, o.Subject); err != nil {
		return nil, err
	}
	rules := *p
	rules.Checks = nil
	report := sod.Evaluate(g, &rules, asOf)
	all := report.Findings
	found, err := Targets(all, o)
	if err != nil {
		return nil, err
	}
	for i := range all {
		switch {
		case isTarget(&all[i]):
			m.open++
		case all[i].Status == sod.Open:
			m.others++
		}
	}
	for _, row := range report.NotAssessed {
		if !row.Accepted {
			m.unassessed++
		}
	}
	b := newNetworkBuilder(m)
	counting := sod.Counting(g, p, asOf)
	for i := range found {
		m.targets = append(m.targets, b.target(&found[i], counting))
	}
	m.net = b.build()
	m.price()
	return m, nil
}

// judged reports an error when a subject that is asked for is none; the zero ID asks for
// nobody.
func judged(g *graph.Graph, asOf time.Time, id graph.ID) error {
	if id.IsZero() {
		return nil
	}
	n, there := g.Find(id)
	if !there {
		return fmt.Errorf("there is no %s", id)
	}
	if !slices.Contains(sod.Subjects(g, asOf), n) {
		return fmt.Errorf("%s is not judged by itself: name a person, or an account that nobody owns", id)
	}
	return nil
}

// Targets picks of findings those that a plan is to clear.
func Targets(all []sod.Finding, o Options) (chosen []sod.Finding, err error) {
	known := o.Finding == ""
	for _, f := range all {
		known = known || f.ID == o.Finding
		if isTarget(&f) && (o.Finding == "" || f.ID == o.Finding) && (o.Subject.IsZero() || f.Subjects[0] == o.Subject) {
			chosen = append(chosen, f)
		}
	}
	switch {
	case !known:
		return nil, fmt.Errorf("there is no finding %s", o.Finding)
	case o.Finding != "" && len(chosen) == 0:
		return nil, fmt.Errorf("finding %s is not for a plan to clear: it is accepted, or of a kind that revoking does not settle", o.Finding)
	}
	return chosen, nil
}

func isTarget(f *sod.Finding) bool {
	return (f.Kind == "sod" || f.Kind == "critical") && f.Status == sod.Open
}

func (m *model) grantOf(i int32) Grant {
	c := m.grants[i]
	return Grant{m.g.ID(c.from), m.g.ID(c.to), c.kind}
}

// count counts the grants of the scope that may be revoked, and those that must stay.
func (m *model) count() (revocable, kept int) {
	for n := range uint32(m.g.NumNodes()) {
		last := grantKey{}
		for _, e := range m.g.Out(n) {
			key := grantKey{n, e.To, e.Kind()}
			if key == last || !m.scope.Has(m.g.ID(n).Kind, e.Kind()) || !m.g.Terms(e).Holds(m.asOf) {
				continue
			}
			last = key // facts of one grant follow each other
			if rule := m.tariff.Rule(n, e.To, e.Kind()); rule != nil && rule.Keep {
				kept++
			} else {
				revocable++
			}
		}
	}
	return revocable, kept
}
