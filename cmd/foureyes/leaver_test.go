// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A watched company has one account, whose status changes from round to round.
type watched struct {
	t        *testing.T
	dir      string
	now      time.Time
	waited   []time.Duration
	statuses []string // by round; "" is no file at all
}

func (c *watched) write(status string) {
	c.t.Helper()
	file := filepath.Join(c.dir, "corp.jsonl")
	if status == "" {
		if err := os.Remove(file); err != nil {
			c.t.Fatal(err)
		}
		return
	}
	lines := fmt.Sprintf(`{"fact":"node","id":"account:corp/a","name":"ana","attrs":{"employee_id":"E1","status":%q}}
{"fact":"coverage","source":"corp","dataset":"*","state":"complete"}
{"fact":"end","facts":2}
`, status)
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// wait lets the clock move on, and the next round begin.
func (c *watched) wait(_ context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	c.waited = append(c.waited, d)
	if len(c.waited) >= len(c.statuses) {
		return errors.New("the watch goes on for too long")
	}
	c.write(c.statuses[len(c.waited)])
	return nil
}

func watch(t *testing.T, statuses []string, args ...string) (c *watched, code int, stdout, stderr string) {
	t.Helper()
	c = &watched{t: t, dir: t.TempDir(), now: scriptClock(), statuses: statuses}
	for name, text := range map[string]string{
		"foureyes.yaml": "sources: [{name: hr, type: facts, path: hr.jsonl}, {name: corp, type: facts, path: corp.jsonl}]\n",
		"hr.jsonl": `{"fact":"node","id":"identity:hr/E1","name":"Ana","attrs":{"employee_id":"E1","status":"active"}}
{"fact":"coverage","source":"hr","dataset":"*","state":"complete"}
{"fact":"end","facts":2}
`,
	} {
		if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.write(statuses[0])
	var out, said bytes.Buffer
	args = append([]string{"foureyes", "leaver", "--config", filepath.Join(c.dir, "foureyes.yaml"), "--employee", "E1"}, args...)
	code = run(world{args: args, stdout: &out, stderr: &said, clock: func() time.Time { return c.now }, wait: c.wait, env: func(string) string { return "" }})
	return c, code, out.String(), said.String()
}

func TestLeaverWatch(t *testing.T) {
	for _, x := range []struct {
		name     string
		statuses []string
		args     []string
		code     int
		waited   string
		stdout   string
	}{
		{"gone after a while", []string{"enabled", "enabled", "disabled", "enabled"}, nil, 0, "[5m0s 5m0s]", "\nnothing that was read lives; everything was read\n"},
		{"gone at once", []string{"disabled", "enabled"}, nil, 0, "[]", "\nnothing that was read lives; everything was read\n"},
		{"not gone in time", []string{"enabled", "enabled", "enabled", "enabled"}, []string{"--every", "4m", "--until", "2026-10-01T09:10:00Z"}, 3, "[4m0s 4m0s 2m0s]", "\n1 account lives; everything was read\n"},
		{"a source that fails ends nothing", []string{"enabled", "", "disabled", "enabled"}, nil, 0, "[5m0s 5m0s]", "\nnothing that was read lives; everything was read\n"},
		{"the time is over when it begins", []string{"enabled", "disabled", "enabled"}, []string{"--until", "2026-09-30"}, 3, "[]", "\n1 account lives; everything was read\n"},
		{"a source fails when the time is over", []string{"enabled", "", "disabled"}, []string{"--until", "2026-10-01T09:05:00Z"}, 4, "[5m0s]", "\nnothing that was read lives; CANNOT TELL: 7 rows\n"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c, code, stdout, stderr := watch(t, x.statuses, append([]string{"--watch"}, x.args...)...)
			if code != x.code || fmt.Sprint(c.waited) != x.waited || !strings.HasSuffix(stdout, x.stdout) {
				t.Errorf("got code %d, waited %v, stdout:\n%s\nstderr:\n%s", code, c.waited, stdout, stderr)
			}
			if n := strings.Count(stdout, "as of "); n != 1 {
				t.Errorf("%d answers on stdout, want the last one", n)
			}
		})
	}
}

// TestLeaverWatchEndsWithTheSLA: without --until, the watch ends when access must have
// ended; and its receipt tells between which rounds it was seen gone.
func TestLeaverWatchEndsWithTheSLA(t *testing.T) {
	dir := t.TempDir()
	policy := filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(policy, []byte("version: 1\nchecks: {leaver: {severity: high, sla: {within: 24h, from: left}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--watch", "--every", "4m", "--policy", policy, "--effective", "2026-09-30T09:10:00Z"}
	c, code, _, stderr := watch(t, []string{"enabled", "enabled", "enabled", "enabled"}, args...)
	if code != 3 || fmt.Sprint(c.waited) != "[4m0s 4m0s 2m0s]" || !strings.Contains(stderr, "the watch ends when access must have ended, 2026-10-01T09:10:00Z") {
		t.Errorf("code %d, waited %v, stderr:\n%s", code, c.waited, stderr)
	}
	out := filepath.Join(dir, "receipt.pdf")
	c, _, _, stderr = watch(t, []string{"enabled", "enabled", "", "disabled", "enabled"}, append(args, "--until", "2026-10-02", "--receipt", out)...)
	if fmt.Sprint(c.waited) != "[4m0s 4m0s 4m0s]" {
		t.Errorf("waited %v, stderr:\n%s", c.waited, stderr)
	}
	text, err := os.ReadFile(withExt(out, ".json"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		By       string
		Rounds   []struct{ From, To, Verdict string }
		Accesses []struct {
			State string
			Last  int `json:"last_seen_round"`
			Gone  int `json:"seen_gone_round"`
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Rounds) != 4 || got.Rounds[3].To != "2026-10-01T09:12:00Z" || got.By != "" {
		t.Errorf("rounds %+v, by %q", got.Rounds, got.By)
	}
	if len(got.Accesses) != 1 || got.Accesses[0].State != "gone" || got.Accesses[0].Last != 2 || got.Accesses[0].Gone != 4 {
		t.Errorf("accesses %+v, want one that was seen in round 2 and seen gone in round 4", got.Accesses)
	}
}

func TestLeaverWatchFlags(t *testing.T) {
	for _, args := range [][]string{{"--every", "1m"}, {"--until", "2026-10-02"}, {"--watch", "--every", "10ms"}, {"--watch", "--until", "soon"}} {
		if _, code, stdout, stderr := watch(t, []string{"enabled"}, args...); code != 2 || stdout != "" {
			t.Errorf("%v: code %d, stdout %q, stderr %q; want 2 and nothing", args, code, stdout, stderr)
		}
	}
}
