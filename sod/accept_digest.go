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
// of, as a digest: the mode, the duties of the rule, and for each the groups, roles
// and entitlements of it that the subject reaches in that mode. Another way to the
// same things is the same digest; one more thing is another. It is "" for the
// finding of a check, which has no access. It is not safe for concurrent use.
func Digester(g *graph.Graph, p *Policy, asOf time.Time) func(*Finding) string {
	return newDigester(g, p, asOf).digest
}

func newDigester(g *graph.Graph, p *Policy, asOf time.Time) *digester {
	return &digester{g: g, p: p, asOf: asOf, views: map[reach.Mode]*reach.View{}}
}

// A digester looks at the graph only when it is asked for the first digest.
type digester struct {
	g      *graph.Graph
	p      *Policy
	asOf   time.Time
	duties [][]uint32 // by duty: the nodes that it matches
	views  map[reach.Mode]*reach.View
}

func (d *digester) digest(f *Finding) string {
	i := slices.IndexFunc(d.p.Rules, func(r Rule) bool { return r.ID == f.Rule })
	if i < 0 || f.Mode == 0 {
		return ""
	}
	text := []string{"foureyes/acceptance/1", "mode " + f.Mode.String()}
	for _, s := range f.Subjects {
		text = append(text, "subject")
		text = append(text, d.held(s, d.p.Rules[i].Duties, f.Mode)...)
	}
	sum := sha256.Sum256([]byte(strings.Join(text, "\n")))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// held lists the duties with what the subject reaches of each, in order.
func (d *digester) held(subject graph.ID, duties []int, m reach.Mode) []string {
	n, ok := d.g.Find(subject)
	if !ok {
		return nil
	}
	reached := d.view(m).Reached(d.view(m).AsHeld(n))
	var blocks []string
	for _, i := range duties {
		var b strings.Builder
		fmt.Fprintf(&b, "duty %s", d.p.Duties[i].ID)
		for _, end := range d.dutyNodes()[i] {
			if _, ok := slices.BinarySearch(reached, end); ok {
				fmt.Fprintf(&b, "\n%s", d.g.ID(end))
			}
		}
		blocks = append(blocks, b.String())
	}
	slices.Sort(blocks)
	return blocks
}

func (d *digester) dutyNodes() [][]uint32 {
	if d.duties == nil {
		d.duties = DutyNodes(d.g, d.p)
	}
	return d.duties
}

func (d *digester) view(m reach.Mode) *reach.View {
	if d.views[m] == nil {
		d.views[m] = reach.At(d.g, d.asOf, m)
	}
	return d.views[m]
}
