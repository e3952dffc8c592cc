// SPDX-License-Identifier: Apache-2.0

package connectortest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
)

// everyFact: what the source holds comes, and nothing else.
func everyFact(t *testing.T, s Subject) error {
	w, c := s.open(t)
	got, err := whole(c)
	if err != nil {
		return err
	}
	if len(w.Facts) == 0 {
		return errors.New("the subject lacks everything")
	}
	return differ("facts of the world", Subject{}.told(w.Facts), s.told(got))
}

// emptySource: a source that holds nothing is no error and invents nothing.
func emptySource(t *testing.T, s Subject) error {
	got, err := whole(s.Open(t, World{Source: s.world().Source}))
	if err != nil {
		return err
	}
	if err := differ("facts of an empty source", nil, s.told(got)); err != nil {
		return err
	}
	return s.checkCoverage(got)
}

// coverage: every dataset is spoken of once, and truly.
func coverage(t *testing.T, s Subject) error {
	_, c := s.open(t)
	got, err := whole(c)
	if err != nil {
		return err
	}
	return s.checkCoverage(got)
}

func (s Subject) checkCoverage(got []graph.Fact) error {
	var errs []error
	for _, d := range graph.Datasets() {
		var states []graph.State
		for _, c := range coverageOf(got) {
			if c.Dataset.Includes(d) {
				states = append(states, c.State)
			}
		}
		if len(states) != 1 {
			errs = append(errs, fmt.Errorf("%d coverage records speak of %s, want 1", len(states), d))
			continue
		}
		errs = append(errs, s.checkState(d, states[0], got))
	}
	return errors.Join(errs...)
}

// checkState compares what coverage says of a dataset with what came of it.
func (s Subject) checkState(d graph.Dataset, state graph.State, got []graph.Fact) error {
	came := slices.ContainsFunc(got, func(f graph.Fact) bool {
		_, ours := s.same(f)
		return ours && datasetOf(f) == d
	})
	lacked := slices.ContainsFunc(s.Lacks, func(f Feature) bool {
		of, whole := f.dataset()
		return whole && of == d
	})
	switch {
	case lacked && state == graph.Complete:
		return fmt.Errorf("%s is lacking, and coverage says complete", d)
	case came && (state == graph.NotApplicable || state == graph.NotRequested):
		return fmt.Errorf("coverage says that %s is %s, and some came", d, state)
	case state == graph.Partial && slices.ContainsFunc(got, func(f graph.Fact) bool {
		gap, ok := f.(graph.Gap)
		return ok && gap.Dataset == d
	}):
		return nil // some of it was withheld
	case !lacked && state != graph.Complete:
		return fmt.Errorf("coverage says that %s is %s, of a source that is whole", d, state)
	}
	return nil
}

// oneSource: everything carries the configured source, and one run is told.
func oneSource(t *testing.T, s Subject) error {
	w, c := s.open(t)
	got, err := whole(c)
	if err != nil {
		return err
	}
	var errs []error
	runs := 0
	for _, f := range got {
		sources := []graph.Source{}
		switch f := f.(type) {
		case graph.SourceRun:
			runs++
			sources = append(sources, f.Source)
		case graph.Coverage:
			sources = append(sources, f.Source)
		}
		for _, id := range names(f) {
			sources = append(sources, id.Source)
			errs = append(errs, id.Check())
		}
		if slices.ContainsFunc(sources, func(x graph.Source) bool { return x != w.Source }) {
			errs = append(errs, fmt.Errorf("another source than %s: %s", w.Source, line(f)))
		}
	}
	if runs != 1 {
		errs = append(errs, fmt.Errorf("%d source runs were told, want 1", runs))
	}
	return errors.Join(errs...)
}

// anyOrder: the order within the source and the order of telling mean nothing.
func anyOrder(t *testing.T, s Subject) error {
	w, c := s.open(t)
	got, err := whole(c)
	if err != nil {
		return err
	}
	forward, err := content(got)
	if err != nil {
		return err
	}
	backward := slices.Clone(got)
	slices.Reverse(backward)
	twice, err := content(append(backward, got...))
	if err != nil {
		return err
	}
	if forward != twice {
		return errors.New("the same facts in another order, twice, make another graph")
	}
	first := s.told(got)
	got, err = whole(s.Open(t, w.Shuffled()))
	if err != nil {
		return err
	}
	return differ("facts of the shuffled source", first, s.told(got))
}

func content(all []graph.Fact) (string, error) {
	var b graph.Builder
	for _, f := range all {
		if err := b.Add(f); err != nil {
			return "", err
		}
	}
	return facts.Content(b.Graph()), nil
}

// twoRuns: collecting again tells the same.
func twoRuns(t *testing.T, s Subject) error {
	_, c := s.open(t)
	first, err := whole(c)
	if err != nil {
		return err
	}
	second, err := whole(c)
	if err != nil {
		return err
	}
	return differ("facts of the second run", sortedLines(first), sortedLines(second))
}

// stopsWhenAsked: nothing comes, and nothing stays behind, after a stop.
func stopsWhenAsked(t *testing.T, s Subject) error {
	_, c := s.open(t)
	all, err := whole(c)
	if err != nil {
		return err
	}
	before := runtime.NumGoroutine()
	for _, k := range places(len(all)) {
		n := 0
		c.Collect(context.Background(), connectors.Want{})(func(graph.Fact, error) bool {
			n++
			return n < k
		})
		if n != k {
			return fmt.Errorf("%d values came, and %d were asked for", n, k)
		}
	}
	return noMoreThan(before)
}

