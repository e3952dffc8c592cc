// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"io"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
	"github.com/foureyes-iga/foureyes/reports"
)

const diffFormat = "foureyes/diff/1"

type (
	diffDocument struct {
		Format   string         `json:"format"`
		Old      snapshot       `json:"old"`
		New      snapshot       `json:"new"`
		Verdict  string         `json:"verdict"`
		Forward  *rollForward   `json:"roll_forward"`
		Joiners  []diffThing    `json:"joiners"`
		Leavers  []diffThing    `json:"leavers"`
		Movers   []diffMover    `json:"movers"`
		Accounts diffAccounts   `json:"accounts"`
		Things   diffPair       `json:"things"`
		Grants   diffGrants     `json:"grants"`
		Gaps     diffGaps       `json:"gaps"`
		Coverage []diffCoverage `json:"coverage"`
		Findings *whatIf        `json:"findings,omitempty"`
	}
	diffThing struct {
		ID     graph.ID `json:"id"`
		Name   string   `json:"name,omitempty"`
		Unsure string   `json:"unsure,omitempty"`
	}
	diffMover struct {
		ID     graph.ID    `json:"id"`
		Name   string      `json:"name,omitempty"`
		Fields []diffField `json:"fields"`
	}
	diffField struct {
		Key    string `json:"key"`
		Before string `json:"before"`
		After  string `json:"after"`
	}
	diffPair struct {
		Added   []diffThing `json:"added"`
		Removed []diffThing `json:"removed"`
	}
	diffAccounts struct {
		diffPair
		Enabled  []diffStatus `json:"enabled"`
		Disabled []diffStatus `json:"disabled"`
	}
	diffStatus struct {
		ID     graph.ID `json:"id"`
		Name   string   `json:"name,omitempty"`
		Before string   `json:"before"`
		After  string   `json:"after"`
	}
	diffGrants struct {
		Added   []diffGrant `json:"added"`
		Removed []diffGrant `json:"removed"`
	}
	diffGrant struct {
		From       graph.ID        `json:"from"`
		FromName   string          `json:"from_name,omitempty"`
		To         graph.ID        `json:"to"`
		ToName     string          `json:"to_name,omitempty"`
		Kind       graph.GrantKind `json:"kind"`
		DirectOnly bool            `json:"direct_only,omitempty"`
		FromTime   string          `json:"from_time,omitempty"`
		UntilTime  string          `json:"until_time,omitempty"`
		Unsure     string          `json:"unsure,omitempty"`
	}
	diffGaps struct {
		Added   []diffGap `json:"added"`
		Removed []diffGap `json:"removed"`
	}
	diffGap struct {
		About   graph.ID      `json:"about"`
		Dataset graph.Dataset `json:"dataset"`
		Reason  string        `json:"reason,omitempty"`
	}
	diffCoverage struct {
		Source  graph.Source  `json:"source"`
		Dataset graph.Dataset `json:"dataset"`
		Before  string        `json:"before"`
		After   string        `json:"after"`
	}
)

// Diff writes what is different between two snapshots as one JSON object and a line
// feed.
func Diff(w io.Writer, d *reports.Diff) error {
	out := diffDocument{
		Format: diffFormat, Old: snapshotOf(d.Old), New: snapshotOf(d.New), Verdict: d.Verdict(), Forward: rollForwardOf(d.Forward),
		Joiners: diffThings(d.Joiners), Leavers: diffThings(d.Leavers), Movers: []diffMover{},
		Accounts: diffAccounts{pairOf(d.Accounts), diffStatuses(d.Enabled), diffStatuses(d.Disabled)},
		Things:   pairOf(d.Things), Grants: grantsOf(d),
		Gaps: diffGaps{diffGapsOf(d.GapsAdded), diffGapsOf(d.GapsRemoved)}, Coverage: []diffCoverage{},
	}
	for _, m := range d.Movers {
		fields := []diffField{}
		for _, f := range m.Fields {
			fields = append(fields, diffField(f))
		}
		out.Movers = append(out.Movers, diffMover{m.ID, m.Name, fields})
	}
	for _, c := range d.Coverage {
		out.Coverage = append(out.Coverage, diffCoverage{c.Source, c.Dataset, reports.StateName(c.Before), reports.StateName(c.After)})
	}
	if d.Findings != nil {
		x := whatIfOf(d.Findings)
		out.Findings = &x
	}
	return encode(w, out)
}

func snapshotOf(s reports.SnapshotInfo) snapshot {
	return snapshot{s.Digest, s.Content, s.Tool, stamp(s.Started), stamp(s.Ended)}
}

func diffThings(all []diff.Thing) []diffThing {
	out := []diffThing{}
	for _, t := range all {
		out = append(out, diffThing(t))
	}
	return out
}

func pairOf(p diff.Pair) diffPair { return diffPair{diffThings(p.Added), diffThings(p.Removed)} }

func diffStatuses(all []diff.Status) []diffStatus {
	out := []diffStatus{}
	for _, s := range all {
		out = append(out, diffStatus(s))
	}
	return out
}

// grantsOf lists the grants of all kinds, kind after kind.
func grantsOf(d *reports.Diff) diffGrants {
	out := diffGrants{[]diffGrant{}, []diffGrant{}}
	for _, k := range graph.GrantKinds() {
		for g := range d.Grants[k].Added.All() {
			out.Added = append(out.Added, grantOf(g))
		}
		for g := range d.Grants[k].Removed.All() {
			out.Removed = append(out.Removed, grantOf(g))
		}
	}
	return out
}

func grantOf(g diff.Grant) diffGrant {
	return diffGrant{g.From, g.FromName, g.To, g.ToName, g.Kind, g.DirectOnly, stamp(g.FromTime), stamp(g.UntilTime), g.Unsure}
}

func diffGapsOf(all []graph.Gap) []diffGap {
	out := []diffGap{}
	for _, g := range all {
		out = append(out, diffGap(g))
	}
	return out
}
