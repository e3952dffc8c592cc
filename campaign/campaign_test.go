// SPDX-License-Identifier: Apache-2.0

package campaign_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// Each line comes to whom the rule finds; the boss's own goes to the owner of the group,
// and the owner's to nobody, with the smallest obstacle.
func TestReviewers(t *testing.T) {
	c, _ := open(t, subject(world(t, company()...)), terms(t))
	var got []string
	for _, l := range c.Lines() {
		got = append(got, fmt.Sprintf("%s %s %v: %s%s", l.From, l.To, l.People, l.Holder.Key, l.Obstacle))
	}
	want := []string{
		"account:corp/ana group:corp/pay [identity:hr/E1]: E0",
		"account:corp/ana-adm group:corp/pay [identity:hr/E1]: E0",
		"account:corp/ben group:corp/pay [identity:hr/E2]: E0",
		"account:corp/boss group:corp/pay [identity:hr/E0]: E9",
		"account:corp/owner group:corp/pay [identity:hr/E9]: identity:hr/E9 has no manager who is known",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("lines (-want +got):\n%s", d)
	}
}

// A whole campaign, from the first line to the end, and again from its records.
func TestCampaign(t *testing.T) {
	s := subject(world(t, company()...))
	c, log := open(t, s, terms(t))
	boss, owner, admin := id(t, "identity:hr/E0"), id(t, "identity:hr/E9"), id(t, "identity:hr/E8")
	at := start
	tick := func() time.Time { at = at.Add(time.Minute); return at }
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(c.Decide(t.Context(), answer(lineOf(t, c, "account:corp/ana"), campaign.Keep, ""), boss, tick()))
	do(c.Decide(t.Context(), answer(lineOf(t, c, "account:corp/ana"), campaign.Revoke, "moved on"), boss, tick()))
	do(c.Decide(t.Context(), answer(lineOf(t, c, "account:corp/ben"), campaign.Keep, ""), boss, tick()))
	do(c.Decide(t.Context(), answer(lineOf(t, c, "account:corp/boss"), campaign.CannotTell, ""), owner, tick()))
	do(c.HandOn(t.Context(), []string{lineOf(t, c, "account:corp/owner").ID}, boss, campaign.Reassigned, "no manager", admin, tick()))
	do(c.SignOff(t.Context(), c.Statement(0, "I have looked at each line.", entered(), boss), boss, tick()))
	do(c.Close(t.Context(), admin, tick()))
	want := campaign.Closed{Kept: 1, Revoked: 1, CannotTell: 1, Undecided: 2}
	if got := c.Counts(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	again, err := campaign.Replay(s, log.all(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Counts(); got != want || len(again.SignOffs()) != 1 {
		t.Errorf("after replay: got %+v with %d statements, want %+v with one", got, len(again.SignOffs()), want)
	}
	if l := lineOf(t, again, "account:corp/ana"); len(l.Decisions) != 2 || l.Final() != campaign.Revoke {
		t.Errorf("the superseded answer is not kept: %+v", l)
	}
}

// What may not be is refused, and nothing is written.
func TestRefused(t *testing.T) {
	boss, ana, owner, admin, ben := "identity:hr/E0", "identity:hr/E1", "identity:hr/E9", "identity:hr/E8", "identity:hr/E2"
	type act func(t *testing.T, c *campaign.Campaign) error
	decide := func(from, by string, a campaign.Answer) act {
		return func(t *testing.T, c *campaign.Campaign) error {
			return c.Decide(t.Context(), answer(lineOf(t, c, from), a, "why"), id(t, by), start)
		}
	}
	hand := func(from, to string, how campaign.How, by string) act {
		return func(t *testing.T, c *campaign.Campaign) error {
			return c.HandOn(t.Context(), []string{lineOf(t, c, from).ID}, id(t, to), how, "", id(t, by), start)
		}
	}
	for name, tt := range map[string]struct {
		do   act
		want error
	}{
		"not the holder":                                {decide("account:corp/ana", owner, campaign.Keep), campaign.ErrNotHolder},
		"own access":                                    {decide("account:corp/ana", ana, campaign.Keep), campaign.ErrNotHolder},
		"delegated to whose it is":                      {hand("account:corp/ana", ana, campaign.Delegated, boss), campaign.ErrSelfReview},
		"forwarded to whose it is":                      {hand("account:corp/ana-adm", ana, campaign.Forwarded, boss), campaign.ErrSelfReview},
		"reassigned by an administrator to whose it is": {hand("account:corp/ana", ana, campaign.Reassigned, admin), campaign.ErrSelfReview},
		"handed on by somebody else":                    {hand("account:corp/ana", owner, campaign.Delegated, ben), campaign.ErrNotHolder},
		"reassigned by a holder":                        {hand("account:corp/ana", owner, campaign.Reassigned, boss), campaign.ErrNotHolder},
		"taken over for somebody else":                  {hand("account:corp/ana", owner, campaign.TakenOver, admin), errAny},
		"to somebody unknown":                           {hand("account:corp/ana", "identity:hr/E77", campaign.Reassigned, admin), errAny},
		"by the rule, from outside":                     {hand("account:corp/ana", owner, campaign.Named, admin), errAny},
		"an unknown answer":                             {decide("account:corp/ana", boss, "approve"), errAny},
		"no reason where one is asked": {func(t *testing.T, c *campaign.Campaign) error {
			return c.Decide(t.Context(), answer(lineOf(t, c, "account:corp/ana"), campaign.Revoke, " "), id(t, boss), start)
		}, errAny},
		"a stale answer": {func(t *testing.T, c *campaign.Campaign) error {
			d := answer(lineOf(t, c, "account:corp/ana"), campaign.Keep, "")
			if err := c.Decide(t.Context(), d, id(t, boss), start); err != nil {
				t.Fatal(err)
			}
			return c.Decide(t.Context(), d, id(t, boss), start)
		}, errAny},
		"after signing off": {func(t *testing.T, c *campaign.Campaign) error {
			if err := c.SignOff(t.Context(), c.Statement(0, "done", entered(), id(t, boss)), id(t, boss), start); err != nil {
				t.Fatal(err)
			}
			return c.Decide(t.Context(), answer(lineOf(t, c, "account:corp/ana"), campaign.Keep, ""), id(t, boss), start)
		}, campaign.ErrOver},
		"after the end": {func(t *testing.T, c *campaign.Campaign) error {
			if err := c.Close(t.Context(), id(t, admin), start); err != nil {
				t.Fatal(err)
			}
			return c.Decide(t.Context(), answer(lineOf(t, c, "account:corp/ana"), campaign.Keep, ""), id(t, boss), start)
		}, campaign.ErrOver},
		"closed by a reviewer": {func(t *testing.T, c *campaign.Campaign) error { return c.Close(t.Context(), id(t, boss), start) }, errAny},
		"back in time": {func(t *testing.T, c *campaign.Campaign) error {
			return c.Close(t.Context(), id(t, admin), start.Add(-time.Hour))
		}, errAny},
		"a sign-off of nothing": {func(t *testing.T, c *campaign.Campaign) error {
			return c.SignOff(t.Context(), c.Statement(0, " ", entered(), id(t, boss)), id(t, boss), start)
		}, errAny},
	} {
		t.Run(name, func(t *testing.T) {
			x := terms(t)
			x.ReasonFor = []campaign.Answer{campaign.Revoke}
			c, log := open(t, subject(world(t, company()...)), x)
			before := len(log.records)
			err := tt.do(t, c)
			if err == nil || tt.want != errAny && !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if n := len(log.records) - before; n > 1 || n == 1 && !slices.Contains([]string{"a stale answer", "after signing off", "after the end"}, name) {
				t.Errorf("%d records were written", n)
			}
		})
	}
}

var errAny = errors.New("any")

// After an error of the ledger nothing has changed.
func TestNotDurable(t *testing.T) {
	c, log := open(t, subject(world(t, company()...)), terms(t))
	log.refuse = true
	l := lineOf(t, c, "account:corp/ana")
	if err := c.Decide(t.Context(), answer(l, campaign.Keep, ""), id(t, "identity:hr/E0"), start); err == nil || l.Final() != "" {
		t.Errorf("got %v and %q, want an error and no answer", err, l.Final())
	}
}

// A record that should not have been written is found when it is read back.
func TestReplayRefuses(t *testing.T) {
	s := subject(world(t, company()...))
	c, log := open(t, s, terms(t))
	if err := c.Decide(t.Context(), answer(lineOf(t, c, "account:corp/ana"), campaign.Keep, ""), id(t, "identity:hr/E0"), start); err != nil {
		t.Fatal(err)
	}
	whole := slices.Collect(log.all(t))
	for name, change := range map[string]func([]campaign.Record) []campaign.Record{
		"an answer of whose it is": func(r []campaign.Record) []campaign.Record { r[len(r)-1].By = id(t, "identity:hr/E1"); return r },
		"given to whose it is": func(r []campaign.Record) []campaign.Record {
			a := *r[1].Assigned
			a.To = id(t, "identity:hr/E1")
			r[1].Assigned = &a
			return r
		},
		"without the beginning": func(r []campaign.Record) []campaign.Record { return r[1:] },
		"begun twice":           func(r []campaign.Record) []campaign.Record { return append(r, r[0]) },
		"a line left out": func(r []campaign.Record) []campaign.Record {
			o := *r[0].Opened
			o.Items = o.Items[1:]
			r[0].Opened = &o
			return r
		},
		"an answer twice": func(r []campaign.Record) []campaign.Record { return append(r, r[len(r)-1]) },
		"nothing in it":   func(r []campaign.Record) []campaign.Record { r[len(r)-1].Decided = nil; return r },
		"none":            func([]campaign.Record) []campaign.Record { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := campaign.Replay(s, slices.Values(change(slices.Clone(whole)))); err == nil {
				t.Error("it was taken")
			}
		})
	}
	if _, err := campaign.Replay(s, slices.Values(whole)); err != nil {
		t.Errorf("the unchanged records: %v", err)
	}
}

// A second stage asks somebody else about what the first one kept.
func TestStages(t *testing.T) {
	x := terms(t)
	x.Stages = append(x.Stages, campaign.Stage{Name: "owners", By: []campaign.Way{campaign.Owner, campaign.Manager, campaign.Listed}, List: []graph.ID{id(t, "identity:hr/E8")}, Due: start.AddDate(0, 1, 0)})
	s := subject(world(t, company()...))
	c, log := open(t, s, x)
	boss := id(t, "identity:hr/E0")
	for from, a := range map[string]campaign.Answer{"account:corp/ana": campaign.Keep, "account:corp/ben": campaign.Revoke} {
		if err := c.Decide(t.Context(), answer(lineOf(t, c, from), a, ""), boss, start); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(c.SignOff(t.Context(), c.Statement(0, "seen", entered(), boss), boss, start), c.Ask(t.Context(), id(t, "identity:hr/E8"), start)); err != nil {
		t.Fatal(err)
	}
	ana, ben, adm := lineOf(t, c, "account:corp/ana"), lineOf(t, c, "account:corp/ben"), lineOf(t, c, "account:corp/ana-adm")
	if ana.Stage != 1 || ana.Holder != id(t, "identity:hr/E9") || ana.Final() != "" {
		t.Errorf("kept: stage %d, %s, %q; want the owner to decide in the second", ana.Stage, ana.Holder, ana.Final())
	}
	if !ben.Settled || ben.Final() != campaign.Revoke {
		t.Errorf("revoked: %+v", ben)
	}
	if adm.Stage != 0 || adm.Holder != boss || adm.Final() != "" {
		t.Errorf("undecided: stage %d, %s, %q", adm.Stage, adm.Holder, adm.Final())
	}
	if err := c.HandOn(t.Context(), []string{ana.ID}, boss, campaign.Reassigned, "", id(t, "identity:hr/E8"), start); err == nil {
		t.Error("who kept it in the first stage may decide again in the second")
	}
	again, err := campaign.Replay(s, log.all(t))
	if err != nil || lineOf(t, again, "account:corp/ana").Stage != 1 {
		t.Errorf("replay: %v", err)
	}
}

// A line that is not theirs goes to whom an administrator gives it.
func TestNotMine(t *testing.T) {
	c, _ := open(t, subject(world(t, company()...)), terms(t))
	l := lineOf(t, c, "account:corp/ana")
	d := answer(l, campaign.NotMine, "")
	d.To = id(t, "identity:hr/E9")
	if err := c.Decide(t.Context(), d, id(t, "identity:hr/E0"), start); err != nil {
		t.Fatal(err)
	}
	if l.Final() != "" || !l.Holder.IsZero() || !strings.Contains(l.Obstacle, "not theirs") {
		t.Errorf("got %+v", l)
	}
	if err := c.Ask(t.Context(), id(t, "identity:hr/E8"), start); err != nil || !l.Holder.IsZero() {
		t.Errorf("the rule asks the same person again: %v, %s", err, l.Holder)
	}
	if err := c.HandOn(t.Context(), []string{l.ID}, d.To, campaign.Reassigned, "", id(t, "identity:hr/E8"), start); err != nil || l.Holder != d.To {
		t.Errorf("got %v and %s", err, l.Holder)
	}
}

// A scope that was not read whole cannot be certified, unless somebody answers for it.
func TestIncomplete(t *testing.T) {
	for _, line := range []string{"coverage corp/memberships partial", "coverage hr/identities failed", "gap group:corp/all memberships", "gap account:corp/ana eligibility"} {
		s, x := subject(world(t, append(company(), line)...)), terms(t)
		p, err := campaign.NewPlan(s, x)
		if err != nil || len(p.Missing) == 0 {
			t.Fatalf("%s: %v, %+v", line, err, p)
		}
		if _, err := campaign.Open(t.Context(), &ledger{}, s, x, campaign.Origin{}, id(t, "identity:hr/E8"), start); err == nil {
			t.Errorf("%s: a campaign began", line)
		}
		for _, m := range p.Missing {
			x.Accepted = append(x.Accepted, campaign.Accepted{About: m.About, Why: "a legal hold", By: id(t, "identity:hr/E0")})
		}
		if _, err := campaign.Open(t.Context(), &ledger{}, s, x, campaign.Origin{}, id(t, "identity:hr/E8"), start); err != nil {
			t.Errorf("%s, accepted: %v", line, err)
		}
	}
}

// What is in scope is what is asked for.
func TestScope(t *testing.T) {
	lines := append(company(), "entitlement:erp/pay description=x", "group:corp/pay assigned entitlement:erp/pay", "account:corp/ana member group:corp/all", "role:corp/r privileged=true", "account:corp/ben eligible role:corp/r")
	s := subject(world(t, lines...))
	pattern, err := sod.ParseIDPattern("entitlement:erp/*")
	if err != nil {
		t.Fatal(err)
	}
	s.Policy.Apps = []sod.Application{{ID: "erp", Entitlements: []sod.Selector{{ID: &pattern}}}}
	ana := "account:corp/ana → group:corp/pay"
	s.Before = map[string]campaign.Answer{}
	all, err := campaign.Items(s, campaign.Scope{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range all {
		if item.From.String() != "account:corp/ben" {
			s.Before[item.ID] = campaign.Keep
		}
	}
	pays := []string{ana, "account:corp/ana-adm → group:corp/pay", "account:corp/ben → group:corp/pay", "account:corp/boss → group:corp/pay", "account:corp/owner → group:corp/pay"}
	for name, tt := range map[string]struct {
		scope campaign.Scope
		want  []string
	}{
		"an application":   {campaign.Scope{Applications: []string{"erp"}}, pays},
		"a thing":          {campaign.Scope{Things: []string{"group:corp/a*"}}, []string{"account:corp/ana → group:corp/all"}},
		"what is powerful": {campaign.Scope{Privileged: true}, []string{"account:corp/ben → role:corp/r"}},
		"a person":         {campaign.Scope{People: []graph.ID{id(t, "identity:hr/E2")}}, []string{"account:corp/ben → group:corp/pay", "account:corp/ben → role:corp/r"}},
		"a source":         {campaign.Scope{Sources: []graph.Source{"erp"}}, nil},
		"structure":        {campaign.Scope{Sources: []graph.Source{"erp"}, Structure: true}, []string{"group:corp/pay → entitlement:erp/pay"}},
		"what changed":     {campaign.Scope{Changed: true}, []string{"account:corp/ben → group:corp/pay", "account:corp/ben → role:corp/r"}},
		"findings":         {campaign.Scope{Findings: true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			items, err := campaign.Items(s, tt.scope, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, i := range items {
				got = append(got, i.From.String()+" → "+i.To.String())
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("items (-want +got):\n%s", d)
			}
		})
	}
	for _, scope := range []campaign.Scope{{Applications: []string{"nope"}}, {Things: []string{"no id"}}, {People: []graph.ID{id(t, "identity:hr/nope")}}} {
		if _, err := campaign.Items(s, scope, nil); err == nil {
			t.Errorf("%+v was taken", scope)
		}
	}
}

// Revoked access is gone when no path leads there, of any account, and nothing may hide
// one.
func TestFollowUp(t *testing.T) {
	without := func(lines []string, drop ...string) []string {
		return slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return slices.Contains(drop, l) })
	}
	pay, adm := "account:corp/ana member group:corp/pay", "account:corp/ana-adm member group:corp/pay"
	for name, tt := range map[string]struct {
		lines []string
		want  campaign.State
	}{
		"still there":                {company(), campaign.Remains},
		"by another account":         {without(company(), pay), campaign.Remains},
		"gone":                       {without(company(), pay, adm), campaign.Gone},
		"through another group":      {append(without(company(), pay, adm), "account:corp/ana member group:corp/all", "group:corp/all member group:corp/pay"), campaign.Remains},
		"eligible":                   {append(without(company(), pay, adm), "account:corp/ana eligible group:corp/pay"), campaign.Remains},
		"not all was read":           {append(without(company(), pay, adm), "coverage corp/memberships partial"), campaign.NotKnown},
		"the group's members hidden": {append(without(company(), pay, adm), "gap group:corp/pay memberships"), campaign.NotKnown},
		"another group's are":        {append(without(company(), pay, adm), "gap group:corp/all memberships"), campaign.Gone},
		"accounts were not all read": {append(without(company(), pay, adm), "coverage corp/accounts partial"), campaign.NotKnown},
		"the group is gone":          {without(company(), "group:corp/pay description=Pay owner=identity:hr/E9", pay, adm, "account:corp/ben member group:corp/pay", "account:corp/owner member group:corp/pay", "account:corp/boss member group:corp/pay"), campaign.Gone},
		"the account is gone, and the other still has it": {without(company(), pay, "account:corp/ana", "identity:hr/E1 owns account:corp/ana"), campaign.Remains},
	} {
		t.Run(name, func(t *testing.T) {
			s := subject(world(t, company()...))
			c, log := open(t, s, terms(t))
			l := lineOf(t, c, "account:corp/ana")
			if err := c.Decide(t.Context(), answer(l, campaign.Revoke, ""), id(t, "identity:hr/E0"), start); err != nil {
				t.Fatal(err)
			}
			got, err := c.FollowUp(t.Context(), world(t, tt.lines...), asOf.AddDate(0, 1, 0), "sha256:later", id(t, "identity:hr/E8"), start)
			if err != nil || len(got) != 1 || got[0].State != tt.want {
				t.Errorf("got %+v, %v; want %s", got, err, tt.want)
			}
			if _, err := campaign.Replay(s, log.all(t)); err != nil {
				t.Error(err)
			}
		})
	}
}
