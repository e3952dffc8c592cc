// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Scope says which access is certified. What it names must all hold; the zero Scope
// is every grant.
type Scope struct {
	Applications []string       `json:"applications,omitempty"` // of the policy: access that leads to any of these
	Sources      []graph.Source `json:"sources,omitempty"`      // in which what is held lies
	Things       []string       `json:"things,omitempty"`       // patterns of IDs of what is held
	Privileged   bool           `json:"privileged,omitempty"`   // access that leads to what is marked so, or to the control plane
	People       []graph.ID     `json:"people,omitempty"`       // of these only
	Findings     bool           `json:"findings,omitempty"`     // access on a path of an open finding
	Changed      bool           `json:"changed,omitempty"`      // that the last campaign did not keep, or with an open finding on its path
	Structure    bool           `json:"structure,omitempty"`    // also what groups and roles hold, for their owners
}

// A Subject is all that a campaign is about, fixed when it begins.
type Subject struct {
	Graph  *graph.Graph
	Policy *sod.Policy
	Report *sod.Report // of the policy on the graph
	AsOf   time.Time
	Before map[string]Answer // by item: what the last campaign ended with; nil is none
}

// An Item is one line to decide: a grant, under whatever windows, or what everybody is
// given as birthright.
type Item struct {
	ID        string          `json:"id"` // the same in each campaign
	From      graph.ID        `json:"from"`
	To        graph.ID        `json:"to"`
	Kind      graph.GrantKind `json:"kind"`
	People    []graph.ID      `json:"people,omitempty"` // whose access it is; none when nobody knows, or of a group or role
	Structure bool            `json:"structure,omitempty"`
	Findings  []string        `json:"findings,omitempty"` // open ones on whose path it is
	Before    Answer          `json:"before,omitempty"`
	Everybody Everybody       `json:"everybody,omitzero"` // of a birthright: From and To are what is given
}

// unchanged reports whether the last campaign kept the line, and nothing speaks against it.
func (i Item) unchanged() bool { return i.Before == Keep && len(i.Findings) == 0 }

// unchanged lists what a scope of changes leaves out for being as it was.
func unchanged(s Subject, scope Scope, birthright []string) ([]Item, error) {
	if !scope.Changed {
		return nil, nil
	}
	scope.Changed = false
	all, err := Items(s, scope, birthright)
	return slices.DeleteFunc(all, func(i Item) bool { return !i.unchanged() }), err
}

// itemID depends on the grant alone.
func itemID(from, to graph.ID, k graph.GrantKind) string {
	return "I-" + digest(from.String() + "\n" + k.String() + "\n" + to.String())[:16]
}

// Items lists what is in scope, in the order of who holds and what is held. An error
// names what the scope names and the policy or the snapshot does not have. Of groups and
// roles that the patterns of birthright match there is one line each, for all who have it.
func Items(s Subject, scope Scope, birthright []string) ([]Item, error) {
	f, err := newFilter(s, scope)
	if err != nil {
		return nil, err
	}
	if err := f.findBirthright(birthright); err != nil {
		return nil, err
	}
	var all []Item
	for n := range uint32(s.Graph.NumNodes()) {
		if item, ok := f.everybody(n); ok {
			all = append(all, item)
		}
		for _, e := range s.Graph.Out(n) {
			if item, ok := f.item(n, e); ok && (len(all) == 0 || all[len(all)-1].ID != item.ID) {
				all = append(all, item)
			}
		}
	}
	return all, nil
}

// A filter decides what is in scope.
type filter struct {
	Subject
	scope    Scope
	crowd    *Crowd
	things   []sod.IDPattern
	leads    []bool // by node: to an application of the scope; nil: all do
	powerful []bool // by node: to something privileged; nil: it is not asked
	findings map[string][]string

	birthright map[uint32]*tally // by node: what is given so, to enough people
}

