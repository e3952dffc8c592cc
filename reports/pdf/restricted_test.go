// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/table"
)

// planted is a packet with everything that is restricted.
func planted(t testing.TB) *reports.Packet {
	in := reportstest.Planted(t)
	in.Review = reportstest.Reviewed(t, in)
	in.Baseline = reportstest.Earlier(t)
	in.Baseline.Findings = append(in.Baseline.Findings, reports.Past{
		ID: "F-WEAK-then", Kind: "mfa", Rule: "mfa", Subjects: []reports.Thing{{ID: reportstest.ID(t, "account:corp/WEAK0"), Name: "WEAK-then"}}, Status: "open",
	})
	p := reportstest.Packet(t, in)
	p.Lateness = reportstest.Obtained(t)
	way := reports.Thing{ID: reportstest.ID(t, "group:corp/WAY9"), Name: "WAY-left"}
	p.NotReviewed = []reports.NotReviewed{{Item: "I-WAY", Sentence: "aruiz controls WAY-left"}, {Item: "I-1", Sentence: "aruiz is a member of clerks"}}
	p.Remediation = &reports.Remediation{
		Verdict: "1 step", Scope: "all", Blocked: []reports.PlanBlock{{ID: "F-mixed", Rule: "VENDOR-PAY", Kept: []reports.PlanGrant{{From: way, To: way, Kind: graph.Member}}}},
		Steps: []reports.RemediationStep{{Number: 1, From: way, To: way, Verb: "is a member of", Owners: []reports.Thing{way}, Clears: []int{p.Findings[slices.IndexFunc(p.Findings, func(f reports.Finding) bool { return f.ID == "F-mixed" })].Line}}},
	}
	return p
}

// written is every byte that belongs to a packet, with the words of its pages.
func written(t *testing.T, p *reports.Packet) string {
	t.Helper()
	data, err := p.Canonical(pdf.Drawing)
	var lines, pages bytes.Buffer
	if err := errors.Join(err, jsonout.Render(&lines, p), table.Render(&lines, p), pdf.Render(&pages, p)); err != nil {
		t.Fatal(err)
	}
	return string(data) + lines.String() + plain(textOf(t, pages.Bytes()))
}

// TestNothingRestrictedIsOpen fails when any of what [reports.Packet.Split] takes out is
// left in: each step of it was taken away once.
func TestNothingRestrictedIsOpen(t *testing.T) {
	p := planted(t)
	before := written(t, p)
	open, annex := p.Split()
	if annex == nil {
		t.Fatal("there is no annex")
	}
	for name, part := range map[string]*reports.Packet{"open": open, "annex": annex} {
		if wrong := part.Recount(); len(wrong) > 0 {
			t.Errorf("%s: %s", name, strings.Join(wrong, "\n"))
		}
	}
	text, whole := written(t, open), written(t, annex)
	for _, word := range []string{"WAY", "WEAK", "second factor: none", `"mfa":"enforced"`} {
		if i := strings.Index(text, word); i >= 0 {
			t.Errorf("the open packet says %q: …%s…", word, text[max(0, i-200):min(len(text), i+200)])
		}
	}
	for _, word := range append(reportstest.Plants(), "WEAK-then", "WAY-left", "I-WAY", "RESTRICTED ANNEX") {
		if !strings.Contains(whole, word) {
			t.Errorf("the annex does not say %q", word)
		}
	}
	for _, l := range open.Review.Lines {
		for _, f := range l.Findings {
			if slices.Contains([]string{"F-VENDOR-PAY-E1001", "F-VENDOR-PAY-E1002", "F-mixed"}, f.ID) {
				t.Errorf("line %d is said to be on the path of %s", l.Number, f.ID)
			}
		}
	}
	if before != written(t, p) {
		t.Error("parting the packet changed it")
	}
	if open.Verdict() != annex.Verdict() || len(open.Findings) != len(annex.Findings) || open.Summary.Open != annex.Summary.Open {
		t.Error("the numbers differ")
	}
}

// TestNoAnnexWithoutNeed: one document is enough then.
func TestNoAnnexWithoutNeed(t *testing.T) {
	p := reportstest.Packet(t, reportstest.Clean(t))
	if open, annex := p.Split(); annex != nil || open != p {
		t.Error("a packet without anything restricted has an annex")
	}
}

// TestEveryPageIsRestricted looks for the stamp.
func TestEveryPageIsRestricted(t *testing.T) {
	_, annex := planted(t).Split()
	var b bytes.Buffer
	if err := pdf.Render(&b, annex); err != nil {
		t.Fatal(err)
	}
	pages := strings.Split(strings.TrimSuffix(textOf(t, b.Bytes()), "\f"), "\f")
	if i := slices.IndexFunc(pages, func(p string) bool { return !strings.Contains(p, "RESTRICTED ANNEX") }); i >= 0 {
		t.Errorf("page %d of %d does not say that it is restricted", i+1, len(pages))
	}
}

// TestOpenIsNoBaseline: against it, findings would seem to come and go.
func TestOpenIsNoBaseline(t *testing.T) {
	open, annex := planted(t).Split()
	for _, p := range []*reports.Packet{open, annex} {
		var b bytes.Buffer
		if err := jsonout.Render(&b, p); err != nil {
			t.Fatal(err)
		}
		if _, err := jsonout.Read(&b); (err == nil) != (p == annex) {
			t.Errorf("%s: %v", p.Annex, err)
		}
	}
}
