// SPDX-License-Identifier: Apache-2.0

package tosql_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
	"github.com/foureyes-iga/foureyes/sod/tosql"
)

// TestDuckDB holds the engine and the scripts against each other in DuckDB, over
// the Parquet files of snapshots and over exports of them.
func TestDuckDB(t *testing.T) {
	t.Parallel()
	db := installDuckDB(t)
	t.Run("truncated", db.testTruncated)
	for name, cases := range corpora(t) {
		t.Run(name, func(t *testing.T) {
			t.Run("parquet", func(t *testing.T) { compare(t, few(cases, 100), db.ask(t, few(cases, 100), "")) })
			t.Run("facts", func(t *testing.T) { compare(t, few(cases, 25), db.ask(t, few(cases, 25), "facts.jsonl")) })
		})
	}
}

// testTruncated: data that is not whole is an error, and not a clean company.
func (db duckDB) testTruncated(t *testing.T) {
	q, dir := moments(t), t.TempDir()
	whole, cut, script := filepath.Join(dir, "whole"), filepath.Join(dir, "cut"), filepath.Join(dir, "script.sql")
	sql, err := tosql.Script(q.policy, tosql.Options{Dialect: tosql.DuckDB, Facts: "facts.jsonl", AsOf: q.asOf})
	if err != nil {
		t.Fatal(err)
	}
	q.write(t, whole, "facts.jsonl")
	lines, err := os.ReadFile(filepath.Join(whole, "facts.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines = lines[bytes.IndexByte(lines, '\n')+1:] // the first is missing
	for _, err := range []error{
		os.Mkdir(cut, 0o700), os.WriteFile(filepath.Join(cut, "facts.jsonl"), lines, 0o600), os.WriteFile(script, []byte(sql), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(db.run(t, whole, script)[0].Rows) == 0 {
		t.Error("nothing is found in the whole")
	}
	if out, err := db.command(cut, script).CombinedOutput(); err == nil || !bytes.Contains(out, []byte("facts_are_whole")) {
		t.Errorf("%v, want an error about facts_are_whole\n%s", err, out)
	}
}

// few returns about n of the cases, evenly.
func few(cases []question, n int) (some []question) {
	for i := 0; i < len(cases); i += 1 + len(cases)/n {
		some = append(some, cases[i])
	}
	return some
}

// A duckDB is DuckDB for node, in a folder of its own.
type duckDB struct{ node, script string }

func installDuckDB(t testing.TB) duckDB {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		unlessCI(t, "node is not installed")
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		unlessCI(t, "npm is not installed")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../docs/performance")); err != nil {
		t.Fatal(err)
	}
	install := exec.Command(npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--prefer-offline")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		unlessCI(t, fmt.Sprintf("DuckDB cannot be installed: %v\n%s", err, out))
	}
	return duckDB{node, filepath.Join(dir, "duckdb.mjs")}
}

// An answer is what DuckDB found, and in how many seconds.
type answer struct {
	Rows               [][]string
	Loading, Detecting spent
}

// spent is time in seconds: by the clock, and of processors.
type spent struct{ Wall, Processor float64 }

func (s spent) String() string { return fmt.Sprintf("%.3f s (%.3f)", s.Wall, s.Processor) }

func (db duckDB) command(args ...string) *exec.Cmd {
	return exec.Command(db.node, append([]string{db.script}, args...)...)
}

// run runs scripts in folders: a folder, a script, and so on.
func (db duckDB) run(t testing.TB, args ...string) (all []answer) {
	t.Helper()
	cmd := db.command(args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	for line := range bytes.Lines(out) {
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// ask runs the script of each case in the folder of its snapshot, or over its
// export.
func (db duckDB) ask(t testing.TB, cases []question, export string) [][]string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"--threads", "1"}
	for i, q := range cases {
		folder, script := filepath.Join(dir, fmt.Sprint(i)), filepath.Join(dir, fmt.Sprint(i, ".sql"))
		o := q.options(tosql.DuckDB)
		o.Facts = export
		q.write(t, folder, export)
		sql, err := tosql.Script(q.policy, o)
		if err != nil {
			t.Fatalf("%s: %v", q.name, err)
		}
		if err := os.WriteFile(script, []byte(sql), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, folder, script)
	}
	answers := db.run(t, args...)
	if len(answers) != len(cases) {
		t.Fatalf("%d answers to %d questions", len(answers), len(cases))
	}
	all := make([][]string, len(cases))
	for i, a := range answers {
		all[i] = a.lines()
	}
	return all
}

func (a answer) lines() []string {
	lines := []string{}
	for _, row := range a.Rows {
		lines = append(lines, strings.Join(row, " "))
	}
	return lines
}

// write writes the snapshot into a new folder, or its export.
func (q question) write(t testing.TB, folder, export string) {
	t.Helper()
	if export == "" {
		meta := snapshot.Meta{Tool: snapshot.Tool{Name: "foureyes", Version: "test"}, Started: q.asOf.Add(-time.Hour), Ended: q.asOf}
		if _, err := snapshot.Write(folder, q.graph, meta); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(folder, export))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := facts.Export(f, q.graph); err != nil {
		t.Fatal(err)
	}
}