// places returns some numbers from 1 to n, the ends among them.
func places(n int) []int {
	all := []int{1, 2, 3, n / 3, n / 2, n - 2, n - 1, n}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(k int) bool { return k < 1 || k > n })
}

// noMoreThan waits for goroutines that are about to end.
func noMoreThan(goroutines int) error {
	for range 100 {
		if runtime.NumGoroutine() <= goroutines {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("%d goroutines are left, and %d were there before", runtime.NumGoroutine(), goroutines)
}

// cancelled: the error is the cause, and nothing is claimed to be whole after it.
func cancelled(t *testing.T, s Subject) error {
	_, c := s.open(t)
	all, err := whole(c)
	if err != nil {
		return err
	}
	before := runtime.NumGoroutine()
	for _, k := range append([]int{0}, places(len(all)-1)...) {
		if err := cancelAfter(c, k); err != nil {
			return fmt.Errorf("cancelled after %d of %d facts: %w", k, len(all), err)
		}
	}
	return noMoreThan(before)
}

var errCancelled = errors.New("cancelled by the suite")

func cancelAfter(c connectors.Collector, k int) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	n, claims := 0, 0
	if k == 0 {
		cancel(errCancelled)
	}
	o := observe(ctx, c, connectors.Want{}, func(f graph.Fact) {
		if cov, ok := f.(graph.Coverage); ok && cov.State == graph.Complete && ctx.Err() != nil {
			claims++
		}
		if n++; n == k {
			cancel(errCancelled)
		}
	})
	switch {
	case claims > 0:
		return fmt.Errorf("%d datasets are said to be complete afterwards", claims)
	case !errors.Is(o.err, errCancelled):
		return fmt.Errorf("the error is %v, want the cause", o.err)
	case o.after > 0:
		return fmt.Errorf("%d values follow the error", o.after)
	}
	return nil
}

// errorIsLast: a source that breaks ends with an error, and with nothing after it.
func errorIsLast(t *testing.T, s Subject) error {
	if s.Broken == nil {
		return nil // cancelled checks the same with another error
	}
	o := observe(context.Background(), s.Broken(t, s.world()), connectors.Want{}, nil)
	switch {
	case o.err == nil:
		return errors.New("the source broke, and no error came")
	case o.after > 0:
		return fmt.Errorf("%d values follow the error %w", o.after, o.err)
	}
	for _, c := range coverageOf(o.facts) {
		if c.State == graph.Complete {
			return fmt.Errorf("the source broke, and %s is said to be complete", c.Dataset)
		}
	}
	return nil
}

// wanted: all that concerns a wanted person comes, and what is left out is not
// said to be complete.
func wanted(t *testing.T, s Subject) error {
	_, c := s.open(t)
	all, err := whole(c)
	if err != nil {
		return err
	}
	people := employeeIDs(all)
	if len(people) == 0 {
		return errors.New("nobody has an employee id")
	}
	for _, p := range people {
		o := observe(context.Background(), c, connectors.Want{EmployeeIDs: []string{p}}, nil)
		if o.err != nil {
			return fmt.Errorf("wanting %s: %w", p, o.err)
		}
		if err := s.checkWanted(all, o.facts, p); err != nil {
			return fmt.Errorf("wanting %s: %w", p, err)
		}
	}
	return nil
}

func employeeIDs(all []graph.Fact) []string {
	var ids []string
	for _, f := range all {
		if n, ok := f.(graph.Node); ok {
			ids = append(ids, n.Attrs.Values("employee_id")...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (s Subject) checkWanted(all, got []graph.Fact, person string) error {
	need, have := s.told(concerning(all, person)), s.told(got)
	for _, l := range need {
		if !slices.Contains(have, l) {
			return fmt.Errorf("missing %s", l)
		}
	}
	for _, d := range graph.Datasets() {
		of := func(f graph.Fact) bool { return datasetOf(f) != d }
		fewer := len(slices.DeleteFunc(slices.Clone(got), of)) < len(slices.DeleteFunc(slices.Clone(all), of))
		told := slices.ContainsFunc(coverageOf(got), func(c graph.Coverage) bool { return c.Dataset.Includes(d) })
		complete := slices.ContainsFunc(coverageOf(got), func(c graph.Coverage) bool { return c.Dataset.Includes(d) && c.State == graph.Complete })
		switch {
		case !told:
			return fmt.Errorf("no coverage record speaks of %s", d)
		case fewer && complete:
			return fmt.Errorf("some of %s was left out, and coverage says complete", d)
		}
	}
	return nil
}

// concerning returns the nodes and grants that are reached from a person's own
// nodes.
func concerning(all []graph.Fact, person string) []graph.Fact {
	reached := map[graph.ID]bool{}
	for _, f := range all {
		if n, ok := f.(graph.Node); ok && slices.Contains(n.Attrs.Values("employee_id"), person) {
			reached[n.ID] = true
		}
	}
	for grown := -1; grown != len(reached); {
		grown = len(reached)
		for _, f := range all {
			if g, ok := f.(graph.Grant); ok && reached[g.From] {
				reached[g.To] = true
			}
		}
	}
	var own []graph.Fact
	for _, f := range all {
		n, isNode := f.(graph.Node)
		g, isGrant := f.(graph.Grant)
		if isNode && reached[n.ID] || isGrant && reached[g.From] {
			own = append(own, f)
		}
	}
	return own
}
