// SPDX-License-Identifier: Apache-2.0

package facts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
)

func TestReadChanges(t *testing.T) {
	got, err := facts.ReadChanges(strings.NewReader(`
{"fact":"node","change":"add","id":"account:corp/a","name":"a"}
{"change":"remove","fact":"grant","from":"account:corp/a","to":"group:corp/g","kind":"member"}
{"fact":"end","facts":2}`), "c")
	if err != nil {
		t.Fatal(err)
	}
	a := graph.ID{Kind: graph.Account, Source: "corp", Key: "a"}
	want := []facts.Change{
		{Line: 2, Fact: graph.Node{ID: a, Name: "a"}},
		{Line: 3, Remove: true, Fact: graph.Grant{From: a, To: graph.ID{Kind: graph.Group, Source: "corp", Key: "g"}, Kind: graph.Member}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadChangesRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"fact":"node","id":"account:corp/a"}`:                                                                    `c:1: a line of a change file needs "change": "add" or "remove"`,
		`{"fact":"node","change":"Add","id":"account:corp/a"}`:                                                     `c:1: "change" "Add": want "add" or "remove"`,
		`{"fact":"node","Change":"add","id":"account:corp/a"}`:                                                     `c:1: unknown key "Change"`,
		`{"fact":"node","change":"add","change":"add","id":"account:corp/a"}`:                                      `c:1: key "change" is there twice`,
		`{"fact":"node","change":"add","id":"account:corp/a","dn":"x"}`:                                            `c:1: unknown field "dn"`,
		`{"fact":"node","change":"remove","id":"account:corp/a","name":"a"}`:                                       `c:1: the removal of a node tells its "id" only`,
		`{"fact":"grant","change":"remove","from":"account:corp/a","to":"group:corp/g","kind":"member","via":"x"}`: `c:1: the removal of a grant tells`,
		`{"fact":"grant","change":"add","from":"account:corp/a","to":"group:corp/g","kind":"owns"}`:                `c:1: grant account:corp/a`,
		`{"fact":"use","change":"add","account":"account:corp/a","entitlement":"entitlement:corp/e"}`:              `c:1: a change is of a node or a grant, not of "use"`,
		`{"fact":"end","facts":1}`: `truncated`,
		"{\"fact\":\"end\",\"facts\":0}\n{\"fact\":\"node\",\"change\":\"add\",\"id\":\"account:corp/a\"}":           `c:2: a change after the end`,
		`{"fact":"node","change":"add","id":"account:corp/a"`:                                                        `c:1: `,
		`{"fact":"grant","change":"remove","from":"account:corp/a","to":"group:corp/g","kind":"member"} {"fact":""}`: `c:1: `,
	} {
		if _, err := facts.ReadChanges(strings.NewReader(text), "c"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}
