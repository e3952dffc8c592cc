// SPDX-License-Identifier: Apache-2.0

package policysheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

// Read reads a worksheet that was filled in, as CSV or XLSX: what src begins with
// tells which. Columns are found by their names; further ones are ignored, and so is
// what only informs. Errors name the row; at most 20 are told.
func Read(name string, src []byte) (*Sheet, error) {
	if len(src) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d MiB", name, maxFile>>20)
	}
	read := readCSV
	if bytes.HasPrefix(src, []byte("PK\x03\x04")) {
		read = readXLSX
	}
	rows, err := read(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r := &sheetReader{name: name, first: map[graph.ID]int{}}
	return r.sheet(rows)
}

// readCSV takes a comma or a semicolon between cells, whichever the header has more
// of. Lines with nothing at all are not counted as rows.
func readCSV(src []byte) ([][]string, error) {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	head, _, _ := bytes.Cut(src, []byte("\n"))
	in := csv.NewReader(bytes.NewReader(src))
	in.FieldsPerRecord = -1
	if bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
		in.Comma = ';'
	}
	var rows [][]string
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		if rows = append(rows, cells); len(rows) > maxRows {
			return nil, fmt.Errorf("it has more than %d rows", maxRows)
		}
	}
}

const maxMistakes = 20

type sheetReader struct {
	name     string
	columns  map[string]int
	first    map[graph.ID]int // the row of each ID
	mistakes []error
	omitted  int
}

func (r *sheetReader) sheet(rows [][]string) (*Sheet, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s is empty", r.name)
	}
	r.columns = map[string]int{}
	for i, c := range rows[0] {
		r.columns[strings.ToLower(strings.TrimSpace(c))] = i
	}
	for _, c := range []string{"id", "duty", "state"} {
		if _, ok := r.columns[c]; !ok {
			return nil, fmt.Errorf("%s: row 1 has no column %q; a worksheet has %s", r.name, c, strings.Join(Columns(), ", "))
		}
	}
	s := &Sheet{}
	for i, cells := range rows[1:] {
		if !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
			continue
		}
		if row, ok := r.row(cells, i+2); ok {
			s.Rows = append(s.Rows, row)
		}
	}
	if r.omitted > 0 {
		r.mistakes = append(r.mistakes, fmt.Errorf("%s: and %d more", r.name, r.omitted))
	}
	return s, errors.Join(r.mistakes...)
}

func (r *sheetReader) errorf(line int, format string, args ...any) {
	if len(r.mistakes) == maxMistakes {
		r.omitted++
		return
	}
	r.mistakes = append(r.mistakes, fmt.Errorf("%s: row %d: %s", r.name, line, fmt.Sprintf(format, args...)))
}

// cell returns a value without blanks around it.
func (r *sheetReader) cell(cells []string, column string) string {
	return strings.TrimSpace(r.exact(cells, column))
}

// exact returns a value without the apostrophe that keeps it from being a formula. IDs are
// taken as they are: another blank is another thing.
func (r *sheetReader) exact(cells []string, column string) string {
	i, ok := r.columns[column]
	if !ok || i >= len(cells) {
		return ""
	}
	text := cells[i]
	if rest, quoted := strings.CutPrefix(text, "'"); quoted {
		return rest
	}
	return text
}

func (r *sheetReader) list(cells []string, column string) []string {
	var all []string
	for part := range strings.SplitSeq(r.cell(cells, column), ";") {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(all, part) {
			all = append(all, part)
		}
	}
	return all
}

func (r *sheetReader) row(cells []string, line int) (Row, bool) {
	id, err := graph.ParseID(r.exact(cells, "id"))
	if err != nil {
		r.errorf(line, "%v", err)
		return Row{}, false
	}
	if first, taken := r.first[id]; taken {
		r.errorf(line, "%s is in row %d already", id, first)
		return Row{}, false
	}
	r.first[id] = line
	row := Row{
		ID: id, Name: r.cell(cells, "name"), Proposed: r.cell(cells, "proposed"), InPolicy: r.list(cells, "in_policy"), Duties: r.list(cells, "duty"),
		State: State(strings.ToLower(r.cell(cells, "state"))), JudgedBy: r.cell(cells, "judged_by"), JudgedOn: r.cell(cells, "judged_on"),
		place: fmt.Sprintf("%s: row %d", r.name, line),
	}
	return row, r.decision(&row, line)
}

// decision holds a row to what its state needs.
func (r *sheetReader) decision(row *Row, line int) bool {
	before := len(r.mistakes) + r.omitted
	if row.State == "" {
		row.State = Unreviewed
	}
	if row.State == Mapped && len(row.Duties) == 0 && row.Proposed != "" {
		row.Duties = []string{row.Proposed}
	}
	switch {
	case row.State != Mapped && row.State != Irrelevant && row.State != Unreviewed:
		r.errorf(line, "state %q: want mapped, irrelevant or unreviewed", row.State)
	case row.State == Mapped && len(row.Duties) == 0:
		r.errorf(line, "%s is mapped and no duty is named", row.ID)
	case row.State != Mapped && len(row.Duties) > 0:
		r.errorf(line, "%s has a duty and is %s: make it mapped, or take the duty out", row.ID, row.State)
	case row.State == Irrelevant && (row.JudgedBy == "" || row.JudgedOn == ""):
		r.errorf(line, "%s is irrelevant: say who judged that (judged_by) and when (judged_on)", row.ID)
	}
	if row.JudgedOn != "" {
		if _, err := sod.ParseDate(row.JudgedOn); err != nil {
			r.errorf(line, "judged_on: %v", err)
		}
	}
	return len(r.mistakes)+r.omitted == before
}

// Changes returns what the worksheet asks to be changed in the policy: into which
// duties each thing goes that the policy did not match, and out of which it matched
// when the worksheet was made. Rows that nobody reviewed change nothing.
func (s *Sheet) Changes() []policyfile.Listing {
	var all []policyfile.Listing
	for _, r := range s.Rows {
		if r.State == Unreviewed {
			continue
		}
		l := policyfile.Listing{ID: r.ID, Name: r.Name, Because: r.place}
		l.Into = without(r.Duties, r.InPolicy)
		l.OutOf = without(r.InPolicy, r.Duties)
		if len(l.Into)+len(l.OutOf) > 0 {
			all = append(all, l)
		}
	}
	return all
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}
