// SPDX-License-Identifier: Apache-2.0

package reports_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

func company(t *testing.T) *reports.Packet {
	return reportstest.Packet(t, reportstest.Company(t))
}

// Every check says in the packet what it looks for, and not only its name.
func TestChecksHaveTitles(t *testing.T) {
	for _, name := range check.Names() {
		in := reportstest.Company(t)
		in.Policy.Checks = []sod.Check{{Name: name, After: 90 * 24 * time.Hour, Within: 24 * time.Hour}}
		p := reportstest.Packet(t, in)
		if got := p.Rules[len(p.Rules)-1]; got.ID != name || got.Title == name || got.Title == "" {
			t.Errorf("check %s is told as %q (%s)", name, got.Title, got.ID)
		}
	}
}

func TestLines(t *testing.T) {
	p := company(t)
	line := 0
	for _, f := range p.Findings {
		if line++; f.Line != line {
			t.Errorf("finding %s has line %d, want %d", f.ID, f.Line, line)
		}
	}
	for _, n := range p.NotAssessed {
		if line++; n.Line != line {
			t.Errorf("row %s has line %d, want %d", n.Rule, n.Line, line)
		}
	}
	if diff := cmp.Diff([]int{1, 2, 3}, p.Causes[0].Lines); diff != "" {
		t.Errorf("lines of the first cause (-want +got):\n%s", diff)
	}
}

