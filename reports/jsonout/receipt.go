// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"io"

	"github.com/foureyes-iga/foureyes/reports"
)

const receiptFormat = "foureyes/leaver-receipt/1"

type receipt struct {
	Format string        `json:"format"`
	By     string        `json:"by,omitempty"`
	Made   string        `json:"made"`
	Rounds []round       `json:"rounds"`
	Items  []receiptItem `json:"accesses"`
	Before leaver        `json:"before"`
	After  leaver        `json:"after"`
}

type round struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Verdict string `json:"verdict,omitempty"`
	Missed  string `json:"could_not_run,omitempty"`
}

type receiptItem struct {
	Account   leaverThing  `json:"account"`
	What      *leaverThing `json:"reaches,omitempty"`
	State     string       `json:"state"`
	FirstSeen int          `json:"first_seen_round"`
	LastSeen  int          `json:"last_seen_round"`
	SeenGone  int          `json:"seen_gone_round,omitempty"`
}

// Receipt writes the receipt of a leaver as one JSON object and a line feed.
func Receipt(w io.Writer, r *reports.Receipt) error {
	out := receipt{Format: receiptFormat, By: r.By, Made: stamp(r.Made), Rounds: []round{}, Items: []receiptItem{}, Before: leaverOf(r.Before), After: leaverOf(r.After)}
	for _, x := range r.Rounds {
		out.Rounds = append(out.Rounds, round{stamp(x.From), stamp(x.To), x.Verdict, x.Missed})
	}
	for _, x := range r.Items {
		out.Items = append(out.Items, receiptItem{leaverThing(x.Account), known(x.What), x.State.String(), x.FirstSeen, x.LastSeen, x.SeenGone})
	}
	return encode(w, out)
}
