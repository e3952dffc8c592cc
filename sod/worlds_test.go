// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"testing"

	"github.com/foureyes-iga/foureyes/fixtures/fixturetest"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

func TestWorlds(t *testing.T) {
	for _, w := range fixturetest.Worlds(t) {
		t.Run(w.Name, func(t *testing.T) {
			w.Check(t, sod.Evaluate(w.Graph(t), w.Policy(t), w.AsOf, check.Judge))
		})
	}
}
