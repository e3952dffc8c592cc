// SPDX-License-Identifier: Apache-2.0

package policyfile_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/sod/check"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("../../docs/formats/policy.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance returns the YAML as a JSON value; days are text in JSON.
func instance(t *testing.T, src []byte) (any, error) {
	t.Helper()
	var v any
	if err := yaml.Load(src, &v); err != nil {
		return nil, err
	}
	text, err := json.Marshal(days(v))
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
}

func days(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.Format(time.DateOnly)
	case map[string]any:
		for k := range v {
			v[k] = days(v[k])
		}
	case []any:
		for i := range v {
			v[i] = days(v[i])
		}
	}
	return v
}

func TestSchemaAcceptsWhatIsRead(t *testing.T) {
	s := schema(t)
	good := corpus(t, "good/*.yaml")
	good["start of the bad ones"] = []byte(start)
	good["spans"] = []byte("version: 1\ncompensating_controls: [{id: a, every: 36h}, {id: b, every: 1h30m}, {id: c, every: 0.5h}, {id: d, every: 007d}]\n")
	src := "version: 1\nchecks:\n" // a where in every check
	for _, name := range check.Names() {
		src += "  " + name + ": {severity: low, where: {country: DE}" + map[string]string{"stale": ", after: 1d", "unapproved-grant": ", requests: r.csv"}[name] + "}\n"
	}
	good["scopes"] = []byte(src)
	for name, src := range good {
		if _, err := policyfile.Load("p", files{"p": string(src), "r.csv": columns}.read); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		v, err := instance(t, src)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: the schema refuses what is read: %v", name, err)
		}
	}
}

func TestSchemaRefusesWhatIsRefused(t *testing.T) {
	s := schema(t)
	for _, tt := range badPolicies() {
		v, err := instance(t, []byte(tt.src))
		if err == nil {
			err = s.Validate(v)
		}
		if (err != nil) != tt.shape {
			t.Errorf("%s: refused by the schema: %v, want %v (%v)", tt.name, err != nil, tt.shape, err)
		}
	}
}

// TestSchemaOfInclude: what names a file is told apart by the schema as by Load.
func TestSchemaOfInclude(t *testing.T) {
	s := schema(t)
	for name, want := range map[string]bool{
		"a.yaml": true, "../x/a.yaml": true, "builtin:ad-tier0": true, "/a.yaml": false, `x\\a.yaml`: false, "C:a.yaml": false, `a\n.yaml`: false, "": false,
	} {
		src := "version: 1\ninclude: [\"" + name + "\"]\n"
		v, err := instance(t, []byte(src))
		if err == nil {
			err = s.Validate(v)
		}
		_, loadErr := policyfile.Load("p.yaml", func(file string) ([]byte, error) {
			if file == "p.yaml" {
				return []byte(src), nil
			}
			return []byte("version: 1\n"), nil
		})
		if (err == nil) != want || (loadErr == nil) != want {
			t.Errorf("%s: schema %v, Load %v; accepted should be %v", name, err, loadErr, want)
		}
	}
}

func TestManualIsRead(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	s := schema(t)
	blocks := strings.Split(string(page), "```yaml\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("the manual has no example")
	}
	for i, b := range blocks {
		src, _, _ := strings.Cut(b, "```")
		if !strings.HasPrefix(src, "version: 1\n") {
			src = "version: 1\n" + src // a part of a policy
		}
		p, err := policyfile.Parse("policy.md", []byte(src))
		if err != nil {
			t.Errorf("example %d: %v", i+1, err)
			continue
		}
		if i == 0 && len(p.Rules) < 2 {
			t.Errorf("the worked example has %d rules", len(p.Rules))
		}
		v, err := instance(t, []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("example %d: %v", i+1, err)
		}
		formatted, err := policyfile.Format("policy.md", []byte(src))
		if i == 0 && (err != nil || string(formatted) != src) {
			t.Errorf("the worked example is not formatted (%v):\n%s", err, formatted)
		}
	}
}
