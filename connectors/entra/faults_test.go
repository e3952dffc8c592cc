// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/fixtures/graphapi"
	"github.com/foureyes-iga/foureyes/graph"
)

// The campaign reads one small tenant over and over, each time with one fault at
// one place, and holds what is told against the truth.

// A place is a request that a reading makes: a path, a page of it, alone or in a
// batch.
type place struct {
	path  string
	page  int
	where graphapi.Where
}

func (p place) String() string {
	where := "alone"
	if p.where == graphapi.InBatch {
		where = "in a batch"
	}
	return fmt.Sprintf("%s page %d %s", p.path, p.page, where)
}

// A case is one fault at one place.
type faultCase struct {
	fault graphapi.Fault
	at    place
}

func (c faultCase) String() string {
	often := "once"
	switch c.fault.Times {
	case 2:
		often = "twice"
	case graphapi.Forever:
		often = "for ever"
	}
	return c.fault.Name + " " + often + " at " + c.at.String()
}

// A told is what one reading told.
type told struct {
	facts map[string]graph.Fact // nodes, grants and gaps, by what they are about
	gaps  []graph.Gap
	state map[graph.Dataset]graph.State
	lines []string // of everything that is content
	err   error
}

const smallPages = 2

// readUnder reads the small tenant with a fault. It reports whether the fault struck.
func readUnder(t *testing.T, described *graphapi.Tenant, f *faultCase) (told, bool) {
	t.Helper()
	foreign := &graphapi.Foreign{}
	away := httptest.NewServer(foreign)
	defer away.Close()
	api, err := graphapi.New(described, graphapi.Options{PageSize: map[string]int{"": smallPages}, RequireToken: true, Foreign: away.URL})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(api)
	defer web.Close()
	if f != nil {
		fault := f.fault
		fault.Path, fault.Page, fault.Where = f.at.path, f.at.page, f.at.where
		api.Inject(fault)
	}
	c := collectorOf(t, web.URL, api.Token(), described.ID)
	c.client.patience = 300 * time.Millisecond // with a server that does not answer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out := listen(c.Collect(ctx, connectors.Want{}))
	if ctx.Err() != nil {
		t.Errorf("%v: it hangs", f)
	}
	if len(foreign.Authorization()) > 0 {
		t.Errorf("%v: the token went to another host", f)
	}
	if v := api.Violations(); len(v) > 0 {
		t.Errorf("%v: asked for what Graph does not have: %q", f, v)
	}
	return out, f == nil || api.Struck(f.fault.Name) > 0
}

func listen(all func(func(graph.Fact, error) bool)) told {
	out := told{facts: map[string]graph.Fact{}, state: map[graph.Dataset]graph.State{}}
	for f, err := range all {
		if err != nil {
			out.err = err
			return out
		}
		switch f := f.(type) {
		case graph.Coverage:
			out.state[f.Dataset] = f.State
			continue
		case graph.SourceRun:
			continue
		case graph.Gap:
			out.gaps = append(out.gaps, f)
		default:
			out.facts[keyOf(f)] = f
		}
		out.lines = append(out.lines, lines([]graph.Fact{f})...)
	}
	slices.Sort(out.lines)
	return out
}

// keyOf says what a fact is about, without its attributes.
func keyOf(f graph.Fact) string {
	switch f := f.(type) {
	case graph.Node:
		return f.ID.String()
	case graph.Grant:
		return fmt.Sprintf("%s %s %s %v", f.From, f.Kind, f.To, f.DirectOnly)
	}
	return fmt.Sprintf("%T", f)
}

// same reports whether two readings have the same content and states.
func (t told) same(u told) bool {
	if t.err != nil || u.err != nil || !slices.Equal(t.lines, u.lines) {
		return false
	}
	for d, s := range t.state {
		if u.state[d] != s {
			return false
		}
	}
	return true
}

// wrongs lists what a reading says, or leaves unsaid, that the truth forbids: what
// is missing must be said to be missing, and nothing may be made up.
func wrongs(truth, got told) []string {
	var all []string
	for key, f := range truth.facts {
		if exempt(f) {
			continue
		}
		other, ok := got.facts[key]
		if !ok && !got.admits(f) {
			all = append(all, "missing, and nobody says so: "+key)
		}
		if n, isNode := f.(graph.Node); ok && isNode {
			all = append(all, got.lost(n, other.(graph.Node))...)
		}
	}
	for key, f := range got.facts {
		if _, ok := truth.facts[key]; !ok && !standIn(f) && !got.widened(f) {
			all = append(all, "made up: "+key)
		}
	}
	slices.Sort(all)
	return all
}

