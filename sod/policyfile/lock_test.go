// SPDX-License-Identifier: Apache-2.0

package policyfile_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

const lockedPolicy = `version: 1
name: Locked
duties:
  - {id: develop, holds: [{source: corp, name: "DEV-*"}, "group:corp/x*"]}
  - {id: deploy, holds: [{source: corp, name: "OPS-*"}]}
`

// corp returns a graph of groups, given as key and name.
func corp(t *testing.T, groups ...string) *graph.Graph {
	t.Helper()
	var b graph.Builder
	for i := 0; i < len(groups); i += 2 {
		if err := b.Add(graph.Node{ID: graph.ID{Kind: graph.Group, Source: "corp", Key: groups[i]}, Name: groups[i+1]}); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

func mustParse(t *testing.T, src string) *sod.Policy {
	t.Helper()
	p, err := policyfile.Parse("policy.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newLock(t *testing.T, p *sod.Policy, g *graph.Graph) *policyfile.Lock {
	t.Helper()
	l, err := policyfile.ParseLock("policy.lock", policyfile.NewLock(p, g, sod.DutyNodes(g, p)).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLockRoundTrip(t *testing.T) {
	p := mustParse(t, lockedPolicy)
	g := corp(t, "2", "DEV-b", "1", "DEV-a\u202e\"\\\n", "3", "OPS", "x", "<x>")
	want := policyfile.NewLock(p, g, sod.DutyNodes(g, p))
	got, err := policyfile.ParseLock("policy.lock", want.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lock (-written +read):\n%s", diff)
	}
	if !bytes.Equal(want.Bytes(), got.Bytes()) {
		t.Errorf("bytes differ:\n%s\n%s", want.Bytes(), got.Bytes())
	}
	text := `{
  "format": "foureyes/policy-lock/1",
  "policy": {"name": "Locked", "digest": "` + p.Digest + `"},
  "duties": [
    {"duty": "deploy", "holds": "` + want.Duties[0].Holds + `", "count": 0, "matches": [
    ]},
    {"duty": "develop", "holds": "` + want.Duties[1].Holds + `", "count": 3, "matches": [
      {"id": "group:corp/1", "name": "DEV-a\u202e\"\\\u000a"},
      {"id": "group:corp/2", "name": "DEV-b"},
      {"id": "group:corp/x", "name": "<x>"}
    ]}
  ]
}
`
	if diff := cmp.Diff(text, string(want.Bytes())); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestParseLockRefuses(t *testing.T) {
	p := mustParse(t, lockedPolicy)
	g := corp(t, "1", "DEV-a", "2", "DEV-b")
	good := string(newLock(t, p, g).Bytes())
	for name, tt := range map[string]struct{ old, new, want string }{
		"newer":        {"lock/1", "lock/2", `lock policy.lock has format "foureyes/policy-lock/2": this program reads foureyes/policy-lock/1`},
		"unknown key":  {`"count"`, `"counts"`, `lock policy.lock: json: unknown field "counts"`},
		"count":        {`"count": 2`, `"count": 3`, `lock policy.lock: duty "develop" has 2 matches, and its count is 3`},
		"order":        {`corp/1`, `corp/3`, `lock policy.lock: duty "develop": match "group:corp/2" is out of order, twice or without an id`},
		"twice":        {`corp/1`, `corp/2`, `lock policy.lock: duty "develop": match "group:corp/2" is out of order, twice or without an id`},
		"duties twice": {`"deploy"`, `"develop"`, `lock policy.lock: duty "develop" is out of order or twice`},
		"bad id":       {`group:corp/1`, `grp:corp/1`, `lock policy.lock: id "grp:corp/1": unknown kind "grp": want one of account, entitlement, group, identity, role, somebody, unresolved`},
		"not JSON":     {`{`, `[`, `lock policy.lock is not valid JSON: invalid character ':' after array element`},
		"more":         {"\n}\n", "\n}\n{}", `lock policy.lock is not valid JSON: invalid character '{' after top-level value`},
	} {
		src := strings.Replace(good, tt.old, tt.new, 1)
		if src == good {
			t.Fatalf("%s: nothing to replace", name)
		}
		_, err := policyfile.ParseLock("policy.lock", []byte(src))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
	}
}

func TestLockCompare(t *testing.T) {
	p := mustParse(t, lockedPolicy)
	l := newLock(t, p, corp(t, "1", "DEV-a", "2", "DEV-b", "3", "DEV-c", "o", "OPS-1"))
	now := corp(t, "1", "DEV-a", "2", "Writers", "4", "DEV-d", "o", "OPS-1")
	group := func(key string) graph.ID { return graph.ID{Kind: graph.Group, Source: "corp", Key: key} }

	got := l.Compare(p, now, sod.DutyNodes(now, p))
	want := []policyfile.Change{
		{Duty: "develop", Kind: policyfile.New, Match: policyfile.Match{ID: group("4"), Name: "DEV-d"}},
		{Duty: "develop", Kind: policyfile.Vanished, Match: policyfile.Match{ID: group("3"), Name: "DEV-c"}},
		{Duty: "develop", Kind: policyfile.Renamed, Match: policyfile.Match{ID: group("2"), Name: "Writers"}, Was: "DEV-b"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}

	edited := mustParse(t, strings.NewReplacer(`name: "DEV-*"`, `name: "DEV-*", except: ["DEV-a"]`, "id: deploy", "id: ship").Replace(lockedPolicy))
	got = l.Compare(edited, now, sod.DutyNodes(now, edited))
	want = []policyfile.Change{
		{Duty: "deploy", Kind: policyfile.Dropped},
		{Duty: "develop", Kind: policyfile.Edited},
		want[0], want[1],
		{Duty: "develop", Kind: policyfile.Left, Match: policyfile.Match{ID: group("1"), Name: "DEV-a"}},
		{Duty: "develop", Kind: policyfile.Left, Match: policyfile.Match{ID: group("2"), Name: "DEV-b"}},
		{Duty: "ship", Kind: policyfile.Unpinned},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes of an edited policy (-want +got):\n%s", diff)
	}
}

func TestLockApply(t *testing.T) {
	p := mustParse(t, lockedPolicy)
	l := newLock(t, p, corp(t, `1*\*`, "DEV-a", "o", "OPS-1"))
	now := corp(t, `1*\*`, "Writers", `1xx\*`, "Readers", "o", "OPS-1")
	matched := func(p *sod.Policy) (names []string) {
		for _, n := range sod.DutyNodes(now, p)[0] {
			names = append(names, now.Name(n))
		}
		return names
	}
	if got := matched(p); got != nil {
		t.Fatalf("without the lock develop matches %v, want nothing", got)
	}
	if diff := cmp.Diff([]string{"Writers"}, matched(l.Apply(p))); diff != "" {
		t.Errorf("with the lock (-want +got):\n%s", diff)
	}
	if got := len(p.Duties[0].Holds); got != 2 {
		t.Errorf("Apply changed the policy: %d selectors", got)
	}
	edited := mustParse(t, strings.Replace(lockedPolicy, "DEV-*", "WRITE-*", 1))
	if got := matched(l.Apply(edited)); got != nil {
		t.Errorf("pins of another duty: got %v, want none", got)
	}
	reordered := mustParse(t, strings.Replace(lockedPolicy, `{source: corp, name: "DEV-*"}, "group:corp/x*"`, `"group:corp/x*", {name: "DEV-*", source: corp}`, 1))
	if diff := cmp.Diff([]string{"Writers"}, matched(l.Apply(reordered))); diff != "" {
		t.Errorf("with reordered selectors (-want +got):\n%s", diff)
	}
}
