// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	jsonserialization "github.com/microsoft/kiota-serialization-json-go"

	"github.com/foureyes-iga/foureyes/connectors"
)

// A documented call of Microsoft's pages.
type documented struct {
	Request struct {
		URL        string `json:"url"`
		ExampleURL string `json:"exampleUrl"`
	}
	Response struct{ Body json.RawMessage }
}

// asked lists the queries of the connector by a pattern of their paths.
func asked(t *testing.T) map[string]query {
	t.Helper()
	c, err := New(Config{Tenant: tenantID, Credential: CredentialConfig{ManagedIdentity: true}}, connectors.Options{Source: "x", Now: testNow()})
	if err != nil {
		t.Fatal(err)
	}
	r := c.newReading()
	all := map[string]query{}
	for _, l := range r.listings() {
		all[l.q.path] = l.q
	}
	for _, s := range r.surveys() {
		q := s.q("ID")
		q.item = nil
		all[strings.Replace(q.path, "/ID/", "/*/", 1)] = q
	}
	return all
}

// What Microsoft documents of the lists that the connector reads is decoded, and
// comes back from the models as it went in.
func TestDocumentedCallsDecode(t *testing.T) {
	files, err := filepath.Glob("../../fixtures/graphapi/testdata/documented/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documented calls: %v", err)
	}
	queries := asked(t)
	decoded := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d documented
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		q, ok := queryFor(queries, d)
		if !ok || !hasItems(d.Response.Body) {
			continue
		}
		decoded++
		if err := decodes(d.Response.Body, q); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
	if decoded < 20 {
		t.Errorf("only %d documented calls are of lists that the connector reads", decoded)
	}
}

// hasItems reports whether a body is a list of objects that show their ids, for
// which the connector always asks.
func hasItems(body json.RawMessage) bool {
	var list struct{ Value []struct{ ID string } }
	if json.Unmarshal(body, &list) != nil || len(list.Value) == 0 {
		return false
	}
	for _, item := range list.Value {
		if item.ID == "" {
			return false
		}
	}
	return true
}

func queryFor(queries map[string]query, d documented) (query, bool) {
	_, rest, _ := strings.Cut(d.Request.ExampleURL, "/v1.0")
	at, _, _ := strings.Cut(rest, "?")
	for pattern, q := range queries {
		if ok, _ := path.Match(pattern, strings.TrimSuffix(at, "/")); ok {
			return q, true
		}
	}
	return query{}, false
}

func decodes(body json.RawMessage, q query) error {
	root, err := parseJSON(body)
	if err != nil {
		return err
	}
	var shown struct{ Value []map[string]any }
	if err := json.Unmarshal(body, &shown); err != nil {
		return err
	}
	q.types = nil // an example may leave out the type
	p, f := readPage(root, q)
	switch {
	case f != nil:
		return fmt.Errorf("%s", f.message)
	case len(p.items) != len(shown.Value):
		return fmt.Errorf("%d items, want %d", len(p.items), len(shown.Value))
	}
	for i, item := range p.items {
		again, err := written(item)
		if err != nil {
			return err
		}
		if lost := lostIn(shown.Value[i], again); len(lost) > 0 {
			return fmt.Errorf("item %d: lost or changed: %q", i, lost)
		}
	}
	return nil
}

// written writes a model as JSON.
func written(item serialization.Parsable) (map[string]any, error) {
	w := jsonserialization.NewJsonSerializationWriter()
	if err := w.WriteObjectValue("", item); err != nil {
		return nil, err
	}
	text, err := w.GetSerializedContent()
	if err != nil {
		return nil, err
	}
	var again map[string]any
	return again, json.Unmarshal(text, &again)
}

// lostIn lists the properties of an example that did not come back. Nothing is no
// loss.
func lostIn(shown, again map[string]any) []string {
	var lost []string
	for key, want := range shown {
		if strings.HasPrefix(key, "@") || strings.Contains(key, "@odata") || isNothing(want) {
			continue
		}
		inner, isObject := want.(map[string]any)
		other, came := again[key].(map[string]any)
		switch {
		case isObject && came:
			for _, l := range lostIn(inner, other) {
				lost = append(lost, key+"/"+l)
			}
		case !alike(want, again[key]):
			lost = append(lost, fmt.Sprintf("%s: %v is %v", key, want, again[key]))
		}
	}
	slices.Sort(lost)
	return lost
}

func isNothing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, inner := range v {
			if !isNothing(inner) {
				return false
			}
		}
		return true
	}
	return false
}

// sameSpan compares two durations. The writer of the models makes weeks of days.
func sameSpan(want, got string) bool {
	w, err := serialization.ParseISODuration(want)
	if err != nil {
		return false
	}
	d, err := w.ToDuration()
	var weeks, days int
	_, notWeeks := fmt.Sscanf(got, "P%dW%dD", &weeks, &days)
	return err == nil && notWeeks == nil && d == time.Duration(weeks*7+days)*24*time.Hour
}

// alike compares two values of JSON. Times may be written in two ways.
func alike(want, got any) bool {
	switch want := want.(type) {
	case map[string]any:
		other, ok := got.(map[string]any)
		return ok && len(lostIn(want, other)) == 0
	case []any:
		other, ok := got.([]any)
		return ok && slices.EqualFunc(want, other, alike)
	case string:
		text, _ := got.(string)
		a, err := time.Parse(time.RFC3339Nano, want)
		b, err2 := time.Parse(time.RFC3339Nano, text)
		sameTime := err == nil && err2 == nil && a.Truncate(time.Second).Equal(b) // the writer of the models drops fractions
		return sameTime || strings.EqualFold(text, want) || sameSpan(want, text)
	}
	return fmt.Sprint(want) == fmt.Sprint(got)
}
