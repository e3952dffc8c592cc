// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

var ownDay = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

func ownID(t *testing.T, text string) graph.ID {
	t.Helper()
	id, err := graph.ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// used is a use on a day of September; 0 is an unknown time.
func used(t *testing.T, account, entitlement string, day int, ref string) graph.Use {
	u := graph.Use{Account: ownID(t, "account:"+account), Entitlement: ownID(t, "entitlement:"+entitlement), Ref: ref}
	if day > 0 {
		u.At = time.Date(2026, 9, day, 12, 0, 0, 0, time.UTC)
	}
	return u
}

// ownWorld is Ana with two accounts, who writes and deploys; Ben, who shares one of
// his; and a service account that nobody owns.
func ownWorld(t *testing.T, more ...graph.Fact) *graph.Graph {
	t.Helper()
	b := &graph.Builder{}
	grant := func(from, to string, kind graph.GrantKind) graph.Fact {
		return graph.Grant{From: ownID(t, from), To: ownID(t, to), Kind: kind}
	}
	facts := []graph.Fact{
		grant("identity:hr/ana", "account:corp/ana", graph.Owns), grant("identity:hr/ana", "account:deploy/ana", graph.Owns),
		grant("identity:hr/ben", "account:corp/ben", graph.Owns), grant("identity:hr/ben", "account:corp/duo", graph.Owns), grant("identity:hr/cy", "account:corp/duo", graph.Owns),
		grant("role:deploy/releaser", "entitlement:prod/deploy", graph.Contains), grant("role:deploy/releaser", "entitlement:prod/rollback", graph.Contains),
	}
	for _, a := range []string{"account:corp/ana", "account:deploy/ana", "account:corp/ben", "account:corp/duo", "account:corp/svc"} {
		facts = append(facts, grant(a, "entitlement:forge/write", graph.Assigned), grant(a, "role:deploy/releaser", graph.Assigned), grant(a, "entitlement:forge/approve", graph.Assigned))
	}
	for _, f := range append(facts, more...) {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

func ownPolicy(t *testing.T, kind sod.RuleKind, duties ...int) *sod.Policy {
	holds := func(all ...string) (selectors []sod.Selector) {
		for _, s := range all {
			p, err := sod.ParseIDPattern(s)
			if err != nil {
				t.Fatal(err)
			}
			selectors = append(selectors, sod.Selector{ID: &p})
		}
		return selectors
	}
	r := sod.Rule{ID: "R", Severity: sod.High, Kind: kind, Duties: duties}
	if kind != sod.ConflictRule {
		r.Limit = 2
	}
	return &sod.Policy{Mode: reach.Standing, Rules: []sod.Rule{r}, Duties: []sod.Duty{
		{ID: "develop", Holds: holds("entitlement:forge/write")},
		{ID: "deploy", Holds: holds("role:deploy/releaser")},
		{ID: "approve", Holds: holds("entitlement:forge/approve", "entitlement:prod/rollback")}, // which a releaser has too
	}}
}

func told(f sod.Finding) string {
	var all []string
	for _, c := range f.OwnChanges {
		step := func(x sod.Exercise) string {
			return fmt.Sprintf("%s %s %s", x.Duty, x.Use.Account, x.Use.At.Format("2"))
		}
		all = append(all, fmt.Sprintf("%s: %s, %s", c.Thing, step(c.First), step(c.Second)))
	}
	return strings.Join(all, "\n")
}

func TestOwnChanges(t *testing.T) {
	use := func(account, entitlement string, day int, ref string) graph.Fact {
		return used(t, account, entitlement, day, ref)
	}
	window := func(identity, account string, terms graph.Terms) graph.Fact {
		return graph.Grant{From: ownID(t, identity), To: ownID(t, account), Kind: graph.Owns, Terms: terms}
	}
	shared := graph.Node{ID: ownID(t, "account:deploy/ana"), Name: "team"}
	shared.Attrs.Set("type", "shared")
	const conflict, all = 2, 3 // how many duties
	for name, tt := range map[string]struct {
		facts   []graph.Fact
		duties  int
		subject string
		want    string
	}{
		"the same thing, by two accounts": {[]graph.Fact{use("corp/ana", "forge/write", 20, "commit a"), use("deploy/ana", "prod/deploy", 28, "deployment 1, commit a")}, conflict, "identity:hr/ana",
			"commit a: develop account:corp/ana 20, deploy account:deploy/ana 28"},
		"by two accounts of somebody whom nobody knows": {[]graph.Fact{
			window("somebody:corp/svc", "account:corp/svc", graph.Terms{}), window("somebody:corp/svc", "account:deploy/svc", graph.Terms{}),
			use("corp/svc", "forge/write", 20, "commit a"), use("deploy/svc", "prod/deploy", 28, "deployment 1, commit a")}, conflict, "somebody:corp/svc",
			"commit a: develop account:corp/svc 20, deploy account:deploy/svc 28"},
		"deployed before it was written": {[]graph.Fact{use("corp/ana", "forge/write", 20, "commit a"), use("corp/ana", "prod/deploy", 2, "commit a")}, conflict, "identity:hr/ana",
			"commit a: develop account:corp/ana 20, deploy account:corp/ana 2"},
		"another thing":              {[]graph.Fact{use("corp/ana", "forge/write", 20, "commit a"), use("corp/ana", "prod/deploy", 28, "deployment 1, commit b")}, conflict, "identity:hr/ana", ""},
		"a part of the name":         {[]graph.Fact{use("corp/ana", "forge/write", 20, "commit a"), use("corp/ana", "prod/deploy", 28, "commit a1")}, conflict, "identity:hr/ana", ""},
		"other letters":              {[]graph.Fact{use("corp/ana", "forge/write", 20, "commit a"), use("corp/ana", "prod/deploy", 28, "Commit a")}, conflict, "identity:hr/ana", ""},
		"no name":                    {[]graph.Fact{use("corp/ana", "forge/write", 20, ""), use("corp/ana", "prod/deploy", 28, "")}, conflict, "identity:hr/ana", ""},
		"nothing between commas":     {[]graph.Fact{use("corp/ana", "forge/write", 20, "a, , b"), use("corp/ana", "prod/deploy", 28, "c, , d")}, conflict, "identity:hr/ana", ""},
		"a comma alone is no end":    {[]graph.Fact{use("corp/ana", "forge/write", 20, "a,b"), use("corp/ana", "prod/deploy", 28, "b")}, conflict, "identity:hr/ana", ""},
		"one duty twice":             {[]graph.Fact{use("corp/ana", "prod/rollback", 20, "commit a"), use("corp/ana", "prod/deploy", 28, "commit a")}, conflict, "identity:hr/ana", ""},
		"by somebody else":           {[]graph.Fact{use("corp/ana", "forge/write", 20, "commit a"), use("corp/ben", "prod/deploy", 28, "commit a")}, conflict, "identity:hr/ana", ""},
		"by an account of two":       {[]graph.Fact{use("corp/duo", "forge/write", 20, "commit a"), use("corp/duo", "prod/deploy", 28, "commit a")}, conflict, "identity:hr/ben", ""},
		"by a shared account":        {[]graph.Fact{shared, use("corp/ana", "forge/write", 20, "commit a"), use("deploy/ana", "prod/deploy", 28, "commit a")}, conflict, "identity:hr/ana", ""},
		"by an account of its own":   {[]graph.Fact{use("corp/svc", "forge/write", 20, "commit a"), use("corp/svc", "prod/deploy", 28, "commit a")}, conflict, "account:corp/svc", "commit a: develop account:corp/svc 20, deploy account:corp/svc 28"},
		"of another duty of no rule": {[]graph.Fact{use("corp/ana", "forge/write", 20, "commit a"), use("corp/ana", "forge/approve", 28, "commit a")}, conflict, "identity:hr/ana", ""},
		"at unknown times":           {[]graph.Fact{use("corp/ana", "forge/write", 0, "commit a"), use("corp/ana", "prod/deploy", 0, "commit a")}, conflict, "identity:hr/ana", "commit a: develop account:corp/ana 1, deploy account:corp/ana 1"},
		"later than the moment":      {[]graph.Fact{use("corp/ana", "forge/write", 20, "commit a"), use("corp/ana", "prod/deploy", 31, "commit a")}, conflict, "identity:hr/ana", ""},
		"before the account was theirs": {[]graph.Fact{window("identity:hr/ana", "account:ci/ana", graph.Terms{FromTime: time.Date(2026, 9, 15, 0, 0, 0, 0, time.UTC)}),
			use("corp/ana", "forge/write", 1, "a, b"), use("ci/ana", "prod/deploy", 14, "a"), use("ci/ana", "prod/deploy", 16, "b"), use("ci/ana", "prod/rollback", 0, "a")}, conflict, "identity:hr/ana",
			"b: develop account:corp/ana 1, deploy account:ci/ana 16"},
		"after it was another's": {[]graph.Fact{window("identity:hr/ben", "account:corp/ana", graph.Terms{UntilTime: time.Date(2026, 9, 15, 0, 0, 0, 0, time.UTC)}),
			use("corp/ana", "forge/write", 14, "a"), use("corp/ana", "prod/deploy", 16, "a, b"), use("corp/ana", "forge/write", 17, "b")}, conflict, "identity:hr/ana",
			"b: develop account:corp/ana 17, deploy account:corp/ana 16"},
		"the latest of each, the latest first": {[]graph.Fact{
			use("corp/ana", "forge/write", 3, "a"), use("corp/ana", "forge/write", 5, "a"), use("corp/ana", "prod/deploy", 6, "a"), use("deploy/ana", "prod/deploy", 4, "a"),
			use("corp/ana", "forge/write", 8, "b, c"), use("corp/ana", "prod/deploy", 9, "c, b"),
			use("corp/ana", "forge/write", 0, "d"), use("corp/ana", "prod/deploy", 7, "d")}, conflict, "identity:hr/ana",
			"b: develop account:corp/ana 8, deploy account:corp/ana 9\nc: develop account:corp/ana 8, deploy account:corp/ana 9\nd: develop account:corp/ana 1, deploy account:corp/ana 7\na: develop account:corp/ana 5, deploy account:corp/ana 6"},
		"each two of three duties": {[]graph.Fact{use("corp/ana", "forge/write", 3, "a"), use("corp/ana", "prod/deploy", 4, "a"), use("corp/ana", "forge/approve", 5, "a")}, all, "identity:hr/ana",
			"a: deploy account:corp/ana 4, approve account:corp/ana 5\na: develop account:corp/ana 3, approve account:corp/ana 5\na: develop account:corp/ana 3, deploy account:corp/ana 4"},
		"one right of two duties":      {[]graph.Fact{use("corp/ana", "prod/rollback", 4, "a"), use("corp/ana", "prod/rollback", 5, "a")}, all, "identity:hr/ana", ""},
		"one of the rights is in both": {[]graph.Fact{use("corp/ana", "prod/rollback", 5, "a"), use("corp/ana", "prod/deploy", 4, "a")}, all, "identity:hr/ana", "a: deploy account:corp/ana 4, approve account:corp/ana 5"},
	} {
		t.Run(name, func(t *testing.T) {
			p := ownPolicy(t, sod.ConflictRule, []int{0, 1, 2}[:tt.duties]...)
			i := slices.IndexFunc(sod.Evaluate(ownWorld(t, tt.facts...), p, ownDay).Findings, func(f sod.Finding) bool { return f.Subjects[0] == ownID(t, tt.subject) })
			f := sod.Evaluate(ownWorld(t, tt.facts...), p, ownDay).Findings[i]
			if got := told(f); got != tt.want || f.OwnCount != len(f.OwnChanges) {
				t.Errorf("got %d:\n%s\nwant:\n%s", f.OwnCount, got, tt.want)
			}
		})
	}
}

// Members of a coalition each did one step: that is what four eyes are for.
func TestOwnChangesOfCoalition(t *testing.T) {
	for name, second := range map[string]string{"each one step": "corp/y", "one does both": "corp/x"} {
		b := &graph.Builder{}
		for _, f := range []graph.Fact{
			graph.Grant{From: ownID(t, "account:corp/x"), To: ownID(t, "entitlement:forge/write"), Kind: graph.Assigned},
			graph.Grant{From: ownID(t, "account:corp/y"), To: ownID(t, "role:deploy/releaser"), Kind: graph.Assigned},
			graph.Grant{From: ownID(t, "role:deploy/releaser"), To: ownID(t, "entitlement:prod/deploy"), Kind: graph.Contains},
			used(t, "corp/x", "forge/write", 1, "a"), used(t, second, "prod/deploy", 2, "a"), // who could, then
		} {
			if err := b.Add(f); err != nil {
				t.Fatal(err)
			}
		}
		p := ownPolicy(t, sod.PeopleRule, 0, 1)
		p.Rules[0].Limit = 3
		f := sod.Evaluate(b.Graph(), p, ownDay).Findings[0]
		want := map[string]int{"corp/y": 0, "corp/x": 1}[second]
		if len(f.Subjects) != 2 || f.Exercised != sod.ExercisedBoth || f.OwnCount != want {
			t.Errorf("%s: got %d own changes of %v, exercised %s", name, f.OwnCount, f.Subjects, f.Exercised)
		}
	}
}

func TestOwnChangesAreBounded(t *testing.T) {
	var facts []graph.Fact
	for i := range 250 {
		facts = append(facts, used(t, "corp/ana", "forge/write", 1+i%20, fmt.Sprintf("commit %d", i)), used(t, "corp/ana", "prod/deploy", 1+i%20, fmt.Sprintf("commit %d", i)))
	}
	f := sod.Evaluate(ownWorld(t, facts...), ownPolicy(t, sod.ConflictRule, 0, 1), ownDay).Findings[1]
	if len(f.OwnChanges) != sod.MaxOwnChanges || f.OwnCount != 250 || f.OwnChanges[0].Second.Use.At.Day() != 20 {
		t.Errorf("%d of %d listed, the first of day %d", len(f.OwnChanges), f.OwnCount, f.OwnChanges[0].Second.Use.At.Day())
	}
}

// A rule within values counts what is used within the value only.
func TestOwnChangesWithinValue(t *testing.T) {
	node := func(id, company string) graph.Fact {
		n := graph.Node{ID: ownID(t, id), Name: id}
		n.Attrs.Set("company", company)
		return n
	}
	grant := func(to string) graph.Fact {
		return graph.Grant{From: ownID(t, "account:corp/svc"), To: ownID(t, to), Kind: graph.Assigned}
	}
	p := ownPolicy(t, sod.ConflictRule, 0, 1)
	p.Rules[0].Same = "company"
	for i, pattern := range []string{"entitlement:erp/write*", "entitlement:erp/deploy*"} {
		x, err := sod.ParseIDPattern(pattern)
		if err != nil {
			t.Fatal(err)
		}
		p.Duties[i].Holds = []sod.Selector{{ID: &x}}
	}
	g := ownWorld(t, node("entitlement:erp/write1", "1"), node("entitlement:erp/write2", "2"), node("entitlement:erp/deploy1", "1"), node("entitlement:erp/deploy2", "2"),
		grant("entitlement:erp/write1"), grant("entitlement:erp/write2"), grant("entitlement:erp/deploy1"), grant("entitlement:erp/deploy2"),
		used(t, "corp/svc", "erp/write1", 1, "a"), used(t, "corp/svc", "erp/deploy2", 2, "a"), used(t, "corp/svc", "erp/write2", 3, "b"), used(t, "corp/svc", "erp/deploy2", 4, "b"))
	got := map[string]string{}
	for _, f := range sod.Evaluate(g, p, ownDay).Findings {
		got[f.Same] = string(f.Exercised) + " " + told(f)
	}
	if want := "both b: develop account:corp/svc 3, deploy account:corp/svc 4"; got["2"] != want || got["1"] != "unknown " {
		t.Errorf("got %q; want %q in company 2 and only develop in 1", got, want)
	}
}

// Random uses against the definition, pair by pair.
func TestOwnChangesAgree(t *testing.T) {
	found := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		var uses []graph.Use
		for range 1 + r.IntN(12) {
			refs := []string{"a", "b", "a, b", "c, a", ""}
			accounts, rights := []string{"corp/ana", "deploy/ana", "corp/ben", "corp/duo", "corp/svc"}, []string{"forge/write", "prod/deploy", "prod/rollback", "forge/approve"}
			uses = append(uses, used(t, accounts[r.IntN(5)], rights[r.IntN(4)], r.IntN(6), refs[r.IntN(5)]))
		}
		var facts []graph.Fact
		for _, u := range uses {
			facts = append(facts, u)
		}
		for _, f := range sod.Evaluate(ownWorld(t, facts...), ownPolicy(t, sod.ConflictRule, 0, 1, 2), ownDay).Findings {
			want := naiveOwn(f.Subjects[0].Key, uses)
			got := map[string]bool{}
			for _, c := range f.OwnChanges {
				got[c.Thing+" "+c.First.Duty+" "+c.Second.Duty] = true
			}
			found += len(got)
			if fmt.Sprint(got) != fmt.Sprint(want) || len(got) != f.OwnCount {
				t.Fatalf("seed %d, %s: got %v, want %v of %v", seed, f.Subjects[0], got, want, uses)
			}
		}
	}
	if found < 100 {
		t.Errorf("%d own changes: the uses are too tame", found)
	}
}

func naiveOwn(subject string, uses []graph.Use) map[string]bool {
	accounts := map[string]string{"account:corp/ana": "ana", "account:deploy/ana": "ana", "account:corp/ben": "ben", "account:corp/svc": "svc"}
	duties := map[string]string{"forge/write": "develop", "prod/deploy": "deploy", "prod/rollback": "deploy approve", "forge/approve": "approve"}
	all := map[string]bool{}
	for _, u := range uses {
		for _, v := range uses {
			if accounts[u.Account.String()] != subject || accounts[v.Account.String()] != subject || u.Entitlement == v.Entitlement {
				continue
			}
			for i, first := range []string{"develop", "deploy", "approve"} {
				for _, second := range []string{"develop", "deploy", "approve"}[i+1:] {
					right := func(u graph.Use) []string {
						return strings.Fields(duties[string(u.Entitlement.Source)+"/"+u.Entitlement.Key])
					}
					if !slices.Contains(right(u), first) || !slices.Contains(right(v), second) {
						continue
					}
					for _, thing := range strings.Split(u.Ref, ", ") {
						if thing != "" && slices.Contains(strings.Split(v.Ref, ", "), thing) {
							all[thing+" "+first+" "+second] = true
						}
					}
				}
			}
		}
	}
	return all
}
