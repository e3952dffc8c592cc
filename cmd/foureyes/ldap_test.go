// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors/ldap/slapdtest"
)

// An outcome is what a call of the program left behind.
type outcome struct {
	code           int
	stdout, stderr string
}

// foureyes calls the program in this process.
func foureyes(args ...string) outcome {
	var stdout, stderr bytes.Buffer
	code := run(world{args: append([]string{"foureyes"}, args...), stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, clock: scriptClock, env: os.Getenv})
	return outcome{code, stdout.String(), stderr.String()}
}

// passwordEnv is where the configurations of these tests find the password.
const passwordEnv = "FOUREYES_TEST_LDAP_PW"

// A site is a folder with everything that a collection needs.
type site struct {
	*corp
	dir    string
	server *slapdtest.Server
}

// newSite starts a directory with a company in it and writes what goes with it.
func newSite(t *testing.T, c *corp, now time.Time) *site {
	t.Helper()
	t.Setenv(passwordEnv, slapdtest.Password)
	s := &site{corp: c, dir: t.TempDir()}
	ldif := s.path("corp.ldif")
	c.ldif(t, ldif)
	s.server = slapdtest.Start(t, slapdtest.Options{LDIFFile: ldif})
	c.hr(t, s.dir, now.Add(-time.Hour))
	c.policy(t, s.dir)
	s.configure(t, "url: "+s.server.TLSURL)
	return s
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

// configure writes the configuration. Where and how the directory is reached may
// be something else than usual.
func (s *site) configure(t *testing.T, access ...string) {
	t.Helper()
	s.configureAs(t, passwordEnv, s.server.CAFile, access...)
}

func (s *site) configureAs(t *testing.T, env, ca string, access ...string) {
	t.Helper()
	save(t, s.path("foureyes.yaml"), fmt.Sprintf(`sources:
  - {name: hr, type: hr, path: hr.csv, delimiter: ";", columns: {employee_id: EmpNo, name: Name, status: Status}, values: {status: {A: active}}}
  - name: corp
    type: ldap
    %s
    tls: {ca_file: %s}
    bind: {dn: %q, password_env: %s}
    base: [%q]
    timeout: 20s
`, strings.Join(access, "\n    "), ca, slapdtest.Reader, env, slapdtest.Suffix))
}

func (s *site) collect(more ...string) outcome {
	args := append([]string{"collect", "--config", s.path("foureyes.yaml"), "--out", s.path("snapshot")}, more...)
	return foureyes(args...)
}

func (s *site) analyze() outcome {
	return foureyes("analyze", "--quiet", "--format", "json", "--policy", s.path("policy.yaml"), s.path("snapshot"))
}

// A findingsFile is what these tests read of the findings.
type findingsFile struct {
	Summary struct {
		Identities, Accounts, Open int
		NotAssessedRows            int `json:"not_assessed_rows"`
	}
	Findings []struct {
		Rule, Mode, Status string
		Subjects           []string
		Witness            []struct {
			Duty  string
			Path  []string
			Kinds []string
		}
	}
	NotAssessed []struct {
		Rule, Reason string
		Gaps         []string
	} `json:"not_assessed"`
}

func findings(t *testing.T, text string) findingsFile {
	t.Helper()
	var f findingsFile
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatalf("%v in %.300s", err, text)
	}
	return f
}

// judge holds the findings against those that the company itself must have, and
// every step of every witness against its memberships.
func (c *corp) judge(t *testing.T, text string) {
	t.Helper()
	f := findings(t, text)
	var got []string
	for _, x := range f.Findings {
		if len(x.Subjects) != 1 || x.Mode != "standing" || x.Status != "open" {
			t.Fatalf("a finding of another kind: %+v", x)
		}
		got = append(got, x.Rule+" "+x.Subjects[0])
	}
	slices.Sort(got)
	if diff := cmp.Diff(c.want(), got); diff != "" {
		t.Errorf("findings (-want +got):\n%.4000s", diff)
	}
	c.judgeWitnesses(t, f)
	if f.Summary.NotAssessedRows != 0 || len(f.NotAssessed) != 0 {
		t.Errorf("not assessed: %+v", f.NotAssessed)
	}
	if s := f.Summary; s.Identities != len(c.people) || s.Accounts != len(c.accounts)+1 || s.Open != len(got) {
		t.Errorf("summary %+v, want %d identities, %d accounts and the reader, %d findings", s, len(c.people), len(c.accounts), len(got))
	}
}

