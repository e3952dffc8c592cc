// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// MaxRequestBytes is the size of the largest export of requests that is read. Whoever
// opens files for [Load] gives no more of one than that, and a byte.
const MaxRequestBytes = 8 << 20

const maxRequestCell = 1 << 10

// requests reads the export that a check names, relative to the file that does.
func (r *reader) requests(o object) []sod.Request {
	n := o.values["requests"]
	text, ok := "", false
	if n != nil {
		text, ok = parseNode(o.mistakes, n, "requests of "+o.what, parseInclude)
	}
	switch {
	case !ok:
		return nil
	case strings.HasPrefix(text, builtinPrefix):
		o.errorf(n, "requests %s: no export ships with the program; name a file relative to this one", quote(text))
		return nil
	case r.open == nil:
		o.errorf(n, "requests: other files are not read here")
		return nil
	}
	name := beside(o.file, text)
	src, err := r.open(name)
	if err != nil {
		o.errorf(n, "requests %s: %v", quote(text), err)
		return nil
	}
	f := &file{name: filepath.Clean(name), digest: sha256.Sum256(src), object: object{mistakes: &mistakes{file: name}}}
	r.exports = append(r.exports, f)
	return f.readRequests(src)
}

// readRequests reads an export: CSV in UTF-8, with or without a byte order mark, between
// commas or semicolons, with the columns that its header names.
func (m *mistakes) readRequests(src []byte) []sod.Request {
	if len(src) > MaxRequestBytes {
		m.at(1, 1, "the export of requests is larger than %d bytes; leave out what was approved long ago", MaxRequestBytes)
		return nil
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	in := csv.NewReader(bytes.NewReader(src))
	if head, _, _ := bytes.Cut(src, []byte("\n")); bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
		in.Comma = ';'
	}
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		m.csvError(err)
		return nil
	}
	columns, ok := m.requestColumns(header)
	var all []sod.Request
	for ok && len(m.list) < maxErrors {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			m.csvError(err)
			break
		}
		row := requestRow{m, in, columns, cells}
		if row.sound(len(header)) {
			all = append(all, row.request())
		}
	}
	return all
}

func (m *mistakes) csvError(err error) {
	var at *csv.ParseError
	switch {
	case errors.As(err, &at):
		m.at(at.Line, max(at.Column, 1), "not valid CSV: %v", at.Err)
	case errors.Is(err, io.EOF):
		m.at(1, 1, "the export of requests is empty; its first line names the columns: %s", strings.Join(requestColumns(), ", "))
	default:
		m.at(1, 1, "not valid CSV: %v", err)
	}
}

// requestColumns lists the columns of an export; all but the last must be there.
func requestColumns() []string {
	return []string{"beneficiary", "access", "approver", "approved_at", "ref"}
}

// requestColumns returns where each column stands.
func (m *mistakes) requestColumns(header []string) (at map[string]int, ok bool) {
	at = map[string]int{}
	known := requestColumns()
	for i, cell := range header {
		name := strings.ToLower(strings.TrimSpace(cell))
		_, twice := at[name]
		switch {
		case twice:
			m.at(1, 1, "column %s is there twice", quote(name))
		case !slices.Contains(known, name):
			m.list = append(m.list, mistake{1, 1, fmt.Sprintf("unknown column %s", quote(cell)), name, known, "; it knows " + enumerate(known)})
		}
		at[name] = i
	}
	for _, name := range known[:len(known)-1] {
		if _, there := at[name]; !there {
			m.at(1, 1, "there is no column %s", name)
		}
	}
	return at, len(m.list) == 0
}

// A requestRow is one line of an export.
type requestRow struct {
	*mistakes
	in      *csv.Reader
	columns map[string]int
	cells   []string
}

// sound reports whether a row has as many cells as the header, of text that can be read.
func (r requestRow) sound(cells int) bool {
	line, _ := r.in.FieldPos(0)
	if len(r.cells) != cells {
		r.at(line, 1, "it has %d cells and the header has %d", len(r.cells), cells)
		return false
	}
	for i, c := range r.cells {
		line, col := r.in.FieldPos(i)
		switch {
		case !utf8.ValidString(c):
			r.at(line, col, "the cell is not valid UTF-8; save the export as UTF-8")
			return false
		case strings.ContainsFunc(c, unseen):
			r.at(line, col, "control characters and such that turn the direction of writing are not allowed")
			return false
		case len(c) > maxRequestCell:
			r.at(line, col, "the cell is longer than %d bytes; is a quote missing?", maxRequestCell)
			return false
		}
	}
	return true
}

func (r requestRow) request() sod.Request {
	line, _ := r.in.FieldPos(0)
	q := sod.Request{
		Beneficiary: r.cell("beneficiary"), Access: r.cell("access"), Approver: r.cell("approver"),
		Place: fmt.Sprintf("%s:%d", filepath.Base(r.file), line),
	}
	if i, ok := r.columns["ref"]; ok {
		q.Ref = strings.TrimSpace(r.cells[i])
	}
	if q.Access != "" && strings.Trim(q.Access, "*") == "" {
		r.errorAt("access", "%s would approve of everything", quote(q.Access))
	}
	text := r.cell("approved_at")
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		q.Approved, q.DayOnly = day, true
	} else if q.Approved, err = graph.ParseMoment(text); err != nil && text != "" {
		r.errorAt("approved_at", "%s: want a day such as 2026-09-30, or a time such as 2026-09-30T14:05:00Z", quote(text))
	}
	q.Approved = q.Approved.UTC()
	return q
}

// cell returns what must not be blank.
func (r requestRow) cell(column string) string {
	text := strings.TrimSpace(r.cells[r.columns[column]])
	if text == "" {
		r.errorAt(column, "it is blank")
	}
	return text
}

func (r requestRow) errorAt(column, format string, args ...any) {
	line, col := r.in.FieldPos(r.columns[column])
	r.at(line, col, "%s: %s", column, fmt.Sprintf(format, args...))
}
