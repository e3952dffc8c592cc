// SPDX-License-Identifier: Apache-2.0

package campaign_test

import (
	"testing"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// Who is watched does not watch.
func TestPerformance(t *testing.T) {
	pattern, err := sod.ParseIDPattern("group:corp/pay")
	if err != nil {
		t.Fatal(err)
	}
	s := subject(world(t, company()...))
	s.Policy = &sod.Policy{
		Duties:       []sod.Duty{{ID: "pay", Holds: []sod.Selector{{ID: &pattern}}}},
		Rules:        []sod.Rule{{ID: "PAY", Kind: sod.CriticalRule, Duties: []int{0}}},
		Compensating: []sod.CompensatingControl{{ID: "CC-1"}},
		Accepted:     []sod.Acceptance{{Rule: "PAY", Subjects: []graph.ID{id(t, "account:corp/ana")}, CompensatingControl: "CC-1"}},
	}
	for who, may := range map[string]bool{
		"identity:hr/E8": true, "identity:hr/E1": false /* the subject, by an account */, "identity:hr/E2": false /* holds the duty */, "identity:hr/none": false, "account:corp/ben": false,
	} {
		err := campaign.CheckPerformance(s, campaign.Performance{Control: "CC-1", By: id(t, who), On: asOf, Evidence: "sha256:e"})
		if (err == nil) != may {
			t.Errorf("%s: %v", who, err)
		}
	}
	if err := campaign.CheckPerformance(s, campaign.Performance{Control: "CC-2", By: id(t, "identity:hr/E8")}); err == nil {
		t.Error("a control that the policy does not have")
	}
}
