// SPDX-License-Identifier: Apache-2.0

package file

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/connectortest"
	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/connectors/internal/directory/directorytest"
	"github.com/foureyes-iga/foureyes/graph"
)

func parseLDIF(text string) (all []directory.Entry, at int, err error) {
	r := newLDIFReader(strings.NewReader(text))
	for {
		e, err := r.next()
		if errors.Is(err, io.EOF) {
			return all, r.at, nil
		}
		if err != nil {
			return all, r.at, err
		}
		all = append(all, e)
	}
}

// formatLDIF writes entries folded at 20 characters, and in base64 whatever is not
// plain.
func formatLDIF(entries []directory.Entry) string {
	var b strings.Builder
	pair := func(name string, value []byte) {
		line := name + ": " + string(value)
		plain := !bytes.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' })
		if !plain || bytes.HasPrefix(value, []byte(" ")) || bytes.HasPrefix(value, []byte(":")) || bytes.HasPrefix(value, []byte("<")) {
			line = name + ":: " + base64.StdEncoding.EncodeToString(value)
		}
		for len(line) > 20 {
			b.WriteString(line[:20] + "\r\n ")
			line = line[20:]
		}
		b.WriteString(line + "\r\n")
	}
	for _, e := range entries {
		pair("dn", []byte(e.DN))
		for _, a := range e.Attrs {
			for _, v := range a.Values {
				pair(a.Name, v)
			}
		}
		b.WriteString("# done\r\n\r\n")
	}
	return b.String()
}

