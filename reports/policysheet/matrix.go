// SPDX-License-Identifier: Apache-2.0

package policysheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/table"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Matrix is what the rules of a policy say about each pair of its duties.
type Matrix struct {
	p     *sod.Policy
	cells [][][]*sod.Rule // by row and column; on the diagonal rules on one duty
}

// NewMatrix reads the rules of p into a matrix. All but a requires rule stand in both
// halves of it; that stands in the row of the duty that it is about.
func NewMatrix(p *sod.Policy) *Matrix {
	m := &Matrix{p: p, cells: make([][][]*sod.Rule, len(p.Duties))}
	for i := range m.cells {
		m.cells[i] = make([][]*sod.Rule, len(p.Duties))
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		switch {
		case r.Kind == sod.CriticalRule:
			m.add(r, r.Duties[0], r.Duties[0])
		case r.Kind == sod.RequiresRule:
			m.add(r, r.Duties[0], r.Duties[1])
		default:
			m.addPairs(r)
		}
	}
	return m
}

func (m *Matrix) add(r *sod.Rule, row, column int) {
	m.cells[row][column] = append(m.cells[row][column], r)
}

func (m *Matrix) addPairs(r *sod.Rule) {
	if r.Kind == sod.AtMostRule && r.Limit == 0 {
		for _, d := range r.Duties {
			m.add(r, d, d) // any one is too much
		}
	}
	for _, a := range r.Duties {
		for _, b := range r.Duties {
			if a != b {
				m.add(r, a, b)
			}
		}
	}
}

// CSV writes the matrix with the rules' ids in its cells.
func (m *Matrix) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	head := []string{"duty", "title"}
	for _, d := range m.p.Duties {
		head = append(head, table.Cell(d.ID))
	}
	rows := [][]string{head}
	for i, d := range m.p.Duties {
		row := []string{table.Cell(d.ID), table.Cell(d.Title)}
		for _, rules := range m.cells[i] {
			var texts []string
			for _, r := range rules {
				texts = append(texts, fmt.Sprintf("%s (%s, %s)", r.ID, words(m.p, r), r.Severities()))
			}
			row = append(row, table.Cell(strings.Join(texts, "; ")))
		}
		rows = append(rows, row)
	}
	return out.WriteAll(rows)
}

// words says what a rule does to each pair of its duties.
func words(p *sod.Policy, r *sod.Rule) string {
	switch r.Kind {
	case sod.CriticalRule:
		return "any holder"
	case sod.AtMostRule:
		return fmt.Sprintf("at most %d of %d", r.Limit, len(r.Duties))
	case sod.PeopleRule:
		return fmt.Sprintf("%d people for %d", r.Limit, len(r.Duties))
	case sod.RequiresRule:
		return "requires " + p.Duties[r.Duties[1]].ID
	}
	if len(r.Duties) > 2 {
		return fmt.Sprintf("conflict of %d", len(r.Duties))
	}
	return "conflict"
}

// Text writes the matrix with a letter in its cells, and the rules below it.
func (m *Matrix) Text(w io.Writer) error {
	var b strings.Builder
	wide := 0
	for _, d := range m.p.Duties {
		wide = max(wide, len([]rune(reports.Display(d.ID))))
	}
	line := func(text string) { b.WriteString(strings.TrimRight(text, " ") + "\n") }
	head := strings.Repeat(" ", wide+5)
	for i := range m.p.Duties {
		head += fmt.Sprintf("%4d", i+1)
	}
	line(head)
	for i, d := range m.p.Duties {
		row := fmt.Sprintf("%4d %-*s", i+1, wide, reports.Display(d.ID))
		for j := range m.p.Duties {
			row += fmt.Sprintf("%4s", m.mark(i, j))
		}
		line(row)
	}
	line("")
	line("C critical, H high, M medium, L low: the worst of the rules on a pair, with + when there are more;")
	line("small letters: rules of which the pair is a part; > the duty of the row requires that of the column;")
	line("on the diagonal: rules on one duty alone. A dot is no rule.")
	line("")
	for i := range m.p.Rules {
		line(m.ruleLine(&m.p.Rules[i]))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (m *Matrix) mark(i, j int) string {
	rules := m.cells[i][j]
	if len(rules) == 0 {
		return "."
	}
	worst := slices.MaxFunc(rules, func(a, b *sod.Rule) int { return int(a.Severity) - int(b.Severity) })
	letter := strings.ToUpper(worst.Severity.String()[:1])
	switch {
	case worst.Kind == sod.RequiresRule:
		letter = ">" + letter
	case i != j && (len(worst.Duties) > 2 || worst.Kind == sod.PeopleRule):
		letter = strings.ToLower(letter)
	}
	if len(rules) > 1 {
		letter += "+"
	}
	return letter
}

func (m *Matrix) ruleLine(r *sod.Rule) string {
	var duties []string
	for _, d := range r.Duties {
		duties = append(duties, fmt.Sprint(d+1))
	}
	text := fmt.Sprintf("%s: %s, %s, duties %s", r.ID, r.Severities(), words(m.p, r), strings.Join(duties, ", "))
	if r.Same != "" {
		text += ", within the same " + r.Same
	}
	if len(r.Where) > 0 {
		text += ", where " + patterns(r.Where)
	}
	if r.Title != "" {
		text += ": " + r.Title
	}
	return reports.Display(text)
}

func patterns(all []sod.AttrPattern) string {
	var texts []string
	for i, a := range all {
		if i > 0 && all[i-1].Key == a.Key {
			texts[len(texts)-1] += " or " + a.Pattern
			continue
		}
		texts = append(texts, a.Key+" is "+a.Pattern)
	}
	return strings.Join(texts, " and ")
}
