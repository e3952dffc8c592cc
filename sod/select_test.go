// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

func TestGlob(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"a", "a", true}, {"a", "A", false}, {"*", "", true}, {"*", "anything", true},
		{"a*", "a", true}, {"a*", "ba", false}, {"*a", "ba", true}, {"a*b", "ab", true}, {"a*b", "a", false},
		{"a*a", "a", false}, {"a*a", "aa", true}, {"*a*b*", "xaxbx", true}, {"*a*b*", "xbxax", false},
		{`\*`, "*", true}, {`\*`, "a", false}, {`a\*b*`, "a*bc", true}, {`a\*b*`, "axbc", false}, {`\`, `\`, true}, {`\a`, `\a`, true},
		{"**", "x", true}, {"a**b", "ab", true},
	}
	for _, tt := range tests {
		if got := sod.Glob(tt.pattern).Match(tt.text); got != tt.want {
			t.Errorf("%q matches %q: %t, want %t", tt.pattern, tt.text, got, tt.want)
		}
	}
}

func TestUnder(t *testing.T) {
	tests := []struct {
		dn, base string
		want     bool
	}{
		{"cn=a,ou=x,dc=c", "ou=x,dc=c", true}, {"cn=a, OU=X ,DC=C", "ou=x,dc=c", true}, {"ou=x,dc=c", "ou=x,dc=c", true},
		{"cn=a,ou=xx,dc=c", "ou=x,dc=c", false}, {`cn=a\,ou=x,dc=c`, "ou=x,dc=c", false}, {"dc=c", "ou=x,dc=c", false},
		{"cn=a,ou=x,dc=c", "", false}, {"cn=a,ou=x  y,dc=c", "ou=x y,dc=c", true}, {`cn=a\`, `cn=a\`, true},
	}
	for _, tt := range tests {
		if got := sod.Under(tt.dn, tt.base); got != tt.want {
			t.Errorf("%q under %q: %t, want %t", tt.dn, tt.base, got, tt.want)
		}
	}
}

func TestMatch(t *testing.T) {
	var b graph.Builder
	for _, line := range []string{"account:corp/FI-X|FI-X", "group:corp/1|FI-A", "group:corp/2|FI-READ", "role:corp/3|FI-R", "group:erp/4|FI-A", "entitlement:corp/5|x"} {
		id, name, _ := strings.Cut(line, "|")
		parsed, err := graph.ParseID(id)
		if err != nil {
			t.Fatal(err)
		}
		n := graph.Node{ID: parsed, Name: name}
		if parsed.Key == "1" {
			n.Attrs.Set("dn", "cn=a,ou=fin,dc=x")
			n.Attrs.Set("tag", "other", "ledger")
		}
		if err := b.Add(n); err != nil {
			t.Fatal(err)
		}
	}
	g := b.Graph()
	pattern := func(s string) *sod.IDPattern {
		p, err := sod.ParseIDPattern(s)
		if err != nil {
			t.Fatal(err)
		}
		return &p
	}
	tests := []struct {
		name string
		sel  sod.Selector
		want string
	}{
		{"zero", sod.Selector{}, ""},
		{"id", sod.Selector{ID: pattern("group:corp/1")}, "group:corp/1"},
		{"account only when asked for", sod.Selector{ID: pattern("account:corp/*")}, "account:corp/FI-X"},
		{"id pattern", sod.Selector{ID: pattern("group:corp/*")}, "group:corp/1 group:corp/2"},
		{"name leaves accounts out", sod.Selector{Name: "FI-*"}, "group:corp/1 group:corp/2 group:erp/4 role:corp/3"},
		{"source, kind, name", sod.Selector{Source: "corp", Kind: graph.Group, Name: "FI-*"}, "group:corp/1 group:corp/2"},
		{"except a name", sod.Selector{Source: "corp", Name: "FI-*", Except: []string{"*-READ"}}, "group:corp/1 role:corp/3"},
		{"except an id", sod.Selector{Source: "corp", Name: "FI-*", Except: []string{"role:corp/*"}}, "group:corp/1 group:corp/2"},
		{"letter case matters", sod.Selector{Name: "fi-*"}, ""},
		{"under", sod.Selector{Under: "OU=Fin, DC=x"}, "group:corp/1"},
		{"any value of an attribute", sod.Selector{Attrs: []sod.AttrPattern{{Key: "tag", Pattern: "led*"}}}, "group:corp/1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, n := range sod.Match(g, []sod.Selector{tt.sel}) {
				got = append(got, g.ID(n).String())
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
