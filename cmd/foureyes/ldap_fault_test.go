// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors/ldap/slapdtest"
)

// A relay stands between the program and the server. Once a number of bytes has
// come from the server it calls then, and passes on nothing more.
type relay struct {
	after int64
	then  func(server, client net.Conn)
	sent  atomic.Int64
}

// listen returns the address as a URL with the name that the certificate has.
func (r *relay) listen(t *testing.T, server string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { r.pass(t, client, strings.TrimPrefix(server, "ldaps://")) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		open.Wait()
	})
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "ldaps://localhost:" + port
}

func (r *relay) pass(t *testing.T, client net.Conn, address string) {
	server, err := net.Dial("tcp", address)
	if err != nil {
		t.Error(err)
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(server, client) // ends when the program hangs up
		_ = server.Close()
	})
	buf := make([]byte, 4<<10)
	for n := 0; err == nil; {
		if n, err = server.Read(buf); err == nil && r.sent.Add(int64(n)) > r.after {
			r.then(server, client)
			break
		}
		_, _ = client.Write(buf[:n])
	}
	back.Wait()
	_ = client.Close()
}

// hangUp is a server that dies.
func hangUp(server, client net.Conn) {
	_ = server.Close()
	_ = client.Close()
}

// volume is how many bytes come from the server in a whole collection.
func (s *site) volume(t *testing.T) int64 {
	t.Helper()
	r := relay{after: 1 << 40}
	s.configure(t, "url: "+r.listen(t, s.server.TLSURL))
	if got := foureyes("collect", "--quiet", "--config", s.path("foureyes.yaml"), "--out", s.path("whole")); got.code != 0 {
		t.Fatalf("collect: %+v", got)
	}
	return r.sent.Load()
}

// leftovers are what stands in the folder of a site besides what the test put
// there.
func (s *site) leftovers(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(s.path("*"))
	hidden, err2 := filepath.Glob(s.path(".*"))
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	ours := []string{"corp.ldif", "foureyes.yaml", "hr.csv", "hr.csv.manifest.json", "policy.yaml", "whole"}
	return slices.DeleteFunc(append(all, hidden...), func(path string) bool { return slices.Contains(ours, filepath.Base(path)) })
}

// TestInterruptedCollection: Ctrl-C while pages are coming leaves nothing behind.
func TestInterruptedCollection(t *testing.T) {
	s := newSite(t, newCorp(1_000, 100, 3_000), scriptClock())
	volume := s.volume(t)
	signals := make(chan os.Signal, 10) // so that a signal too late ends no test
	signal.Notify(signals, os.Interrupt)
	defer signal.Stop(signals)
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for _, percent := range []int64{10, 50, 90} {
		r := relay{after: volume * percent / 100, then: func(net.Conn, net.Conn) { _ = self.Signal(os.Interrupt) }}
		s.configure(t, "url: "+r.listen(t, s.server.TLSURL))
		began := time.Now()
		got := s.collect()
		if got.code != 1 || got.stdout != "" || !strings.Contains(got.stderr, "interrupted") {
			t.Errorf("after %d%%: %+v, want exit code 1 and a word about it", percent, got)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("after %d%%: it took %s to stop", percent, took)
		}
		if rest := s.leftovers(t); len(rest) > 0 {
			t.Errorf("after %d%%: left behind: %q", percent, rest)
		}
	}
}

// TestServerDies: a server that dies between two pages is a source that failed.
// The rest is kept, and what it would have told is not assessed.
func TestServerDies(t *testing.T) {
	s := newSite(t, newCorp(1_000, 100, 3_000), scriptClock())
	volume := s.volume(t)
	for _, percent := range []int64{5, 40, 70} {
		r := relay{after: volume * percent / 100, then: hangUp}
		s.configure(t, "url: "+r.listen(t, s.server.TLSURL))
		s.judgeFailure(t, s.collect(), "EOF", "reset")
		if err := os.RemoveAll(s.path("snapshot")); err != nil {
			t.Fatal(err)
		}
	}
}

