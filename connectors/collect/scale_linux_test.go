// SPDX-License-Identifier: Apache-2.0

package collect_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/connectors/hr"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/correlate"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// TestPeopleScale collects 300,000 rows of HR and 1,000,000 accounts, links them, proposes
// for the rest and runs every check: at night, and with FOUREYES_SCALE=1. It holds what
// was found and how much memory that took, and tells the time, which it does not hold.
func TestPeopleScale(t *testing.T) {
	if os.Getenv("FOUREYES_NIGHTLY") == "" && os.Getenv("FOUREYES_SCALE") == "" {
		t.Skip("neither FOUREYES_NIGHTLY nor FOUREYES_SCALE is set")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(50)) // as every verb does
	dir := t.TempDir()
	w := workforce{people: 300_000, accounts: 1_000_000, groups: 5_000}
	feed := w.feed(t, dir)
	m := meter{t: t}
	m.lap("")

	plan := collect.Plan{
		Jobs: []collect.Job{{Name: "hr", Collector: feed}, {Name: "corp", Collector: w}}, Now: scaleDay,
		Classify: []collect.Rule{{Source: "corp", Name: "svc-*", Type: "service"}, {Source: "corp", Name: "adm-*", Type: "person", Parent: "{1}"}, {Name: "*", Type: "person"}},
	}
	result, err := collect.Run(context.Background(), plan)
	if err != nil {
		t.Fatal(err)
	}
	m.lap("read, classify, correlate, build")
	g := result.Graph
	if len(result.Failed) > 0 {
		t.Fatal(result.Failed)
	}

	path := filepath.Join(dir, "snap")
	if _, err := snapshot.Write(path, g, snapshot.Meta{Tool: snapshot.Tool{Name: "foureyes", Version: "test"}, Started: result.Started, Ended: result.Ended}); err != nil {
		t.Fatal(err)
	}
	m.lap("write the snapshot, reading it back")
	s, err := snapshot.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if g, err = s.Graph(); err != nil {
		t.Fatal(err)
	}
	m.lap("read the snapshot")

	q := correlate.Propose(g, nil, correlate.Limits{})
	m.lap("propose")
	r := sod.Evaluate(g, allChecks(t), scaleDay, check.Judge)
	m.lap("judge by all checks")

	found := map[string]int{}
	for _, f := range r.Findings {
		found[f.Rule]++
	}
	t.Logf("%d nodes, %d grants; %d accounts unlinked, %d proposals and %d more; findings %v", g.NumNodes(), g.NumGrants(), q.Unlinked, len(q.Entries), q.Left, found)
	w.hold(t, g, q, found)
	m.hold(2 << 30)
}

// scaleDay is the day of the data.
var scaleDay = time.Date(2026, time.September, 30, 18, 0, 0, 0, time.UTC)

// A workforce is people with accounts of one directory: of each hundred accounts 84 carry
// an employee id, 8 are second accounts of their logins, 4 carry an id that only looks like
// one, 2 are nobody's by any key and 2 are services.
type workforce struct{ people, accounts, groups int }

// name gives a person a name that few others have.
func (w workforce) name(i int) (first, last string) {
	syllables := []string{"ba", "co", "du", "fe", "gi", "ha", "jo", "ku", "le", "mi", "na", "po", "ru", "se", "ti", "vo"}
	word := func(n, k int) (s string) {
		for range k {
			s += syllables[n%16]
			n /= 16
		}
		return s
	}
	return word(i*7+3, 2), word(i*2_654_435+11, 4)
}

