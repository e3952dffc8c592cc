// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

func (b *builder) subject(id graph.ID) Subject {
	s := Subject{Thing: b.thing(id)}
	switch id.Kind {
	case graph.Identity:
		s.Title, s.Department = b.attr(id, "title"), b.attr(id, "department")
		s.Employment = b.employment(id)
	case graph.Account:
		s.Status, s.Type = b.attr(id, "status"), b.attr(id, "type")
	case graph.Somebody:
		s.Type = "accounts that belong together, of nobody that HR knows"
	}
	return s
}

// employment tells what a reviewer may know of what human resources know: see
// [employmentOf].
func (b *builder) employment(id graph.ID) string {
	n, ok := b.in.Graph.Find(id)
	if !ok {
		return "unknown"
	}
	return employmentOf(b.in.Graph, n, b.packet.AsOf)
}

// accounts lists the logins of everybody in a finding.
func (b *builder) accounts() {
	lines := map[graph.ID][]int{}
	for _, f := range b.packet.Findings {
		for _, s := range f.Subjects {
			lines[s.ID] = append(lines[s.ID], f.Line)
		}
	}
	holders := b.holders(lines)
	seen := map[graph.ID]int{}
	for _, s := range sortedIDs(lines) {
		for _, a := range b.accountsOf(s) {
			if _, ok := seen[a]; !ok {
				seen[a] = len(b.packet.Accounts)
				b.packet.Accounts = append(b.packet.Accounts, b.account(a, holders[a]))
			}
			row := &b.packet.Accounts[seen[a]]
			row.Lines = append(row.Lines, lines[s]...)
		}
	}
	for i := range b.packet.Accounts {
		l := b.packet.Accounts[i].Lines
		slices.Sort(l)
		b.packet.Accounts[i].Lines = slices.Compact(l)
	}
	slices.SortStableFunc(b.packet.Accounts, func(x, y Account) int {
		return cmp.Or(x.Holder.ID.Compare(y.Holder.ID), x.ID.Compare(y.ID))
	})
}

func sortedIDs(m map[graph.ID][]int) []graph.ID {
	out := make([]graph.ID, 0, len(m))
	for id := range m {
		out = append(out, id)
	}
	slices.SortFunc(out, graph.ID.Compare)
	return out
}

// holders finds who owns the accounts that are themselves in findings.
func (b *builder) holders(wanted map[graph.ID][]int) map[graph.ID]graph.ID {
	g := b.in.Graph
	owner := map[graph.ID]graph.ID{}
	lo, hi := g.Range(graph.Identity)
	for n := lo; n < hi; n++ {
		_, inFinding := wanted[g.ID(n)]
		for _, e := range g.Out(n) {
			if e.Kind() != graph.Owns {
				continue
			}
			if _, ok := wanted[g.ID(e.To)]; ok || inFinding {
				owner[g.ID(e.To)] = g.ID(n)
			}
		}
	}
	return owner
}

func (b *builder) accountsOf(id graph.ID) []graph.ID {
	if id.Kind == graph.Account {
		return []graph.ID{id}
	}
	n, ok := b.in.Graph.Find(id)
	if !ok {
		return nil
	}
	var all []graph.ID
	for _, e := range b.in.Graph.Out(n) {
		if e.Kind() == graph.Owns {
			all = append(all, b.in.Graph.ID(e.To))
		}
	}
	return all
}

func (b *builder) account(id, holder graph.ID) Account {
	a := Account{
		Thing: b.thing(id), Status: b.attr(id, "status"), Type: b.attr(id, "type"), Created: day(b.attr(id, "created")),
		LastUse: b.lastUse(id), MFA: b.attr(id, "mfa"), Privileged: b.attr(id, "privileged"),
	}
	if !holder.IsZero() {
		a.Holder = b.thing(holder)
	}
	return a
}

func (b *builder) lastUse(id graph.ID) string {
	n, ok := b.in.Graph.Find(id)
	if !ok {
		return ""
	}
	return lastUseOf(b.in.Graph, n, b.packet.AsOf).String()
}

// day shortens a time to its day; what is no time stays as it is.
func day(v string) string {
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		return v
	}
	return t.UTC().Format(time.DateOnly)
}
