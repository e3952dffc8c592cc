// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// Digester returns a function that tells what an acceptance of a finding approves
// of, as a digest: the mode, the value of a rule within values, the duties of the rule,
// and for each the groups, roles and entitlements of it that the subject reaches in that
// mode, within the value. Another way to the same things is the same digest; one more
// thing is another, and so is the same within another value. It is "" for the finding of
// a check, which has no access. It is not safe for concurrent use.
func Digester(g *graph.Graph, p *Policy, asOf time.Time) func(*Finding) string {
	return newDigester(g, p, asOf).digest
}

func newDigester(g *graph.Graph, p *Policy, asOf time.Time) *digester {
	return &digester{g: g, p: p, asOf: asOf, within: map[labelKey][]uint32{}, views: map[reach.Mode]*reach.View{}}
}

// A digester looks at the graph only when it is asked for the first digest.
type digester struct {
	g      *graph.Graph
	p      *Policy
	asOf   time.Time
	duties [][]uint32 // by duty: the nodes that it matches
	within map[labelKey][]uint32
	views  map[reach.Mode]*reach.View
}

func (d *digester) digest(f *Finding) string {
	i := slices.IndexFunc(d.p.Rules, func(r Rule) bool { return r.ID == f.Rule })
	if i < 0 || f.Mode == 0 {
		return ""
	}
	r := &d.p.Rules[i]
	text := []string{"foureyes/acceptance/1", "mode " + f.Mode.String()}
	if f.Same != "" {
		text = append(text, fmt.Sprintf("within %s %q", r.Same, f.Same))
	}
	for _, s := range f.Subjects {
		text = append(text, "subject")
		text = append(text, d.held(s, r, f)...)
	}
	sum := sha256.Sum256([]byte(strings.Join(text, "\n")))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// held lists the duties of a finding's rule with what the subject reaches of each, in
// order.
func (d *digester) held(subject graph.ID, r *Rule, f *Finding) []string {
	n, ok := d.g.Find(subject)
	if !ok {
		return nil
	}
	view := d.view(f.Mode)
	reached := view.Reached(view.AsHeld(n))
	var blocks []string
	for _, i := range r.Duties {
		var b strings.Builder
		fmt.Fprintf(&b, "duty %s", d.p.Duties[i].ID)
		for _, end := range d.nodesOf(labelKey{sideKey{i, r.Same}, f.Same}) {
			if _, ok := slices.BinarySearch(reached, end); ok {
				fmt.Fprintf(&b, "\n%s", d.g.ID(end))
			}
		}
		blocks = append(blocks, b.String())
	}
	slices.Sort(blocks)
	return blocks
}

// nodesOf returns the nodes of a duty that count within a value of an attribute: they
// have the value, or not the attribute. Without a value all count.
func (d *digester) nodesOf(of labelKey) []uint32 {
	if d.duties == nil {
		d.duties = DutyNodes(d.g, d.p)
	}
	if of.value == "" {
		return d.duties[of.duty]
	}
	if _, known := d.within[of]; !known {
		d.within[of] = slices.DeleteFunc(slices.Clone(d.duties[of.duty]), func(n uint32) bool {
			values := knownValues(d.g, n, of.same)
			return len(values) > 0 && !slices.Contains(values, of.value)
		})
	}
	return d.within[of]
}

func (d *digester) view(m reach.Mode) *reach.View {
	if d.views[m] == nil {
		d.views[m] = reach.At(d.g, d.asOf, m)
	}
	return d.views[m]
}
