// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
)

// world is what the checks look up about people.
type world struct {
	g          *graph.Graph
	asOf       time.Time
	owners     [][]uint32          // of each node: identities that own it now
	enabled    []ability           // of each account
	accountsAt uint32              // the first of them
	carriers   map[string][]uint32 // employee id → identities that carry it
	unread     graph.Source        // a source whose identities are not whole; "" when all are
	people     bool                // some source says who the people are
	gaps       map[graph.ID][]graph.Gap
	states     map[dataset]graph.State
}

type dataset struct {
	source graph.Source
	name   graph.Dataset
}

func newWorld(g *graph.Graph, asOf time.Time) *world {
	w := &world{g: g, asOf: asOf, owners: ownersOf(g, asOf), enabled: abilities(g), carriers: map[string][]uint32{},
		gaps: map[graph.ID][]graph.Gap{}, states: map[dataset]graph.State{}}
	w.accountsAt, _ = g.Range(graph.Account)
	for _, gap := range g.Gaps() {
		w.gaps[gap.About] = append(w.gaps[gap.About], gap)
	}
	lo, hi := g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		if id, ok := g.Attr(n, "employee_id"); ok {
			w.carriers[id] = append(w.carriers[id], n)
		}
	}
	for _, s := range g.Sources() {
		st := g.State(s, graph.Identities)
		w.people = w.people || st == graph.Complete
		if !st.Whole() && w.unread == "" {
			w.unread = s
		}
	}
	for _, gap := range g.Gaps() { // somebody is there who was not read: it may be anybody
		if w.unread == "" && gap.About.Kind == graph.Identity && gap.Dataset.Includes(graph.Identities) {
			w.unread = gap.About.Source
		}
	}
	return w
}

// ownersOf returns for each node who owns it at a moment, in order: parts of one slice.
func ownersOf(g *graph.Graph, asOf time.Time) [][]uint32 {
	lo, hi := g.Range(graph.Identity)
	each := func(do func(who, what uint32)) {
		for n := lo; n < hi; n++ {
			for _, e := range g.Out(n) {
				if e.Kind() == graph.Owns && g.Terms(e).Holds(asOf) {
					do(n, e.To)
				}
			}
		}
	}
	counts, sum := make([]uint32, g.NumNodes()), 0
	each(func(_, what uint32) { counts[what]++; sum++ })
	all, rest := make([][]uint32, g.NumNodes()), make([]uint32, sum)
	for n, count := range counts {
		all[n], rest = rest[:0:count], rest[count:]
	}
	each(func(who, what uint32) { all[what] = append(all[what], who) })
	return all
}

// An ability says whether an account may be used, as far as its status tells.
type ability uint8

const (
	abilityUnknown ability = iota
	isEnabled
	notEnabled
)

// abilities reads the status of every account once for all checks.
func abilities(g *graph.Graph) []ability {
	lo, hi := g.Range(graph.Account)
	all := make([]ability, hi-lo)
	for n := lo; n < hi; n++ {
		switch status, known := g.Word(n, "status"); {
		case !known:
		case status == "enabled":
			all[n-lo] = isEnabled
		default:
			all[n-lo] = notEnabled
		}
	}
	return all
}

// state is [graph.Graph.State], asked once.
func (w *world) state(s graph.Source, d graph.Dataset) graph.State {
	at := dataset{s, d}
	st, ok := w.states[at]
	if !ok {
		st = w.g.State(s, d)
		w.states[at] = st
	}
	return st
}

// unreadOf says why not all was read that a dataset tells of a thing: it is clear when
// all was.
func (w *world) unreadOf(id graph.ID, d graph.Dataset) verdict {
	if st := w.state(id.Source, d); !st.Whole() {
		return unsure(id.Source, d, "%s of %s are not completely read (%s)", words(d), id.Source, st)
	}
	for _, g := range w.gaps[id] {
		if g.Dataset.Includes(d) {
			return verdict{unsure: words(d) + " were not read of it", gaps: []gap{{About: id, Dataset: d, Reason: g.Reason}}}
		}
	}
	return clear()
}

// words names what a dataset holds.
func words(d graph.Dataset) string {
	switch d {
	case graph.SignIn:
		return "sign-ins"
	case graph.MFA:
		return "second factors"
	}
	return string(d)
}

// A standing says whether somebody is still there.
type standing uint8

const (
	present standing = iota
	gone
	notKnown
)

// identity tells whether a person is still there, and why not.
func (w *world) identity(n uint32) (standing, string) {
	id := w.g.ID(n)
	if !w.g.Described(n) {
		return w.absent(id)
	}
	switch left, known := diff.Left(w.g, n, w.asOf); {
	case left:
		return gone, fmt.Sprintf("%s is terminated", w.label(n))
	case !known:
		return notKnown, "the status of the owner is not known"
	}
	return present, ""
}

// label names somebody: "identity:hr/E1001 (Ana Ruiz)".
func (w *world) label(n uint32) string {
	return fmt.Sprintf("%s (%s)", w.g.ID(n), w.g.Name(n))
}

// absent judges a person whom nobody described: gone, when the source of people
// was read to the end.
func (w *world) absent(id graph.ID) (standing, string) {
	if st := w.g.State(id.Source, graph.Identities); st != graph.Complete {
		return notKnown, fmt.Sprintf("the owner is not in what was read of %s (%s)", id.Source, st)
	}
	if v := w.unreadOf(id, graph.Identities); v.unsure != "" {
		return notKnown, "the owner was not read"
	}
	return gone, fmt.Sprintf("%s is not in %s", id, id.Source)
}

