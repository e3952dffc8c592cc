// SPDX-License-Identifier: Apache-2.0

package facts_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("../../docs/formats/facts.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// allows reports whether the schema accepts a line.
func allows(s *jsonschema.Schema, line string) bool {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
	return err == nil && s.Validate(v) == nil
}

// accepts reports whether the reader accepts a line.
func accepts(line string) bool {
	_, err := read(line + "\n")
	return err == nil || errors.Is(err, facts.ErrTruncated)
}

// TestSchemaAgreesWithReader: the schema allows what the reader accepts, and
// refuses what the reader refuses, but for what a schema cannot say.
func TestSchemaAgreesWithReader(t *testing.T) {
	s := schema(t)
	beyond := regexp.MustCompile("is there twice|not valid UTF-8|unknown key \"i")
	lines := append([]string{`{"fact":"end","facts":0}`, `{"fact":"end","facts":-1}`, `{"fact":"node","id":"role:x/y","name":""}`}, examples...)
	for l, msg := range refused {
		if !beyond.MatchString(msg) {
			lines = append(lines, l)
		}
	}
	agreed := map[bool]int{}
	for _, l := range lines {
		if l == `{"fact":"end","facts":-1}` { // to the reader another number than that of the facts
			if allows(s, l) {
				t.Errorf("the schema allows %s", l)
			}
			continue
		}
		if allows(s, l) != accepts(l) {
			t.Errorf("the schema says %v and the reader %v: %s", allows(s, l), accepts(l), l)
		}
		agreed[accepts(l)]++
	}
	if agreed[true] < len(examples) || agreed[false] < 30 {
		t.Errorf("only %d lines were accepted and %d refused", agreed[true], agreed[false])
	}
}

// TestSchemaHoldsGrantTable tries every kind of grant between every two kinds.
func TestSchemaHoldsGrantTable(t *testing.T) {
	s := schema(t)
	kinds := []string{"account", "entitlement", "group", "identity", "role", "unresolved"}
	tried := 0
	for _, kind := range []string{"owns", "member", "assigned", "contains", "eligible", "controls"} {
		for _, from := range kinds {
			for _, to := range kinds {
				for _, direct := range []string{"", `,"direct_only":true`, `,"direct_only":false`} {
					l := `{"fact":"grant","from":"` + from + `:x/1","to":"` + to + `:x/2","kind":"` + kind + `"` + direct + `}`
					if allows(s, l) != accepts(l) {
						t.Errorf("the schema says %v and the reader %v: %s", allows(s, l), accepts(l), l)
					}
					tried++
				}
			}
		}
	}
	if tried != 6*6*6*3 {
		t.Errorf("%d grants tried", tried)
	}
}

// TestDocumentedLines: every line of JSON in the description of the format is one
// that schema and reader accept.
func TestDocumentedLines(t *testing.T) {
	text, err := os.ReadFile("../../docs/formats/facts.md")
	if err != nil {
		t.Fatal(err)
	}
	s := schema(t)
	var lines []string
	for l := range strings.Lines(string(text)) {
		if strings.HasPrefix(l, `{"fact":`) {
			lines = append(lines, strings.TrimSpace(l))
			if !allows(s, lines[len(lines)-1]) {
				t.Errorf("the schema refuses %s", l)
			}
		}
	}
	if len(lines) < 10 {
		t.Fatalf("only %d lines are documented", len(lines))
	}
	if _, err := read(strings.Join(lines, "\n")); err != nil {
		t.Errorf("as a file: %v", err)
	}
}
