// SPDX-License-Identifier: Apache-2.0

package connectortest

import (
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
)

// A World is all that a source holds: nodes, grants, uses and gaps. It has no
// source and coverage facts, which are for the connector to tell.
type World struct {
	Source graph.Source
	Facts  []graph.Fact
}

// Standard returns a small world that has some of everything.
func Standard() World {
	w := World{Source: "world"}
	for f, err := range facts.Read(strings.NewReader(standard), "standard world") {
		if err != nil {
			panic(err) // the text below is wrong
		}
		w.Facts = append(w.Facts, f)
	}
	return w
}

const standard = `
{"fact":"node","id":"identity:world/00017","name":"Ana Ruiz","attrs":{"employee_id":"00017","status":"active","department":"Treasury"}}
{"fact":"node","id":"identity:world/E1002","name":"Ben Ode","attrs":{"employee_id":"E1002","status":"leave"}}
{"fact":"node","id":"identity:world/E1003","name":"Zoë \"Zed\" O'Hara; =1+1","attrs":{"employee_id":"E1003"}}
{"fact":"node","id":"account:world/ana","name":"ana","attrs":{"employee_id":"00017","status":"enabled","last_sign_in":"2026-09-30T08:00:00Z","mfa":"capable"}}
{"fact":"node","id":"account:world/ben","name":"ben.ode","attrs":{"employee_id":"E1002","status":"disabled"}}
{"fact":"node","id":"account:world/=zoë, \"z\"","name":"=zoë, \"z\"; o'hara","attrs":{"employee_id":"E1003","status":"locked","mfa":"none"}}
{"fact":"node","id":"account:world/batch","name":"batch"}
{"fact":"node","id":"unresolved:world/S-1-5-21-7","name":"S-1-5-21-7"}
{"fact":"node","id":"group:world/dev","name":"developers","attrs":{"description":"May push, with a review"}}
{"fact":"node","id":"group:world/core","name":"core team"}
{"fact":"node","id":"group:world/self","name":"contains itself"}
{"fact":"node","id":"group:world/secret","name":"secret"}
{"fact":"node","id":"role:world/buyer","name":"Buyer","attrs":{"description":"Places orders"}}
{"fact":"node","id":"role:world/purchasing","name":"Purchasing"}
{"fact":"node","id":"entitlement:world/order.create","name":"Create an order"}
{"fact":"node","id":"entitlement:world/ledger.write","name":"Write to the ledger"}
{"fact":"grant","from":"identity:world/00017","to":"account:world/ana","kind":"owns"}
{"fact":"grant","from":"account:world/ana","to":"group:world/core","kind":"member"}
{"fact":"grant","from":"account:world/ben","to":"group:world/dev","kind":"member"}
{"fact":"grant","from":"account:world/batch","to":"group:world/self","kind":"member"}
{"fact":"grant","from":"account:world/=zoë, \"z\"","to":"group:world/dev","kind":"member"}
{"fact":"grant","from":"unresolved:world/S-1-5-21-7","to":"group:world/dev","kind":"member"}
{"fact":"grant","from":"group:world/core","to":"group:world/dev","kind":"member"}
{"fact":"grant","from":"group:world/dev","to":"group:world/core","kind":"member"}
{"fact":"grant","from":"group:world/self","to":"group:world/self","kind":"member"}
{"fact":"grant","from":"account:world/ana","to":"role:world/purchasing","kind":"assigned"}
{"fact":"grant","from":"account:world/ben","to":"role:world/buyer","kind":"assigned","from_time":"2026-01-01T00:00:00Z","until_time":"2027-01-01T00:00:00Z"}
{"fact":"grant","from":"account:world/batch","to":"entitlement:world/ledger.write","kind":"assigned"}
{"fact":"grant","from":"group:world/dev","to":"entitlement:world/ledger.write","kind":"assigned","direct_only":true}
{"fact":"grant","from":"identity:world/E1002","to":"role:world/buyer","kind":"assigned"}
{"fact":"grant","from":"role:world/purchasing","to":"role:world/buyer","kind":"contains"}
{"fact":"grant","from":"role:world/buyer","to":"entitlement:world/order.create","kind":"contains"}
{"fact":"grant","from":"account:world/ben","to":"role:world/purchasing","kind":"eligible"}
{"fact":"grant","from":"account:world/ana","to":"group:world/dev","kind":"controls"}
{"fact":"use","account":"account:world/ana","entitlement":"entitlement:world/order.create","at":"2026-09-12T10:00:00Z","ref":"order 17"}
{"fact":"gap","about":"group:world/secret","dataset":"memberships","reason":"denied"}
{"fact":"end","facts":36}
`

// Shuffled returns w with its facts in another order, always the same one.
func (w World) Shuffled() World {
	facts := slices.Clone(w.Facts)
	slices.Reverse(facts)
	for i := range facts {
		j := (i*7 + 3) % len(facts)
		facts[i], facts[j] = facts[j], facts[i]
	}
	return World{w.Source, facts}
}

// Without returns w without what the features speak of, and without what refers to
// nodes that are gone.
func (w World) Without(lacks []Feature) World {
	left := World{Source: w.Source}
	gone := map[graph.ID]bool{}
	for _, f := range w.Facts {
		n, isNode := f.(graph.Node)
		for _, x := range lacks {
			if f != nil {
				f = x.takeOut(f)
			}
		}
		switch {
		case f != nil:
			left.Facts = append(left.Facts, f)
		case isNode:
			gone[n.ID] = true
		}
	}
	left.Facts = slices.DeleteFunc(left.Facts, func(f graph.Fact) bool {
		return slices.ContainsFunc(names(f), func(id graph.ID) bool { return gone[id] })
	})
	return left
}

// names returns the IDs that a fact names.
func names(f graph.Fact) []graph.ID {
	switch f := f.(type) {
	case graph.Node:
		return []graph.ID{f.ID}
	case graph.Grant:
		return []graph.ID{f.From, f.To}
	case graph.Use:
		return []graph.ID{f.Account, f.Entitlement}
	case graph.Gap:
		return []graph.ID{f.About}
	}
	return nil
}
