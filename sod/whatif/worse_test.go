// SPDX-License-Identifier: Apache-2.0

package whatif_test

import (
	"testing"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/whatif"
)

// TestCollusionGetsWorse gives one right to somebody of a company in which Ana and Ben
// break a rule together already.
func TestCollusionGetsWorse(t *testing.T) {
	id := func(text string) graph.ID {
		x, err := graph.ParseID(text)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	var b graph.Builder
	for _, f := range []graph.Fact{
		graph.Node{ID: id("identity:hr/cid")}, graph.Coverage{Source: "hr", Dataset: graph.All, State: graph.Complete}, graph.Coverage{Source: "erp", Dataset: graph.All, State: graph.Complete},
		graph.Node{ID: id("role:erp/other")},
		graph.Grant{From: id("identity:hr/ana"), To: id("role:erp/1"), Kind: graph.Assigned},
		graph.Grant{From: id("identity:hr/ben"), To: id("role:erp/2"), Kind: graph.Assigned},
		graph.Grant{From: id("identity:hr/cid"), To: id("role:erp/3"), Kind: graph.Assigned}, graph.Node{ID: id("role:erp/4")},
	} {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	p := &sod.Policy{Mode: reach.Standing, Rules: []sod.Rule{{ID: "R", Severity: sod.High, Kind: sod.PeopleRule, Limit: 3, Duties: []int{0, 1}},
		{ID: "S", Severity: sod.High, Kind: sod.AtMostRule, Limit: 0, Duties: []int{2, 3}}}}
	for _, text := range []string{"role:erp/1", "role:erp/2", "role:erp/3", "role:erp/4"} {
		pattern, err := sod.ParseIDPattern(text)
		if err != nil {
			t.Fatal(err)
		}
		p.Duties = append(p.Duties, sod.Duty{ID: text, Holds: []sod.Selector{{ID: &pattern}}})
	}
	base := whatif.Prepare(b.Graph(), p, noon)
	for name, tt := range map[string]struct {
		who, right string
		want       int
	}{
		"one alone can do it":        {"identity:hr/ana", "role:erp/2", 1},
		"another can do it with him": {"identity:hr/cid", "role:erp/1", 1},
		"one more than too many":     {"identity:hr/cid", "role:erp/4", 1},
		"nothing of the rule":        {"identity:hr/cid", "role:erp/other", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := base.Try(whatif.Change{{Where: "here", Fact: graph.Grant{From: id(tt.who), To: id(tt.right), Kind: graph.Assigned}}})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.New(); got != tt.want {
				t.Errorf("%d findings are new or worse, want %d", got, tt.want)
			}
		})
	}
}
