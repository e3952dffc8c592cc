// SPDX-License-Identifier: Apache-2.0

package policyfile_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

func TestBuiltinsAreAllThatShip(t *testing.T) {
	paths, err := filepath.Glob("builtin/*")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(p), ".yaml"))
	}
	if diff := cmp.Diff(policyfile.Builtins(), names); diff != "" {
		t.Errorf("names (-told +there):\n%s", diff)
	}
}

// TestBuiltins: each is valid, canonical, and says of everything what it is.
func TestBuiltins(t *testing.T) {
	s := schema(t)
	for _, name := range policyfile.Builtins() {
		t.Run(name, func(t *testing.T) {
			src, err := policyfile.Builtin(name)
			if err != nil {
				t.Fatal(err)
			}
			p, err := policyfile.Parse(name, src)
			if err != nil {
				t.Fatal(err)
			}
			formatted, err := policyfile.Format(name, src)
			if diff := cmp.Diff(string(src), string(formatted)); err != nil || diff != "" {
				t.Errorf("it is not in canonical form: %v\n%s", err, diff)
			}
			v, err := instance(t, src)
			if err == nil {
				err = s.Validate(v)
			}
			if err != nil {
				t.Errorf("schema: %v", err)
			}
			documented(t, p)
		})
	}
}

// documented holds what a shipped policy promises.
func documented(t *testing.T, p *sod.Policy) {
	t.Helper()
	used := make([]bool, len(p.Duties))
	for _, r := range p.Rules {
		if r.Title == "" || r.Risk == "" || r.Process == "" || !slices.ContainsFunc(p.Controls, func(c sod.Control) bool { return c.ID == r.Control }) {
			t.Errorf("rule %s lacks a title, risk, process or control", r.ID)
		}
		for _, d := range r.Duties {
			used[d] = true
		}
	}
	for i, d := range p.Duties {
		if d.Title == "" || d.MayBeEmpty != nil || !used[i] {
			t.Errorf("duty %s lacks a title, may be empty, or has no rule", d.ID)
		}
	}
	for _, c := range p.Controls {
		if c.Title == "" || len(c.Frameworks) == 0 {
			t.Errorf("control %s lacks a title or frameworks", c.ID)
		}
	}
}

// TestTierZeroGoesBySID: a name can be changed and imitated.
func TestTierZeroGoesBySID(t *testing.T) {
	src, err := policyfile.Builtin("ad-tier0")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range mustParse(t, string(src)).Duties {
		for _, s := range d.Holds {
			if s.Name != "" || s.ID != nil || s.Source != "" || len(s.Attrs) != 1 || s.Attrs[0].Key != "sid" {
				t.Errorf("duty %s selects %+v, want a SID only", d.ID, s)
			}
		}
	}
}

func TestBuiltinUnknown(t *testing.T) {
	for name, want := range map[string]string{
		"ad-tier":   `no policy "ad-tier" ships with this program; did you mean ad-tier0?`,
		"../x":      `no policy "../x" ships with this program: want ad-tier0, entra-privileged, procure-to-pay, sox-itgc`,
		"soxitgc":   `no policy "soxitgc" ships with this program; did you mean sox-itgc?`,
		"":          `no policy "" ships with this program: want ad-tier0, entra-privileged, procure-to-pay, sox-itgc`,
		"ad-tier0/": `no policy "ad-tier0/" ships with this program; did you mean ad-tier0?`,
	} {
		if _, err := policyfile.Builtin(name); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", name, err, want)
		}
	}
}
