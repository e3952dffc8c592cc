// SPDX-License-Identifier: Apache-2.0

package reportstest

import (
	"context"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
)

// noLedger takes records and keeps none.
type noLedger struct{}

func (noLedger) Append(context.Context, ...[]byte) error { return nil }

// Campaign is a campaign on a company, begun, with nobody's answer yet.
func Campaign(t testing.TB, in reports.Input) (*campaign.Campaign, campaign.Subject) {
	t.Helper()
	s := campaign.Subject{Graph: in.Graph, Policy: in.Policy, Report: in.Report, AsOf: AsOf()}
	begun := AsOf().Add(10 * time.Hour)
	admin := ID(t, "identity:hr/E1000")
	x := campaign.Terms{
		ID: "2026-Q3", Name: "Access to the ledger, third quarter", Period: "Q3 2026", Admins: []graph.ID{admin}, ReasonFor: []campaign.Answer{campaign.Revoke},
		Stages: []campaign.Stage{{Name: "managers and owners", By: []campaign.Way{campaign.Manager, campaign.ApplicationOwner, campaign.Listed}, List: []graph.ID{admin}, Due: begun.AddDate(0, 0, 14)}},
	}
	p, err := campaign.NewPlan(s, x)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range p.Missing {
		x.Accepted = append(x.Accepted, campaign.Accepted{About: m.About, Why: "the export is not whole before November", By: admin})
	}
	c, err := campaign.Open(t.Context(), noLedger{}, s, x, campaign.Origin{Snapshot: in.Snapshot.Digest, Policy: in.Policy.Digest}, admin, begun)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

// Reviewed is the company's campaign in which some decided, and what a later snapshot
// shows.
func Reviewed(t testing.TB, in reports.Input) *reports.Review {
	t.Helper()
	c, s := Campaign(t, in)
	boss, deputy := ID(t, "identity:hr/E1000"), ID(t, "identity:hr/E1004")
	at := c.Begun
	step := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		at = at.Add(26 * time.Hour)
	}
	decide := func(i int, a campaign.Answer, reason string, by graph.ID, from campaign.Source, bulk int) {
		t.Helper()
		l := c.Lines()[i]
		step(c.Decide(t.Context(), campaign.Decided{Item: l.ID, Answer: a, Reason: reason, Source: from, Bulk: bulk, Replaces: len(l.Decisions)}, by, at))
	}
	entered := campaign.Source{Kind: campaign.ByOperator, Of: "ticket 4711"}
	decide(0, campaign.Keep, "in the team", boss, entered, 0)
	decide(0, campaign.Revoke, "builds belong to the release team", boss, entered, 0)
	decide(4, campaign.Keep, "team of two, see GRC-204", boss, entered, 2)
	decide(5, campaign.Keep, "team of two, see GRC-204", boss, entered, 2)
	decide(6, campaign.CannotTell, "", boss, campaign.Source{Kind: campaign.ByOperator, Of: "identity:hr/E1000"}, 0)
	step(c.HandOn(t.Context(), []string{c.Lines()[2].ID}, deputy, campaign.Delegated, "she leads the team", boss, at))
	step(c.Send(t.Context(), campaign.Sent{To: deputy, Address: "deputy@example.com", Object: "sha256:m"}, boss, at))
	decide(2, campaign.Revoke, "\u202egnitset", deputy, campaign.Source{Kind: campaign.ByAddress, Of: "deputy@example.com"}, 0)
	at = at.AddDate(0, 0, 30)
	decide(2, campaign.Revoke, "no longer in the team", deputy, campaign.Source{Kind: campaign.ByAddress, Of: "deputy@example.com"}, 0)
	step(c.SignOff(t.Context(), c.Statement(0, "I have looked at every line that came to me.", entered, boss), boss, at))
	step(c.Close(t.Context(), boss, at))
	if _, err := c.FollowUp(t.Context(), in.Graph, AsOf().AddDate(0, 2, 0), "sha256:later", boss, at); err != nil {
		t.Fatal(err)
	}
	return reports.NewReview(c, s, graph.ID{})
}
