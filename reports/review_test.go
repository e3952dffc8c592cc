// SPDX-License-Identifier: Apache-2.0

package reports_test

import (
	"fmt"
	"testing"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
)

// A line says in plain words what is held, what it leads to, what would be gone without it
// and what would stay.
func TestReview(t *testing.T) {
	c, s := reportstest.Campaign(t, reportstest.Company(t))
	r := reports.NewReview(c, s, graph.ID{})
	got := map[string]string{}
	for _, l := range r.Lines {
		got[l.Sentence()] = fmt.Sprintf("removes %q, remains %q, %d findings, %s", l.Removes, l.Remains, len(l.Findings), l.Reviewer.Label())
	}
	dev, deploy := "Change the ledger's source", "Deploy the ledger to production"
	want := map[string]string{
		"aruiz (Ana Ruiz) is a member of ledger-developers":            fmt.Sprintf("removes %q, remains [], 1 findings, Margarethe Ohlsson", []string{dev, deploy}),
		"epapad (Ελένη Παπαδοπούλου) is a member of ledger-developers": fmt.Sprintf("removes %q, remains %q, 1 findings, Margarethe Ohlsson", []string{dev}, []string{deploy}),
		"epapad (Ελένη Παπαδοπούλου) can activate Ledger Deployers":    fmt.Sprintf("removes [], remains %q, 1 findings, Margarethe Ohlsson", []string{deploy}),
	}
	for line, text := range want {
		if got[line] != text {
			t.Errorf("%s: got %s, want %s", line, got[line], text)
		}
	}
	if len(got) != 7 || r.Counts != (campaign.Closed{Undecided: 7}) {
		t.Errorf("%d lines, counted %+v", len(got), r.Counts)
	}
}

// A reviewer sees the lines that came to them, and no others.
func TestReviewOfOne(t *testing.T) {
	c, s := reportstest.Campaign(t, reportstest.Company(t))
	somebody := reportstest.ID(t, "identity:hr/E1001")
	if r := reports.NewReview(c, s, somebody); len(r.Lines) != 0 || r.Reviewer.Name != "Ana Ruiz" {
		t.Errorf("%d lines for %s", len(r.Lines), r.Reviewer.Label())
	}
	if r := reports.NewReview(c, s, reportstest.ID(t, "identity:hr/E1000")); len(r.Lines) != 7 || r.Lines[6].Number != 7 {
		t.Errorf("%d lines", len(r.Lines))
	}
}
