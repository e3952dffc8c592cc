// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/ldap"
	"github.com/foureyes-iga/foureyes/connectors/ldap/slapdtest"
	"github.com/foureyes-iga/foureyes/graph"
)

//go:embed testdata/*.ldif
var questions embed.FS

func question(t *testing.T, name string) string {
	t.Helper()
	b, err := questions.ReadFile("testdata/" + name + ".ldif")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func options() connectors.Options {
	return connectors.Options{Source: "corp", Now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
}

// configFor reads a server over TLS as the reader.
func configFor(t *testing.T, s *slapdtest.Server) ldap.Config {
	t.Helper()
	t.Setenv("LDAP_TEST_PW", slapdtest.Password)
	return ldap.Config{
		URL: ldap.List{s.TLSURL}, TLS: ldap.TLS{CAFile: s.CAFile},
		Bind: ldap.Bind{DN: slapdtest.Reader, PasswordEnv: "LDAP_TEST_PW"},
		Base: ldap.List{slapdtest.Suffix}, Timeout: "10s",
	}
}

func newCollector(t *testing.T, cfg ldap.Config) *ldap.Collector {
	t.Helper()
	c, err := ldap.New(cfg, options())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// collect returns what a collection told, and the error that ended it.
func collect(ctx context.Context, t *testing.T, c connectors.Collector) (*graph.Graph, error) {
	t.Helper()
	var b graph.Builder
	for f, err := range c.Collect(ctx, connectors.Want{}) {
		if err != nil {
			return b.Graph(), err
		}
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph(), nil
}

// tell prints a graph for comparison: things, grants, gaps and what is not
// complete.
func tell(g *graph.Graph) string {
	var b strings.Builder
	name := func(id graph.ID) string {
		n, _ := g.Find(id)
		return id.Kind.String() + " " + g.Name(n)
	}
	for n := range uint32(g.NumNodes()) {
		node := g.Node(n)
		fmt.Fprint(&b, name(node.ID))
		for _, key := range []string{"status", "lock", "employee_id", "mail", "last_sign_in", "owner", "owner_dn", "reason"} {
			if vs := node.Attrs.Values(key); vs != nil {
				fmt.Fprintf(&b, " %s=%s", key, strings.Join(vs, "|"))
			}
		}
		fmt.Fprintln(&b)
	}
	for x := range g.Grants() {
		fmt.Fprintf(&b, "%s in %s", name(x.From), name(x.To))
		if x.Via != "" {
			fmt.Fprintf(&b, " (%s)", x.Via)
		}
		fmt.Fprintln(&b)
	}
	for _, x := range g.Gaps() {
		fmt.Fprintf(&b, "gap %s: %s\n", name(x.About), x.Reason)
	}
	for _, c := range g.Coverage() {
		if !c.State.Whole() {
			fmt.Fprintf(&b, "%s %s: %s\n", c.Dataset, c.State, c.Reason)
		}
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "account reader") })
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// TestQuestions asks a real server one question per LDIF. The answer stands in a
// file beside it.
func TestQuestions(t *testing.T) {
	files, err := questions.ReadDir("testdata")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d questions, %v: the corpus is gone", len(files), err)
	}
	access := map[string]string{
		"denied_subtree":  `access to dn.subtree="ou=secret,dc=example,dc=com" by * none` + "\naccess to * by * read",
		"denied_children": `access to dn.children="ou=people,dc=example,dc=com" by * none` + "\naccess to * by * read",
		"denied_members":  `access to dn.exact="cn=vault,ou=groups,dc=example,dc=com" attrs=member by * none` + "\naccess to * by * read",
	}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".ldif")
		t.Run(name, func(t *testing.T) {
			s := slapdtest.Start(t, slapdtest.Options{LDIF: question(t, name), Access: access[name]})
			cfg := configFor(t, s)
			if name == "mapped" {
				cfg.Attributes = map[string]string{"status": "employeeType", "employee_id": "title"}
				cfg.Values = map[string]map[string]string{"status": {"A": "enabled", "X": "disabled", "": "enabled"}}
			}
			g, err := collect(t.Context(), t, newCollector(t, cfg))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join("testdata", name+".want"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), tell(g)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			cfg.Connections = 2
			if g, err = collect(t.Context(), t, newCollector(t, cfg)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), tell(g)); diff != "" {
				t.Errorf("over two connections (-want +got):\n%s", diff)
			}
			if got := len(g.Coverage()); got != len(graph.Datasets()) {
				t.Errorf("%d coverage records, want one per dataset", got)
			}
		})
	}
}

