// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
)

// completeness tells, per source, what was asked, what came and what could not be
// read.
func (d *doc) completeness() {
	d.chapter("Completeness and accuracy", false)
	d.say("For each source: how it was read and with which rights, what came, how the counts tie out, what was asked, and what could not be read. A dataset that is not complete hides access; what may hide there is in chapter Not assessed.")
	for _, s := range d.packet.Sources {
		d.source(s)
	}
}

func (d *doc) source(s reports.Source) {
	d.head("Source "+string(s.Name), 90)
	for _, r := range s.Runs {
		d.flow(0, span{"Read by ", d.note()}, span{known(r.Connector), d.small()}, span{", " + span2(r.Started, r.Ended), d.note()})
		d.y += 2
		d.details(r.Details)
	}
	if len(s.Runs) == 0 {
		d.flow(0, span{"How and when it was read is unknown.", d.small()})
	}
	d.skip(6)
	d.datasets(s.Datasets)
	if len(s.Silent) > 0 {
		d.skip(3)
		d.flow(0, span{"No record speaks of " + datasets(s.Silent) + "; ", d.small()}, span{"that counts as partial.", d.small().bold(d)})
	}
	for _, g := range s.Gaps {
		d.skip(3)
		d.flow(0, span{fmt.Sprintf("%s could not be read at %s (%s): ", g.Dataset, reports.Plural(g.Count, "thing"), stated(g.Reason)), d.small().bold(d)}, span{examples(g.Examples, g.Count), d.small()})
	}
	for _, a := range s.Asked {
		d.skip(7)
		d.need(50)
		d.flow(0, span{"Evidence for " + asked(a, s), d.small().bold(d)})
		d.y += 2
		d.details(a.Details)
	}
}

// asked names the datasets of details; all of them at once when they are many.
func asked(a reports.Asked, s reports.Source) string {
	if len(a.Datasets) > 1 && len(a.Datasets) == len(s.Datasets) {
		return "every dataset"
	}
	return datasets(a.Datasets)
}

// datasets has one row for each record.
func (d *doc) datasets(all []reports.Dataset) {
	t := d.table(column{"Dataset", 10.5, false}, column{"State", 11, false}, column{"Received", 7, true}, column{"Expected", 7, true}, column{"Method", 15, false}, column{"Tie-out", 11.5, false}, column{"Why not complete", 20, false})
	for _, x := range all {
		state := d.small()
		if !x.State.Whole() {
			state = state.bold(d)
		}
		t.row(cell{{datasetName(x.Dataset), d.small()}}, cell{{x.State.String(), state}}, cell{{counted(x, x.Received), d.small()}}, cell{{counted(x, x.Expected), d.small()}},
			cell{{dash(x.Method), d.small()}}, cell{{dash(x.Tie), d.small()}}, cell{{x.Reason, d.small()}})
	}
}

func datasetName(x graph.Dataset) string {
	if x == graph.All {
		return "all"
	}
	return string(x)
}

func datasets(all []graph.Dataset) string {
	var names []string
	for _, x := range all {
		names = append(names, datasetName(x))
	}
	return strings.Join(names, ", ")
}

// counted prints a count where the state lets one be expected.
func counted(x reports.Dataset, c graph.Count) string {
	n, ok := c.Get()
	switch {
	case ok:
		return reports.Number(int(n))
	case x.State == graph.NotApplicable, x.State == graph.NotRequested:
		return "–"
	}
	return "unknown"
}

// maxLines is how many values of a detail have lines of their own.
const maxLines = 12

func (d *doc) details(all []reports.Detail) {
	for _, x := range all {
		values := x.Values
		switch {
		case len(values) == 0:
			values = []string{"none"}
		case len(values) > maxLines:
			values = []string{strings.Join(values, "; ")}
		}
		for i, v := range values {
			key := x.Key
			if i > 0 {
				key = ""
			}
			d.pair(key, v)
		}
	}
}

// pair sets a name and what it is beside it, over pages where it must.
func (d *doc) pair(name, value string) {
	const names, gap = 118, 8
	keys, text := set([]span{{name, d.note()}}, names), set([]span{{value, d.small()}}, d.width()-names-gap)
	leading := d.small().leading()
	for i := range max(len(keys), len(text)) {
		d.need(leading)
		if i < len(keys) {
			d.lines(left, d.y, keys[i:i+1], leading)
		}
		if i < len(text) {
			d.lines(left+names+gap, d.y, text[i:i+1], leading)
		}
		d.y += leading
	}
}