func TestParseLDIF(t *testing.T) {
	text := "\xef\xbb\xbfversion: 1\n# a comment\n that goes on\n\ndn: cn=a,\n dc=x\ncn: a\nCN:: Yg==\nmember;range=0-1499:one\ndescription:\nsn: M\xc3\xbcller \n\n\n" +
		"dn:: Y249w6Q=\r\ncn: \xc3\xa4"
	got, _, err := parseLDIF(text)
	if err != nil {
		t.Fatal(err)
	}
	values := func(vs ...string) (all [][]byte) {
		for _, v := range vs {
			all = append(all, []byte(v))
		}
		return all
	}
	want := []directory.Entry{
		{DN: "cn=a,dc=x", Attrs: []directory.Attr{
			{Name: "cn", Values: values("a", "b")}, {Name: "member;range=0-1499", Values: values("one")},
			{Name: "description", Values: [][]byte{nil}}, {Name: "sn", Values: values("Müller ")},
		}},
		{DN: "cn=ä", Attrs: []directory.Attr{{Name: "cn", Values: values("ä")}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseLDIFRefuses(t *testing.T) {
	tests := map[string]struct {
		text string
		line int
		want string
	}{
		"changes":           {"dn: cn=a\nchangetype: modify\n", 2, "list of changes"},
		"no dn":             {"dn: cn=a\n\n# x\ncn: a\n", 4, "begins with dn"},
		"search result":     {"dn: cn=a\n\nsearch: 2\nresult: 4 Size limit exceeded\n", 3, "-LLL"},
		"two entries glued": {"dn: cn=a\ncn: a\ndn: cn=b\n", 3, "second dn"},
		"no colon":          {"dn: cn=a\ncn\n", 2, "name: value"},
		"bad name":          {"dn: cn=a\nc n: a\n", 2, "name: value"},
		"bad base64":        {"dn: cn=a\ncn:: Y!==\n", 2, "not base64"},
		"file value":        {"dn: cn=a\njpegPhoto:< file:///etc/passwd\n", 2, "other files"},
		"version":           {"version: 2\ndn: cn=a\n", 1, "only version 1"},
		"loose fold":        {"dn: cn=a\n\n b\n", 3, "continues"},
		"NUL":               {"dn: cn=a\ncn: a\x00b\n", 2, "NUL"},
		"long line":         {"dn: cn=a\ncn: " + strings.Repeat("a", maxLDIFLine) + "\n", 2, "longer than"},
		"UTF-16":            {"\xff\xfed\x00n\x00", 1, "name: value"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, at, err := parseLDIF(test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) || at != test.line {
				t.Errorf("line %d: %v; want line %d and %q", at, err, test.line, test.want)
			}
		})
	}
}

// FuzzLDIF: what was read, written and read again is the same.
func FuzzLDIF(f *testing.F) {
	f.Add("dn: cn=a,dc=x\ncn: a\ncn:: Yg==\n\n# c\n d\ndn:: Y249w6Q=\r\n\r\n")
	f.Add("version: 1\ndn: \nx;y:  <\nx;Y::\n")
	f.Add("dn: a\n  b\nc:::\n")
	f.Fuzz(func(t *testing.T, text string) {
		once, _, err := parseLDIF(text)
		if err != nil {
			return
		}
		written := formatLDIF(once)
		twice, at, err := parseLDIF(written)
		if err != nil {
			t.Fatalf("written %q: line %d: %v", written, at, err)
		}
		if diff := cmp.Diff(fmt.Sprintf("%q", once), fmt.Sprintf("%q", twice)); diff != "" {
			t.Fatalf("(-once +twice):\n%s", diff)
		}
	})
}

const corp = `dn: dc=x
objectClass: domain

dn: uid=ana,ou=p,dc=x
objectClass: inetOrgPerson
uid: ana
cn: Ana Ruiz
employeeNumber: E1001
entryUUID: 11111111-2222-4333-8444-555555555501
nsAccountLock: TRUE
authTimestamp: 20261101080000Z

dn: cn=dev,dc=x
objectClass: groupOfNames
cn: dev
member: UID=Ana, OU=P, DC=X
member: cn=dev,dc=x
member: uid=gone,dc=x
`

// writeLDIF writes an export, and its manifest unless it is empty. SUM in it
// stands for the right digest.
func writeLDIF(t *testing.T, text, manifest string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "corp.ldif")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if manifest != "" {
		manifest = strings.ReplaceAll(manifest, "SUM", fmt.Sprintf("%x", sha256.Sum256([]byte(text))))
		if err := os.WriteFile(path+".manifest.json", []byte(manifest), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func collectLDIF(t *testing.T, path string) (*graph.Graph, error) {
	t.Helper()
	c, err := NewLDIF(LDIFConfig{Path: path}, connectors.Options{Source: "corp", Now: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	var b graph.Builder
	for f, err := range c.Collect(t.Context(), connectors.Want{}) {
		if err == nil {
			err = b.Add(f)
		}
		if err != nil {
			return b.Graph(), err
		}
	}
	return b.Graph(), nil
}

func TestLDIF(t *testing.T) {
	g, err := collectLDIF(t, writeLDIF(t, corp, `{"rows":3,"sha256":"SUM","as_of":"2026-11-19T00:00:00Z"}`))
	if err != nil {
		t.Fatal(err)
	}
	ana := graph.ID{Kind: graph.Account, Source: "corp", Key: "11111111-2222-4333-8444-555555555501"}
	dev := graph.ID{Kind: graph.Group, Source: "corp", Key: "cn=dev,dc=x"}
	gone := graph.ID{Kind: graph.Unresolved, Source: "corp", Key: "uid=gone,dc=x"}
	var got []string
	for x := range g.Grants() {
		got = append(got, x.From.String()+" "+x.Kind.String()+" "+x.To.String())
	}
	want := []string{ana.String() + " member " + dev.String(), dev.String() + " member " + dev.String(), gone.String() + " member " + dev.String()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	n, ok := g.Find(ana)
	if status, _ := g.Attr(n, "status"); !ok || status != "disabled" {
		t.Errorf("ana: status %q", status)
	}
	for _, d := range []graph.Dataset{graph.Accounts, graph.Groups, graph.Memberships, graph.SignIn} {
		if got := g.State("corp", d); got != graph.Complete {
			t.Errorf("%s: %s", d, got)
		}
	}
	if len(g.Coverage()) != len(graph.Datasets()) || len(g.Runs()) != 1 {
		t.Errorf("%d coverage records, %d runs", len(g.Coverage()), len(g.Runs()))
	}
}

// TestLDIFIsPartial: an export without a manifest that fits it is never complete.
func TestLDIFIsPartial(t *testing.T) {
	for name, manifest := range map[string]string{
		"no manifest":  "",
		"fewer rows":   `{"rows":4,"sha256":"SUM","as_of":"2026-11-19T00:00:00Z"}`,
		"other digest": `{"rows":3,"sha256":"` + strings.Repeat("0", 64) + `","as_of":"2026-11-19T00:00:00Z"}`,
		"old":          `{"rows":3,"sha256":"SUM","as_of":"2026-10-19T00:00:00Z"}`,
	} {
		t.Run(name, func(t *testing.T) {
			g, err := collectLDIF(t, writeLDIF(t, corp, manifest))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range g.Coverage() {
				if c.State == graph.Complete || c.State == graph.Partial && c.Reason == "" {
					t.Errorf("%s: %s %q", c.Dataset, c.State, c.Reason)
				}
			}
			if g.NumGrants() != 3 {
				t.Errorf("%d grants, want what is there", g.NumGrants())
			}
		})
	}
}

// TestLDIFCutAnywhere: no part of an export passes as the whole.
func TestLDIFCutAnywhere(t *testing.T) {
	manifest := fmt.Sprintf(`{"rows":3,"sha256":"%x","as_of":"2026-11-19T00:00:00Z"}`, sha256.Sum256([]byte(corp)))
	path := writeLDIF(t, corp, manifest)
	for n := range len(corp) {
		if err := os.WriteFile(path, []byte(corp[:n]), 0o600); err != nil {
			t.Fatal(err)
		}
		if g, err := collectLDIF(t, path); err == nil && g.State("corp", graph.Accounts) == graph.Complete {
			t.Errorf("cut after %d bytes, accounts are complete", n)
		}
	}
}

func TestLDIFErrors(t *testing.T) {
	tests := map[string]struct{ path, want string }{
		"missing":   {filepath.Join(t.TempDir(), "x.ldif"), "no such file"},
		"directory": {t.TempDir(), "is a directory"},
		"bad line":  {writeLDIF(t, corp+"\nnonsense\n", ""), "corp.ldif:20: "},
		"bad DN":    {writeLDIF(t, corp+"\ndn: nonsense\n", ""), "corp.ldif:20: entry: DN"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := collectLDIF(t, test.path); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestLDIFConfig(t *testing.T) {
	for name, cfg := range map[string]LDIFConfig{
		"no path":        {},
		"age":            {Path: "x", MaxAge: "soon"},
		"attribute":      {Path: "x", Attributes: map[string]string{"status": "no name"}},
		"values alone":   {Path: "x", Values: map[string]map[string]string{"status": {"A": "enabled"}}},
		"unknown status": {Path: "x", Attributes: map[string]string{"status": "s"}, Values: map[string]map[string]string{"status": {"A": "on"}}},
		"reserved":       {Path: "x", Attributes: map[string]string{"dn": "cn"}},
	} {
		if _, err := NewLDIF(cfg, connectors.Options{Source: "corp"}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestLDIFContract puts LDIF files through the contract of connectors.
func TestLDIFContract(t *testing.T) {
	open := func(t *testing.T, w connectortest.World, tail string) connectors.Collector {
		text, entries := directorytest.LDIF(w)
		path := writeLDIF(t, text+tail, fmt.Sprintf(`{"rows":%d,"sha256":"SUM","as_of":"2026-11-19T00:00:00Z"}`, entries))
		c, err := NewLDIF(LDIFConfig{Path: path, Attributes: directorytest.Attributes(), Values: directorytest.Values()},
			connectors.Options{Source: w.Source, Now: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	connectortest.Run(t, connectortest.Subject{
		Open:   func(t *testing.T, w connectortest.World) connectors.Collector { return open(t, w, "") },
		Broken: func(t *testing.T, w connectortest.World) connectors.Collector { return open(t, w, "nonsense\n") },
		Lacks:  directorytest.Lacks(),
		Key:    directorytest.Key,
	})
}