func TestCoverageSaysHow(t *testing.T) {
	s := slapdtest.Start(t, slapdtest.Options{LDIF: question(t, "nested")})
	g, err := collect(t.Context(), t, newCollector(t, configFor(t, s)))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(g.Coverage(), func(c graph.Coverage) bool { return c.Dataset == graph.Accounts })
	c := g.Coverage()[i]
	if c.State != graph.Complete || c.Received != graph.CountOf(3) || c.Expected != graph.CountOf(3) || c.Method == "" {
		t.Errorf("accounts: %+v", c)
	}
	for key, want := range map[string]string{
		"server": s.TLSURL, "bind identity": "dn:" + slapdtest.Reader, "base": slapdtest.Suffix, "pages": "1", "entries": "3",
	} {
		if got, _ := c.Details.Get(key); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	run := g.Runs()[0]
	if tls, _ := run.Details.Get("tls"); !strings.HasPrefix(tls, "TLS 1.3, certificate of CN=localhost") {
		t.Errorf("tls: %q", tls)
	}
}

// TestTwoReadingsAreEqual: the same directory gives the same facts.
func TestTwoReadingsAreEqual(t *testing.T) {
	s := slapdtest.Start(t, slapdtest.Options{LDIF: question(t, "posix")})
	c := newCollector(t, configFor(t, s))
	first, err := collect(t.Context(), t, c)
	second, err2 := collect(t.Context(), t, c)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tell(first), tell(second)); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
}

// people is the LDIF of so many accounts.
func people(n int) string {
	var ldif strings.Builder
	for i := range n {
		fmt.Fprintf(&ldif, "dn: uid=u%04d,ou=people,dc=example,dc=com\nobjectClass: account\nuid: u%04d\n\n", i, i)
	}
	return ldif.String()
}

// TestPages: more entries than a page holds, below two bases.
func TestPages(t *testing.T) {
	var ldif strings.Builder
	ldif.WriteString(people(1201))
	for i := range 120 {
		fmt.Fprintf(&ldif, "dn: cn=g%03d,ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: g%03d\nmember: uid=u%04d,ou=people,dc=example,dc=com\n\n", i, i, i)
	}
	s := slapdtest.Start(t, slapdtest.Options{LDIF: ldif.String()})
	cfg := configFor(t, s)
	cfg.Base = ldap.List{"ou=people," + slapdtest.Suffix, "ou=groups," + slapdtest.Suffix}
	g, err := collect(t.Context(), t, newCollector(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	if g.NumNodes() != 1321 || g.NumGrants() != 120 {
		t.Errorf("%d nodes, %d grants; want 1321 and 120", g.NumNodes(), g.NumGrants())
	}
	for _, d := range []graph.Dataset{graph.Accounts, graph.Groups, graph.Memberships} {
		if got := g.State("corp", d); got != graph.Complete {
			t.Errorf("%s: %s", d, got)
		}
	}
}

// TestServerSizeLimit: what a server with default limits hides is told.
func TestServerSizeLimit(t *testing.T) {
	s := slapdtest.Start(t, slapdtest.Options{LDIF: people(30), Limits: "sizelimit 10"})
	g, err := collect(t.Context(), t, newCollector(t, configFor(t, s)))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []graph.Dataset{graph.Accounts, graph.Groups, graph.Memberships} {
		if got := g.State("corp", d); got != graph.Partial {
			t.Errorf("%s: %s, want partial", d, got)
		}
	}
	if g.NumNodes() == 0 {
		t.Error("what came before the limit is gone")
	}
}

func TestRefusedByServer(t *testing.T) {
	s := slapdtest.Start(t, slapdtest.Options{LDIF: question(t, "nested")})
	other := slapdtest.Start(t, slapdtest.Options{})
	tests := map[string]struct {
		change func(*ldap.Config)
		want   string
	}{
		"wrong password":     {func(c *ldap.Config) { t.Setenv("LDAP_TEST_PW", "wrong") }, "the DN or the password is wrong"},
		"unknown bind dn":    {func(c *ldap.Config) { c.Bind.DN = "cn=nobody,dc=example,dc=com" }, "the DN or the password is wrong"},
		"unknown authority":  {func(c *ldap.Config) { c.TLS.CAFile = other.CAFile }, "certificate"},
		"system authorities": {func(c *ldap.Config) { c.TLS.CAFile = "" }, "certificate"},
		"other name":         {func(c *ldap.Config) { c.TLS.ServerName = "dc1.example.com" }, "not dc1.example.com"},
		"other name in StartTLS": {func(c *ldap.Config) {
			c.URL, c.StartTLS, c.TLS.ServerName = ldap.List{s.URL}, true, "dc1.example.com"
		}, "not dc1.example.com"},
		"pin":                 {func(c *ldap.Config) { c.TLS.SPKIPin = "sha256/" + strings.Repeat("A", 43) + "=" }, "not the pinned one"},
		"no such base":        {func(c *ldap.Config) { c.Base = ldap.List{"ou=nowhere,dc=example,dc=com"} }, "not there"},
		"unreachable":         {func(c *ldap.Config) { c.URL = ldap.List{"ldaps://127.0.0.1:1"} }, "connection refused"},
		"TLS to a plain port": {func(c *ldap.Config) { c.URL = ldap.List{strings.Replace(s.URL, "ldap:", "ldaps:", 1)} }, "tls"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := configFor(t, s)
			test.change(&cfg)
			g, err := collect(t.Context(), t, newCollector(t, cfg))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), slapdtest.Password) || strings.Contains(err.Error(), "wrong\"")) {
				t.Errorf("the error holds the password: %v", err)
			}
			if g.NumNodes() > 0 {
				t.Errorf("%d nodes from a server that could not be used", g.NumNodes())
			}
		})
	}
}

