// SPDX-License-Identifier: Apache-2.0

package connectortest_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/connectortest"
	"github.com/foureyes-iga/foureyes/graph"
)

// yieldFunc is the yield of a collection.
type yieldFunc = func(graph.Fact, error) bool

// collectFunc is a collector.
type collectFunc func(ctx context.Context, want connectors.Want, yield yieldFunc)

func (f collectFunc) Collect(ctx context.Context, want connectors.Want) iter.Seq2[graph.Fact, error] {
	return func(yield func(graph.Fact, error) bool) { f(ctx, want, yield) }
}

// all returns what a sound connector tells of w.
func all(w connectortest.World) []graph.Fact {
	told := append(slices.Clone(w.Facts), graph.SourceRun{Source: w.Source, Connector: "memory"})
	for _, d := range graph.Datasets() {
		told = append(told, graph.Coverage{Source: w.Source, Dataset: d, State: graph.Complete})
	}
	return told
}

// tell yields facts as the contract asks for.
func tell(ctx context.Context, told []graph.Fact, yield yieldFunc) bool {
	for _, f := range told {
		if ctx.Err() != nil {
			yield(nil, context.Cause(ctx))
			return false
		}
		if !yield(f, nil) {
			return false
		}
	}
	return true
}

var errBroken = errors.New("the source broke")

// subject returns a subject whose connector tells what change makes of the facts.
func subject(change func([]graph.Fact) []graph.Fact) connectortest.Subject {
	return connectortest.Subject{
		Open: func(_ *testing.T, w connectortest.World) connectors.Collector {
			return collectFunc(func(ctx context.Context, _ connectors.Want, yield yieldFunc) {
				tell(ctx, change(all(w)), yield)
			})
		},
		Broken: func(_ *testing.T, w connectortest.World) connectors.Collector {
			return collectFunc(func(ctx context.Context, _ connectors.Want, yield yieldFunc) {
				if tell(ctx, w.Facts, yield) {
					yield(nil, errBroken)
				}
			})
		},
	}
}

func unchanged(told []graph.Fact) []graph.Fact { return told }

func TestSoundCollectorPasses(t *testing.T) {
	connectortest.Run(t, subject(unchanged))
}

func TestSubjectWithOtherKeysPasses(t *testing.T) {
	renamed := func(told []graph.Fact) []graph.Fact {
		told = append(told, graph.Node{ID: graph.ID{Kind: graph.Account, Source: "world", Key: "admin"}, Name: "admin"})
		for i, f := range told {
			switch f := f.(type) {
			case graph.Node:
				f.ID.Key = "x" + f.ID.Key
				told[i] = f
			case graph.Grant:
				f.From.Key, f.To.Key, f.Via = "x"+f.From.Key, "x"+f.To.Key, "memory"
				told[i] = f
			case graph.Use:
				f.Account.Key, f.Entitlement.Key = "x"+f.Account.Key, "x"+f.Entitlement.Key
				told[i] = f
			case graph.Gap:
				f.About.Key = "x" + f.About.Key
				told[i] = f
			}
		}
		return told
	}
	s := subject(renamed)
	s.Key = func(id graph.ID) string {
		if id.Key == "xadmin" {
			return ""
		}
		return id.Key[1:]
	}
	connectortest.Run(t, s)
}