func (c *corp) judgeWitnesses(t *testing.T, f findingsFile) {
	t.Helper()
	type step struct{ from, to string }
	steps, duties := map[step]string{}, c.duties()
	for _, g := range c.groups {
		for _, m := range g.members {
			steps[step{m, g.id}] = "member"
		}
	}
	for thing, subject := range c.owners() {
		if thing != subject {
			steps[step{subject, thing}] = "owns"
		}
	}
	for _, x := range f.Findings {
		if want := len(rules()[x.Rule]); len(x.Witness) != want {
			t.Errorf("%s %s: %d paths, want %d", x.Rule, x.Subjects[0], len(x.Witness), want)
		}
		for _, w := range x.Witness {
			if w.Path[0] != x.Subjects[0] || !slices.Contains(duties[w.Duty], w.Path[len(w.Path)-1]) {
				t.Errorf("%s: a path from %s to %s proves nothing about %s", x.Rule, w.Path[0], w.Path[len(w.Path)-1], w.Duty)
			}
			for i, kind := range w.Kinds {
				if s := (step{w.Path[i], w.Path[i+1]}); steps[s] != kind {
					t.Errorf("%s: there is no %s from %s to %s", x.Rule, kind, s.from, s.to)
				}
			}
		}
	}
}

// TestLDAPFromEndToEnd collects a directory from a real server with the program as
// it is called, judges it, and compares with what the company's maker knows.
func TestLDAPFromEndToEnd(t *testing.T) {
	c := newCorp(2_000, 200, 6_000)
	if perRule := len(c.want()) / len(rules()); perRule < 10 {
		t.Fatalf("only %d findings a rule: the test tests nothing", perRule)
	}
	s := newSite(t, c, scriptClock())
	if got := s.collect(); got.code != 0 || !strings.HasPrefix(got.stdout, "sha256:") {
		t.Fatalf("collect: %+v", got)
	}
	got := s.analyze()
	if got.code != 3 || got.stderr != "" {
		t.Fatalf("analyze: exit code %d, %s", got.code, got.stderr)
	}
	c.judge(t, got.stdout)
}

// TestLookAtDirectory reads what a person sees who sets up a directory: what it
// is, by what right it is read, and how much there is.
func TestLookAtDirectory(t *testing.T) {
	c := newCorp(300, 60, 600)
	s := newSite(t, c, scriptClock())
	try := foureyes("source", "test", "--verbose", "--config", s.path("foureyes.yaml"), "corp")
	if try.code != 0 {
		t.Fatalf("source test: %+v", try)
	}
	wantLines(t, try.stdout,
		"server +"+regexp.QuoteMeta(s.server.TLSURL), "tls +TLS 1.3, certificate of CN=localhost, public key sha256/.*", "vendor +OpenLDAP",
		"bind identity +dn:"+slapdtest.Reader, "naming contexts +"+slapdtest.Suffix,
		fmt.Sprintf("accounts +%d", len(c.accounts)+1), fmt.Sprintf("groups +%d", len(c.groups)),
		fmt.Sprintf("  accounts +complete, received %[1]d, expected %[1]d .*", len(c.accounts)+1), "  memberships +complete, .*", "  control +not-applicable.*access rules.*")
	profile := foureyes("source", "profile", "--config", s.path("foureyes.yaml"), "corp")
	if profile.code != 0 {
		t.Fatalf("source profile: %+v", profile)
	}
	wantLines(t, profile.stdout, fmt.Sprintf("account +%d", len(c.accounts)+1), fmt.Sprintf("group +%d", len(c.groups)),
		"unclassified: "+c.accounts[0].id+"  "+c.accounts[0].uid+"  "+c.dn[c.accounts[0].id])
	collected := s.collect("--verbose")
	if collected.code != 0 || !strings.Contains(collected.stderr, "search done") {
		t.Fatalf("collect: %+v", collected)
	}
	mustNotTell(t, slapdtest.Password, s.path("snapshot"), try, profile, collected)
}

// TestFirstConfiguration: what init writes after a look at the root DSE works.
func TestFirstConfiguration(t *testing.T) {
	s := newSite(t, newCorp(100, 100, 200), scriptClock())
	first := foureyes("init", "--ldap", s.server.TLSURL, "--ca", s.server.CAFile, "--bind", slapdtest.Reader, "--hr", s.path("hr.csv"), "--out", s.path("first.yaml"))
	if first.code != 0 {
		t.Fatalf("init: %+v", first)
	}
	text, err := os.ReadFile(s.path("first.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(text), "    url: "+strconv.Quote(s.server.TLSURL), "    bind: {dn: "+strconv.Quote(slapdtest.Reader)+", password_env: FOUREYES_LDAP_PASSWORD}",
		"    base: \\["+strconv.Quote(slapdtest.Suffix)+"\\]")
	t.Setenv("FOUREYES_LDAP_PASSWORD", slapdtest.Password)
	got := foureyes("source", "test", "--config", s.path("first.yaml"), "corp")
	if got.code != 0 {
		t.Errorf("what init wrote does not work: %+v", got)
	}
	mustNotTellAny(t, slapdtest.Password, first, got)
}

// wantLines wants a line for each of these expressions, which fits it wholly.
func wantLines(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !regexp.MustCompile("(?m)^" + want + "$").MatchString(text) {
			t.Errorf("there is no line %q in\n%.3000s", want, text)
		}
	}
}
