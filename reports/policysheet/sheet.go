// SPDX-License-Identifier: Apache-2.0

package policysheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports/table"
	"github.com/foureyes-iga/foureyes/sod"
)

// A State says what became of a row.
type State string

// The states of rows.
const (
	Mapped     State = "mapped"     // it is in the duties named
	Irrelevant State = "irrelevant" // somebody judged that it needs no duty
	Unreviewed State = "unreviewed" // nobody has looked at it
)

// A Row is one group, role or entitlement in a worksheet.
type Row struct {
	ID                       graph.ID
	Name, Description, Owner string
	Members                  string   // how many hold it directly, and whether that is all
	Reaches                  string   // what it gives in turn
	InPolicy                 []string // duties whose selectors match it
	Proposed                 string   // a duty that it may belong to
	Why                      string   // why that
	Duties                   []string // what was decided
	State                    State
	JudgedBy, JudgedOn       string

	place string // of a row that was read, such as "sheet.csv:7"
}

// A Sheet is a worksheet: what the owners of systems fill in.
type Sheet struct {
	Rows   []Row
	Duties []sod.Duty // to choose from
}

// Columns returns the names of a worksheet's columns. The last five are filled in.
func Columns() []string {
	return []string{"id", "name", "description", "owner", "members", "reaches", "in_policy", "proposed", "why", "duty", "state", "judged_by", "judged_on"}
}

const between = "; "

func (r Row) cells() []string {
	cells := []string{r.ID.String(), r.Name, r.Description, r.Owner, r.Members, r.Reaches, strings.Join(r.InPolicy, between), r.Proposed, r.Why,
		strings.Join(r.Duties, between), string(r.State), r.JudgedBy, r.JudgedOn}
	for i := range cells {
		if i > 0 {
			cells[i] = table.Cell(cells[i])
		}
	}
	return cells
}

// CSV writes the worksheet as a table.
func (s *Sheet) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	rows := [][]string{Columns()}
	for _, r := range s.Rows {
		rows = append(rows, r.cells())
	}
	return out.WriteAll(rows)
}

// Count says how many rows are in each state.
func (s *Sheet) Count() string {
	n := map[State]int{}
	for _, r := range s.Rows {
		n[r.State]++
	}
	return fmt.Sprintf("%d mapped, %d irrelevant, %d unreviewed", n[Mapped], n[Irrelevant], n[Unreviewed])
}

// Keep takes over what was decided in an earlier worksheet. What the policy says by
// now goes before it.
func (s *Sheet) Keep(earlier *Sheet) {
	was := map[graph.ID]*Row{}
	for i := range earlier.Rows {
		was[earlier.Rows[i].ID] = &earlier.Rows[i]
	}
	for i := range s.Rows {
		r := &s.Rows[i]
		old := was[r.ID]
		switch {
		case old == nil || old.State == Unreviewed:
		case r.State == Mapped && old.State == Mapped:
			r.JudgedBy, r.JudgedOn = old.JudgedBy, old.JudgedOn
		case r.State != Mapped:
			r.Duties, r.State, r.JudgedBy, r.JudgedOn = old.Duties, old.State, old.JudgedBy, old.JudgedOn
		}
	}
}