// feed writes the people as CSV, with the manifest that makes it complete.
func (w workforce) feed(t *testing.T, dir string) connectors.Collector {
	t.Helper()
	path := filepath.Join(dir, "hr.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	out := bufio.NewWriter(io.MultiWriter(f, sum))
	fmt.Fprintln(out, "EmpNo,Name,Status,Start,End,Mail,Dept,Mgr")
	for i := range w.people {
		first, last := w.name(i)
		status, end := "active", ""
		if i%50 == 7 {
			status, end = "terminated", "2026-06-30"
		}
		fmt.Fprintf(out, "%07d,%s %s,%s,2020-01-01,%s,%s.%s%d@example.com,D%d,%07d\n", i, first, last, status, end, first, last, i, i%400, i/10)
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	manifest := fmt.Sprintf(`{"rows": %d, "sha256": "%x", "as_of": "2026-09-30T17:00:00Z"}`, w.people, sum.Sum(nil))
	if err := os.WriteFile(path+".manifest.json", []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := hr.New(hr.Config{Feed: hr.Feed{Path: path, Zone: "UTC", Columns: map[string]string{"employee_id": "EmpNo", "name": "Name", "status": "Status",
		"start_date": "Start", "end_date": "End", "mail": "Mail", "department": "Dept", "manager": "Mgr"}}}, connectors.Options{Source: "hr", Now: scaleDay})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Collect tells the accounts and their groups.
func (w workforce) Collect(context.Context, connectors.Want) iter.Seq2[graph.Fact, error] {
	return func(yield func(graph.Fact, error) bool) {
		ok := yield(graph.SourceRun{Source: "corp", Connector: "facts", Started: scaleDay.Add(-time.Hour), Ended: scaleDay}, nil)
		for _, d := range graph.Datasets() {
			ok = ok && yield(graph.Coverage{Source: "corp", Dataset: d, State: graph.Complete}, nil)
		}
		group := func(i int) graph.ID { return graph.ID{Kind: graph.Group, Source: "corp", Key: fmt.Sprintf("g%d", i)} }
		for i := 0; ok && i < w.groups; i++ {
			n := graph.Node{ID: group(i), Name: fmt.Sprintf("group %d", i)}
			n.Attrs.Set("privileged", fmt.Sprint(i < 50))
			ok = yield(n, nil)
		}
		for i := 0; ok && i < w.accounts; i++ {
			a := w.account(i)
			ok = yield(a, nil)
			for j := 0; ok && j < 2; j++ {
				ok = yield(graph.Grant{From: a.ID, To: group((i*7 + j*1_309) % w.groups), Kind: graph.Member}, nil)
			}
		}
	}
}

func (w workforce) account(i int) graph.Node {
	who := i % w.people
	first, last := w.name(who)
	n := graph.Node{ID: graph.ID{Kind: graph.Account, Source: "corp", Key: fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i)}, Name: fmt.Sprintf("u%07d", i)}
	switch k := i % 100; {
	case k < 84:
		n.Attrs.Set("employee_id", fmt.Sprintf("%07d", who))
	case k < 92:
		n.Name = fmt.Sprintf("adm-u%07d", i-50)
	case k < 96:
		n.Attrs.Set("employee_id", fmt.Sprintf("E%d", who))
		if k == 95 {
			n.Attrs.Set("employee_id", fmt.Sprint(who)) // without the zeros
		}
	case k < 98:
		n.Name = first[:1] + last
	default:
		n.Name = fmt.Sprintf("svc-%d", i)
	}
	n.Attrs.Set("status", "enabled")
	n.Attrs.Set("created", "2021-05-01T00:00:00Z")
	n.Attrs.Set("last_sign_in", "2026-09-15T08:00:00Z")
	if i%10 == 3 {
		n.Attrs.Set("last_sign_in", "2026-02-15T08:00:00Z")
	}
	n.Attrs.Set("mfa", []string{"registered", "none", "enforced"}[i%3])
	n.Attrs.Set("mail", fmt.Sprintf("%s.%s%d@example.com", first, last, i))
	n.Attrs.Set("dn", fmt.Sprintf("CN=%s,OU=People,DC=example,DC=com", n.Name))
	return n
}

// allChecks is a policy of every check.
func allChecks(t *testing.T) *sod.Policy {
	t.Helper()
	plane, err := sod.ParseIDPattern("group:corp/g0")
	if err != nil {
		t.Fatal(err)
	}
	p := &sod.Policy{Mode: 2, ControlPlane: []sod.Selector{{ID: &plane}}}
	for _, name := range check.Names() {
		p.Checks = append(p.Checks, sod.Check{Name: name, Severity: sod.Low, After: 90 * 24 * time.Hour, Within: 24 * time.Hour, AtLeast: "enforced"})
	}
	return p
}

// hold checks that the work was done.
func (w workforce) hold(t *testing.T, g *graph.Graph, q *correlate.Queue, found map[string]int) {
	t.Helper()
	owns := 0
	for grant := range g.Grants() {
		if grant.Kind == graph.Owns {
			owns++
		}
	}
	if want := w.accounts / 100 * 92; owns != want {
		t.Errorf("%d accounts are linked, want %d", owns, want)
	}
	if want := w.accounts / 100 * 8; q.Unlinked != want {
		t.Errorf("%d accounts are unlinked, want %d", q.Unlinked, want)
	}
	if got := len(q.Entries) + q.Left; got < w.accounts/100*2 {
		t.Errorf("only %d accounts have proposals", got)
	}
	for _, name := range []string{"leaver", "orphaned", "stale", "uncorrelated", "mfa", "service"} {
		if found[name] == 0 {
			t.Errorf("the check %s found nothing", name)
		}
	}
}

// A meter tells what each part of the work took.
type meter struct {
	t    *testing.T
	at   time.Time
	used time.Duration
}

func (m *meter) lap(what string) {
	m.t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		m.t.Fatal(err)
	}
	now, used := time.Now(), time.Duration(r.Utime.Nano()+r.Stime.Nano())
	if what != "" {
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		m.t.Logf("%-36s %5.1f s, %5.1f s of processor time; heap at most %d MB so far, this process %s", what, now.Sub(m.at).Seconds(), (used - m.used).Seconds(), s.HeapSys>>20, resident(m.t))
	}
	m.at, m.used = now, used
}

// hold checks how much memory the heap took from the system at most.
func (m *meter) hold(most uint64) {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	if s.HeapSys > most {
		m.t.Errorf("the heap took %d MB, more than %d", s.HeapSys>>20, most>>20)
	}
}

func resident(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}
