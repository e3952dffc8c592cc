// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/evidence"
	"github.com/foureyes-iga/foureyes/evidence/sqlite"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// crowded is a company in which each manager has one person below, who has so many groups.
func crowded(t *testing.T, managers, groups int) campaign.Subject {
	t.Helper()
	var b graph.Builder
	add := func(f graph.Fact) {
		t.Helper()
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	id := func(kind, key string, n int) graph.ID { return mustID(t, fmt.Sprintf("%s%s%d", kind, key, n)) }
	for _, s := range []graph.Source{"hr", "corp"} {
		for _, d := range graph.Datasets() {
			add(graph.Coverage{Source: s, Dataset: d, State: graph.Complete})
		}
	}
	for n := range managers {
		boss, who, account := id("identity:hr/", "M", n), id("identity:hr/", "P", n), id("account:corp/", "a", n)
		person := graph.Node{ID: who, Name: who.Key}
		person.Attrs.Set("manager", boss.String())
		add(graph.Node{ID: boss, Name: boss.Key})
		add(person)
		add(graph.Node{ID: account, Name: account.Key})
		add(graph.Grant{From: who, To: account, Kind: graph.Owns})
		for g := range groups {
			add(graph.Grant{From: account, To: id("group:corp/", "g", g), Kind: graph.Member})
		}
	}
	for g := range groups {
		add(graph.Node{ID: id("group:corp/", "g", g), Name: "g"})
	}
	return campaign.Subject{Graph: b.Graph(), Policy: &sod.Policy{}, Report: &sod.Report{}, AsOf: scriptClock()}
}

func mustID(t *testing.T, text string) graph.ID {
	t.Helper()
	id, err := graph.ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// newLedgerStore makes an evidence folder and opens it.
func newLedgerStore(t *testing.T, dir string) *ledgerStore {
	t.Helper()
	secret, err := evidence.GenerateKey(rand.Reader, "example.com/evidence")
	if err != nil {
		t.Fatal(err)
	}
	key, err := evidence.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := sqlite.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := evidence.Create(t.Context(), folder, evidence.Founding{Origin: "example.com/evidence", At: scriptClock()}, key, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &ledgerStore{folder: folder, ledger: l}
}

// Reviewers who decide at once lose nothing, double nothing and misplace nothing: what was
// acknowledged is what is read back. A writer that acknowledges before it is durable, takes
// an answer twice or gives one line's answer to another fails it. FOUREYES_NIGHTLY makes it a
// thousand reviewers with a hundred lines each.
func TestManyReviewers(t *testing.T) {
	reviewers, lines := 60, 10
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		reviewers, lines = 1000, 100
	}
	s := crowded(t, reviewers, lines)
	dir := filepath.Join(t.TempDir(), "evidence")
	store := newLedgerStore(t, dir)
	terms := campaign.Terms{
		ID: "load", Name: "Load", Admins: []graph.ID{mustID(t, "identity:hr/M0")},
		Stages: []campaign.Stage{{Name: "managers", By: []campaign.Way{campaign.Manager}, Due: scriptClock().AddDate(0, 0, 7)}},
	}
	c, err := campaign.Open(t.Context(), store, s, terms, campaign.Origin{}, terms.Admins[0], scriptClock())
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := decideAll(t, c, reviewers)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	compareWithLedger(t, dir, s, acknowledged)
}

// decideAll lets every reviewer decide one line after the other, all at once, and returns
// what was acknowledged.
func decideAll(t *testing.T, c *campaign.Campaign, reviewers int) map[string]campaign.Answer {
	t.Helper()
	var mu sync.Mutex
	acknowledged := map[string]campaign.Answer{}
	var all sync.WaitGroup
	begun := time.Now()
	for n := range reviewers {
		who := mustID(t, fmt.Sprintf("identity:hr/M%d", n))
		mine := slices.Clone(c.HeldBy(who, 0))
		all.Go(func() {
			for i, l := range mine {
				a := campaign.Answers()[(n+i)%3] // all but not-mine
				d := campaign.Decided{Item: l.ID, Answer: a, Source: campaign.Source{Kind: campaign.ByOperator, Of: who.String()}}
				if err := c.Decide(context.Background(), d, who, scriptClock()); err != nil {
					t.Errorf("%s: %v", l.ID, err)
					return
				}
				mu.Lock()
				acknowledged[l.ID] = a
				mu.Unlock()
			}
		})
	}
	all.Wait()
	took := time.Since(begun)
	t.Logf("%d reviewers, %d durable decisions in %v: %.0f a second", reviewers, len(acknowledged), took.Round(time.Millisecond), float64(len(acknowledged))/took.Seconds())
	return acknowledged
}

func compareWithLedger(t *testing.T, dir string, s campaign.Subject, want map[string]campaign.Answer) {
	t.Helper()
	folder, err := sqlite.OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := evidence.Open(t.Context(), folder, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	store := &ledgerStore{folder: folder, ledger: l}
	defer func() { _ = store.Close() }()
	history, err := readHistory(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	answered := map[string]int{}
	for _, r := range history {
		if r.Decided != nil {
			answered[r.Decided.Item]++
		}
	}
	again, err := campaign.Replay(s, slices.Values(history))
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Lines()) != len(want) {
		t.Errorf("%d lines, and %d answers were acknowledged", len(again.Lines()), len(want))
	}
	for _, l := range again.Lines() {
		if l.Final() != want[l.ID] || answered[l.ID] != 1 {
			t.Fatalf("%s: %q from %d records, and %q was acknowledged", l.ID, l.Final(), answered[l.ID], want[l.ID])
		}
	}
}
