// SPDX-License-Identifier: Apache-2.0

package jsonout_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/whatif"
)

// twoTimes are a small company before and after one change of each sort: Ana loses
// a duty, Ben a membership that may still be hidden, Cem holds what he could
// activate, Dora gets a second duty, and Eve a first, so that a gap matters.
func twoTimes(t *testing.T) (*reports.WhatIf, *reports.Diff) {
	t.Helper()
	older := company(t, `
{"fact":"grant","from":"account:corp/ana","to":"entitlement:corp/x","kind":"assigned"}
{"fact":"grant","from":"account:corp/ana","to":"entitlement:corp/y","kind":"assigned"}
{"fact":"grant","from":"account:corp/ben","to":"entitlement:corp/x","kind":"assigned"}
{"fact":"grant","from":"account:corp/ben","to":"group:corp/g","kind":"member"}
{"fact":"grant","from":"account:corp/cem","to":"entitlement:corp/x","kind":"assigned"}
{"fact":"grant","from":"account:corp/cem","to":"role:corp/r","kind":"eligible"}
{"fact":"grant","from":"account:corp/dora","to":"entitlement:corp/x","kind":"assigned"}
{"fact":"end","facts":12}`)
	newer := company(t, `
{"fact":"grant","from":"account:corp/ben","to":"entitlement:corp/x","kind":"assigned"}
{"fact":"grant","from":"account:corp/cem","to":"entitlement:corp/x","kind":"assigned"}
{"fact":"grant","from":"account:corp/cem","to":"role:corp/r","kind":"assigned"}
{"fact":"grant","from":"account:corp/dora","to":"entitlement:corp/x","kind":"assigned"}
{"fact":"grant","from":"account:corp/dora","to":"entitlement:corp/y","kind":"assigned"}
{"fact":"grant","from":"account:corp/eve","to":"entitlement:corp/x","kind":"assigned"}
{"fact":"end","facts":11}`)
	duty := func(id string) sod.Duty {
		p, err := sod.ParseIDPattern("entitlement:corp/" + id)
		if err != nil {
			t.Fatal(err)
		}
		return sod.Duty{ID: id, Holds: []sod.Selector{{ID: &p}}}
	}
	p := &sod.Policy{Mode: reach.Eligible, Duties: []sod.Duty{duty("x"), duty("y")},
		Rules: []sod.Rule{{ID: "R", Severity: sod.High, Kind: sod.ConflictRule, Duties: []int{0, 1}}}}
	then := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	x, err := reports.NewWhatIf(p, reports.SnapshotInfo{}, whatif.Full(older, newer, p, then))
	if err != nil {
		t.Fatal(err)
	}
	if want := "1 finding added; 1 finding removed; 1 finding no longer proven, and NOT ASSESSED now; 1 finding changed"; !strings.HasPrefix(x.Verdict(), want) {
		t.Fatalf("got %q, want %q …", x.Verdict(), want)
	}
	d := reports.NewDiff(diff.Compare(older, newer, then, then), older, newer, reports.SnapshotInfo{}, reports.SnapshotInfo{}, nil)
	d.Findings = x
	return x, d
}

func company(t *testing.T, grants string) *graph.Graph {
	t.Helper()
	const rest = `{"fact":"grant","from":"group:corp/g","to":"entitlement:corp/y","kind":"assigned"}
{"fact":"grant","from":"role:corp/r","to":"entitlement:corp/y","kind":"contains"}
{"fact":"gap","about":"group:corp/g","dataset":"memberships","reason":"denied"}
{"fact":"coverage","source":"corp","dataset":"*","state":"complete"}
{"fact":"node","id":"account:corp/ana","name":"Ana"}`
	var b graph.Builder
	for f, err := range facts.Read(strings.NewReader(rest+grants+"\n"), "company") {
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

// compiled returns a schema that refers to others.
func compiled(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, one := range []string{"findings", "whatif", "diff", "leaver"} {
		f, err := os.Open("../../docs/formats/" + one + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		doc, err := jsonschema.UnmarshalJSON(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource("https://foureyes-iga.github.io/foureyes/"+one+"-1.schema.json", doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile("https://foureyes-iga.github.io/foureyes/" + name + "-1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatIfAndDiffAreAsDescribed(t *testing.T) {
	x, d := twoTimes(t)
	for name, render := range map[string]func(io.Writer) error{
		"whatif": func(w io.Writer) error { return jsonout.WhatIf(w, x) },
		"diff":   func(w io.Writer) error { return jsonout.Diff(w, d) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := render(&b); err != nil {
				t.Fatal(err)
			}
			doc, err := jsonschema.UnmarshalJSON(&b)
			if err != nil {
				t.Fatal(err)
			}
			s := compiled(t, name)
			if err := s.Validate(doc); err != nil {
				t.Error(err)
			}
			delete(doc.(map[string]any), "verdict")
			if s.Validate(doc) == nil {
				t.Error("the schema takes anything")
			}
		})
	}
}

func TestWhatIfForPipelines(t *testing.T) {
	x, _ := twoTimes(t)
	var sarif, junit bytes.Buffer
	if err := jsonout.WhatIfSARIF(&sarif, x); err != nil {
		t.Fatal(err)
	}
	var log struct {
		Runs []struct {
			Results []struct {
				State string `json:"baselineState"`
			} `json:"results"`
		} `json:"runs"`
	}
	if err := json.Unmarshal(sarif.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, r := range log.Runs[0].Results {
		got[r.State]++
	}
	if got["new"] != len(x.Added) || got["updated"] != len(x.Changed) || got["absent"] != len(x.Removed)-x.Unsure() {
		t.Errorf("results by state: %v; want %d new, %d updated, %d absent", got, len(x.Added), len(x.Changed), len(x.Removed)-x.Unsure())
	}
	if err := jsonout.WhatIfJUnit(&junit, x); err != nil {
		t.Fatal(err)
	}
	var suites struct {
		Suite struct {
			Tests int        `xml:"tests,attr"`
			Cases []struct{} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(junit.Bytes(), &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Suite.Tests != len(x.Rules) || len(suites.Suite.Cases) != len(x.Rules) {
		t.Errorf("%d test cases, want one for each of %d rules", len(suites.Suite.Cases), len(x.Rules))
	}
	if n := strings.Count(junit.String(), "added: "); n < len(x.Added) {
		t.Errorf("%d of %d findings are told", n, len(x.Added))
	}
}