// standIn reports whether a fact speaks of something unresolved, which is what
// remains of somebody who could not be read.
func standIn(f graph.Fact) bool {
	switch f := f.(type) {
	case graph.Node:
		return f.ID.Kind == graph.Unresolved
	case graph.Grant:
		return f.From.Kind == graph.Unresolved
	}
	return false
}

// exempt facts may be missing without a word: a deleted user, who holds nothing
// that can be read; a node of something unresolved, which matters by its grants
// only; and an access package, which gives what is read where it is given.
func exempt(f graph.Fact) bool {
	if g, ok := f.(graph.Grant); ok {
		return strings.HasPrefix(g.From.Key, "~") && g.To.Key == small(9) || strings.HasPrefix(g.To.Key, "access-package/")
	}
	n, ok := f.(graph.Node)
	if !ok {
		return false
	}
	_, deleted := n.Attrs.Get("deleted_at")
	return deleted || n.ID.Kind == graph.Unresolved || strings.HasPrefix(n.ID.Key, "access-package/")
}

// widened reports whether a fact is a power over somebody of whom it is not known
// that a role protects him.
func (t told) widened(f graph.Fact) bool {
	g, ok := f.(graph.Grant)
	return ok && g.From.Kind == graph.Role && g.Kind == graph.Controls && !(t.whole(graph.Assignments) && t.whole(graph.Memberships))
}

// admits reports whether a reading says that a fact may be missing.
func (t told) admits(f graph.Fact) bool {
	d, ends := datasetOfFact(f)
	if !t.whole(d) {
		return true
	}
	if n, ok := f.(graph.Node); ok && strings.HasPrefix(n.ID.Key, "~") {
		return !t.whole(graph.Assignments) // of the roles that lead there
	}
	if g, ok := f.(graph.Grant); ok { // told of a stand-in
		g.From.Kind = graph.Unresolved
		if _, told := t.facts[keyOf(g)]; told {
			return true
		}
	}
	for _, end := range ends { // whoever was not read takes what he holds along
		if _, told := t.facts[end.String()]; !told && !t.whole(datasetOfID(end)) {
			return true
		}
		if slices.ContainsFunc(t.gaps, func(g graph.Gap) bool { return g.About == end && g.Dataset == d }) {
			return true
		}
	}
	return false
}

func (t told) whole(d graph.Dataset) bool { return t.state[d].Whole() }

func datasetOfFact(f graph.Fact) (graph.Dataset, []graph.ID) {
	switch f := f.(type) {
	case graph.Grant:
		for _, d := range graph.Datasets() {
			if d.Hides(f.Kind) {
				return d, []graph.ID{f.From, f.To}
			}
		}
	case graph.Node:
		return datasetOfID(f.ID), []graph.ID{f.ID}
	}
	return graph.All, nil
}

func datasetOfID(id graph.ID) graph.Dataset {
	switch {
	case strings.HasPrefix(id.Key, "~") && strings.HasSuffix(id.Key, "-groups"): // sets are as whole as what they are made of
		return graph.Groups
	case strings.HasPrefix(id.Key, "~"):
		return graph.Accounts
	}
	switch id.Kind {
	case graph.Account:
		return graph.Accounts
	case graph.Group:
		return graph.Groups
	case graph.Unresolved:
		return graph.Memberships
	}
	return graph.Assignments
}

// lost lists attributes on which a verdict may rest and that are gone without a word.
func (t told) lost(want, got graph.Node) []string {
	var all []string
	for _, a := range want.Attrs {
		d, rests := map[string]graph.Dataset{"status": graph.Accounts, "employee_id": graph.Accounts, "last_sign_in": graph.SignIn, "mfa": graph.MFA}[a.Key]
		if v := got.Attrs.Values(a.Key); rests && !slices.Equal(v, a.Values) && (t.whole(d) || v != nil && stronger(a.Key, v, a.Values)) {
			all = append(all, fmt.Sprintf("%s of %s is %q, not %q", a.Key, want.ID, v, a.Values))
		}
	}
	return all
}

