// SPDX-License-Identifier: Apache-2.0

package whatif_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
	"github.com/foureyes-iga/foureyes/sod/whatif"
)

// A corner is what chance meets too rarely: a change whose reach is easily missed.
type corner struct {
	mode               reach.Mode
	duty, world, steps string
	added, removed     int
}

func corners() map[string]corner {
	const covered = `
{"fact":"coverage","source":"corp","dataset":"*","state":"complete"}
{"fact":"coverage","source":"hr","dataset":"*","state":"complete"}`
	return map[string]corner{
		"who controls everyone obtains a new account": {reach.Attainable, "entitlement:corp/pay", `
{"fact":"node","id":"account:corp/a"}
{"fact":"node","id":"identity:hr/1"}
{"fact":"node","id":"entitlement:corp/pay"}
{"fact":"grant","from":"identity:hr/1","to":"group:corp/~all","kind":"controls"}` + covered, `
{"fact":"node","change":"add","id":"account:corp/b"}
{"fact":"grant","change":"add","from":"account:corp/b","to":"entitlement:corp/pay","kind":"assigned"}`, 2, 0},
		"something unresolved is a subject while it holds anything": {reach.Standing, "unresolved:corp/u", `
{"fact":"node","id":"account:corp/a"}
{"fact":"grant","from":"unresolved:corp/u","to":"account:corp/a","kind":"controls"}` + covered, `
{"fact":"node","change":"remove","id":"account:corp/a"}`, 0, 1},
		"something unresolved may hold anything unseen": {reach.Standing, "unresolved:corp/u", `
{"fact":"node","id":"account:corp/0"}
{"fact":"node","id":"account:corp/a"}
{"fact":"node","id":"group:corp/g"}
{"fact":"grant","from":"unresolved:corp/u","to":"group:corp/g","kind":"member"}
{"fact":"gap","about":"account:corp/a","dataset":"control"}` + covered, `
{"fact":"grant","change":"remove","from":"unresolved:corp/u","to":"group:corp/g","kind":"member"}`, 0, 1},
		"what something unresolved may hold unseen goes": {reach.Standing, "unresolved:corp/u", `
{"fact":"node","id":"account:corp/0"}
{"fact":"node","id":"account:corp/a"}
{"fact":"node","id":"unresolved:corp/u"}
{"fact":"gap","about":"account:corp/a","dataset":"control"}` + covered, `
{"fact":"node","change":"remove","id":"account:corp/a"}`, 0, 0},
		"an identity goes, and its account stands for itself": {reach.Standing, "group:corp/g", `
{"fact":"node","id":"account:corp/a"}
{"fact":"node","id":"identity:hr/1"}
{"fact":"grant","from":"identity:hr/1","to":"account:corp/a","kind":"owns"}
{"fact":"grant","from":"account:corp/a","to":"group:corp/g","kind":"member"}` + covered, `
{"fact":"node","change":"remove","id":"identity:hr/1"}`, 1, 1},
		"an account of two people loses one": {reach.Standing, "group:corp/g", `
{"fact":"grant","from":"identity:hr/1","to":"account:corp/a","kind":"owns"}
{"fact":"grant","from":"identity:hr/2","to":"account:corp/a","kind":"owns"}
{"fact":"grant","from":"account:corp/a","to":"group:corp/g","kind":"member"}` + covered, `
{"fact":"grant","change":"remove","from":"identity:hr/1","to":"account:corp/a","kind":"owns"}`, 0, 1},
	}
}

func TestCorners(t *testing.T) {
	for name, tt := range corners() {
		t.Run(name, func(t *testing.T) {
			var b graph.Builder
			text := strings.TrimSpace(tt.world)
			for f, err := range facts.Read(strings.NewReader(text+"\n"), "world") {
				if err != nil {
					break // there is no end line
				}
				if err := b.Add(f); err != nil {
					t.Fatal(err)
				}
			}
			g := b.Graph()
			duty, err := sod.ParseIDPattern(tt.duty)
			if err != nil {
				t.Fatal(err)
			}
			p := &sod.Policy{Mode: tt.mode, Duties: []sod.Duty{{ID: "d", Holds: []sod.Selector{{ID: &duty}}}},
				Rules: []sod.Rule{{ID: "R", Severity: sod.High, Kind: sod.CriticalRule, Duties: []int{0}}}}
			lines, err := facts.ReadChanges(strings.NewReader(tt.steps), "steps")
			if err != nil {
				t.Fatal(err)
			}
			var c whatif.Change
			for _, l := range lines {
				c = append(c, whatif.Step{Where: "steps", Remove: l.Remove, Fact: l.Fact})
			}
			part, err := whatif.Prepare(g, p, noon, check.JudgeEach).Try(c)
			if err != nil {
				t.Fatal(err)
			}
			after, err := whatif.Apply(g, c)
			if err != nil {
				t.Fatal(err)
			}
			full := whatif.Full(g, after, p, noon, check.JudgeEach)
			if diff := cmp.Diff(comparable(full), comparable(part), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the part (+) is not the whole (-):\n%s", diff)
			}
			if n, m := len(full.After.Report.Findings), len(full.Before.Report.Findings); n != tt.added || m != tt.removed {
				t.Errorf("%d findings added and %d removed, want %d and %d", n, m, tt.added, tt.removed)
			}
		})
	}
}
