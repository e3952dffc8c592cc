// SPDX-License-Identifier: Apache-2.0

package reportstest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// SLA is one business day in Madrid.
func SLA() *sod.SLA {
	return &sod.SLA{
		Within: sod.Span{BusinessDays: 1}, From: sod.Later, Period: 90 * 24 * time.Hour,
		Calendar: sod.Calendar{Zone: "Europe/Madrid", Weekend: []time.Weekday{time.Saturday, time.Sunday}, Holidays: []sod.Date{{Year: 2026, Month: 8, Day: 15}}},
	}
}

// Leavers is a company whose people left in every way: in time, recorded too late, with
// access that ended too late or lives on, and as nobody can tell. One will leave, and
// that stays a secret.
func Leavers(t testing.TB) reports.Input {
	t.Helper()
	w := &world{t: t}
	for _, s := range [][2]string{{"hr", "hr"}, {"corp", "export"}} {
		at := at(t, "2026-09-30T18:00:00Z")
		w.add(graph.SourceRun{Source: graph.Source(s[0]), Connector: s[1], Started: at, Ended: at.Add(4 * time.Minute)})
		w.add(graph.Coverage{Source: graph.Source(s[0]), Dataset: graph.All, State: graph.Complete})
	}
	person := func(id, name, end, recorded, status string, ended ...string) {
		w.node("identity:hr/"+id, name, "employee_id", id, "status", status, "zone", "Europe/Madrid", "end_date", end, "end_recorded", recorded)
		for i, at := range ended {
			account := fmt.Sprintf("account:corp/%s-%d", strings.ToLower(id), i)
			pairs := []string{"type", "person", "status", "enabled"}
			switch {
			case at == "unknown":
				pairs[3] = "disabled"
			case at != "":
				pairs[3] = "disabled"
				pairs = append(pairs, "disabled_at", at)
			}
			w.node(account, strings.ToLower(id), pairs...)
			w.grant("identity:hr/"+id, "owns", account, graph.Terms{})
		}
	}
	person("E1", "Ana Ruiz", "2026-08-31", "2026-08-20T08:00:00Z", "terminated", "2026-08-31T17:00:00Z")
	person("E2", "Søren Kjær", "2026-09-04", "2026-09-01T08:00:00Z", "terminated", "2026-09-05T09:00:00Z", "2026-09-06T09:00:00Z")
	person("E3", "Ελένη Παπαδοπούλου", "2026-09-11", "2026-09-16T08:00:00Z", "terminated", "2026-09-17T08:00:00Z")
	person("E4", "山田太郎", "2026-09-14", "2026-09-10T08:00:00Z", "terminated", "2026-09-14T15:00:00Z", "")
	person("E5", "Bob \u202eeciruA\u202c Marsh", "2026-09-01", "2026-09-09T08:00:00Z", "terminated", "2026-09-18T08:00:00Z")
	person("E6", "חנה לוי", "2026-09-08", "2026-09-07T08:00:00Z", "terminated", "unknown")
	person("E7", "Priya Raman", "2026-09-30", "2026-09-15T08:00:00Z", "terminated", "")
	person("E8", "Di Lind", "2026-12-24", "2026-09-02T08:00:00Z", "terminated", "")
	person("E9", "Cem Kaya", "2026-03-31", "2026-03-02T08:00:00Z", "terminated", "")
	w.node("identity:hr/E10", "Old Hand", "status", "terminated")
	w.node("identity:hr/E11", "Who Knows", "employee_id", "E11")
	w.r.AsOf, w.r.Mode = AsOf(), reach.Eligible
	return reports.Input{
		Graph: w.b.Graph(), Report: &w.r, Entity: "Harbour & Vale plc", Period: "Q3 2026",
		Policy: &sod.Policy{Name: "Leavers", Mode: reach.Eligible, Digest: "sha256:00", Checks: []sod.Check{{Name: "leaver", Severity: sod.High, Control: "AC-02", Within: 24 * time.Hour, SLA: SLA()}}},
	}
}

// Receipt is the receipt of somebody with accounts in so many sources, asked four times:
// in the second round some are gone, the third could not run, and in the fourth all but
// one of what was read are, and one source is not read.
func Receipt(t testing.TB, accounts int) *reports.Receipt {
	t.Helper()
	var book reports.ReceiptBook
	start := at(t, "2026-09-29T08:00:00Z")
	for round := range 4 {
		now := start.Add(time.Duration(round) * 6 * time.Hour)
		if round == 2 {
			book.Missed(now, "hr: the file is not there")
			continue
		}
		g := leaver(t, accounts, round, now)
		q := check.Question{EmployeeID: "E42", AsOf: now.Add(5 * time.Minute), SLA: SLA()}
		answer, err := check.LeaverOf(g, q)
		if err != nil {
			t.Fatal(err)
		}
		l, err := reports.NewLeaver(reports.LeaverInput{Graph: g, Question: q, Answer: answer, Started: now, Ended: now.Add(5 * time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		book.Saw(l)
	}
	return book.Receipt("Ines Albrecht, service desk", start.Add(18*time.Hour+6*time.Minute))
}

// leaver is what is read in one round.
func leaver(t testing.TB, accounts, round int, now time.Time) *graph.Graph {
	w := &world{t: t}
	w.add(graph.SourceRun{Source: "hr", Connector: "hr", Started: now, Ended: now.Add(time.Minute)})
	w.add(graph.Coverage{Source: "hr", Dataset: graph.All, State: graph.Complete})
	w.node("identity:hr/E42", "Bob \u202eeciruA\u202c Márquez-"+strings.Repeat("Åström", 1+accounts/4), "employee_id", "E42", "status", "terminated", "zone", "Europe/Madrid",
		"end_date", "2026-09-25", "end_recorded", "2026-09-28T07:30:00Z")
	for i := range accounts {
		source := graph.Source(fmt.Sprintf("app%d", i))
		state := graph.Complete
		if round == 3 && i == 2 {
			state = graph.Failed
		}
		w.add(graph.SourceRun{Source: source, Connector: "export", Started: now, Ended: now.Add(5 * time.Minute)})
		w.add(graph.Coverage{Source: source, Dataset: graph.All, State: state, Reason: map[bool]string{true: "the connection was refused"}[state == graph.Failed]})
		if state == graph.Failed {
			continue
		}
		id, status := fmt.Sprintf("account:%s/bob%d", source, i), "enabled"
		if round > 0 && i%2 == 1 || round == 3 && i > 0 {
			status = "disabled"
		}
		pairs := []string{"employee_id", "E42", "type", "person", "status", status}
		if status == "disabled" && i%2 == 1 {
			pairs = append(pairs, "disabled_at", "2026-09-29T10:00:00Z")
		}
		w.node(id, "bob.marquez", pairs...)
		for k := range 3 {
			group := fmt.Sprintf("group:%s/g%d", source, k)
			w.node(group, fmt.Sprintf("team-%d", k))
			if round == 0 || k > 0 {
				w.grant(id, "member", group, graph.Terms{})
			}
		}
	}
	return w.b.Graph()
}