func newFilter(s Subject, scope Scope) (*filter, error) {
	f := &filter{Subject: s, scope: scope, crowd: NewCrowd(s.Graph, s.AsOf), findings: findingsByItem(s.Report), birthright: map[uint32]*tally{}}
	for _, text := range scope.Things {
		p, err := sod.ParseIDPattern(text)
		if err != nil {
			return nil, err
		}
		f.things = append(f.things, p)
	}
	if err := f.leadTo(); err != nil {
		return nil, err
	}
	for _, id := range scope.People {
		if _, ok := s.Graph.Find(id); !ok {
			return nil, unknown("person", id.String(), "the snapshot")
		}
	}
	return f, nil
}

// leadTo finds from where applications and what is privileged can be come to.
func (f *filter) leadTo() error {
	if len(f.scope.Applications) == 0 && !f.scope.Privileged {
		return nil
	}
	var apps, powers []sod.Selector
	for _, id := range f.scope.Applications {
		i := slices.IndexFunc(f.Policy.Apps, func(a sod.Application) bool { return a.ID == id })
		if i < 0 {
			return unknown("application", id, "the policy")
		}
		apps = append(apps, f.Policy.Apps[i].Entitlements...)
	}
	back := reach.At(f.Graph, f.AsOf, reach.Attainable).Back()
	if len(apps) > 0 {
		f.leads = f.marked(back.To(sod.Match(f.Graph, apps)))
	}
	if f.scope.Privileged {
		powers = append(powers, f.Policy.ControlPlane...)
		nodes := sod.Match(f.Graph, powers)
		for n := range uint32(f.Graph.NumNodes()) {
			if v, _ := f.Graph.Attr(n, "privileged"); v == "true" && f.Graph.ID(n).Kind != graph.Account {
				nodes = append(nodes, n)
			}
		}
		f.powerful = f.marked(back.To(nodes))
	}
	return nil
}

func (f *filter) marked(nodes []uint32) []bool {
	all := make([]bool, f.Graph.NumNodes())
	for _, n := range nodes {
		all[n] = true
	}
	return all
}

// item makes the line of a grant, when it is in scope and has one of its own.
func (f *filter) item(n uint32, e graph.Edge) (Item, bool) {
	item, ok := f.grant(n, e)
	if !ok || f.isCovered(item, e.To) {
		return Item{}, false
	}
	item.Before = f.Before[item.ID]
	return item, f.inScope(item, e.To)
}

// grant describes a grant of a kind that is certified, whether or not it is in scope.
func (f *filter) grant(n uint32, e graph.Edge) (Item, bool) {
	from, to := f.Graph.ID(n), f.Graph.ID(e.To)
	structure := from.Kind == graph.Group || from.Kind == graph.Role
	if e.Kind() == graph.Owns || structure && !f.scope.Structure || !f.Graph.Terms(e).Holds(f.AsOf) {
		return Item{}, false
	}
	item := Item{ID: itemID(from, to, e.Kind()), From: from, To: to, Kind: e.Kind(), Structure: structure}
	if !structure {
		item.People = f.crowd.PeopleOf(n)
	}
	item.Findings = f.findings[item.ID]
	return item, true
}

func (f *filter) inScope(item Item, to uint32) bool {
	s := f.scope
	switch {
	case f.leads != nil && !f.leads[to],
		f.powerful != nil && !f.powerful[to],
		len(s.Sources) > 0 && !slices.Contains(s.Sources, item.To.Source),
		len(f.things) > 0 && !slices.ContainsFunc(f.things, func(p sod.IDPattern) bool { return p.Match(item.To) }),
		s.Findings && len(item.Findings) == 0,
		s.Changed && item.unchanged(),
		len(s.People) > 0 && !slices.ContainsFunc(s.People, func(id graph.ID) bool { return slices.Contains(item.People, f.crowd.Person(id)) }):
		return false
	}
	return true
}

// findingsByItem tells which open findings have a grant on a path.
func findingsByItem(r *sod.Report) map[string][]string {
	all := map[string][]string{}
	if r == nil {
		return all
	}
	for _, f := range r.Findings {
		if f.Status != sod.Open {
			continue
		}
		for _, w := range f.Witness {
			for i, k := range w.Path.Kinds {
				id := itemID(w.Path.Nodes[i], w.Path.Nodes[i+1], k)
				if !slices.Contains(all[id], f.ID) {
					all[id] = append(all[id], f.ID)
				}
			}
		}
	}
	return all
}
