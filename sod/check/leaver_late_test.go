// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

const day = 24 * time.Hour

// nextDay is one business day in Madrid.
func nextDay() *sod.SLA {
	return &sod.SLA{Within: sod.Span{BusinessDays: 1}, From: sod.Later, Period: 90 * day,
		Calendar: sod.Calendar{Zone: "Europe/Madrid", Weekend: []time.Weekday{time.Saturday, time.Sunday}}}
}

func readAt(source, connector, started, ended string) string {
	return fmt.Sprintf(`{"fact":"source","source":%q,"connector":%q,"started":%q,"ended":%q}`+"\n", source, connector, started, ended)
}

// The world of these tests was read at noon of the last of September, in five minutes.
var (
	readHR   = readAt("hr", "hr", "2026-09-30T12:00:00Z", "2026-09-30T12:05:00Z")
	readCorp = readAt("corp", "export", "2026-09-30T12:00:00Z", "2026-09-30T12:05:00Z")
	readAll  = whole + readHR + readCorp
)

// gone1 has left on a Wednesday, and it was recorded the day before.
func gone1(more string) string {
	return person("1", `"employee_id":"1","status":"terminated","zone":"Europe/Madrid"`+more)
}

const inTime = `,"end_date":"2026-09-23","end_recorded":"2026-09-22T08:00:00Z"`

// late tells a timing in one line: the two verdicts, and that on each access.
func late(x check.Timing) string {
	words := "HR " + x.HR.String() + ", IT " + x.IT.String()
	for _, a := range x.Accesses {
		words += "; " + a.ID.String() + " " + a.IT.String()
		if a.Gone {
			words += " gone"
		}
		if a.Why != "" {
			words += " (" + a.Why + ")"
		}
	}
	return words
}