// TestSuiteNotices proves that each clause can fail: every broken collector is
// caught by the clause that is there for it.
func TestSuiteNotices(t *testing.T) {
	fixed := func(broken collectFunc) connectortest.Subject {
		s := subject(unchanged)
		s.Open = func(*testing.T, connectortest.World) connectors.Collector { return broken }
		return s
	}
	told := all(connectortest.Standard())
	runs := 0
	for name, mutant := range map[string]struct {
		subject connectortest.Subject
		clause  string
	}{
		"drops the first fact": {subject(func(f []graph.Fact) []graph.Fact { return f[1:] }), "EveryFact"},
		"drops a nested group": {subject(drop("group:world/self")), "EveryFact"},
		"invents a node":       {subject(add(node("account:world/ghost"))), "EmptySource"},
		"invents a status": {subject(replace(func(n graph.Node) graph.Node {
			n.Attrs = slices.Clone(n.Attrs)
			n.Attrs.Set("status", "enabled")
			return n
		})), "EveryFact"},
		"drops a window": {subject(func(told []graph.Fact) []graph.Fact {
			for i, f := range told {
				if g, ok := f.(graph.Grant); ok {
					g.UntilTime = time.Time{}
					told[i] = g
				}
			}
			return told
		}), "EveryFact"},
		"forgets a dataset":         {subject(func(f []graph.Fact) []graph.Fact { return f[:len(f)-1] }), "Coverage"},
		"speaks of a dataset twice": {subject(add(graph.Coverage{Source: "world", Dataset: graph.All, State: graph.Complete})), "Coverage"},
		"denies what came":          {subject(state(graph.Groups, graph.NotApplicable)), "Coverage"},
		"is never complete":         {subject(state(graph.Groups, graph.Partial)), "Coverage"},
		"claims what it lacks": {func() connectortest.Subject {
			s := subject(unchanged)
			s.Lacks = []connectortest.Feature{connectortest.SignIn}
			return s
		}(), "Coverage"},
		"tells another source":        {subject(add(node("account:other/x"))), "OneSource"},
		"tells no run":                {subject(func(f []graph.Fact) []graph.Fact { return append(f[:36:36], f[37:]...) }), "OneSource"},
		"describes a thing two ways":  {subject(add(graph.Node{ID: id("account:world/ana"), Name: "other"})), "AnyOrder"},
		"depends on order":            {subject(firstOnly), "AnyOrder"},
		"tells something else then":   {fixed(func(ctx context.Context, _ connectors.Want, y yieldFunc) { runs++; tell(ctx, told[runs%2:], y) }), "TwoRuns"},
		"yields after a stop":         {fixed(deaf(told)), "StopsWhenAsked"},
		"leaves a goroutine":          {fixed(leaky(t, told)), "StopsWhenAsked"},
		"ignores cancellation":        {fixed(func(_ context.Context, _ connectors.Want, y yieldFunc) { tell(context.Background(), told, y) }), "Cancelled"},
		"ends quietly when cancelled": {fixed(quiet(told)), "Cancelled"},
		"hides the cause": {fixed(func(ctx context.Context, _ connectors.Want, y yieldFunc) {
			tell(ctx, told, func(f graph.Fact, err error) bool {
				if err != nil {
					err = errBroken
				}
				return y(f, err)
			})
		}), "Cancelled"},
		"goes on after the error":       {broken(func(y yieldFunc) { y(nil, errBroken); y(told[0], nil) }), "ErrorIsLast"},
		"complete after the error":      {broken(func(y yieldFunc) { y(nil, errBroken); y(told[len(told)-1], nil) }), "ErrorIsLast"},
		"complete before the error":     {broken(func(y yieldFunc) { y(told[len(told)-1], nil); y(nil, errBroken) }), "ErrorIsLast"},
		"swallows the error":            {broken(func(y yieldFunc) { y(told[0], nil) }), "ErrorIsLast"},
		"forgets what concerns someone": {fixed(wanting(told, drop("group:world/dev"))), "Wanted"},
		"leaves out and says complete":  {fixed(wanting(told, drop("account:world/batch"))), "Wanted"},
		"leaves out a group, too":       {fixed(wanting(told, drop("group:world/self"))), "LeftOut"},
		"leaves a status out, too":      {fixed(wanting(told, without("status"))), "LeftOut"},
		"leaves the sign-ins silently":  {fixed(wanting(told, without("last_sign_in"))), "LeftOut"},
		"says less of the groups":       {fixed(wanting(told, state(graph.Groups, graph.NotRequested))), "LeftOut"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := clause(t, mutant.clause).Check(t, mutant.subject); err == nil {
				t.Errorf("clause %s let it pass", mutant.clause)
			}
		})
	}
}

