// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
	"github.com/foureyes-iga/foureyes/reports"
)

type rollForward struct {
	From       snapshot     `json:"from"`
	Population []population `json:"population"`
	Places     []place      `json:"new_places"`
}

type population struct {
	Source graph.Source `json:"source"`
	Of     string       `json:"of"`
	Before int          `json:"before"`
	Added  int          `json:"added"`
	Begun  int          `json:"begun"`
	Ended  int          `json:"ended"`
	Gone   int          `json:"gone"`
	After  int          `json:"after"`
	Moved  int          `json:"moved,omitempty"`
	Ties   bool         `json:"ties_out"`
	Unsure string       `json:"unsure,omitempty"`
}

type place struct {
	Source   graph.Source `json:"source"`
	Kind     string       `json:"kind"`
	Name     string       `json:"name,omitempty"`
	Accounts int          `json:"accounts"`
	Things   int          `json:"things"`
	Covered  *int64       `json:"things_in_policy,omitempty"`
	Unsure   string       `json:"unsure,omitempty"`
}

func rollForwardOf(r *reports.RollForward) *rollForward {
	if r == nil {
		return nil
	}
	out := &rollForward{From: snapshotOf(r.From), Population: []population{}, Places: []place{}}
	for _, x := range r.Populations {
		out.Population = append(out.Population, population{
			x.Source, x.Of.String(), x.Before, x.Added, x.Begun, x.Ended, x.Gone, x.After, x.Moved, diff.Population(x).Ties(), x.Unsure,
		})
	}
	for _, x := range r.Places {
		p := place{Source: x.Source, Kind: x.Kind.String(), Name: x.Name, Accounts: x.Accounts, Things: x.Things, Unsure: x.Unsure}
		if n, known := x.Covered.Get(); known {
			p.Covered = &n
		}
		out.Places = append(out.Places, p)
	}
	return out
}