// declared tells whether the owner that an attribute names is still there.
func (w *world) declared(owner string) (standing, string) {
	id, err := graph.ParseID(owner)
	if err != nil {
		return notKnown, "the declared owner is not an ID"
	}
	n, ok := w.g.Find(id)
	switch {
	case !ok && id.Kind == graph.Identity:
		return w.absent(id)
	case !ok || id.Kind != graph.Identity && !w.g.Described(n):
		return notKnown, "the declared owner is not in the snapshot"
	case id.Kind == graph.Identity:
		return w.identity(n)
	case id.Kind == graph.Somebody:
		return notKnown, "the declared owner is nobody who is known"
	}
	return present, ""
}

// main follows "parent" from a second account to the person's main one.
func (w *world) main(n uint32) uint32 {
	for range 8 {
		text, ok := w.g.Attr(n, "parent")
		if !ok || len(w.owners[n]) > 0 {
			return n
		}
		id, err := graph.ParseID(text)
		if err != nil {
			return n
		}
		parent, ok := w.g.Find(id)
		if !ok || id.Kind != graph.Account {
			return n
		}
		n = parent
	}
	return n
}

// orphaned finds accounts that nobody answers for: the owner is gone, or an
// account that needs a declared owner has none, or its employee id names nobody.
func (w *world) orphaned(account uint32) verdict {
	n := w.main(account)
	source := w.g.ID(n).Source
	kind, _ := w.g.Word(n, "type")
	if kind == "system" {
		return clear()
	}
	if owners := w.owners[n]; len(owners) > 0 {
		return w.ofOwners(owners)
	}
	if named := w.g.AttrValues(n, "owner"); len(named) > 0 {
		return w.ofDeclared(source, named)
	}
	if needsOwner(kind) {
		if v := w.unreadOf(w.g.ID(n), graph.Accounts); v.unsure != "" {
			v.unsure = "no owner is known, and " + v.unsure
			return v
		}
		return found("a %s account without an owner", kind)
	}
	v := clear() // the check "uncorrelated" judges these
	if key, ok := w.g.Attr(n, "employee_id"); ok && len(w.carriers[key]) == 0 {
		v = w.nobody(source, key)
	}
	if odd := w.odd(n, "type"); odd != "" && v.found == "" && v.unsure == "" {
		return unsure(source, graph.Accounts, "no owner is known, and it is not known whether it is an account that needs one%s", odd)
	}
	return v
}

func needsOwner(kind string) bool {
	switch kind {
	case "service", "shared", "resource", "breakglass":
		return true
	}
	return false
}

// ofOwners judges an account by the identities that own it: one who is there is
// enough.
func (w *world) ofOwners(owners []uint32) verdict {
	var all standings
	for _, o := range owners {
		st, why := w.identity(o)
		all.add(w.g.ID(o).Source, st, why)
	}
	return w.ofStanding(all.source, all.best, all.why)
}

// ofDeclared judges an account by the owners that an attribute names, likewise.
func (w *world) ofDeclared(source graph.Source, named []string) verdict {
	var all standings
	for _, text := range named {
		st, why := w.declared(text)
		if id, err := graph.ParseID(text); err == nil {
			source = id.Source
		}
		all.add(source, st, why)
	}
	return w.ofStanding(all.source, all.best, all.why)
}

// standings of several join to that of the one who is most surely there.
type standings struct {
	any    bool
	best   standing
	why    string
	source graph.Source
}

func (all *standings) add(source graph.Source, st standing, why string) {
	rank := []standing{gone, notKnown, present}
	if !all.any || slices.Index(rank, st) > slices.Index(rank, all.best) {
		*all = standings{true, st, why, source}
	}
}

func (w *world) ofStanding(source graph.Source, st standing, why string) verdict {
	switch st {
	case gone:
		return found("the owner %s", why)
	case notKnown:
		if w.unread != "" {
			source = w.unread
		}
		return unsure(source, graph.Identities, "%s", why)
	}
	return clear()
}

// nobody judges an account whose employee id no identity carries.
func (w *world) nobody(source graph.Source, key string) verdict {
	switch {
	case w.unread != "":
		return unsure(w.unread, graph.Identities, "the employee id names nobody among the people that were read")
	case !w.people:
		return unsure(source, graph.Identities, "no source says who the people are")
	}
	return found("employee id %s names nobody", key)
}

// uncorrelated finds accounts of persons that could not be matched to anybody.
func (w *world) uncorrelated(account uint32) verdict {
	n := w.main(account)
	source := w.g.ID(n).Source
	kind, _ := w.g.Word(n, "type")
	_, declared := w.g.Attr(n, "owner")
	if declared || len(w.owners[n]) > 0 || kind == "system" || needsOwner(kind) {
		return clear()
	}
	key, ok := w.g.Attr(n, "employee_id")
	if !ok {
		if v := w.unreadOf(w.g.ID(n), graph.Accounts); v.unsure != "" {
			v.unsure = "no employee id is known, and " + v.unsure
			return v
		}
		return found("carries no employee id and no declared owner")
	}
	switch carriers := w.carriers[key]; len(carriers) {
	case 0:
		if v := w.nobody(source, key); v.unsure != "" {
			return v
		}
		return clear() // the check "orphaned" finds it
	case 1:
		return found("carries the employee id %s of %s, but is not linked to it", key, w.g.ID(carriers[0]))
	default:
		return found("carries the employee id %s, and so do %d identities", key, len(carriers))
	}
}
