// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/ldap/slapdtest"
)

// TestLDAPScale measures the program as a process of its own on a large directory,
// beside ldapsearch dumping the same tree, and judges what it found. It runs with
// FOUREYES_SCALE=1.
func TestLDAPScale(t *testing.T) {
	if os.Getenv("FOUREYES_SCALE") == "" {
		t.Skip("FOUREYES_SCALE is not set")
	}
	c := newCorp(100_000, 5_000, 1_000_000)
	s := newSite(t, c, time.Now())
	program := s.path("foureyes")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	table := measurements{t: t}
	table.dump(s, "ldapsearch, cold")
	table.dump(s, "ldapsearch")
	table.drain(s, "every fact read, one connection", "connections: 1")
	table.drain(s, "every fact read, two connections", "connections: 2")
	s.configure(t, "url: "+s.server.TLSURL)
	table.run("collect", 0, nil, program, "collect", "--config", s.path("foureyes.yaml"), "--out", s.path("snapshot"))
	table.run("collect, GOGC=100", 0, []string{"GOGC=100"}, program, "collect", "--config", s.path("foureyes.yaml"), "--out", s.path("snapshot-100"))
	table.run("collect, again", 0, nil, program, "collect", "--config", s.path("foureyes.yaml"), "--out", s.path("snapshot-again"))
	table.run("collect, GOGC=100, again", 0, []string{"GOGC=100"}, program, "collect", "--config", s.path("foureyes.yaml"), "--out", s.path("snapshot-100-again"))
	s.configure(t, "url: "+s.server.TLSURL+"\n    connections: 2")
	table.run("collect, two connections", 0, nil, program, "collect", "--config", s.path("foureyes.yaml"), "--out", s.path("snapshot-two"))
	report := table.run("analyze", 3, nil, program, "analyze", "--format", "json", "--policy", s.path("policy.yaml"), s.path("snapshot"))
	table.dump(s, "ldapsearch, again")
	table.print(c, s.path("snapshot"))
	c.judge(t, report)
}

type measurements struct {
	t    *testing.T
	rows []string
}

// run calls a program and notes how long it took and the most memory it had.
func (m *measurements) run(what string, code int, env []string, program string, args ...string) (stdout string) {
	m.t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(m.t.Context(), program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	peak := 0
	for running := true; running; {
		select {
		case <-ended:
			running = false
		case <-time.After(10 * time.Millisecond):
			peak = max(peak, highWater(cmd.Process.Pid))
		}
	}
	wall := time.Since(began)
	if got := cmd.ProcessState.ExitCode(); got != code {
		m.t.Fatalf("%s: exit code %d, want %d\n%s", what, got, code, errs.String())
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	m.rows = append(m.rows, fmt.Sprintf("| %s | %.1f s | %.1f s | %d MB |", what, wall.Seconds(), cpu.Seconds(), peak>>10))
	return out.String()
}

// highWater reads the largest resident size of a process in KB. What the system
// tells when a process has ended would begin with the size of this one.
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

// dump reads the same tree with the tool of the server's makers.
func (m *measurements) dump(s *site, what string) {
	m.t.Helper()
	path, err := exec.LookPath("ldapsearch")
	if err != nil {
		m.t.Log("ldapsearch is not installed")
		return
	}
	m.run(what, 0, []string{"LDAPTLS_REQCERT=allow"}, path, "-LLL", "-H", s.server.TLSURL, "-x", "-D", slapdtest.Reader, "-w", slapdtest.Password,
		"-b", slapdtest.Suffix, "-E", "pr=1000/noprompt", "(objectClass=*)", "*", "+")
}

// drain reads the directory in this process and keeps nothing.
func (m *measurements) drain(s *site, what, setting string) {
	m.t.Helper()
	s.configure(m.t, "url: "+s.server.TLSURL+"\n    "+setting)
	_, all, err := jobs(s.path("foureyes.yaml"), time.Now(), time.Now, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	began, facts := time.Now(), 0
	for _, err := range all[len(all)-1].Collector.Collect(m.t.Context(), connectors.Want{}) {
		if err != nil {
			m.t.Fatal(err)
		}
		facts++
	}
	m.rows = append(m.rows, fmt.Sprintf("| %s (%d facts) | %.1f s | | |", what, facts, time.Since(began).Seconds()))
}

// print says what was measured, on what, and under which load.
func (m *measurements) print(c *corp, snapshot string) {
	memberships := 0
	for _, g := range c.groups {
		memberships += len(g.members)
	}
	load, _ := os.ReadFile("/proc/loadavg")
	m.t.Logf("%s, %s, %d cores, load average %s\n%d people, %d accounts, %d groups, %d memberships, %d findings, snapshot %d MB\n\n| | wall time | processor time | peak memory |\n|---|---|---|---|\n%s",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.NumCPU(), strings.Join(strings.Fields(string(load))[:min(3, len(strings.Fields(string(load))))], " "),
		len(c.people), len(c.accounts), len(c.groups), memberships, len(c.want()), sizeOf(m.t, snapshot)>>20, strings.Join(m.rows, "\n"))
}

func sizeOf(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %d files", dir, err, len(files))
	}
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}
