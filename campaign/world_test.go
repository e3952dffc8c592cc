// SPDX-License-Identifier: Apache-2.0

package campaign_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

var (
	asOf  = time.Date(2026, 9, 30, 23, 59, 59, 0, time.UTC)
	start = time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)
)

func id(t testing.TB, s string) graph.ID {
	t.Helper()
	x, err := graph.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// world reads lines such as "identity:hr/E1 owns account:corp/a" and
// "group:corp/g owner=identity:hr/E1 description=Pay"; all sources are whole unless a
// line says "coverage corp/memberships partial" or "gap group:corp/g memberships".
func world(t testing.TB, lines ...string) *graph.Graph {
	t.Helper()
	var b graph.Builder
	add := func(f graph.Fact) {
		t.Helper()
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	sources, told := map[graph.Source]bool{}, map[string]bool{}
	for _, l := range lines {
		f := strings.Fields(l)
		switch {
		case f[0] == "gap":
			add(graph.Gap{About: id(t, f[1]), Dataset: graph.Dataset(f[2]), Reason: "denied"})
		case f[0] == "coverage":
			source, dataset, _ := strings.Cut(f[1], "/")
			var st graph.State
			if err := st.UnmarshalText([]byte(f[2])); err != nil {
				t.Fatal(err)
			}
			told[f[1]] = true
			add(graph.Coverage{Source: graph.Source(source), Dataset: graph.Dataset(dataset), State: st})
		case len(f) == 3 && !strings.Contains(f[1], "="):
			k, err := graph.ParseGrantKind(f[1])
			if err != nil {
				t.Fatal(err)
			}
			add(graph.Grant{From: id(t, f[0]), To: id(t, f[2]), Kind: k})
		default:
			n := graph.Node{ID: id(t, f[0]), Name: id(t, f[0]).Key}
			sources[n.ID.Source] = true
			for _, a := range f[1:] {
				key, value, _ := strings.Cut(a, "=")
				n.Attrs.Set(key, value)
			}
			add(n)
		}
	}
	for s := range sources {
		for _, d := range graph.Datasets() {
			if !told[string(s)+"/"+string(d)] {
				add(graph.Coverage{Source: s, Dataset: d, State: graph.Complete})
			}
		}
	}
	return b.Graph()
}

// company is a manager, two of her people, an owner and a deputy.
func company() []string {
	return []string{
		"identity:hr/E0 status=active", "identity:hr/E1 status=active manager=identity:hr/E0", "identity:hr/E2 status=active manager=identity:hr/E0",
		"identity:hr/E9 status=active", "identity:hr/E8 status=active",
		"account:corp/boss", "account:corp/ana", "account:corp/ana-adm type=person parent=account:corp/ana", "account:corp/ben", "account:corp/owner",
		"identity:hr/E0 owns account:corp/boss", "identity:hr/E1 owns account:corp/ana", "identity:hr/E2 owns account:corp/ben", "identity:hr/E9 owns account:corp/owner",
		"group:corp/pay description=Pay owner=identity:hr/E9", "group:corp/all description=All",
		"account:corp/ana member group:corp/pay", "account:corp/ana-adm member group:corp/pay", "account:corp/ben member group:corp/pay", "account:corp/owner member group:corp/pay",
		"account:corp/boss member group:corp/pay",
	}
}

func subject(g *graph.Graph) campaign.Subject {
	return campaign.Subject{Graph: g, Policy: &sod.Policy{}, Report: &sod.Report{}, AsOf: asOf}
}

func terms(t testing.TB) campaign.Terms {
	return campaign.Terms{
		ID: "Q3", Name: "Third quarter", Admins: []graph.ID{id(t, "identity:hr/E8")},
		Stages: []campaign.Stage{{Name: "managers", By: []campaign.Way{campaign.Manager, campaign.Owner}, Due: start.AddDate(0, 0, 14)}},
	}
}

// A ledger keeps records in memory; it can refuse the next one.
type ledger struct {
	records [][]byte
	refuse  bool
}

func (l *ledger) Append(_ context.Context, records ...[]byte) error {
	if l.refuse {
		return errors.New("the disk is full")
	}
	for _, r := range records {
		l.records = append(l.records, slices.Clone(r))
	}
	return nil
}

func (l *ledger) all(t testing.TB) func(yield func(campaign.Record) bool) {
	return func(yield func(campaign.Record) bool) {
		for _, text := range l.records {
			r, err := campaign.ParseRecord(text)
			if err != nil {
				t.Fatal(err)
			}
			if !yield(r) {
				return
			}
		}
	}
}

func open(t testing.TB, s campaign.Subject, x campaign.Terms) (*campaign.Campaign, *ledger) {
	t.Helper()
	log := &ledger{}
	c, err := campaign.Open(t.Context(), log, s, x, campaign.Origin{Snapshot: "sha256:snapshot", Policy: "sha256:policy"}, id(t, "identity:hr/E8"), start)
	if err != nil {
		t.Fatal(err)
	}
	return c, log
}

func lineOf(t testing.TB, c *campaign.Campaign, from string) *campaign.Line {
	t.Helper()
	for _, l := range c.Lines() {
		if l.From.String() == from {
			return l
		}
	}
	t.Fatalf("no line of %s", from)
	return nil
}

func entered() campaign.Source { return campaign.Source{Kind: campaign.ByOperator, Of: "ticket 1"} }

func answer(l *campaign.Line, a campaign.Answer, reason string) campaign.Decided {
	return campaign.Decided{Item: l.ID, Stage: l.Stage, Answer: a, Reason: reason, Source: entered(), Replaces: len(l.Decisions)}
}

func nightly() bool { return os.Getenv("FOUREYES_NIGHTLY") != "" }