func TestLateness(t *testing.T) {
	at := func(s string) string { return owns + account(`"status":"disabled","disabled_at":"`+s+`"`) }
	live := owns + account(`"status":"enabled"`)
	old := readAt("corp", "export", "2026-09-20T12:00:00Z", "2026-09-20T12:05:00Z")
	ldap := readAt("corp", "ldap", "2026-09-30T12:00:00Z", "2026-09-30T12:05:00Z")
	monday := readAt("hr", "hr", "2026-09-28T12:00:00Z", "2026-09-28T12:05:00Z")
	for _, x := range []struct{ name, lines, before, want string }{
		{"in time", readAll + gone1(inTime) + at("2026-09-24T20:00:00Z"), "", "HR on-time, IT on-time; account:corp/a on-time"},
		{"at the last moment", readAll + gone1(inTime) + at("2026-09-24T21:59:59Z"), "", "HR on-time, IT on-time; account:corp/a on-time"},
		{"a moment after it", readAll + gone1(inTime) + at("2026-09-24T22:00:00Z"), "", "HR on-time, IT late; account:corp/a late"},
		{"before the end", readAll + gone1(inTime) + at("2026-09-01T22:00:00Z"), "", "HR on-time, IT on-time; account:corp/a on-time"},
		{"lives", readAll + gone1(inTime) + live, "", "HR on-time, IT late; account:corp/a late"},
		{"no account", readAll + gone1(inTime), "", "HR on-time, IT on-time"},
		{"recorded late, ended in time after it", readAll + gone1(`,"end_date":"2026-09-21","end_recorded":"2026-09-24T08:00:00Z"`) + at("2026-09-25T08:00:00Z"), "", "HR late, IT on-time; account:corp/a on-time"},
		{"both late", readAll + gone1(`,"end_date":"2026-09-21","end_recorded":"2026-09-24T08:00:00Z"`) + live, "", "HR late, IT late; account:corp/a late"},
		{"recorded on the next day", readAll + gone1(`,"end_date":"2026-09-21","end_recorded":"2026-09-22"`) + at("2026-09-23T21:59:59Z"), "", "HR on-time, IT on-time; account:corp/a on-time"},
		{"the time is not over", readAll + gone1(`,"end_date":"2026-09-30","end_recorded":"2026-09-29"`) + live, "", "HR on-time, IT due; account:corp/a due"},
		{"disabled, and when is not known", readAll + gone1(inTime) + owns + account(`"status":"disabled"`), "", "HR on-time, IT cannot-tell; account:corp/a cannot-tell (when it ended is not known)"},
		{"when it was recorded is not known", readAll + gone1(`,"end_date":"2026-09-23"`) + at("2026-09-24T08:00:00Z"), "", "HR cannot-tell, IT on-time; account:corp/a on-time"},
		{"recorded by the data of human resources, at the latest", whole + monday + readCorp + gone1(`,"end_date":"2026-09-23"`) + live, "", "HR cannot-tell, IT late; account:corp/a late"},
		{"only known to be over", readAll + gone1("") + at("2026-09-24T08:00:00Z"), "", "HR cannot-tell, IT cannot-tell; account:corp/a cannot-tell (what was read of corp is of 2026-09-30 12:00 UTC, from before the end)"},
		{"the zone is not known", readAll + person("1", `"employee_id":"1","status":"terminated"`+inTime) + at("2026-09-24T22:30:00Z"), "", "HR on-time, IT cannot-tell; account:corp/a cannot-tell (when it ended is not known exactly enough)"},
		{"a day that lies across", readAll + gone1(inTime) + at("2026-09-24"), "", "HR on-time, IT cannot-tell; account:corp/a cannot-tell (when it ended is not known exactly enough)"},
		{"a day that does not", readAll + gone1(inTime) + at("2026-09-23"), "", "HR on-time, IT on-time; account:corp/a on-time"},
		{"uncertain", readAll + gone1(inTime) + owns + account(`"status":"disabled","disabled_at":"2026-09-24T20:00:00Z","disabled_at_uncertainty":"14h"`), "", "HR on-time, IT cannot-tell; account:corp/a cannot-tell (when it ended is not known exactly enough)"},
		{"an export from before the end", whole + readHR + old + gone1(inTime) + live, "", "HR on-time, IT cannot-tell; account:corp/a cannot-tell (what was read of corp is of 2026-09-20 12:00 UTC, from before the end)"},
		{"an export from before the end, disabled", whole + readHR + old + gone1(inTime) + at("2026-09-19T08:00:00Z"), "", "HR on-time, IT cannot-tell; account:corp/a cannot-tell (what was read of corp is of 2026-09-20 12:00 UTC, from before the end)"},
		{"an export from before the end, without the person", whole + readHR + old + gone1(inTime), "", "HR on-time, IT cannot-tell"},
		{"nobody knows when it was read", whole + readHR + gone1(inTime) + live, "", "HR on-time, IT cannot-tell; account:corp/a cannot-tell (when corp was read is not known)"},
		{"a directory tells the last change", whole + readHR + ldap + gone1(inTime) + at("2026-09-24T20:00:00Z"), "", "HR on-time, IT on-time; account:corp/a on-time"},
		{"a directory tells a later change", whole + readHR + ldap + gone1(inTime) + at("2026-09-29T20:00:00Z"), "", "HR on-time, IT cannot-tell; account:corp/a cannot-tell (when it ended is not known)"},
		{"expired", readAll + gone1(inTime) + owns + account(`"status":"expired","expires":"2026-09-23T22:00:00Z"`), "", "HR on-time, IT cannot-tell; account:corp/a cannot-tell (when it ended is not known exactly enough)"},
		{"expired too late", readAll + gone1(inTime) + owns + account(`"status":"expired","expires":"2026-09-25T22:00:00Z"`), "", "HR on-time, IT late; account:corp/a late"},
		{"status unknown", readAll + gone1(inTime) + owns + account(``), "", "HR on-time, IT cannot-tell; account:corp/a cannot-tell (it is not known whether it is enabled)"},
		{"held by no account", readAll + gone1(inTime) + grant("identity:hr/1", "role:corp/r", "assigned"), "", "HR on-time, IT late; identity:hr/1 late"},
		{"a secret of a service account", readAll + gone1(inTime) + `{"fact":"node","id":"account:corp/bot","name":"bot","attrs":{"status":"enabled","type":"service","owner":"identity:hr/1"}}` + "\n", "", "HR on-time, IT late; account:corp/bot late"},
		{"accounts not completely read", strings.Replace(readAll, `"corp","dataset":"*","state":"complete"`, `"corp","dataset":"*","state":"partial"`, 1) + gone1(inTime), "", "HR on-time, IT cannot-tell"},
		{"linked to nobody, with the same name", readAll + gone1(inTime) + account(`"status":"enabled","display_name":"p1"`), "", "HR on-time, IT cannot-tell"},
		{"somebody else's, too", readAll + gone1(inTime) + live + person("2", `"status":"active"`) + strings.Replace(owns, "hr/1", "hr/2", 1), "", "HR on-time, IT cannot-tell; account:corp/a cannot-tell (somebody else owns it, too)"},

		// With the snapshot before.
		{"it lived too late", readAll + gone1(inTime) + owns + account(`"status":"disabled"`), before("2026-09-25") + live, "HR on-time, IT late; account:corp/a late"},
		{"it lived in time", readAll + gone1(inTime) + owns + account(`"status":"disabled"`), before("2026-09-20") + live, "HR on-time, IT cannot-tell; account:corp/a cannot-tell (when it ended is not known exactly enough)"},
		{"gone, and it lived too late", readAll + gone1(inTime), before("2026-09-25") + person("1", "") + live, "HR on-time, IT late; account:corp/a late gone"},
		{"gone, and it lived before", readAll + gone1(inTime), before("2026-09-20") + person("1", "") + live, "HR on-time, IT cannot-tell; account:corp/a cannot-tell gone (when it ended is not known exactly enough)"},
		{"gone, and had ended", readAll + gone1(inTime), before("2026-09-25") + person("1", "") + at("2026-09-20T08:00:00Z"), "HR on-time, IT on-time; account:corp/a on-time gone"},
		{"gone, but not all was read", strings.Replace(readAll, `"corp","dataset":"*","state":"complete"`, `"corp","dataset":"*","state":"partial"`, 1) + gone1(inTime), before("2026-09-20") + person("1", "") + live, "HR on-time, IT cannot-tell; account:corp/a cannot-tell gone (it was not read again: accounts of corp are not completely read)"},
		{"expired as it was to", readAll + gone1(inTime) + owns + account(`"status":"expired","expires":"2026-09-23T22:00:00Z"`), before("2026-09-20") + owns + account(`"status":"enabled","expires":"2026-09-23T22:00:00Z"`), "HR on-time, IT on-time; account:corp/a on-time"},
		{"expired, and was to later", readAll + gone1(inTime) + owns + account(`"status":"expired","expires":"2026-09-23T22:00:00Z"`), before("2026-09-20") + owns + account(`"status":"enabled","expires":"2026-12-23T22:00:00Z"`), "HR on-time, IT cannot-tell; account:corp/a cannot-tell (when it ended is not known exactly enough)"},
		{"expired, and seen only after it", readAll + gone1(inTime) + owns + account(`"status":"expired","expires":"2026-09-23T22:00:00Z"`), before("2026-09-25") + owns + account(`"status":"expired","expires":"2026-09-23T22:00:00Z"`), "HR on-time, IT cannot-tell; account:corp/a cannot-tell (when it ended is not known exactly enough)"},
		{"nobody knew of an end", readAll + gone1(`,"end_date":"2026-09-21"`) + at("2026-09-22T08:00:00Z"), before("2026-09-25") + person("1", `"status":"active"`), "HR late, IT on-time; account:corp/a on-time"},
		{"somebody knew of an end", readAll + gone1(`,"end_date":"2026-09-21"`) + at("2026-09-22T08:00:00Z"), before("2026-09-25") + person("1", `"status":"active","end_date":"2026-09-21"`), "HR cannot-tell, IT on-time; account:corp/a on-time"},
	} {
		t.Run(x.name, func(t *testing.T) {
			now := build(t, x.lines)
			var previous *graph.Graph
			if x.before != "" {
				previous = build(t, x.before)
			}
			l, err := check.LeaverOf(now, check.Question{EmployeeID: "1", AsOf: asOf, SLA: nextDay(), Previous: previous})
			if err != nil {
				t.Fatal(err)
			}
			if got := late(*l.Timing); got != x.want {
				t.Errorf("asked about one:\ngot  %s\nwant %s", got, x.want)
			}
			all, err := check.LatesOf(now, previous, nextDay(), asOf)
			if err != nil {
				t.Fatal(err)
			}
			if len(all.People) == 0 && all.Undated == 1 {
				return // of whom the day is not known is only counted
			}
			if len(all.People) != 1 {
				t.Fatalf("%d people have left, want 1", len(all.People))
			}
			if got := late(all.People[0]); got != x.want {
				t.Errorf("asked about all:\ngot  %s\nwant %s", got, x.want)
			}
		})
	}
}

