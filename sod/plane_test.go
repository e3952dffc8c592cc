// SPDX-License-Identifier: Apache-2.0

package sod_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/sod"
)

// TestControlPlaneIsWhoHoldsIt: the holders are those whom a rule on the same things
// would find, and each of its findings leads through it.
func TestControlPlaneIsWhoHoldsIt(t *testing.T) {
	found := 0
	for seed := range worlds() / 10 {
		w := randomTiny(seed)
		w.policy.ControlPlane = w.policy.Duties[0].Holds
		w.policy.Rules = []sod.Rule{{ID: "PLANE", Kind: sod.CriticalRule, Severity: sod.High, Duties: []int{0}}}
		_, r := w.evaluate(t)
		var want, got []string
		for _, f := range r.Findings {
			want = append(want, fmt.Sprint(f.Subjects[0], f.Mode, f.Witness[0].Path))
			if !r.ByPlane[f.ID] {
				t.Errorf("seed %d: finding %v does not lead through the control plane", seed, f.Subjects)
			}
		}
		for _, h := range r.ControlPlane {
			got = append(got, fmt.Sprint(h.Subject, h.Mode, h.Path))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d (-rule +control plane):\n%s", seed, diff)
		}
		found += len(got)
	}
	if found < 20 {
		t.Errorf("only %d holders", found)
	}
}

// TestByPlane: a finding whose paths do not touch the control plane is told as it was.
func TestByPlane(t *testing.T) {
	var w tiny
	for seed := uint64(0); ; seed++ {
		w = randomTiny(seed)
		if _, r := w.evaluate(t); len(r.Findings) > 3 {
			break
		}
	}
	for _, id := range w.nodes() {
		w.policy.ControlPlane = []sod.Selector{{ID: &sod.IDPattern{Kind: id.Kind, Source: id.Source, Key: sod.Glob(id.Key)}}}
		_, r := w.evaluate(t)
		for _, f := range r.Findings {
			touches := slices.ContainsFunc(f.Witness, func(w sod.Witness) bool { return slices.Contains(w.Path.Nodes, id) })
			if touches != r.ByPlane[f.ID] {
				t.Errorf("%s as the control plane: finding of %s, %v: told by it %v, want %v", id, f.Subjects[0], f.Subjects, r.ByPlane[f.ID], touches)
			}
		}
	}
}