func TestWaysIn(t *testing.T) {
	s := slapdtest.Start(t, slapdtest.Options{LDIF: question(t, "nested")})
	tests := map[string]struct {
		change   func(*ldap.Config)
		identity string
	}{
		"StartTLS":      {func(c *ldap.Config) { c.URL, c.StartTLS = ldap.List{s.URL}, true }, "dn:" + slapdtest.Reader},
		"plaintext":     {func(c *ldap.Config) { c.URL, c.Plaintext = ldap.List{s.URL}, true }, "dn:" + slapdtest.Reader},
		"second server": {func(c *ldap.Config) { c.URL = ldap.List{"ldaps://127.0.0.1:1", s.TLSURL} }, "dn:" + slapdtest.Reader},
		"anonymous":     {func(c *ldap.Config) { c.Bind = ldap.Bind{} }, "anonymous"},
		"client certificate": {func(c *ldap.Config) {
			c.Bind = ldap.Bind{External: true}
			c.TLS.CertFile, c.TLS.KeyFile = filepath.Join(s.Dir, "client.pem"), filepath.Join(s.Dir, "client.key")
		}, "dn:" + slapdtest.Reader},
		"password file": {func(c *ldap.Config) {
			file := filepath.Join(s.Dir, "pw")
			if err := os.WriteFile(file, []byte(slapdtest.Password+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			c.Bind.PasswordEnv, c.Bind.PasswordFile = "", file
		}, "dn:" + slapdtest.Reader},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := configFor(t, s)
			test.change(&cfg)
			g, err := collect(t.Context(), t, newCollector(t, cfg))
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := g.Runs()[0].Details.Get("bind identity"); got != test.identity {
				t.Errorf("bind identity %q, want %q", got, test.identity)
			}
			if g.State("corp", graph.Accounts) != graph.Complete {
				t.Errorf("accounts: %s", g.State("corp", graph.Accounts))
			}
		})
	}
}

// TestStopsWhenAsked: a cancelled collection ends with the cause, a consumer who
// has enough is not told more, and neither leaves goroutines behind.
func TestStopsWhenAsked(t *testing.T) {
	s := slapdtest.Start(t, slapdtest.Options{LDIF: question(t, "nested")})
	c := newCollector(t, configFor(t, s))
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	enough := errors.New("that is enough")
	var last error
	for _, err := range c.Collect(ctx, connectors.Want{}) {
		last = err
		cancel(enough)
	}
	if !errors.Is(last, enough) {
		t.Errorf("got %v, want the cause", last)
	}
	told := 0
	for range c.Collect(t.Context(), connectors.Want{}) {
		if told++; told == 2 {
			break
		}
	}
	if told != 2 {
		t.Errorf("told %d facts, want 2", told)
	}
	waitForGoroutines(t)
}

func TestProbe(t *testing.T) {
	s := slapdtest.Start(t, slapdtest.Options{LDIF: question(t, "nested")})
	checks, err := newCollector(t, configFor(t, s)).Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]ldap.Check{}
	for _, c := range checks {
		found[c.What] = c
	}
	for what, want := range map[string]string{
		"server": s.TLSURL, "vendor": "OpenLDAP", "bind identity": "dn:" + slapdtest.Reader, "naming contexts": slapdtest.Suffix,
		"bases": slapdtest.Suffix, "accounts": "3", "groups": "3", "groups: members": "at 3 of the first 3",
	} {
		if got := found[what].Found; got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	if found["accounts: status"].Hint == "" || found["accounts: immutable id"].Hint != "" {
		t.Errorf("hints: %+v", checks)
	}
	if _, err := newCollector(t, func() ldap.Config { c := configFor(t, s); c.Base = ldap.List{"ou=x," + slapdtest.Suffix}; return c }()).Probe(t.Context()); err == nil {
		t.Error("a base that is not there passed")
	}
}
