// SPDX-License-Identifier: Apache-2.0

package connectortest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/graph"
)

// leftOut: what nobody asks for takes nothing else with it. Whether the access of
// somebody lives is judged by the rest.
func leftOut(t *testing.T, s Subject) error {
	_, c := s.open(t)
	all, err := whole(c)
	if err != nil {
		return err
	}
	without := []graph.Dataset{graph.SignIn, graph.MFA}
	o := observe(context.Background(), c, connectors.Want{EmployeeIDs: employeeIDs(all), Without: without, Undated: true}, nil)
	if o.err != nil {
		return fmt.Errorf("wanting less: %w", o.err)
	}
	if err := differ("without sign-ins, second factors and dates", undated(all), undated(o.facts)); err != nil {
		return err
	}
	before := states(all)
	for d, got := range states(o.facts) {
		leftOut := slices.Contains(without, d)
		switch {
		case got != before[d] && (!leftOut || got != graph.NotRequested):
			return fmt.Errorf("%s is %s when sign-ins and second factors are left out, and %s otherwise", d, got, before[d])
		case leftOut && got == graph.Complete && tellsOf(o.facts, d) < tellsOf(all, d):
			return fmt.Errorf("%s was left out, and is said to be complete", d)
		}
	}
	return nil
}

// undated returns what access is made of, as sorted lines.
func undated(all []graph.Fact) []string {
	var kept []graph.Fact
	for _, f := range all {
		switch x := f.(type) {
		case graph.Node:
			x.Attrs = slices.DeleteFunc(slices.Clone(x.Attrs), func(a graph.Attr) bool {
				return keyOf(graph.SignIn, a.Key) || keyOf(graph.MFA, a.Key)
			})
			kept = append(kept, x)
		case graph.Grant:
			x.Since = time.Time{}
			kept = append(kept, x)
		case graph.Gap:
			kept = append(kept, x)
		}
	}
	return sortedLines(kept)
}

// keyOf reports whether an attribute is of one of the datasets that may be left out.
func keyOf(d graph.Dataset, key string) bool {
	prefix := map[graph.Dataset]string{graph.SignIn: "last_sign_in", graph.MFA: "mfa"}[d]
	return prefix != "" && strings.HasPrefix(key, prefix)
}

// tellsOf counts the attributes of a dataset.
func tellsOf(all []graph.Fact, d graph.Dataset) (n int) {
	for _, f := range all {
		if x, ok := f.(graph.Node); ok {
			for _, a := range x.Attrs {
				if keyOf(d, a.Key) {
					n++
				}
			}
		}
	}
	return n
}

func states(all []graph.Fact) map[graph.Dataset]graph.State {
	known := map[graph.Dataset]graph.State{}
	for _, d := range graph.Datasets() {
		for _, c := range coverageOf(all) {
			if c.Dataset.Includes(d) {
				known[d] = max(known[d], c.State)
			}
		}
	}
	return known
}
