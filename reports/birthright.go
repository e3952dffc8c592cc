// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"strings"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// givenToAll stands between a group or role and itself in a line about a birthright.
const givenToAll = "is given as birthright to everybody who has"

// itemVerb says what the line of an item is about.
func itemVerb(i campaign.Item) string {
	if i.IsBirthright() {
		return givenToAll
	}
	return verb(i.Kind)
}

// itemSentence tells an item as one.
func itemSentence(g *graph.Graph, i campaign.Item) string {
	what := thingIn(g, i.From).Label()
	if i.IsBirthright() {
		return birthrightSentence(what, i.Everybody)
	}
	return what + " " + verb(i.Kind) + " " + thingIn(g, i.To).Label()
}

func birthrightSentence(what string, e campaign.Everybody) string {
	return what + " is given as birthright to " + EverybodyOf(e)
}

// EverybodyOf tells who has what is given as birthright; "" of any other line.
func EverybodyOf(e campaign.Everybody) string {
	if e == (campaign.Everybody{}) {
		return ""
	}
	var who, but []string
	if e.Accounts > 0 {
		who = append(who, Plural(e.Accounts, "account"))
	}
	who = append(who, people(e.People))
	if e.Unowned > 0 {
		but = append(but, Plural(e.Unowned, "account")+" linked to nobody")
	}
	if e.Apart > 0 {
		but = append(but, Plural(e.Apart, "grant")+" on the path of an open finding: decided apart")
	}
	s := "everybody who has it: " + strings.Join(who, " of ")
	if len(but) > 0 {
		s += " (" + strings.Join(but, "; ") + ")"
	}
	return s
}

// everybody are all who have what is given as birthright by a grant of their own, and all
// that is of the same people.
func (b *reviewBuilder) everybody(item campaign.Item) (all []graph.ID) {
	to, ok := b.s.Graph.Find(item.To)
	if !ok {
		return nil
	}
	for n := range uint32(b.s.Graph.NumNodes()) {
		for _, e := range b.s.Graph.Out(n) {
			if id := b.s.Graph.ID(n); e.To == to && item.IsGrant(id, item.To, e.Kind()) {
				all = append(all, id)
				for _, who := range b.c.Crowd().PeopleOf(n) {
					all = append(all, b.c.Crowd().Own(who)...)
				}
			}
		}
	}
	return all
}

// heldBy is the place to which whoever has a birthright comes.
func (b *reviewBuilder) heldBy(v *reach.View, item campaign.Item) []reach.Place {
	n, ok := b.s.Graph.Find(item.To)
	if !ok {
		return nil
	}
	return []reach.Place{reach.Place(v.AsHeld(n))}
}