// before is a snapshot of a day, read in the morning.
func before(day string) string {
	at := day + "T06:00:00Z"
	return whole + readAt("hr", "hr", at, at) + readAt("corp", "export", at, at)
}

// TestLatenessFrom tells the three beginnings, and the two days of leaving, apart.
func TestLatenessFrom(t *testing.T) {
	lines := readAll + gone1(`,"end_date":"2026-09-21","last_day_worked":"2026-09-14","end_recorded":"2026-09-17T08:00:00Z"`)
	for _, x := range []struct {
		from     sod.Start
		lastWork bool
		ended    string
		want     check.Lateness
	}{
		{sod.Later, false, "2026-09-22T21:59:59Z", check.OnTime}, {sod.Later, false, "2026-09-22T22:00:00Z", check.Late},
		{sod.Left, false, "2026-09-22T21:59:59Z", check.OnTime}, {sod.Left, false, "2026-09-22T22:00:00Z", check.Late},
		{sod.Recorded, false, "2026-09-18T21:59:59Z", check.OnTime}, {sod.Recorded, false, "2026-09-18T22:00:00Z", check.Late},
		{sod.Left, true, "2026-09-15T21:59:59Z", check.OnTime}, {sod.Left, true, "2026-09-15T22:00:00Z", check.Late},
		{sod.Later, true, "2026-09-18T21:59:59Z", check.OnTime}, {sod.Later, true, "2026-09-18T22:00:00Z", check.Late},
	} {
		sla := nextDay()
		sla.From, sla.LastWork = x.from, x.lastWork
		l := leaving(t, lines+owns+account(`"status":"disabled","disabled_at":"`+x.ended+`"`), check.Question{SLA: sla})
		if l.Timing.IT != x.want {
			t.Errorf("from %s, last day worked %v, ended %s: %s, want %s", x.from, x.lastWork, x.ended, l.Timing.IT, x.want)
		}
		if wantHR := map[bool]check.Lateness{false: check.OnTime, true: check.Late}[x.lastWork]; l.Timing.HR != wantHR {
			t.Errorf("last day worked %v: HR %s", x.lastWork, l.Timing.HR)
		}
	}
}