func clause(t *testing.T, name string) connectortest.Check {
	t.Helper()
	for _, c := range connectortest.Checks() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no clause %s", name)
	return connectortest.Check{}
}

func id(s string) graph.ID {
	x, err := graph.ParseID(s)
	if err != nil {
		panic(err)
	}
	return x
}

func node(s string) graph.Node { return graph.Node{ID: id(s), Name: s} }

func add(f graph.Fact) func([]graph.Fact) []graph.Fact {
	return func(told []graph.Fact) []graph.Fact { return append(told, f) }
}

// drop leaves out a thing and its grants.
func drop(s string) func([]graph.Fact) []graph.Fact {
	return func(told []graph.Fact) []graph.Fact {
		return slices.DeleteFunc(slices.Clone(told), func(f graph.Fact) bool {
			n, isNode := f.(graph.Node)
			g, isGrant := f.(graph.Grant)
			return isNode && n.ID == id(s) || isGrant && (g.From == id(s) || g.To == id(s))
		})
	}
}

func replace(change func(graph.Node) graph.Node) func([]graph.Fact) []graph.Fact {
	return func(told []graph.Fact) []graph.Fact {
		for i, f := range told {
			if n, ok := f.(graph.Node); ok {
				told[i] = change(n)
			}
		}
		return told
	}
}

func state(d graph.Dataset, s graph.State) func([]graph.Fact) []graph.Fact {
	return func(told []graph.Fact) []graph.Fact {
		for i, f := range told {
			if c, ok := f.(graph.Coverage); ok && c.Dataset == d {
				c.State = s
				told[i] = c
			}
		}
		return told
	}
}

// firstOnly keeps only the first member grant.
func firstOnly(told []graph.Fact) []graph.Fact {
	found := false
	return slices.DeleteFunc(told, func(f graph.Fact) bool {
		g, ok := f.(graph.Grant)
		drop := ok && g.Kind == graph.Member && found
		found = found || ok && g.Kind == graph.Member
		return drop
	})
}

func deaf(told []graph.Fact) collectFunc {
	return func(_ context.Context, _ connectors.Want, y yieldFunc) {
		for _, f := range told {
			y(f, nil)
		}
	}
}

func leaky(t *testing.T, told []graph.Fact) collectFunc {
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	return func(ctx context.Context, _ connectors.Want, y yieldFunc) {
		go func() { <-done }()
		tell(ctx, told, y)
	}
}

func quiet(told []graph.Fact) collectFunc {
	return func(ctx context.Context, _ connectors.Want, y yieldFunc) {
		tell(ctx, told, func(f graph.Fact, err error) bool { return err == nil && y(f, nil) })
	}
}

func broken(tell func(yieldFunc)) connectortest.Subject {
	s := subject(unchanged)
	s.Broken = func(*testing.T, connectortest.World) connectors.Collector {
		return collectFunc(func(_ context.Context, _ connectors.Want, y yieldFunc) { tell(y) })
	}
	return s
}

// without takes an attribute from everything.
func without(key string) func([]graph.Fact) []graph.Fact {
	return replace(func(n graph.Node) graph.Node {
		n.Attrs = slices.DeleteFunc(slices.Clone(n.Attrs), func(a graph.Attr) bool { return a.Key == key })
		return n
	})
}

// wanting changes what is told when somebody is wanted.
func wanting(told []graph.Fact, change func([]graph.Fact) []graph.Fact) collectFunc {
	return func(ctx context.Context, want connectors.Want, y yieldFunc) {
		if want.Everything() {
			tell(ctx, told, y)
			return
		}
		tell(ctx, change(slices.Clone(told)), y)
	}
}
