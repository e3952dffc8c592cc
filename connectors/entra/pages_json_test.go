// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

func decode(t *testing.T, text string) *node {
	t.Helper()
	n, err := parseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestModelsReadWhatIsWritten goes through every kind of property that models
// have.
func TestModelsReadWhatIsWritten(t *testing.T) {
	got, f := readObject(decode(t, `{
		"id": "1", "accountEnabled": false, "displayName": null,
		"createdDateTime": "2026-01-02T03:04:05.678Z",
		"proxyAddresses": ["smtp:a@b.c"],
		"onPremisesExtensionAttributes": {"extensionAttribute7": "E7"},
		"identities": [{"issuer": "i"}, {"issuer": "j"}],
		"signInActivity": {"lastSignInDateTime": "2026-01-01T00:00:00+01:00"},
		"extension_x": "text", "number": 9007199254740993, "many": [1.5, {"a": true}, null]
	}`), query{factory: models.CreateUserFromDiscriminatorValue})
	if f != nil {
		t.Fatal(f)
	}
	u := got.(models.Userable)
	if *u.GetAccountEnabled() || u.GetDisplayName() != nil || *u.GetOnPremisesExtensionAttributes().GetExtensionAttribute7() != "E7" {
		t.Errorf("%v", u)
	}
	if !u.GetCreatedDateTime().Equal(time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)) {
		t.Errorf("created %v", u.GetCreatedDateTime())
	}
	if !u.GetSignInActivity().GetLastSignInDateTime().Equal(time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("signed in %v", u.GetSignInActivity().GetLastSignInDateTime())
	}
	if !cmp.Equal(u.GetProxyAddresses(), []string{"smtp:a@b.c"}) || len(u.GetIdentities()) != 2 || *u.GetIdentities()[1].GetIssuer() != "j" {
		t.Errorf("%v, %v", u.GetProxyAddresses(), u.GetIdentities())
	}
	text, number, part, yes := "text", int64(9007199254740993), 1.5, true
	want := map[string]any{"extension_x": &text, "number": &number, "many": []any{&part, map[string]any{"a": &yes}, nil}}
	if diff := cmp.Diff(want, u.GetAdditionalData()); diff != "" {
		t.Errorf("additional data (-want +got):\n%s", diff)
	}
}

// TestUnknownWords are words that Microsoft may add to an enum. In a list, Kiota
// would take them for the first word that there is: here, "block".
func TestUnknownWords(t *testing.T) {
	policy := func(text string) (models.ConditionalAccessPolicyable, *fault) {
		got, f := readObject(decode(t, text), query{factory: models.CreateConditionalAccessPolicyFromDiscriminatorValue})
		if f != nil {
			return nil, f
		}
		return got.(models.ConditionalAccessPolicyable), nil
	}
	p, f := policy(`{"id":"1","state":"enabled","grantControls":{"operator":"OR","builtInControls":["mfa","somethingNew"]}}`)
	if f != nil {
		t.Fatal(f)
	}
	want := []models.ConditionalAccessGrantControl{models.MFA_CONDITIONALACCESSGRANTCONTROL, models.UNKNOWNFUTUREVALUE_CONDITIONALACCESSGRANTCONTROL}
	if got := p.GetGrantControls().GetBuiltInControls(); !cmp.Equal(got, want) {
		t.Errorf("controls %v, want %v", got, want)
	}
	for _, text := range []string{
		`{"id":"1","state":"somethingNew"}`,
		`{"id":"1","state":1}`,
		`{"id":"1","grantControls":{"builtInControls":[null]}}`,
		`{"id":"1","grantControls":{"builtInControls":"mfa"}}`,
	} {
		if _, f := policy(text); f == nil {
			t.Errorf("took %s", text)
		}
	}
}

func TestNesting(t *testing.T) {
	for depth, want := range map[int]bool{maxNesting: true, maxNesting + 2: false, 1 << 20: false} {
		if _, err := parseJSON([]byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))); (err == nil) != want {
			t.Errorf("nested %d deep: %v", depth, err)
		}
	}
}

func TestLimitedObjects(t *testing.T) {
	p, f := readPage(decode(t, `{"value":[{"@odata.type":"#microsoft.graph.user","id":"1","displayName":null},{"@odata.type":"#microsoft.graph.something","id":"2"}]}`),
		query{factory: models.CreateDirectoryObjectCollectionResponseFromDiscriminatorValue})
	if f != nil || len(p.items) != 2 {
		t.Fatal(p, f)
	}
	if u, ok := p.items[0].(models.Userable); !ok || *u.GetId() != "1" {
		t.Errorf("the first is a %T", p.items[0])
	}
	if o, ok := p.items[1].(models.DirectoryObjectable); !ok || *o.GetOdataType() != "#microsoft.graph.something" {
		t.Errorf("the second is a %T", p.items[1])
	}
}

// FuzzParseJSON takes nothing that the standard library would not take.
func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"x",null,true]}`, `[`, `{}`, `{"a":1,}`, `[1,]`, `1 2`, `"\ud800"`, "\xff", `{"a":1,"a":2}`, strings.Repeat("[", 70)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := parseJSON(text)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("took %q", text)
		}
		got, err := n.GetRawValue()
		if err != nil {
			t.Fatal(err)
		}
		var want any
		if err := json.Unmarshal(text, &want); err != nil {
			t.Skip() // numbers beyond a float
		}
		if diff := cmp.Diff(plain(want), plain(got)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	})
}

// plain makes what encoding/json and what nodes give comparable.
func plain(v any) any {
	switch v := v.(type) {
	case *string:
		return *v
	case *bool:
		return *v
	case *float64:
		return *v
	case *int64:
		return float64(*v)
	case []any:
		all := []any{}
		for _, e := range v {
			all = append(all, plain(e))
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for k, e := range v {
			all[k] = plain(e)
		}
		return all
	}
	return v
}
