// SPDX-License-Identifier: Apache-2.0

// Package connectortest is the contract of package connectors, as tests. Every
// connector passes it.
//
// Limitations: the standard world has one source. What a connector does when its
// source breaks in its own ways is for its own tests; see [Subject.Broken].
package connectortest

import (
	"testing"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/graph"
)

// A Subject is a connector to put through the contract.
type Subject struct {
	// Open points the connector at a source that holds exactly w, and of which the
	// connector can know that it is whole. Every ID must carry w.Source. What the
	// subject lacks was taken out of w before.
	Open func(t *testing.T, w World) connectors.Collector

	// Broken, when it is not nil, points the connector at a source that holds w and
	// breaks in the middle, so that collecting must end with an error.
	Broken func(t *testing.T, w World) connectors.Collector

	// Lacks lists what the source cannot hold. Where that is a whole dataset, the
	// suite checks that its coverage says so.
	Lacks []Feature

	// Key turns an ID of the connector into the key that the world gave the thing.
	// Empty means that the thing is not of the world, such as a server's own
	// account; such facts are not compared. Nil means that the keys are the world's.
	Key func(graph.ID) string

	// Name turns what the connector calls a thing into the world's name of it, where
	// the source has names of another form. Nil means that names are the world's.
	Name func(graph.Node) string
}

// A Check is one clause of the contract. Its error says how the subject breaks it.
type Check struct {
	Name  string
	Check func(t *testing.T, s Subject) error
}

// Checks returns all clauses.
func Checks() []Check {
	return []Check{
		{"EveryFact", everyFact},
		{"EmptySource", emptySource},
		{"Coverage", coverage},
		{"OneSource", oneSource},
		{"AnyOrder", anyOrder},
		{"TwoRuns", twoRuns},
		{"StopsWhenAsked", stopsWhenAsked},
		{"Cancelled", cancelled},
		{"ErrorIsLast", errorIsLast},
		{"Wanted", wanted},
		{"LeftOut", leftOut},
	}
}

// Run checks the whole contract against s.
func Run(t *testing.T, s Subject) {
	t.Helper()
	for _, c := range Checks() {
		t.Run(c.Name, func(t *testing.T) {
			if err := c.Check(t, s); err != nil {
				t.Error(err)
			}
		})
	}
}
