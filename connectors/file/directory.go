// SPDX-License-Identifier: Apache-2.0

package file

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
)

// A Directory is the entries of a graph by their names, and what change records did
// to them so far.
type Directory struct {
	g       *graph.Graph
	entries map[string][]graph.Node // by folded DN
	logins  map[login][]graph.ID
	touched map[graph.ID]bool // by an earlier record
	changes []facts.Change
}

type login struct {
	source graph.Source
	name   string
}

// NewDirectory looks at every node of g that has a dn. One that cannot be read as
// a DN is found by nobody.
func NewDirectory(g *graph.Graph) *Directory {
	d := &Directory{g: g, entries: map[string][]graph.Node{}, logins: map[login][]graph.ID{}, touched: map[graph.ID]bool{}}
	for n := range uint32(g.NumNodes()) {
		if text, ok := g.Attr(n, "dn"); ok {
			d.enter(text, g.Node(n))
		}
	}
	return d
}

func (d *Directory) enter(dn string, n graph.Node) {
	folded, err := directory.FoldDN(dn)
	if err != nil {
		return
	}
	d.entries[folded] = append(d.entries[folded], n)
	if n.ID.Kind == graph.Account && n.Name != "" {
		at := login{n.ID.Source, n.Name}
		d.logins[at] = append(d.logins[at], n.ID)
	}
}

// find returns the one entry of this name.
func (d *Directory) find(dn string) (graph.Node, error) {
	folded, err := directory.FoldDN(dn)
	if err != nil {
		return graph.Node{}, err
	}
	switch all := d.entries[folded]; len(all) {
	case 0:
		return graph.Node{}, fmt.Errorf("%q is not in the snapshot", dn)
	case 1:
		return all[0], nil
	default:
		return graph.Node{}, fmt.Errorf("%q is both %s and %s", dn, all[0].ID, all[1].ID)
	}
}

func (d *Directory) tell(line int, remove bool, f graph.Fact) {
	d.changes = append(d.changes, facts.Change{Line: line, Remove: remove, Fact: f})
}

// take follows one record.
func (d *Directory) take(c changeRecord) error {
	if c.kind == "add" {
		return d.add(c)
	}
	n, err := d.find(c.dn)
	if err != nil {
		return &lineError{c.line, err}
	}
	switch c.kind {
	case "delete":
		d.tell(c.line, true, graph.Node{ID: n.ID})
		d.forget(c.dn)
	case "modify":
		for _, m := range c.mods {
			if err := d.modify(n, m); err != nil {
				return &lineError{m.line, err}
			}
		}
	case "modrdn":
		if err := d.rename(c, n); err != nil {
			return &lineError{c.line, err}
		}
	}
	d.touched[n.ID] = true
	return nil
}

func (d *Directory) forget(dn string) {
	folded, _ := directory.FoldDN(dn) // it was found by it
	delete(d.entries, folded)
}

// modify follows the change of one attribute.
func (d *Directory) modify(n graph.Node, m mod) error {
	if !isMember(m.attr) {
		return fmt.Errorf("%s of %s: of what is modified only member, uniqueMember and memberUid are understood", m.attr, n.ID)
	}
	if n.ID.Kind != graph.Group {
		return fmt.Errorf("%s of %s, which is no group", m.attr, n.ID)
	}
	var members []graph.ID
	for _, v := range m.values {
		id, err := d.member(n.ID.Source, m.attr, v)
		if err != nil {
			return err
		}
		members = append(members, id)
	}
	if m.op == "add" && len(members) == 0 {
		return fmt.Errorf("%s: nothing is added", m.attr)
	}
	if m.op == "replace" || m.op == "delete" && len(members) == 0 {
		if d.touched[n.ID] {
			return fmt.Errorf("all members of %s go, and an earlier record changed something about it: say which members", n.ID)
		}
		for _, g := range d.grantsOf(n.ID) {
			if g.To == n.ID && g.Kind == graph.Member {
				d.tell(m.line, true, graph.Grant{From: g.From, To: g.To, Kind: g.Kind})
			}
		}
	}
	for _, id := range members {
		d.tell(m.line, m.op == "delete", graph.Grant{From: id, To: n.ID, Kind: graph.Member})
		d.touched[id] = true
	}
	d.touched[n.ID] = true
	return nil
}

