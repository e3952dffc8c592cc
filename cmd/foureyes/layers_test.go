// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The floors of ARCHITECTURE.md in executable form: which packages of ours each
// package may import. A package that is missing here fails the test: give it a
// place in the picture first. Arrows point down, and no connector knows another.
var mayImport = map[string][]string{
	// ground
	"graph":    {},
	"evidence": {},
	// floor 1
	"graph/facts":      {"graph"},
	"graph/reach":      {"graph"},
	"graph/snapshot":   {"graph", "graph/facts"},
	"graph/correlate":  {"graph"},
	"graph/view":       {"graph", "graph/reach"},
	"sod":              {"graph", "graph/reach"},
	"sod/check":        {"graph", "graph/diff", "graph/reach", "sod"},
	"sod/lint":         {"graph", "graph/reach", "sod"},
	"sod/tosql":        {"graph", "sod"},
	"sod/whatif":       {"graph", "graph/reach", "sod"},
	"sod/remedy":       {"graph", "graph/reach", "sod", "sod/whatif"},
	"sod/remedy/proof": {"graph", "graph/reach", "sod"}, // never sod/remedy, whose plans it checks
	"graph/diff":       {"graph"},
	"evidence/sqlite":  {"evidence"},
	// floor 2
	"connectors": {"graph"},
	"campaign":   {"graph", "graph/diff", "graph/reach", "sod"},
	// floor 3
	"sod/policyfile":                   {"graph", "graph/reach", "sod", "sod/lint"},
	"connectors/internal/directory":    {"connectors", "graph"},
	"connectors/internal/feed":         {"connectors", "graph", "graph/facts"},
	"connectors/file":                  {"connectors", "connectors/internal/directory", "connectors/internal/feed", "graph", "graph/facts"},
	"connectors/table":                 {"connectors", "connectors/internal/feed", "graph"},
	"connectors/hr":                    {"connectors", "connectors/internal/feed", "graph"},
	"connectors/ldap":                  {"connectors", "connectors/internal/directory", "connectors/internal/feed", "graph"},
	"connectors/entra":                 {"connectors", "connectors/entra/internal/tenant", "graph"},
	"connectors/entra/internal/tenant": {"graph"},
	"reports":                          {"campaign", "graph", "graph/diff", "graph/reach", "graph/view", "sod", "sod/check", "sod/remedy", "sod/whatif"}, // sod/check decides of a leaver what lives
	// floor 4
	"connectors/collect":  {"connectors", "graph", "graph/correlate", "sod"},
	"reports/pdf":         {"campaign", "graph", "graph/reach", "graph/view", "reports", "sod"},
	"reports/text":        {"campaign", "graph", "graph/diff", "graph/reach", "reports", "sod", "sod/check"},
	"reports/jsonout":     {"campaign", "graph", "graph/diff", "graph/reach", "reports", "sod", "sod/check", "sod/remedy"},
	"reports/table":       {"graph", "graph/reach", "reports", "sod"},
	"reports/seal":        {}, // it knows bytes and no packets
	"reports/policysheet": {"graph", "graph/reach", "reports", "reports/table", "sod", "sod/lint", "sod/policyfile"},
	"campaign/sheet":      {"campaign", "graph", "reports", "reports/table"},
	// data and makers of data
	"fixtures":                   {"graph", "graph/reach", "sod"},
	"fixtures/demo/generate":     {"fixtures", "fixtures/graphapi", "graph", "graph/facts", "graph/reach", "sod"},
	"fixtures/synth":             {"graph", "graph/reach", "sod"},
	"fixtures/graphapi":          {},
	"fixtures/graphapi/generate": {},
	// test-only
	"connectors/connectortest":                    {"connectors", "graph", "graph/facts"},
	"connectors/ldap/slapdtest":                   {},
	"connectors/ldap/sambatest":                   {},
	"connectors/ldap/dirsrvtest":                  {},
	"connectors/internal/directory/directorytest": {"connectors/connectortest", "graph"},
	"reports/internal/reportstest":                {"campaign", "graph", "graph/diff", "graph/reach", "reports", "sod", "sod/check"},
	"fixtures/worlds":                             {},
	"fixtures/fixturetest":                        {"fixtures/worlds", "graph", "graph/facts", "graph/reach", "sod", "sod/policyfile"},
	// roof
	"cmd/foureyes": {"*"},
}

// standardOnly may import nothing but the standard library and their floors.
var standardOnly = []string{"graph", "graph/facts", "graph/reach", "graph/correlate", "sod", "sod/check", "sod/lint", "sod/whatif", "sod/remedy", "sod/remedy/proof", "sod/tosql", "graph/diff", "connectors", "campaign", "reports", "reports/seal"}

// alsoImports are what a package of the lower floors may import beside the standard
// library and their floors; nothing else.
func alsoImports() map[string][]string {
	return map[string][]string{
		"evidence":        {"golang.org/x/mod/sumdb/note", "golang.org/x/mod/sumdb/tlog"},
		"evidence/sqlite": {"modernc.org/sqlite"},
	}
}

const module = "github.com/foureyes-iga/foureyes"

type listed struct {
	ImportPath, ForTest string
	Imports, Deps       []string
}

func list(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,ForTest,Imports,Deps"}, args...)...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		t.Fatal("go list found no packages")
	}
	return all
}

func TestLayers(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range list(t, "./...") {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		seen[name] = true
		allowed, ok := mayImport[name]
		if !ok {
			t.Errorf("package %s has no place in the picture: add it to ARCHITECTURE.md and to the table in layers_test.go", name)
			continue
		}
		for _, imp := range p.Imports {
			ours, is := strings.CutPrefix(imp, module+"/")
			switch {
			case is && !slices.Contains(allowed, ours) && !slices.Contains(allowed, "*"):
				t.Errorf("%s must not import %s", name, ours)
			case !is && strings.Contains(imp, ".") && alsoImports()[name] != nil && !slices.Contains(alsoImports()[name], imp):
				t.Errorf("%s must not import %s: it has %v", name, imp, alsoImports()[name])
			case !is && strings.Contains(imp, ".") && slices.Contains(standardOnly, name):
				t.Errorf("%s must not import %s: only the standard library belongs there", name, imp)
			}
		}
	}
	for name := range mayImport {
		if !seen[name] {
			t.Errorf("layers_test.go places %s, which does not exist", name)
		}
	}
}

// Everything below cmd reads no flags, environment or clock of its own; what the
// program links must not be made for tests.
func TestProgramLinksNoTests(t *testing.T) {
	for _, p := range list(t, "./cmd/foureyes") {
		for _, dep := range p.Deps {
			if dep == "testing" || strings.HasSuffix(dep, "test") && strings.HasPrefix(dep, module) {
				t.Errorf("the program links %s", dep)
			}
		}
	}
}

// The ceiling on production packages: crossing it needs an ADR.
func TestPackageCeiling(t *testing.T) {
	n := 0
	for name := range mayImport {
		if !strings.HasSuffix(name, "test") && !strings.HasSuffix(name, "/generate") && name != "fixtures/worlds" {
			n++
		}
	}
	if n > 40 {
		t.Errorf("%d production packages, and the ceiling is 40", n)
	}
}