// TestLatenessKeepsSecrets: of somebody who has not left the same is told, whatever
// human resources know.
func TestLatenessKeepsSecrets(t *testing.T) {
	var told []string
	for _, attrs := range []string{`"status":"active"`, `"status":"leave"`, `"status":"terminated","end_date":"2026-12-31","end_recorded":"2026-09-01"`, `"status":"active","end_date":"2026-12-31","end_recorded":"2026-09-01","last_day_worked":"2026-09-10"`} {
		for _, effective := range []time.Time{{}, asOf.Add(-2 * day)} {
			l := leaving(t, readAll+person("1", `"employee_id":"1",`+attrs)+owns+account(`"status":"enabled"`), check.Question{SLA: nextDay(), Effective: effective})
			told = append(told, fmt.Sprintf("%+v", *l.Timing))
		}
		if n := len(told); told[n-2] != told[0] || told[n-1] != told[1] {
			t.Errorf("%s:\ngot  %s\n     %s\nwant %s\n     %s", attrs, told[n-2], told[n-1], told[0], told[1])
		}
	}
	sla := nextDay()
	sla.LastWork = true
	odd := leaving(t, readAll+gone1(`,"end_date":"2026-09-10","last_day_worked":"2026-12-31"`), check.Question{SLA: sla})
	if strings.Contains(fmt.Sprintf("%+v", *odd.Timing), "2026-12-31") {
		t.Errorf("a day that is to come is told: %+v", odd.Timing)
	}
	all, err := check.LatesOf(build(t, readAll+person("1", `"status":"terminated","end_date":"2026-12-31"`)), nil, nextDay(), asOf)
	if err != nil || len(all.People) != 0 {
		t.Errorf("somebody who will leave is listed: %+v, %v", all, err)
	}
}

