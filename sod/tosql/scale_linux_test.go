// SPDX-License-Identifier: Apache-2.0

package tosql_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/tosql"
)

// TestScale compares the engine with DuckDB over seeded companies, in one run: who
// breaks which rule, and how long it takes to say so. FOUREYES_ACCOUNTS lists the
// sizes; docs/performance/compare.sh sets it.
func TestScale(t *testing.T) {
	sizes := strings.Fields(os.Getenv("FOUREYES_ACCOUNTS"))
	if len(sizes) == 0 {
		t.Skip("FOUREYES_ACCOUNTS is not set; docs/performance/compare.sh sets it")
	}
	db := installDuckDB(t)
	for _, size := range sizes {
		accounts, err := strconv.Atoi(size)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(size, func(t *testing.T) { compareAt(t, db, accounts) })
	}
}

func compareAt(t *testing.T, db duckDB, accounts int) {
	dir := t.TempDir()
	folder, script := filepath.Join(dir, "snapshot"), filepath.Join(dir, "script.sql")
	p := writeCompany(t, folder, accounts)
	sql, err := tosql.Script(p, tosql.Options{Dialect: tosql.DuckDB, AsOf: synth.AsOf()})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(script, []byte(sql), 0o600); err != nil {
		t.Fatal(err)
	}
	for range rounds() {
		read, evaluate, want := engineAt(t, folder, p)
		memory := db.run(t, "--memory", "--threads", "2", folder, script)[0]
		files := db.run(t, "--threads", "2", folder, script)[0]
		for _, a := range []answer{memory, files} {
			if diff := cmp.Diff(want, a.lines()); diff != "" {
				t.Errorf("(-engine +database):\n%s", diff)
			}
		}
		t.Logf("load average %.1f; engine reads %v, evaluates %v; DuckDB loads %v, detects %v, both over files %v; DuckDB detects in %.1f times the time of the engine (%.1f); %d breaches",
			load(), read, evaluate, memory.Loading, memory.Detecting, files.Detecting, memory.Detecting.Wall/evaluate.Wall, memory.Detecting.Processor/evaluate.Processor, len(want))
		analyzeAt(t, folder, p)
	}
}

func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("FOUREYES_ROUNDS")); err == nil {
		return n
	}
	return 3
}

// load is the load average of the last minute.
func load() (minute float64) {
	text, _ := os.ReadFile("/proc/loadavg")
	_, _ = fmt.Sscan(string(text), &minute)
	return minute
}

// timed measures work.
func timed(work func()) spent {
	runtime.GC()
	start, used := time.Now(), processor()
	work()
	return spent{time.Since(start).Seconds(), processor() - used}
}

// processor is the processor time that this process has used.
func processor() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// analyzeAt runs the whole command as a process of its own.
func analyzeAt(t *testing.T, folder string, p *sod.Policy) {
	program := os.Getenv("FOUREYES_PROGRAM")
	if program == "" {
		return
	}
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, policyText(t, p), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "analyze", "--quiet", "--format", "json", "--fail-on", "none", "--policy", policy, "--as-of", "2026-10-01", folder)
	var out bytes.Buffer
	cmd.Stdout = &out
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	peak := 0
	for running := true; running; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("analyze: %v", err)
			}
			running = false
		case <-time.After(10 * time.Millisecond):
			peak = max(peak, highWater(cmd.Process.Pid))
		}
	}
	t.Logf("foureyes analyze: %.3f s, %.3f s of processor time, %d MB at the peak, %d MB of findings",
		time.Since(start).Seconds(), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), peak>>10, out.Len()>>20)
}

// highWater reads the largest resident size of a process in KB. What the system tells
// when a process has ended would begin with the size of this one.
func highWater(pid int) (kb int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0 // it has ended
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			_, _ = fmt.Sscan(rest, &kb)
		}
	}
	return kb
}

// policyText writes a policy of a company as JSON, which is YAML.
func policyText(t *testing.T, p *sod.Policy) []byte {
	type object = map[string]any
	var duties, rules []object
	for _, d := range p.Duties {
		var holds []any
		for _, s := range d.Holds {
			if s.ID != nil {
				holds = append(holds, s.ID.String())
				continue
			}
			holds = append(holds, object{"source": s.Source, "kind": s.Kind, "name": s.Name})
		}
		duties = append(duties, object{"id": d.ID, "holds": holds})
	}
	for _, r := range p.Rules {
		rule := object{"id": r.ID, "severity": r.Severity}
		if r.Kind == sod.CriticalRule {
			rule["critical"] = p.Duties[r.Duties[0]].ID
		} else {
			rule["conflict"] = []string{p.Duties[r.Duties[0]].ID, p.Duties[r.Duties[1]].ID}
		}
		rules = append(rules, rule)
	}
	text, err := json.Marshal(object{"version": 1, "name": "synthetic", "duties": duties, "rules": rules})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// writeCompany writes a company with 120 duties and 300 rules, as far as there are
// groups for them.
func writeCompany(t *testing.T, folder string, accounts int) *sod.Policy {
	c := synth.Org(accounts, 1)
	if accounts >= 10_000 {
		c.Duties, c.Rules = 120, 300
	}
	g := c.Graph()
	t.Logf("%d duties, %d rules, %d accounts, %d groups, %d memberships, %d grants", c.Duties, c.Rules, count(g, graph.Account), count(g, graph.Group), memberships(g), g.NumGrants())
	q := question{graph: g, asOf: synth.AsOf()}
	q.write(t, folder, "")
	return c.Policy()
}

func count(g *graph.Graph, k graph.Kind) int {
	lo, hi := g.Range(k)
	return int(hi - lo)
}

func memberships(g *graph.Graph) (n int) {
	for x := range g.Grants() {
		if x.Kind == graph.Member {
			n++
		}
	}
	return n
}

// engineAt reads the snapshot and evaluates the policy, witnesses included.
func engineAt(t *testing.T, folder string, p *sod.Policy) (read, evaluate spent, rows []string) {
	var g *graph.Graph
	read = timed(func() {
		s, err := snapshot.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		if g, err = s.Graph(); err != nil {
			t.Fatal(err)
		}
	})
	var r *sod.Report
	evaluate = timed(func() { r = sod.Evaluate(g, p, synth.AsOf()) })
	for _, f := range r.Findings {
		rows = append(rows, fmt.Sprintf("%s %s %s", f.Rule, f.Mode, f.Subjects[0]))
	}
	return read, evaluate, rows
}