func isMember(attr string) bool {
	return attr == "member" || attr == "uniquemember" || attr == "memberuid"
}

// member returns whom a value means.
func (d *Directory) member(s graph.Source, attr, value string) (graph.ID, error) {
	if attr != "memberuid" {
		n, err := d.find(value)
		return n.ID, err
	}
	switch all := d.logins[login{s, value}]; len(all) {
	case 0:
		return graph.ID{}, fmt.Errorf("no account of %s is called %q", s, value)
	case 1:
		return all[0], nil
	}
	return graph.ID{}, fmt.Errorf("several accounts of %s are called %q", s, value)
}

// grantsOf returns the grants of the graph that a thing is an end of, each of the
// same ends and kind once.
func (d *Directory) grantsOf(id graph.ID) (all []graph.Grant) {
	at, ok := d.g.Find(id)
	if !ok {
		return nil
	}
	for n := range uint32(d.g.NumNodes()) {
		for _, e := range d.g.Out(n) {
			if n == at || e.To == at {
				all = append(all, d.g.Grant(n, e))
			}
		}
	}
	return slices.CompactFunc(all, func(a, b graph.Grant) bool { return a == b })
}

// rename gives an entry another DN: it goes and comes again, with its grants.
func (d *Directory) rename(c changeRecord, n graph.Node) error {
	folded, _ := directory.FoldDN(c.dn) // it was found by it
	for dn := range d.entries {
		if strings.HasSuffix(dn, ","+folded) {
			return fmt.Errorf("%s has entries below it, which would move with it: that is not understood", n.ID)
		}
	}
	switch {
	case d.touched[n.ID]:
		return fmt.Errorf("%s is renamed, and an earlier record changed something about it: rename it first", n.ID)
	case slices.ContainsFunc(d.g.Gaps(), func(g graph.Gap) bool { return g.About == n.ID }):
		return fmt.Errorf("%s could not be read completely: what it would be after its renaming cannot be told", n.ID)
	}
	grants := d.grantsOf(n.ID)
	now := graph.Node{ID: n.ID, Name: renamed(n.Name, c), Attrs: slices.Clone(n.Attrs)}
	to, err := newDN(c)
	if err != nil {
		return err
	}
	now.Attrs.Set("dn", to)
	if err := sound(now); err != nil {
		return err
	}
	d.tell(c.line, true, graph.Node{ID: n.ID})
	d.tell(c.line, false, now)
	for _, g := range grants {
		d.tell(c.line, false, g)
	}
	d.forget(c.dn)
	d.enter(to, now)
	return nil
}

// newDN joins the new RDN to the new superior, or to the old one.
func newDN(c changeRecord) (string, error) {
	above := c.newSuperior
	if above == "" {
		above = c.dn[len(firstRDN(c.dn)):]
	} else {
		above = "," + above
	}
	_, err := directory.FoldDN(c.newRDN + above)
	return c.newRDN + above, err
}

// firstRDN returns the part of a DN before its first separator.
func firstRDN(dn string) string {
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',', ';':
			return dn[:i]
		}
	}
	return dn
}

// renamed returns the name after a renaming: the new RDN's, when the name was the
// old one's and that goes.
func renamed(name string, c changeRecord) string {
	oldType, oldValue, _ := strings.Cut(firstRDN(c.dn), "=")
	newType, newValue, _ := strings.Cut(c.newRDN, "=")
	if !c.keepOld && strings.EqualFold(strings.TrimSpace(oldType), strings.TrimSpace(newType)) && strings.TrimSpace(oldValue) == name {
		return strings.TrimSpace(newValue)
	}
	return name
}