func TestSummary(t *testing.T) {
	want := reports.Summary{
		Identities: 8, Accounts: 11, Open: 8, Accepted: 1, Causes: 2, NotAssessed: 2, NotAssessedRows: 3, AcceptedRows: 1,
		Severities: []reports.SeverityCount{{Severity: sod.Critical, Open: 2}, {Severity: sod.High, Open: 4}, {Severity: sod.Medium, Open: 1}, {Severity: sod.Low, Open: 1}},
	}
	if diff := cmp.Diff(want, company(t).Summary); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

// TestEmployment tells what is told of people of each status.
func TestEmployment(t *testing.T) {
	tests := []struct {
		name  string
		attrs []string
		want  string
	}{
		{"active", []string{"status", "active"}, "employed"},
		{"on leave", []string{"status", "leave"}, "employed"},
		{"pending", []string{"status", "pending"}, "employed"},
		{"has left", []string{"status", "terminated", "end_date", "2026-06-30"}, "left"},
		{"has left, day unknown", []string{"status", "terminated"}, "left"},
		{"leaves later", []string{"status", "terminated", "end_date", "2026-12-24"}, "employed"},
		{"leaves later, as a time", []string{"status", "terminated", "end_date", "2026-12-24T00:00:00Z"}, "employed"},
		{"unknown", nil, "unknown"},
		{"unknown word", []string{"status", "retired"}, "unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id := reportstest.ID(t, "identity:hr/E1")
			n := graph.Node{ID: id}
			for i := 0; i < len(tt.attrs); i += 2 {
				n.Attrs.Set(tt.attrs[i], tt.attrs[i+1])
			}
			var b graph.Builder
			if err := b.Add(n); err != nil {
				t.Fatal(err)
			}
			p := reportstest.Packet(t, reports.Input{Graph: b.Graph(), Policy: &sod.Policy{}, Report: &sod.Report{
				AsOf: reportstest.AsOf(), Mode: reach.Standing,
				Findings: []sod.Finding{{ID: "F", Rule: "R", Severity: sod.Low, Subjects: []graph.ID{id}, Status: sod.Open}},
			}})
			if got := p.Findings[0].Subjects[0].Employment; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestSecretsStay looks through everything in a packet.
func TestSecretsStay(t *testing.T) {
	in := reportstest.Company(t)
	in.Baseline = reportstest.Earlier(t)
	in.Review = reportstest.Reviewed(t, in)
	p := reportstest.Packet(t, in)
	data, err := p.Canonical(1)
	if err != nil {
		t.Fatal(err)
	}
	all := string(data)
	if !strings.Contains(all, "Priya Raman") || !strings.Contains(all, "builds belong to the release team") {
		t.Fatal("the packet was not printed")
	}
	for _, secret := range []string{"SECRET", "leave", "pending", "terminated", "2026-12-24", "2026-11-30"} {
		if strings.Contains(all, secret) {
			t.Errorf("the packet holds %q", secret)
		}
	}
}

func TestGrantsAreLookedUp(t *testing.T) {
	w := company(t).Findings[0].Witness[1]
	var got []string
	for i, g := range w.Grants {
		got = append(got, fmt.Sprintf("%s %s %s %s", w.Nodes[i].Label(), g.Kind, g.Since.Format("2006-01-02"), g.Via))
	}
	if want := "ledger-developers member 2025-11-20 nested by CHG-4471"; got[2] != want {
		t.Errorf("got %q, want %q", got[2], want)
	}
}

func TestAccounts(t *testing.T) {
	var got []string
	for _, a := range company(t).Accounts {
		got = append(got, fmt.Sprint(a.Holder.Label(), " ", a.ID, " ", a.LastUse, " ", a.Lines))
	}
	want := []string{
		" account:corp/svc1 181 to 365 days ago, or later [8]",
		" account:corp/x9  [9]",
		"Ana Ruiz account:corp/a1 within 30 days [1]",
		"Søren Kjær account:corp/a2 within 30 days [2]",
		"Ελένη Παπαδοπούλου account:corp/a3 within 30 days [3]",
		"山田太郎 account:corp/a4 within 30 days [5]",
		"山田太郎 account:erp/TYAMADA  [5]",
		"חנה לוי account:corp/a5 within 30 days [6]",
		"חנה לוי account:erp/HLEVI 31 to 90 days ago, or later [6]",
		"Bob \u202eeciruA\u202c Marsh account:corp/a6 within 30 days [7]",
		"Priya Raman account:corp/a7 within 30 days [4]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

func TestAcceptances(t *testing.T) {
	var got []string
	for _, a := range company(t).Acceptances {
		got = append(got, fmt.Sprint(a.Rule, " in force ", a.InForce, " lines ", a.Lines))
	}
	want := []string{"DEV-DEPLOY in force true lines [4]", "VENDOR-PAY in force false lines [5]", "stale in force true lines []"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("acceptances (-want +got):\n%s", diff)
	}
}

func TestSources(t *testing.T) {
	for _, s := range company(t).Sources {
		switch s.Name {
		case "corp":
			if s.Datasets[0].Tie != "the counts agree" || s.Datasets[2].Tie != "no second count" {
				t.Errorf("corp ties out as %q and %q", s.Datasets[0].Tie, s.Datasets[2].Tie)
			}
			if len(s.Gaps) != 1 || s.Gaps[0].Count != 1 || len(s.Silent) != 4 {
				t.Errorf("corp has gaps %v and is silent on %v", s.Gaps, s.Silent)
			}
		case "erp":
			if got := s.Datasets[0].Tie; got != "1 missing" || s.Silent != nil {
				t.Errorf("erp ties out as %q and is silent on %v", got, s.Silent)
			}
		}
	}
}

// TestGone tells resolved from what cannot be told.
func TestGone(t *testing.T) {
	base := func(change func(*reports.Past)) reports.Past {
		p := reports.Past{ID: "F-old", Rule: "DEV-DEPLOY", Mode: reach.Standing, Status: sod.Open, Subjects: []reports.Thing{{ID: reportstest.ID(t, "identity:hr/E0900")}}}
		change(&p)
		return p
	}
	tests := []struct {
		name string
		past reports.Past
		row  *sod.NotAssessed
		days int // from the baseline to the packet
		want string
	}{
		{"assessed and gone", base(func(*reports.Past) {}), nil, 90, ""},
		{"somebody else was not assessed", base(func(*reports.Past) {}), &sod.NotAssessed{Rule: "DEV-DEPLOY", Subjects: 1, Examples: []graph.ID{reportstest.ID(t, "identity:hr/E1")}}, 90, ""},
		{"he was not assessed", base(func(*reports.Past) {}), &sod.NotAssessed{Rule: "DEV-DEPLOY", Subjects: 1, Examples: []graph.ID{reportstest.ID(t, "identity:hr/E0900")}, Reason: "why"}, 90, "line 1, not assessed: why"},
		{"he may be among them", base(func(*reports.Past) {}), &sod.NotAssessed{Rule: "DEV-DEPLOY", Subjects: 2, Examples: []graph.ID{reportstest.ID(t, "identity:hr/E1")}, Reason: "why"}, 90, "line 1, not assessed: why"},
		{"it is not known of whom", base(func(*reports.Past) {}), &sod.NotAssessed{Rule: "DEV-DEPLOY", Reason: "why"}, 90, "line 1, not assessed: why"},
		{"another rule was not assessed", base(func(*reports.Past) {}), &sod.NotAssessed{Rule: "VENDOR-PAY"}, 90, ""},
		{"the rule is gone", base(func(p *reports.Past) { p.Rule = "OLD" }), nil, 90, "OLD is not in this policy"},
		{"the mode was not judged", base(func(p *reports.Past) { p.Mode = reach.Attainable }), nil, 90, "access that is attainable was not judged"},
		{"a check has no mode", base(func(p *reports.Past) { p.Rule, p.Mode = "stale", 0 }), nil, 90, ""},
		{"the baseline is later", base(func(*reports.Past) {}), nil, -1, "the earlier report is of a later day"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := reportstest.Company(t)
			in.Report.Findings, in.Report.NotAssessed = nil, nil
			if tt.row != nil {
				in.Report.NotAssessed = []sod.NotAssessed{*tt.row}
			}
			in.Baseline = &reports.Findings{AsOf: reportstest.AsOf().AddDate(0, 0, -tt.days), Findings: []reports.Past{tt.past}}
			g := reportstest.Packet(t, in).Changes.Gone[0]
			state := reports.IsResolved
			if tt.want != "" {
				state = reports.CannotTell
			}
			if g.State != state || g.Why != tt.want {
				t.Errorf("got %q, %q; want %q, %q", g.State, g.Why, state, tt.want)
			}
		})
	}
}

func TestChange(t *testing.T) {
	now := reportstest.AsOf()
	then, first := now.AddDate(0, -1, 0), now.AddDate(0, -3, 0)
	of := func(status sod.Status) []reports.Past {
		return []reports.Past{{ID: "F-DEV-DEPLOY-E1001", Rule: "DEV-DEPLOY", Status: status, FirstSeen: first, Since: first}}
	}
	carried := func(state string) []reports.Gone { return []reports.Gone{{Past: of(sod.Open)[0], State: state}} }
	timeless := of(sod.Open)
	timeless[0].FirstSeen, timeless[0].Since = time.Time{}, time.Time{}
	for name, tt := range map[string]struct {
		base         reports.Findings
		status       sod.Status
		want         string
		first, since time.Time
	}{
		"in no report":                 {reports.Findings{}, sod.Open, reports.IsNew, now, now},
		"accepted at once":             {reports.Findings{}, sod.Accepted, reports.IsAccepted, now, now},
		"was open":                     {reports.Findings{Findings: of(sod.Open)}, sod.Open, reports.IsOpen, first, first},
		"was open, no times":           {reports.Findings{Findings: timeless}, sod.Open, reports.IsOpen, then, then},
		"the acceptance lapsed":        {reports.Findings{Findings: of(sod.Accepted)}, sod.Open, reports.IsRecurred, first, first},
		"was open, accepted now":       {reports.Findings{Findings: of(sod.Open)}, sod.Accepted, reports.IsAccepted, first, first},
		"was resolved":                 {reports.Findings{Gone: carried(reports.IsResolved)}, sod.Open, reports.IsRecurred, first, now},
		"was resolved, accepted now":   {reports.Findings{Gone: carried(reports.IsResolved)}, sod.Accepted, reports.IsAccepted, first, now},
		"could not be told in between": {reports.Findings{Gone: carried(reports.CannotTell)}, sod.Open, reports.IsOpen, first, first},
	} {
		t.Run(name, func(t *testing.T) {
			in := reportstest.Company(t)
			in.Report.Findings[0].Status = tt.status
			tt.base.AsOf = then
			in.Baseline = &tt.base
			p := reportstest.Packet(t, in)
			f := p.Findings[0]
			if f.Change != tt.want || !f.FirstSeen.Equal(tt.first) || !f.Since.Equal(tt.since) {
				t.Errorf("got %s, first seen %s, since %s; want %s, %s, %s", f.Change, f.FirstSeen, f.Since, tt.want, tt.first, tt.since)
			}
			if len(p.Changes.Gone)+len(p.Changes.Before) > 0 {
				t.Errorf("it is there, and told as gone: %v, %v", p.Changes.Gone, p.Changes.Before)
			}
		})
	}
}

// What was resolved is kept so that it can recur; what could not be told is
// looked at again.
func TestGoneIsCarriedOn(t *testing.T) {
	in := reportstest.Company(t)
	in.Report.Findings, in.Report.NotAssessed = nil, nil
	resolved := reports.Past{ID: "F-1", Rule: "DEV-DEPLOY", Subjects: []reports.Thing{{ID: reportstest.ID(t, "identity:hr/E0900")}}}
	untold := resolved
	untold.ID = "F-2"
	in.Baseline = &reports.Findings{AsOf: reportstest.AsOf().AddDate(0, -1, 0), Gone: []reports.Gone{{Past: resolved, State: reports.IsResolved}, {Past: untold, State: reports.CannotTell}}}
	c := reportstest.Packet(t, in).Changes
	if len(c.Before) != 1 || c.Before[0].ID != "F-1" {
		t.Errorf("carried on: %v, want F-1", c.Before)
	}
	if len(c.Gone) != 1 || c.Gone[0].ID != "F-2" || c.Gone[0].State != reports.IsResolved {
		t.Errorf("gone: %v, want F-2 resolved", c.Gone)
	}
}

func TestLeftOutIsNotResolved(t *testing.T) {
	in := reportstest.Company(t)
	in.Report.Findings, in.Report.NotAssessed, in.LeftOut = nil, nil, []string{"DEV-DEPLOY"}
	in.Baseline = reportstest.Earlier(t)
	if g := reportstest.Packet(t, in).Changes.Gone[0]; g.State != reports.CannotTell || g.Why != "DEV-DEPLOY was left out" {
		t.Errorf("got %q, %q", g.State, g.Why)
	}
}

// A finding of which the rule is left out in its mode only may still be there.
func TestDroppedIsNotResolved(t *testing.T) {
	earlier := reportstest.Earlier(t)
	who := earlier.Findings[0].Subjects[0].ID
	for name, tt := range map[string]struct {
		dropped reports.Dropped
		why     string
	}{
		"nothing":        {reports.Dropped{}, ""},
		"it":             {reports.Dropped{Findings: []sod.Finding{{ID: earlier.Findings[0].ID, Severity: sod.Low}}}, "it is low now and was left out"},
		"another":        {reports.Dropped{Findings: []sod.Finding{{ID: "F-1", Rule: "DEV-DEPLOY"}}}, ""},
		"a row of it":    {reports.Dropped{NotAssessed: []sod.NotAssessed{{Rule: "DEV-DEPLOY", Mode: reach.Eligible, Subjects: 1, Examples: []graph.ID{who}, Reason: "r"}}}, "in eligible mode, which was left out, not assessed: r"},
		"a row of all":   {reports.Dropped{NotAssessed: []sod.NotAssessed{{Rule: "DEV-DEPLOY", Mode: reach.Eligible, Reason: "r"}}}, "in eligible mode, which was left out, not assessed: r"},
		"another's row":  {reports.Dropped{NotAssessed: []sod.NotAssessed{{Rule: "DEV-DEPLOY", Mode: reach.Eligible, Subjects: 1, Examples: []graph.ID{reportstest.ID(t, "identity:hr/E1002")}}}}, ""},
		"a rule's other": {reports.Dropped{NotAssessed: []sod.NotAssessed{{Rule: "VENDOR-PAY", Mode: reach.Eligible}}}, ""},
	} {
		in := reportstest.Company(t)
		in.Report.Findings, in.Report.NotAssessed, in.Dropped, in.Baseline = nil, nil, tt.dropped, earlier
		if g := reportstest.Packet(t, in).Changes.Gone[0]; g.Why != tt.why || (g.State == reports.IsResolved) != (tt.why == "") {
			t.Errorf("%s: got %q, %q; want %q", name, g.State, g.Why, tt.why)
		}
	}
}

// What is left out is no part of what is said to be clean.
func TestVerdictTellsWhatIsLeftOut(t *testing.T) {
	f, n := sod.Finding{Status: sod.Open, Severity: sod.High}, sod.NotAssessed{}
	for name, tt := range map[string]struct {
		dropped reports.Dropped
		want    string
	}{
		"not asked": {reports.Dropped{}, "no open finding in the assessed scope; everything in scope was assessed"},
		"nothing":   {reports.Dropped{Below: sod.High}, "no open finding in the assessed scope; everything in scope was assessed"},
		"findings": {reports.Dropped{Below: sod.Critical, Findings: []sod.Finding{f, f}},
			"no open finding at critical or above in the assessed scope; everything in scope was assessed; 2 open findings below critical are left out"},
		"a row": {reports.Dropped{Below: sod.Medium, NotAssessed: []sod.NotAssessed{n}},
			"no open finding in the assessed scope; everything at medium or above was assessed; 1 row NOT ASSESSED below medium is left out"},
		"all": {reports.Dropped{Below: sod.Critical, Findings: []sod.Finding{f, {Status: sod.Accepted}}, NotAssessed: []sod.NotAssessed{n}},
			"no open finding at critical or above in the assessed scope; everything at critical or above was assessed; 1 open finding, 1 accepted finding and 1 row NOT ASSESSED below critical are left out"},
	} {
		in := reportstest.Company(t)
		in.Report.Findings, in.Report.NotAssessed, in.Dropped = nil, nil, tt.dropped
		if got := reportstest.Packet(t, in).Verdict(); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := reports.New(reports.Input{}); err == nil {
		t.Error("a packet was made of nothing")
	}
	in := reportstest.Company(t)
	in.Report.Findings[0].Witness[0].Path.Kinds = nil
	if _, err := reports.New(in); err == nil || !strings.Contains(err.Error(), "F-DEV-DEPLOY-E1001") {
		t.Errorf("a broken path: got %v", err)
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := reports.Number(n); got != want {
			t.Errorf("Number(%d) = %q, want %q", n, got, want)
		}
	}
}

func FuzzDisplay(f *testing.F) {
	for _, s := range []string{"", "Ana", "a\u202eb\x1b[31m", "\xff", "⟨U+202E⟩"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := reports.Display(s)
		if strings.ContainsFunc(got, reports.Hidden) || reports.Display(got) != got {
			t.Errorf("Display(%q) = %q", s, got)
		}
	})
}
