// SPDX-License-Identifier: Apache-2.0

package jsonout_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
)

var _ = flag.Bool("update", false, "write the golden files")

const schemaFile = "../../docs/formats/findings.schema.json"

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func render(t *testing.T, in reports.Input) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jsonout.Render(&b, reportstest.Packet(t, in)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func compared(t *testing.T) reports.Input {
	in := reportstest.Company(t)
	in.Baseline, in.Forward = reportstest.Earlier(t), reportstest.Forward(in)
	return in
}

func reviewed(t *testing.T) reports.Input {
	in := reportstest.Company(t)
	in.Review = reportstest.Reviewed(t, in)
	return in
}

func TestGolden(t *testing.T) {
	for name, in := range map[string]reports.Input{
		"company.json":  reportstest.Company(t),
		"compared.json": compared(t),
		"clean.json":    reportstest.Clean(t),
		"leavers.json":  reportstest.Leavers(t),
		"reviewed.json": reviewed(t),
	} {
		t.Run(name, func(t *testing.T) {
			got := render(t, in)
			reportstest.Golden(t, name, got)
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(got))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema(t).Validate(v); err != nil {
				t.Error(err)
			}
			if strings.ContainsFunc(string(got), func(r rune) bool { return r != '\n' && reports.Hidden(r) }) {
				t.Error("a hidden character came out raw")
			}
		})
	}
}

// TestSchemaRefuses proves that the schema can fail.
func TestSchemaRefuses(t *testing.T) {
	s := schema(t)
	for _, change := range []struct{ was, is string }{
		{`"foureyes/findings/1"`, `"foureyes/findings/2"`},
		{`"status": "open"`, `"status": "fine"`},
		{`"severity": "critical"`, `"severity": "bad"`},
		{`"identity:hr/E1001"`, `"E1001"`},
		{`"not_assessed": 2,`, ``},
		{`"subjects": 2,`, `"subjects": -1,`},
		{`"told": true`, `"told": "yes"`},
		{`"status_unknown": 0`, `"status_unknown": -1`},
	} {
		text := string(render(t, reportstest.Company(t)))
		if !strings.Contains(text, change.was) {
			t.Fatalf("%s is not in the findings", change.was)
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.ReplaceAll(text, change.was, change.is)))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(v) == nil {
			t.Errorf("%s in place of %s is accepted", change.is, change.was)
		}
	}
}

// TestExact proves that escaping loses nothing.
func TestExact(t *testing.T) {
	var d struct {
		Findings []struct{ Detail string }
	}
	if err := json.Unmarshal(render(t, reportstest.Company(t)), &d); err != nil {
		t.Fatal(err)
	}
	if got, want := d.Findings[6].Detail, "the owner, Bob \u202eeciruA\u202c Marsh, has left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRead(t *testing.T) {
	got, err := jsonout.Read(bytes.NewReader(render(t, reportstest.Company(t))))
	if err != nil {
		t.Fatal(err)
	}
	p := reportstest.Packet(t, reportstest.Company(t))
	if got.Policy != p.Policy.Digest || got.Snapshot != p.Snapshot.Digest || !got.AsOf.Equal(p.AsOf) || len(got.Findings) != len(p.Findings) {
		t.Fatalf("got %+v", got)
	}
	for i, f := range p.Findings {
		want := reports.Past{ID: f.ID, Kind: f.Kind, Rule: f.Rule, Title: f.Title, Severity: f.Severity, Mode: f.Mode, Subjects: []reports.Thing{f.Subjects[0].Thing}, Status: f.Status}
		if diff := cmp.Diff(want, got.Findings[i]); diff != "" {
			t.Errorf("finding %d (-want +got):\n%s", i, diff)
		}
	}
}

// TestReadsVersion1 reads a stored file, which later versions must read too.
func TestReadsVersion1(t *testing.T) {
	f, err := os.Open("testdata/version1.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := jsonout.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Findings) != 1 || got.Findings[0].ID != "F-1" {
		t.Errorf("got %+v", got)
	}
}

func TestReadRefuses(t *testing.T) {
	good := string(render(t, reportstest.Company(t)))
	tests := []struct{ name, text, want string }{
		{"empty", "", "EOF"},
		{"not JSON", "findings", "invalid"},
		{"other format", `{"format":"foureyes/plan/1"}`, "want foureyes/findings/1"},
		{"no format", `{}`, "want foureyes/findings/1"},
		{"two objects", good + "{}", "something follows"},
		{"no date", strings.Replace(good, `"as_of": "2026`, `"as_of": "x`, 1), "as_of"},
		{"no id", strings.Replace(good, `"id": "F-DEV-DEPLOY-E1001"`, `"id": ""`, 1), "findings[0]: no id"},
		{"unknown status", strings.Replace(good, `"status": "open"`, `"status": "gone"`, 1), `status "gone"`},
		{"unknown mode", strings.Replace(good, `"mode": "standing",`+"\n      \"subjects\"", `"mode": "sitting",`+"\n      \"subjects\"", 1), `unknown mode "sitting"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := jsonout.Read(strings.NewReader(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	newer := strings.Replace(good, "findings/1", "findings/2", 1)
	if _, err := jsonout.Read(strings.NewReader(newer)); !errors.Is(err, jsonout.ErrNewer) {
		t.Errorf("a newer version: got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"format":"foureyes/findings/1","as_of":"2026-09-30T23:59:59Z","findings":[{"id":"F","rule":"R","status":"open","subjects":["identity:hr/E1"]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := jsonout.Read(bytes.NewReader(text))
		if (got == nil) == (err == nil) {
			t.Errorf("got %v and %v", got, err)
		}
	})
}

func TestSARIF(t *testing.T) {
	var b bytes.Buffer
	if err := jsonout.SARIF(&b, reportstest.Packet(t, compared(t))); err != nil {
		t.Fatal(err)
	}
	reportstest.Golden(t, "compared.sarif", b.Bytes())
}
