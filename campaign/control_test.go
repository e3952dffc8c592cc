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
		err := campaign.CheckPerformance(s, campaign.Performance{Control: "CC-1", By: id(t, who), On: asOf, At: start, Evidence: []string{"sha256:e"}})
		if (err == nil) != may {
			t.Errorf("%s: %v", who, err)
		}
	}
	if err := campaign.CheckPerformance(s, campaign.Performance{Control: "CC-2", By: id(t, "identity:hr/E8"), On: asOf, At: start, Evidence: []string{"sha256:e"}}); err == nil {
		t.Error("a control that the policy does not have")
	}
	good := campaign.Performance{Control: "CC-1", By: id(t, "identity:hr/E8"), On: asOf, At: start, Evidence: []string{"sha256:e"}}
	for why, change := range map[string]func(*campaign.Performance){
		"nothing shows it": func(p *campaign.Performance) { p.Evidence = nil },
		"it is to come":    func(p *campaign.Performance) { p.On = start.Add(1) },
	} {
		p := good
		change(&p)
		if campaign.CheckPerformance(s, p) == nil {
			t.Error(why)
		}
	}
	text, err := good.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := campaign.ParsePerformance(text)
	if err != nil || again.By != good.By {
		t.Errorf("got %+v, %v", again, err)
	}
	if _, err := campaign.ParsePerformance(append(text, ' ')); err == nil {
		t.Error("what is written otherwise was read")
	}
}