// TestLatesPeriod: who left before the period is not listed, and who left on a day that
// is not known, or may have left, is counted.
func TestLatesPeriod(t *testing.T) {
	sla := nextDay()
	sla.Period = 10 * day
	lines := readAll
	for id, attrs := range map[string]string{
		"1": `"status":"terminated","end_date":"2026-09-20","zone":"UTC"`, "2": `"status":"terminated","end_date":"2026-09-19","zone":"UTC"`,
		"3": `"status":"terminated"`, "4": ``, "5": `"status":"active"`, "6": `"status":"terminated","end_date":"2026-09-29","zone":"UTC"`,
	} {
		lines += person(id, attrs)
	}
	all, err := check.LatesOf(build(t, lines), nil, sla, asOf)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, x := range all.People {
		ids = append(ids, x.Identity.Key)
	}
	if diff := cmp.Diff([]string{"1", "6"}, ids); diff != "" || all.Undated != 1 || all.Unsure != 1 {
		t.Errorf("listed (-want +got):\n%s\nundated %d, unsure %d", diff, all.Undated, all.Unsure)
	}
}

// TestLatesMatchLeaverOf holds the judgement of all against the question about each, in
// random companies in which accounts name owners and main accounts in circles.
func TestLatesMatchLeaverOf(t *testing.T) {
	ties := map[check.Tie]int{}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		now, was := build(t, readAll+company(r)), build(t, before("2026-09-25")+company(r))
		all, err := check.LatesOf(now, was, nextDay(), asOf)
		if err != nil {
			t.Fatal(err)
		}
		if len(all.People) != 3 {
			t.Fatalf("%d people have left, want 3", len(all.People))
		}
		for _, got := range all.People {
			one, err := check.LeaverOf(now, check.Question{EmployeeID: got.Identity.Key, AsOf: asOf, SLA: nextDay(), Previous: was})
			if err != nil {
				t.Fatal(err)
			}
			if want := late(*one.Timing); late(got) != want {
				t.Fatalf("seed %d, %s:\nof all %s\nof one %s", seed, got.Identity, late(got), want)
			}
			for _, x := range got.Accesses {
				ties[x.Tie]++
			}
		}
	}
	for tie := check.Owned; tie <= check.Obtained; tie++ {
		if ties[tie] == 0 {
			t.Errorf("no account is %s", tie)
		}
	}
}

// company has three people who left and six accounts that are theirs in every way.
func company(r *rand.Rand) (lines string) {
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	for i := range 3 {
		lines += person(fmt.Sprint(i), fmt.Sprintf(`"employee_id":"%d","status":"terminated","zone":"Europe/Madrid","end_date":"2026-09-%d"`, i, 21+i))
	}
	names := func() string {
		return pick("account:corp/", "identity:hr/") + pick("0", "1", "2", "3", "4")
	}
	for i := range 6 {
		attrs := pick(`"status":"enabled"`, `"status":"disabled"`, `"status":"disabled","disabled_at":"2026-09-22T08:00:00Z"`) + `,"type":` + pick(`"person"`, `"service"`)
		if r.IntN(3) == 0 {
			attrs += `,"employee_id":"` + pick("0", "1", "2", "9") + `"`
		}
		if r.IntN(3) == 0 {
			attrs += `,"owner":["` + names() + `","` + names() + `"]`
		}
		if r.IntN(4) == 0 {
			attrs += `,"parent":"account:corp/` + pick("0", "1", "2", "3") + `"`
		}
		lines += fmt.Sprintf(`{"fact":"node","id":"account:corp/%d","name":"a%d","attrs":{%s}}`+"\n", i, i, attrs)
	}
	for range 3 {
		lines += grant("identity:hr/"+pick("0", "1", "2"), "account:corp/"+pick("0", "1", "2", "3", "4", "5"), pick("owns", "controls"))
	}
	return lines
}
