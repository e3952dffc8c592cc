// SPDX-License-Identifier: Apache-2.0

package tosql_test

import (
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

	gocmp "github.com/google/go-cmp/cmp"

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
	folder := filepath.Join(t.TempDir(), "snapshot")
	p := writeCompany(t, folder, accounts)
	script := filepath.Join(t.TempDir(), "script.sql")
	sql, err := tosql.Script(p, tosql.Options{Dialect: tosql.DuckDB, AsOf: synth.AsOf()})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(script, []byte(sql), 0o600); err != nil {
		t.Fatal(err)
	}
	if to := os.Getenv("FOUREYES_KEEP"); to != "" {
		_ = exec.Command("cp", "-r", folder, script, to).Run()
	}
	runtime.GC()
	read, evaluate, want := engineAt(t, folder, p)
	runtime.GC()
	a := db.run(t, "--memory", "--threads", "2", folder, script)[0]
	got := []string{}
	for _, row := range a.Rows {
		got = append(got, strings.Join(row, " "))
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-engine +database):\n%s", diff)
	}
	t.Logf("engine: read %.3f s, evaluate %.3f s; DuckDB: load %.3f s, detect %.3f s (%.1f times the engine); %d breaches; peak memory of this test %d MB",
		read, evaluate, a.Load, a.Run, a.Run/evaluate, len(want), peak())
}

// writeCompany writes a company with 120 duties and 300 rules, as far as there are
// groups for them.
func writeCompany(t *testing.T, folder string, accounts int) *sod.Policy {
	c := synth.Org(accounts, 1)
	if accounts >= 10_000 {
		c.Duties, c.Rules = 120, 300
	}
	g := c.Graph()
	t.Logf("%d accounts, %d groups, %d memberships, %d grants", count(g, graph.Account), count(g, graph.Group), memberships(g), g.NumGrants())
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
func engineAt(t *testing.T, folder string, p *sod.Policy) (read, evaluate float64, rows []string) {
	start := time.Now()
	s, err := snapshot.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	g, err := s.Graph()
	if err != nil {
		t.Fatal(err)
	}
	read = time.Since(start).Seconds()
	start = time.Now()
	r := sod.Evaluate(g, p, synth.AsOf())
	evaluate = time.Since(start).Seconds()
	for _, f := range r.Findings {
		rows = append(rows, fmt.Sprintf("%s %s %s", f.Rule, f.Mode, f.Subjects[0]))
	}
	return read, evaluate, rows
}

// peak is the most memory that this process had, in MB.
func peak() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Maxrss >> 10
}
