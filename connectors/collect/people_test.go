// SPDX-License-Identifier: Apache-2.0

package collect_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/correlate"
)

const decided = `by: Ines Albrecht, on: 2026-10-02, why: "Badge and contract"`

func TestTakeConfirmed(t *testing.T) {
	var c collect.Config
	if err := c.TakeConfirmed("c.yaml", []byte(`confirmed: [{account: "account:corp/x9", identity: "identity:hr/7", `+decided+`}]`)); err != nil {
		t.Fatal(err)
	}
	want := []correlate.Link{{Account: graph.ID{Kind: graph.Account, Source: "corp", Key: "x9"}, Identity: graph.ID{Kind: graph.Identity, Source: "hr", Key: "7"}}}
	if diff := cmp.Diff(want, c.Link.Confirmed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTakeSamePerson(t *testing.T) {
	var c collect.Config
	if err := c.TakeSamePerson("s.yaml", []byte(`same_person: [{person: "identity:hr/7", also: ["identity:ext/C9"], `+decided+`}]`)); err != nil {
		t.Fatal(err)
	}
	want := []correlate.Same{{Person: graph.ID{Kind: graph.Identity, Source: "hr", Key: "7"}, Also: []graph.ID{{Kind: graph.Identity, Source: "ext", Key: "C9"}}}}
	if diff := cmp.Diff(want, c.Link.Same); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBadPeople(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"confirmed:\n  - {account: x, identity: \"identity:hr/7\", " + decided + "}\n", "f.yaml:2: "},
		{"confirmed:\n  - {account: \"identity:hr/7\", identity: \"identity:hr/7\", " + decided + "}\n", "want an account"},
		{"confirmed:\n  - {account: \"account:corp/a\", identity: \"identity:hr/7\"}\n", "f.yaml:2: by and why are needed"},
		{"confirmed:\n  - {account: \"account:corp/a\", identity: \"identity:hr/7\", by: x, why: y, on: soon}\n", "f.yaml:2: on \"soon\""},
		{"confirmed:\n  - {account: \"account:corp/a\", identity: \"identity:hr/7\", who: x}\n", "f.yaml:2: unknown key \"who\""},
		{"confirmed:\n  - {account: \"account:corp/a\", identity: \"identity:hr/7\", " + decided + "}\n  - {account: \"account:corp/a\", identity: \"identity:hr/8\", " + decided + "}\n", "f.yaml:3: account:corp/a is confirmed already, in line 2"},
		{"people: []\n", "f.yaml:1: unknown key"},
		{"same_person:\n  - {person: \"identity:hr/7\", " + decided + "}\n", "f.yaml:2: also is needed"},
		{"same_person:\n  - {person: \"identity:hr/7\", also: [\"identity:hr/7\"], " + decided + "}\n", "one person is one entry"},
		{"same_person:\n  - {person: \"identity:hr/7\", also: [\"identity:hr/8\"], " + decided + "}\n  - {person: \"identity:hr/8\", also: [\"identity:hr/9\"], " + decided + "}\n", "f.yaml:3: identity:hr/8 is in line 2 already"},
	} {
		var c collect.Config
		take := c.TakeConfirmed
		if strings.HasPrefix(tt.text, "same") {
			take = c.TakeSamePerson
		}
		if err := take("f.yaml", []byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.text, err, tt.want)
		}
	}
}
