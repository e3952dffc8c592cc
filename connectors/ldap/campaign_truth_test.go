// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A truth is what a collection should tell of a world. It is worked out from the
// world itself, without an entry.
type truth struct {
	nodes  map[graph.ID]described
	grants map[edge]time.Time // since when; zero is unknown
}

type described struct{ name, status string }

type edge struct {
	from, to graph.ID
	kind     graph.GrantKind
}

// truthOf works out what is to be told of what a server shows: of machines those
// that something names.
func truthOf(w *world) truth {
	return truth{}.of(w, truth{}.computers(w))
}

// mostOf works out what may be told: any machine, too.
func mostOf(w *world) truth {
	all := map[*thing]bool{}
	for _, t := range w.things {
		all[t] = true
	}
	return truth{}.of(w, all)
}

func (truth) of(w *world, named map[*thing]bool) truth {
	tr := truth{map[graph.ID]described{}, map[edge]time.Time{}}
	for _, t := range w.things {
		if t.shown() && (t.kind == person || t.kind == team) {
			tr.nodes[t.id()] = described{t.name, t.status(w)}
		}
	}
	for _, t := range w.things {
		switch {
		case !t.shown():
		case t.kind == team:
			tr.team(w, t)
			tr.control(w, t)
		case t.kind == person, t.kind == machine && named[t]:
			tr.nodes[t.id()] = described{t.login(w), t.status(w)}
			tr.primary(w, t)
			tr.control(w, t)
		}
	}
	return tr
}

func (t *thing) login(w *world) string {
	if t.kind == machine {
		return t.name + "$"
	}
	return t.name
}

func (t *thing) status(w *world) string {
	switch {
	case t.kind == team:
		return ""
	case w.windows && t.off:
		return "disabled"
	case w.windows:
		return "enabled"
	case t.off:
		return "locked"
	case t.policed:
		return "enabled"
	}
	return ""
}

// computers returns the machines that groups or access lists name, and those that
// the access lists of these name.
func (tr truth) computers(w *world) map[*thing]bool {
	named := map[*thing]bool{}
	for _, t := range w.things {
		for _, m := range t.members {
			named[m] = named[m] || t.shown()
		}
	}
	for more := true; more; {
		more = false
		for _, t := range w.things {
			if !t.shown() || t.kind == container || t.kind == foreigner || t.kind == machine && !named[t] {
				continue
			}
			for _, a := range t.access {
				if a.rights != readOnly && a.to != t && !named[a.to] {
					named[a.to], more = true, true
				}
			}
		}
	}
	return named
}

func (tr truth) team(w *world, g *thing) {
	for _, m := range g.members {
		since := time.Time{}
		if w.windows && m.kind != foreigner {
			since = linkedAt(g, m)
		}
		switch {
		case m.kind == foreigner:
			tr.holder(w, m, g.id(), graph.Member)
		case !m.shown():
			tr.join(unresolved(m.folded()), g, since)
		case m.mail && !g.mail && w.windows:
		default:
			tr.join(m.id(), g, since)
		}
	}
	for _, m := range g.logins {
		from := m.id()
		if !m.shown() {
			from = unresolved("memberuid=" + m.name)
		}
		tr.join(from, g, time.Time{})
	}
	for _, s := range g.strays {
		tr.join(unresolved(s), g, time.Time{})
	}
	for _, t := range w.things {
		if g.rule != "" && t.office == g.rule && t.shown() {
			tr.join(t.id(), g, time.Time{})
		}
	}
}

// join records a membership. One that does not know its own beginning began with
// the group, if that was never changed.
func (tr truth) join(from graph.ID, g *thing, since time.Time) {
	if from.Kind == graph.Unresolved {
		tr.nodes[from] = described{}
		since = time.Time{}
	}
	if since.IsZero() && !g.changed && g.rid == 0 && g.rule == "" {
		since = g.made
	}
	tr.grants[edge{from, g.id(), graph.Member}] = since
}

// linkedAt is when somebody became a member, by the metadata.
func linkedAt(g, m *thing) time.Time { return longAgo().AddDate(0, 0, (g.n*31+m.n)%200) }

func unresolved(key string) graph.ID {
	return graph.ID{Kind: graph.Unresolved, Source: "corp", Key: key}
}

func (tr truth) primary(w *world, t *thing) {
	if t.primary != nil && t.primary.shown() {
		e := edge{t.id(), t.primary.id(), graph.Member}
		if tr.grants[e].IsZero() {
			tr.grants[e] = time.Time{}
		}
	}
	for _, g := range w.things {
		if g.kind == team && g.gid != 0 && g.gid == t.gid && g.shown() {
			e := edge{t.id(), g.id(), graph.Member}
			if _, there := tr.grants[e]; !there {
				tr.grants[e] = time.Time{}
			}
		}
	}
}

func (tr truth) control(w *world, t *thing) {
	if t.owner != nil {
		tr.holder(w, t.owner, t.id(), graph.Controls)
	}
	for _, a := range t.access {
		if a.rights != readOnly {
			tr.holder(w, a.to, t.id(), graph.Controls)
		}
	}
}

// holder records what a SID holds.
func (tr truth) holder(w *world, of *thing, to graph.ID, kind graph.GrantKind) {
	authenticated := graph.ID{Kind: graph.Group, Source: "corp", Key: "~authenticated"}
	from := of.id()
	switch {
	case of.sid == "S-1-5-11":
		tr.nodes[authenticated] = described{name: "Authenticated Users"}
		from = authenticated
	case of.kind == foreigner:
		from = unresolved(of.sid)
		tr.nodes[from], tr.nodes[authenticated] = described{}, described{name: "Authenticated Users"}
		tr.grants[edge{from, authenticated, graph.Member}] = time.Time{}
	case !of.shown():
		from = unresolved(of.sidText())
		tr.nodes[from] = described{}
	}
	if from != to {
		tr.grants[edge{from, to, kind}] = time.Time{}
	}
}

// both returns what holds in two truths, and either what holds in one of them.
func (tr truth) both(other truth) (both, either truth) {
	both = truth{map[graph.ID]described{}, map[edge]time.Time{}}
	either = truth{map[graph.ID]described{}, map[edge]time.Time{}}
	for id, d := range other.nodes {
		either.nodes[id] = d
	}
	for e, since := range other.grants {
		either.grants[e] = since
	}
	for id, d := range tr.nodes {
		either.nodes[id] = d
		if _, ok := other.nodes[id]; ok {
			both.nodes[id] = d
		}
	}
	for e, since := range tr.grants {
		either.grants[e] = since
		if _, ok := other.grants[e]; ok {
			both.grants[e] = since
		}
	}
	return both, either
}

// graph makes a graph of a truth, all of which was read.
func (tr truth) graph(t testing.TB) *graph.Graph {
	t.Helper()
	var b graph.Builder
	add := func(f graph.Fact) {
		if err := b.Add(f); err != nil {
			t.Error(err)
		}
	}
	for id, d := range tr.nodes {
		add(graph.Node{ID: id, Name: d.name})
	}
	for e := range tr.grants {
		add(graph.Grant{From: e.from, To: e.to, Kind: e.kind})
	}
	for _, d := range graph.Datasets() {
		add(graph.Coverage{Source: "corp", Dataset: d, State: graph.Complete})
	}
	return b.Graph()
}
