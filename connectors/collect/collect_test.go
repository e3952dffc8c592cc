// SPDX-License-Identifier: Apache-2.0

package collect_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/graph"
)

// script is a connector that yields what it was given, then its error.
type script struct {
	facts []graph.Fact
	err   error
}

func (s script) Collect(ctx context.Context, _ connectors.Want) iter.Seq2[graph.Fact, error] {
	return func(yield func(graph.Fact, error) bool) {
		for _, f := range s.facts {
			if ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			if !yield(f, nil) {
				return
			}
		}
		if s.err != nil {
			yield(nil, s.err)
		}
	}
}

var now = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

func node(id, name string, attrs ...string) graph.Node {
	parsed, err := graph.ParseID(id)
	if err != nil {
		panic(err)
	}
	n := graph.Node{ID: parsed, Name: name}
	for i := 0; i < len(attrs); i += 2 {
		n.Attrs.Set(attrs[i], attrs[i+1])
	}
	return n
}

func complete(s graph.Source) graph.Fact {
	return graph.Coverage{Source: s, Dataset: graph.All, State: graph.Complete}
}

func job(name graph.Source, facts ...graph.Fact) collect.Job {
	return collect.Job{Name: name, Collector: script{facts: facts}}
}

func run(t *testing.T, p collect.Plan) *collect.Result {
	t.Helper()
	p.Now = now
	r, err := collect.Run(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFailureIsRecordedAndTheRestGoesOn(t *testing.T) {
	broken := collect.Job{Name: "corp", Collector: script{[]graph.Fact{complete("corp"), node("account:corp/a", "a")}, errors.New("connection lost")}}
	r := run(t, collect.Plan{Jobs: []collect.Job{broken, job("hr", complete("hr"), node("identity:hr/1", "P"))}})
	if got := r.Graph.State("corp", graph.Accounts); got != graph.Failed {
		t.Errorf("corp is %s, want failed although it claimed to be complete before", got)
	}
	if got := r.Graph.State("hr", graph.Identities); got != graph.Complete {
		t.Errorf("hr is %s, want complete", got)
	}
	if _, ok := r.Graph.Find(node("account:corp/a", "").ID); !ok {
		t.Error("what the broken source said before is gone")
	}
	if r.Whole() || len(r.Failed) != 1 || r.Failed[0].Source != "corp" {
		t.Errorf("whole %t, failed %v; want one failure of corp", r.Whole(), r.Failed)
	}
}

func TestConflictIsAFailure(t *testing.T) {
	r := run(t, collect.Plan{Jobs: []collect.Job{job("corp", complete("corp"), node("account:corp/a", "a"), node("account:corp/a", "b"))}})
	if len(r.Failed) != 1 || !errors.Is(r.Failed[0].Err, graph.ErrConflict) || !strings.Contains(r.Failed[0].Err.Error(), "account:corp/a") {
		t.Errorf("got %v, want a conflict that names account:corp/a", r.Failed)
	}
}

func TestSameSourceTwice(t *testing.T) {
	denied := graph.Coverage{Source: "corp", Dataset: graph.Accounts, State: graph.Denied}
	some := graph.Coverage{Source: "corp", Dataset: graph.Accounts, State: graph.Partial}
	for _, both := range [][2]graph.Fact{{complete("corp"), complete("corp")}, {denied, denied}, {complete("corp"), some}} {
		_, err := collect.Run(t.Context(), collect.Plan{Now: now, Jobs: []collect.Job{job("one", both[0]), job("two", both[1])}})
		if !errors.Is(err, collect.ErrSameSource) {
			t.Errorf("%v: got %v, want ErrSameSource", both, err)
		}
	}
}

// A truncated file says of everything that it describes that it is partial. That
// makes the dataset of another entry partial, and is no second claim to it.
func TestPartialCoverageClaimsNothing(t *testing.T) {
	partial := graph.Coverage{Source: "corp", Dataset: graph.All, State: graph.Partial}
	cut := job("forge", node("group:corp/g", "g"), partial)
	corp := job("corp", graph.SourceRun{Source: "corp"}, complete("corp"))
	for _, jobs := range [][]collect.Job{{cut, corp}, {corp, cut}} {
		r := run(t, collect.Plan{Jobs: jobs})
		if got := r.Graph.State("corp", graph.Groups); got != graph.Partial || r.Whole() {
			t.Errorf("groups of corp are %s, want partial", got)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	_, err := collect.Run(ctx, collect.Plan{Now: now, Jobs: []collect.Job{job("corp", complete("corp"))}})
	if !errors.Is(err, stop) {
		t.Errorf("got %v, want the cause of the end", err)
	}
}

func TestClassifyAndCorrelate(t *testing.T) {
	cfg, err := collect.ParseConfig("foureyes.yaml", []byte(`
sources: [{name: corp, type: x}]
classify:
  - {source: corp, name: "adm-*", type: person, parent: "{1}"}
  - {source: corp, under: "OU=Service, DC=x", type: service, owner: "identity:hr/1"}
  - {source: corp, attr: {description: "*robot*"}, type: service}
  - {source: corp, type: person}
`))
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, collect.Plan{Classify: cfg.Classify, Jobs: []collect.Job{
		job("corp", node("account:corp/2", "adm-ana"), node("account:corp/1", "ana", "employee_id", "1"),
			node("account:corp/3", "svc", "dn", "cn=svc,ou=service,dc=x"), node("account:corp/4", "r2", "description", "a robot"), node("account:corp/5", "adm-nobody")),
		job("hr", node("identity:hr/1", "Ana", "employee_id", "1")),
	}})
	got := map[string]string{}
	for key := range 5 {
		n, _ := r.Graph.Find(graph.ID{Kind: graph.Account, Source: "corp", Key: fmt.Sprint(key + 1)})
		kind, _ := r.Graph.Attr(n, "type")
		owner, _ := r.Graph.Attr(n, "owner")
		parent, _ := r.Graph.Attr(n, "parent")
		got[r.Graph.Name(n)] = strings.TrimSpace(kind + " " + owner + " " + parent)
	}
	want := map[string]string{"ana": "person", "adm-ana": "person  account:corp/1", "svc": "service identity:hr/1", "r2": "service", "adm-nobody": "person"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	var owned []string
	for g := range r.Graph.Grants() {
		owned = append(owned, g.To.Key+" "+g.Via)
	}
	if diff := cmp.Diff([]string{"1 correlated by employee_id", "2 second account of corp/1"}, owned); diff != "" {
		t.Errorf("ownership (-want +got):\n%s", diff)
	}
	if len(r.NoParent) != 1 || r.NoParent[0].Key != "5" {
		t.Errorf("no main account: %v, want account 5", r.NoParent)
	}
}

func TestWindow(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 9, day, 0, 0, 0, 0, time.UTC) }
	r := run(t, collect.Plan{Jobs: []collect.Job{
		job("a", graph.SourceRun{Source: "a", Started: at(3), Ended: at(4)}),
		job("b", graph.SourceRun{Source: "b", Started: at(2), Ended: at(5)}),
	}})
	if !r.Started.Equal(at(2)) || !r.Ended.Equal(at(5)) {
		t.Errorf("window %s to %s, want the 2nd to the 5th", r.Started, r.Ended)
	}
	for _, odd := range [][]graph.Fact{
		{graph.SourceRun{Source: "a", Started: at(5)}, graph.SourceRun{Source: "b", Ended: at(2)}},
		{graph.SourceRun{Source: "a", Started: at(5), Ended: at(2)}},
	} {
		if r := run(t, collect.Plan{Jobs: []collect.Job{job("a", odd...)}}); !r.Started.Equal(at(2)) || !r.Ended.Equal(at(5)) {
			t.Errorf("window %s to %s, want the 2nd to the 5th", r.Started, r.Ended)
		}
	}
	if r := run(t, collect.Plan{Jobs: []collect.Job{job("a", complete("a"))}}); !r.Ended.Equal(now) {
		t.Errorf("without any run the window ends %s, want the time of collection", r.Ended)
	}
}

func TestBadConfig(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"empty", ``, "f.yaml: it lists no sources"},
		{"unknown key", "sources: [{name: a, type: b}]\nsuorces: 1\n", "suorces"},
		{"no type", "sources: [{name: a}]\n", "f.yaml:1: a source needs name and type"},
		{"bad name", "sources: [{name: A B, type: b}]\n", "f.yaml:1: source name \"A B\": only a-z, 0-9 and - are allowed"},
		{"twice", "sources:\n  - {name: a, type: b}\n  - {name: a, type: b}\n", "f.yaml:3: source a is already defined in line 2"},
		{"rule without condition", "sources: [{name: a, type: b}]\nclassify: [{type: person}]\n", "f.yaml:2: classify: a rule needs a condition"},
		{"rule without effect", "sources: [{name: a, type: b}]\nclassify: [{name: x}]\n", "f.yaml:2: classify: a rule needs something to set"},
		{"rule with unknown type", "sources: [{name: a, type: b}]\nclassify: [{name: x, type: robot}]\n", "unknown account type \"robot\""},
		{"previous as a list", "sources: [{name: a, type: b}]\nprevious: [old]\n", "f.yaml:2"},
		{"only nothing", "sources:\n  - {name: a, type: b, only: []}\n", "f.yaml:2: only: want a list of attributes"},
		{"only what does not correlate", "sources:\n  - {name: a, type: b, only: [dn]}\ncorrelate: {keys: [employee_id, mail]}\n", "f.yaml:2: source a: only: leaves out mail"},
		{"not a mapping", "sources: [a]\n", "f.yaml:1: a source is a mapping with name and type"},
		{"not UTF-8", "sources: \xff\n", "f.yaml: not valid UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := collect.ParseConfig("f.yaml", []byte(tt.src))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// What is to be left out of people and accounts never gets into a graph, and what says
// whose an account is does.
func TestOnly(t *testing.T) {
	cfg, err := collect.ParseConfig("f.yaml", []byte("sources:\n  - {name: a, type: b, only: [mail]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	attrs := func(pairs ...string) (all graph.Attrs) {
		for _, key := range pairs {
			all.Set(key, "x")
		}
		return all
	}
	node := func(kind graph.Kind, keys ...string) graph.Node {
		return graph.Node{ID: graph.ID{Kind: kind, Source: "a", Key: "1"}, Attrs: attrs(keys...)}
	}
	j := job("a", node(graph.Account, "mail", "phone", "status"), node(graph.Identity, "leave_start", "employee_id"), node(graph.Group, "phone"))
	j.Strip = cfg.Sources[0].Strip
	g := run(t, collect.Plan{Jobs: []collect.Job{j}}).Graph
	var got []string
	for n := range uint32(g.NumNodes()) {
		for _, a := range g.Node(n).Attrs {
			got = append(got, g.ID(n).Kind.String()+" "+a.Key)
		}
	}
	slices.Sort(got)
	if want := []string{"account mail", "account status", "group phone", "identity employee_id"}; !slices.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
}

func TestSettings(t *testing.T) {
	cfg, err := collect.ParseConfig("dir/f.yaml", []byte("sources:\n  - {name: a, type: b, file: x.csv, depth: 3}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var into struct {
		Path  string `yaml:"path"`
		Depth int    `yaml:"depth"`
	}
	if err := cfg.Sources[0].Settings(&into); err != nil || into.Path != "x.csv" || into.Depth != 3 {
		t.Errorf("got %+v, %v", into, err)
	}
	if got := cfg.Sources[0].Path(into.Path); got != "dir/x.csv" {
		t.Errorf("path %q, want it beside the configuration", got)
	}
	type Shared struct {
		Path string `yaml:"path"`
	}
	var inline struct {
		Shared `yaml:",inline"`
		Depth  int `yaml:"depth"`
	}
	if err := cfg.Sources[0].Settings(&inline); err != nil || inline.Path != "x.csv" || inline.Depth != 3 {
		t.Errorf("keys of an inlined struct: got %+v, %v", inline, err)
	}
	var less struct {
		Path string `yaml:"path"`
	}
	if err := cfg.Sources[0].Settings(&less); err == nil || !strings.Contains(err.Error(), "depth") {
		t.Errorf("got %v, want the unknown key depth refused", err)
	}
}