// stronger reports whether a second factor is said to be better than it is.
func stronger(key string, got, want []string) bool {
	order := []string{"none", "registered", "capable", "enforced"}
	return key != "mfa" || slices.Index(order, got[0]) > slices.Index(order, want[0])
}

// places lists every request that a clean reading makes, each once. What one page
// of a list answers stands for the same page of all objects that are asked for it,
// but for the first and the last of them.
func places(t *testing.T, described *graphapi.Tenant) []place {
	t.Helper()
	c, api := serve(t, described, graphapi.Options{PageSize: map[string]int{"": smallPages}})
	readAll(t, c)
	pages := map[place]int{}
	var all []place
	for _, r := range api.Requests() {
		p := place{path: strings.TrimPrefix(r.Path, "/v1.0"), where: graphapi.Alone}
		if r.Inner {
			p.where = graphapi.InBatch
		}
		pages[p]++
		p.page = pages[p]
		if !strings.Contains(r.Query, "skiptoken") {
			pages[place{path: p.path, where: p.where}], p.page = 1, 1
		}
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

// cases are all faults at all places.
func cases(at []place) []faultCase {
	var all []faultCase
	for _, p := range at {
		for _, f := range graphapi.Faults() {
			for _, times := range []int{1, 2, graphapi.Forever} {
				f.Times = times
				all = append(all, faultCase{f, p})
			}
		}
	}
	return all
}

// asRefused are faults that say no. One that says so once is believed, where Graph
// has no reason to say it by mistake: the reading then admits what it hides.
func asRefused(f graphapi.Fault) bool {
	name := f.Name
	return f.Name == "401" && f.Times > 1 || strings.HasPrefix(name, "403") || strings.HasPrefix(name, "404") || strings.HasPrefix(name, "410") || strings.HasPrefix(name, "400")
}

func TestFaults(t *testing.T) {
	described := smallTenant()
	truth, _ := readUnder(t, described, nil)
	if truth.err != nil || len(truth.facts) < 60 {
		t.Fatalf("the small tenant tells %d facts: %v", len(truth.facts), truth.err)
	}
	all := cases(places(t, described))
	every := 15
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		every = 1
	}
	ran, silent := 0, map[string]int{}
	for i, c := range all {
		if i%every != i/every%every { // another fault at each place
			continue
		}
		got, struck := readUnder(t, described, &c)
		if !struck {
			continue
		}
		ran++
		if c.fault.Transient() && !asRefused(c.fault) {
			if !got.same(truth) {
				t.Errorf("%v: it is not read as without the fault: %v %s\n%v", c, got.err, firstOf(difference(truth.lines, got.lines)), got.state)
			}
			continue
		}
		if got.err != nil {
			continue
		}
		if w := wrongs(truth, got); len(w) > 0 {
			if reason := cannotBeSeen(c); reason != "" {
				silent[reason]++
				continue
			}
			t.Errorf("%v: %s", c, firstOf(w))
		}
	}
	t.Logf("%d of %d cases; not to be seen: %v", ran, len(all), silent)
	if ran < 200 {
		t.Errorf("only %d cases ran", ran)
	}
}

func firstOf(all []string) string {
	if len(all) == 0 {
		return "only states differ"
	}
	return fmt.Sprintf("%s (and %d more)", all[0], len(all)-1)
}

func difference(a, b []string) []string {
	var all []string
	for _, l := range a {
		if !slices.Contains(b, l) {
			all = append(all, "missing "+l)
		}
	}
	for _, l := range b {
		if !slices.Contains(a, l) {
			all = append(all, "too much "+l)
		}
	}
	return all
}

// cannotBeSeen says why a fault leaves no trace, where it leaves none: lists that
// Graph does not count, of which it leaves something out in silence. The guide
// tells so.
func cannotBeSeen(c faultCase) string {
	counted := []string{"/users", "/groups", "/servicePrincipals", "/applications", "/groups/*/members"}
	if !c.fault.Silent || slices.ContainsFunc(counted, func(p string) bool { ok, _ := path.Match(p, c.at.path); return ok }) {
		return ""
	}
	return "left out in silence of a list without a count"
}

// The judge sees what it is there to see.
func TestTheJudgeOfFaults(t *testing.T) {
	truth, _ := readUnder(t, smallTenant(), nil)
	for key, f := range truth.facts {
		if exempt(f) {
			continue
		}
		d, _ := datasetOfFact(f)
		got := told{facts: map[string]graph.Fact{}, state: map[graph.Dataset]graph.State{}, lines: slices.Clone(truth.lines[1:])}
		for k, v := range truth.facts {
			if k != key {
				got.facts[k] = v
			}
		}
		for d, s := range truth.state {
			got.state[d] = s
		}
		if len(wrongs(truth, got)) == 0 || got.same(truth) {
			t.Errorf("%s is gone, and the judge does not mind", key)
		}
		if len(wrongs(got, truth)) == 0 && !standIn(f) {
			t.Errorf("%s is made up, and the judge does not mind", key)
		}
		got.state[d] = graph.Partial
		if w := wrongs(truth, got); len(w) > 0 {
			t.Errorf("%s is admitted to be missing, and the judge minds: %q", key, w)
		}
	}
}

// A tenant that changes while it is read is told as it was before or as it is after,
// and what is told in both ways is not lost.
func TestDrift(t *testing.T) {
	changes := map[string]func(*graphapi.Server) error{
		"a member is added":   func(s *graphapi.Server) error { return s.AddMember(small(0x11), small(4)) },
		"a member is removed": func(s *graphapi.Server) error { return s.RemoveMember(small(0x12), small(5)) },
		"a user is made": func(s *graphapi.Server) error {
			return s.AddUser(graphapi.Object{"id": small(8), "userPrincipalName": "p8@example.com", "displayName": "Person 8", "accountEnabled": true, "userType": "Member"})
		},
		"a user is deleted":    func(s *graphapi.Server) error { return s.DeleteUser(small(3)) },
		"a group is deleted":   func(s *graphapi.Server) error { return s.Delete("groups", small(0x12)) },
		"a program is deleted": func(s *graphapi.Server) error { return s.Delete("servicePrincipals", small(0x53)) },
	}
	every := 3
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		every = 1
	}
	described := smallTenant()
	before, _ := readUnder(t, described, nil)
	for name, change := range changes {
		api, err := graphapi.New(described, graphapi.Options{PageSize: map[string]int{"": smallPages}, RequireToken: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := change(api); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		after := readServer(t, api, described.ID)
		clean := len(api.Requests())
		for at := 1; at < clean; at += every {
			got := readChanging(t, described, at, change)
			w := driftWrongs(before, after, got)
			if got.err == nil && len(w) > 0 {
				t.Errorf("%s after %d requests: %s", name, at, firstOf(w))
			}
		}
	}
}

func readServer(t *testing.T, api *graphapi.Server, tenant string) told {
	t.Helper()
	web := httptest.NewServer(api)
	defer web.Close()
	return listen(collectorOf(t, web.URL, api.Token(), tenant).Collect(t.Context(), connectors.Want{}))
}

func readChanging(t *testing.T, described *graphapi.Tenant, at int, change func(*graphapi.Server) error) told {
	t.Helper()
	api, err := graphapi.New(described, graphapi.Options{PageSize: map[string]int{"": smallPages}, RequireToken: true,
		After: map[int]func(*graphapi.Server){at: func(s *graphapi.Server) {
			if err := change(s); err != nil {
				t.Error(err)
			}
		}}})
	if err != nil {
		t.Fatal(err)
	}
	return readServer(t, api, described.ID)
}

// driftWrongs lists what is true before and after and is neither told nor admitted
// to be missing, and what is told and never true.
func driftWrongs(before, after, got told) []string {
	both := told{facts: map[string]graph.Fact{}}
	either := told{facts: map[string]graph.Fact{}}
	for key, f := range before.facts {
		either.facts[key] = f
		if g, ok := after.facts[key]; ok && !exempt(g) {
			both.facts[key] = f
		}
	}
	for key, f := range after.facts {
		either.facts[key] = f
	}
	var all []string
	for key, f := range both.facts {
		if _, ok := got.facts[key]; !ok && !exempt(f) && !got.admits(f) {
			all = append(all, "missing, and nobody says so: "+key)
		}
	}
	for key, f := range got.facts {
		if _, ok := either.facts[key]; !ok && !standIn(f) && !got.widened(f) {
			all = append(all, "never true: "+key)
		}
	}
	slices.Sort(all)
	return all
}
