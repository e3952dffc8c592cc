// SPDX-License-Identifier: Apache-2.0

//go:build unix

package tosql_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/tosql"
)

// TestPostgres holds the engine and the scripts against each other in a real
// PostgreSQL.
func TestPostgres(t *testing.T) {
	db := startPostgres(t)
	for name, cases := range corpora(t) {
		t.Run(name, func(t *testing.T) { compare(t, cases, db.ask(t, cases, asIs)) })
	}
	t.Run("truncated", func(t *testing.T) { testTruncated(t, db) })
	t.Run("mutants", func(t *testing.T) { testMutants(t, db) })
}

func asIs(sql string) string { return sql }

// testTruncated: data that is not whole is an error, and not a clean company.
func testTruncated(t *testing.T, db postgres) {
	sql, err := tosql.Script(policyOf(sod.Selector{Name: "x"}), tosql.Options{Dialect: tosql.Postgres})
	if err != nil {
		t.Fatal(err)
	}
	source := `{"fact":"source","source":"corp","ended":"2026-10-01T00:00:00Z"}`
	for rows, want := range map[string]string{
		"": "facts_are_whole", "('" + source + "')": "facts_are_whole", "('" + source + `'), ('{"fact":"end","facts":2}')`: "facts_are_whole",
		`('{"fact":"end","facts":0}')`: "as_of", "('" + source + `'), ('{"fact":"end","facts":1}')`: "",
	} {
		cmd := db.command()
		insert := "INSERT INTO facts VALUES " + rows + ";\n"
		if rows == "" {
			insert = ""
		}
		cmd.Stdin = strings.NewReader("DROP TABLE IF EXISTS facts;\nCREATE TABLE facts (fact jsonb);\n" + insert + sql)
		out, err := cmd.CombinedOutput()
		if (err != nil) != (want != "") || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, want an error about %q\n%s", rows, err, want, out)
		}
	}
}

// testMutants shows that the comparison can fail: scripts that think otherwise of
// one thing are caught by one of the worlds that ask about it.
func testMutants(t *testing.T, db postgres) {
	about := regexp.MustCompile("^(direct|duty|population|mode|window|may-be|select|unowned|owned|unresolved)")
	cases := slices.DeleteFunc(worlds(t), func(q question) bool { return !about.MatchString(q.name) })
	for _, mutant := range [][2]string{
		{"e.arrives >= r.needs", "true"}, {"greatest(r.mode, e.mode)", "e.mode"}, {"greatest(r.mode, e.mode)", "r.mode"},
		{"UNION ALL SELECT account, population, 1, 0, 1", "UNION ALL SELECT account, population, 1, 0, 0"},
		{"UNION ALL SELECT population, account, 3, 2, 2", "UNION ALL SELECT population, account, 3, 1, 2"},
		{"'from_time') <= as_of", "'from_time') < as_of"}, {"'until_time') > as_of", "'until_time') >= as_of"},
		{"may_be_empty_before <= as_of", "false"}, {"kind = 'unresolved' AND", "kind = 'unresolved' AND NOT"},
		{"WHERE kind = 'account' AND NOT EXISTS (SELECT", "WHERE kind = 'account' AND EXISTS (SELECT"}, {"a.source = p.source", "true"},
	} {
		changed, noticed := false, false
		answers := db.ask(t, cases, func(sql string) string {
			mutated := strings.ReplaceAll(sql, mutant[0], mutant[1])
			changed = changed || mutated != sql
			return mutated
		})
		for i, q := range cases {
			noticed = noticed || !slices.Equal(q.engine(), append([]string{}, answers[i]...))
		}
		if !changed || !noticed {
			t.Errorf("%q → %q: changed a script: %t, noticed: %t", mutant[0], mutant[1], changed, noticed)
		}
	}
}

// A postgres is a running server that listens on a socket in its folder.
type postgres struct{ dir, psql string }

// startPostgres runs a server until the test ends. Without PostgreSQL the test is
// skipped, and fails where CI is set.
func startPostgres(t testing.TB) postgres {
	t.Helper()
	db := postgres{psql: program(t, "psql")}
	initdb, server := program(t, "initdb"), program(t, "postgres")
	var err error
	if db.dir, err = os.MkdirTemp("", "foureyes-pg"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(db.dir) })
	as := servant(t, db.dir)
	data := filepath.Join(db.dir, "data")
	run(t, as, initdb, "--pgdata", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--locale-provider", "icu", "--icu-locale", "en-US", "--no-sync")
	cmd := exec.Command(server, "-D", data, "-k", db.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "jit=off", "-c", "logging_collector=off")
	cmd.SysProcAttr, cmd.Dir = as, db.dir
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGQUIT)
		<-ended
	})
	for range 600 {
		select {
		case <-ended:
			t.Fatalf("postgres ended\n%s", log.Bytes())
		case <-time.After(50 * time.Millisecond):
		}
		if db.command("--command", "SELECT 1").Run() == nil {
			return db
		}
	}
	t.Fatal("postgres does not answer")
	return db
}

func program(t testing.TB, name string) string {
	t.Helper()
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	for _, p := range append([]string{name}, installed...) {
		if path, err := exec.LookPath(p); err == nil {
			return path
		}
	}
	unlessCI(t, name+" is not installed")
	return ""
}

// servant gives the folder to whom the server runs as: it refuses to be root.
func servant(t testing.TB, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		unlessCI(t, "there is no user postgres, and the server refuses to be root")
	}
	// initdb writes to the null device, which some images let only root do.
	if err := os.Chmod(os.DevNull, 0o666); err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func run(t testing.TB, as *syscall.SysProcAttr, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr, cmd.Dir = as, "/"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func (db postgres) command(args ...string) *exec.Cmd {
	base := []string{"--host", db.dir, "--username", "postgres", "--no-psqlrc", "--quiet", "--csv", "--tuples-only", "--set", "ON_ERROR_STOP=1"}
	return exec.Command(db.psql, append(base, args...)...)
}

// ask loads each case as the head of its script says, and runs the script.
func (db postgres) ask(t testing.TB, cases []question, change func(sql string) string) [][]string {
	t.Helper()
	var all bytes.Buffer
	fmt.Fprintln(&all, "DROP TABLE IF EXISTS facts;\nCREATE TABLE facts (fact jsonb);")
	dir := t.TempDir()
	for i, c := range cases {
		file := filepath.Join(dir, fmt.Sprint(i))
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := facts.Export(f, c.graph); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		sql, err := tosql.Script(c.policy, c.options(tosql.Postgres))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		fmt.Fprintf(&all, "\\echo @ %d\nTRUNCATE facts;\n\\copy facts from '%s' with (format csv, quote e'\\x01', delimiter e'\\x02', encoding 'UTF8')\n%s", i, file, change(sql))
	}
	cmd := db.command()
	cmd.Stdin = &all
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, stderr.Bytes())
	}
	return sections(t, string(out), len(cases))
}

// sections splits what was printed at the lines that number the cases.
func sections(t testing.TB, out string, n int) [][]string {
	t.Helper()
	all := make([][]string, n)
	parts := strings.Split("\n"+out, "\n@ ")
	if len(parts) != n+1 {
		t.Fatalf("%d answers to %d questions", len(parts)-1, n)
	}
	for i, part := range parts[1:] {
		_, rows, _ := strings.Cut(part, "\n")
		records, err := csv.NewReader(strings.NewReader(rows)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			all[i] = append(all[i], strings.Join(r, " "))
		}
	}
	return all
}