// judgeFailure wants a snapshot in which the directory is recorded as failed for
// one of these reasons, and nothing about it judged.
func (s *site) judgeFailure(t *testing.T, got outcome, reasons ...string) {
	t.Helper()
	if got.code != 4 || !strings.HasPrefix(got.stdout, "sha256:") || !strings.Contains(got.stderr, "source corp FAILED: ") || !containsAny(got.stderr, reasons) {
		t.Errorf("collect: %+v; want exit code 4 and why it failed: %q", got, reasons)
	}
	info := foureyes("snapshot", "info", s.path("snapshot"))
	if !strings.Contains(info.stdout, "failed") || !containsAny(info.stdout, reasons) || !strings.Contains(info.stdout, "identities   complete") {
		t.Errorf("info: %+v; want corp failed, and hr complete", info)
	}
	report := s.analyze()
	f := findings(t, report.stdout)
	if report.code != 4 || len(f.Findings) > 0 {
		t.Errorf("analyze: exit code %d, %d findings; want 4 and none", report.code, len(f.Findings))
	}
	for rule := range rules() {
		if !slices.ContainsFunc(f.NotAssessed, func(n struct {
			Rule, Reason string
			Gaps         []string
		}) bool {
			return n.Rule == rule
		}) {
			t.Errorf("%s is not among what was not assessed: %+v", rule, f.NotAssessed)
		}
	}
	if text := foureyes("analyze", "--policy", s.path("policy.yaml"), s.path("snapshot")); text.code != 4 || !strings.Contains(text.stdout, "NOT ASSESSED") {
		t.Errorf("analyze: %+v, want NOT ASSESSED", text)
	}
}

func containsAny(s string, parts []string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}

// TestDirectoryRefuses: what does not let us in is a source that failed, never an
// empty directory; and what would send the password in the clear is not tried.
func TestDirectoryRefuses(t *testing.T) {
	s := newSite(t, newCorp(100, 100, 200), scriptClock())
	stranger := slapdtest.Start(t, slapdtest.Options{})
	t.Setenv("FOUREYES_TEST_WRONG_PW", "incorrect horse")
	wrong := func(access string) []string { return []string{"url: " + access} }
	tests := map[string]struct {
		env, ca string
		access  []string
		want    string
	}{
		"wrong password":    {"FOUREYES_TEST_WRONG_PW", s.server.CAFile, wrong(s.server.TLSURL), "the DN or the password is wrong"},
		"nobody there":      {passwordEnv, s.server.CAFile, wrong("ldaps://localhost:1"), "connection refused"},
		"another authority": {passwordEnv, stranger.CAFile, wrong(s.server.TLSURL), "certificate"},
		"another name":      {passwordEnv, s.server.CAFile, wrong(strings.Replace(s.server.TLSURL, "localhost", "127.0.0.1", 1)), "certificate"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s.configureAs(t, test.env, test.ca, test.access...)
			got := s.collect("--verbose")
			s.judgeFailure(t, got, test.want)
			try := foureyes("source", "test", "--config", s.path("foureyes.yaml"), "corp")
			if try.code != 1 || !strings.Contains(try.stderr, test.want) {
				t.Errorf("source test: %+v, want exit code 1 and %q", try, test.want)
			}
			mustNotTell(t, "incorrect horse", s.path("snapshot"), got, try)
			mustNotTell(t, slapdtest.Password, s.path("snapshot"), got, try)
			if err := os.RemoveAll(s.path("snapshot")); err != nil {
				t.Fatal(err)
			}
		})
	}
	s.configure(t, "url: "+s.server.URL)
	if got := s.collect(); got.code != 1 || got.stdout != "" || !strings.Contains(got.stderr, "is not encrypted") {
		t.Errorf("ldap:// without TLS: %+v, want a refusal", got)
	}
	if rest := s.leftovers(t); len(rest) > 0 {
		t.Errorf("left behind: %q", rest)
	}
}

// mustNotTell looks for a secret in all that calls of the program left behind.
func mustNotTell(t *testing.T, secret, snapshot string, said ...outcome) {
	t.Helper()
	mustNotTellAny(t, secret, said...)
	files, err := filepath.Glob(filepath.Join(snapshot, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %d files", snapshot, err, len(files))
	}
	exported := foureyes("snapshot", "export", snapshot)
	if exported.code != 0 || strings.Contains(exported.stdout, secret) {
		t.Errorf("%q is in the export, or there is none: exit code %d", secret, exported.code)
	}
	for _, f := range files {
		if text, err := os.ReadFile(f); err != nil || strings.Contains(string(text), secret) {
			t.Errorf("%s: %v, or %q is in it", f, err, secret)
		}
	}
}

func mustNotTellAny(t *testing.T, secret string, said ...outcome) {
	t.Helper()
	for _, o := range said {
		if strings.Contains(o.stdout, secret) || strings.Contains(o.stderr, secret) {
			t.Errorf("%q is told: %+v", secret, o)
		}
	}
}
