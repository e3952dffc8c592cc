// SPDX-License-Identifier: Apache-2.0

package table

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
)

// PlanColumns returns the names of the columns of a plan. Later versions add columns at
// the end and change none.
func PlanColumns() []string {
	return []string{
		"step", "from", "from_name", "kind", "to", "to_name", "cost", "concerns", "persons", "owners", "clears", "for",
		"to_do", "cost_so_far", "cleared_so_far",
	}
}

// Plan writes the steps of a plan, one row each, for a system of tickets.
func Plan(w io.Writer, p *reports.Plan) error {
	rows := [][]string{PlanColumns()}
	curve := p.Curve()
	for i, s := range p.Steps {
		so := curve[i+1]
		cells := []string{
			strconv.Itoa(s.Number), s.From.ID.String(), s.From.Name, s.Kind.String(), s.To.ID.String(), s.To.Name, strconv.Itoa(s.Cost), strconv.Itoa(s.Concern),
			people(s.Persons), people(s.Owners), strings.Join(s.Clears, between), strings.Join(s.For, between),
			s.Text, strconv.Itoa(so.Cost), strconv.Itoa(so.Findings),
		}
		for i := range cells {
			cells[i] = Cell(cells[i])
		}
		rows = append(rows, cells)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	return nil
}

func people(all []reports.Thing) string {
	var names []string
	for _, t := range all {
		text := t.ID.String()
		if t.Name != "" {
			text = t.Name + " (" + text + ")"
		}
		names = append(names, text)
	}
	return strings.Join(names, between)
}
