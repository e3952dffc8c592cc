// SPDX-License-Identifier: Apache-2.0

// Package table writes a packet's findings and what was not assessed as CSV, one
// row each, as docs/formats/findings.md describes.
//
// The text is UTF-8 without a byte order mark; rows end with CR LF, as RFC 4180
// has it. No cell can become a formula: see [Cell].
package table

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/reports"
)

// Columns returns the names of the columns. Later versions add columns at the
// end and change none.
func Columns() []string {
	return []string{
		"line", "status", "change", "kind", "rule", "title", "severity", "control", "mode", "subjects", "names", "count",
		"cause", "cause_name", "detail", "access_paths", "accepted_reason", "approved_by", "approved_on", "expires",
		"ticket", "compensating_control", "gaps", "finding", "acceptance_lapsed", "first_seen", "since", "exercised", "same", "own_changes",
	}
}

// Render writes the rows, in the order of their lines.
func Render(w io.Writer, p *reports.Packet) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	write := func(cells []string) { _ = out.Write(cells) } // Error tells of it
	write(Columns())
	for _, f := range p.Findings {
		write(inOrder(finding(f)))
	}
	for _, n := range p.NotAssessed {
		write(inOrder(notAssessed(n)))
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	return nil
}

// A row holds cells by the names of their columns.
type row map[string]string

func inOrder(r row) []string {
	var cells []string
	for _, c := range Columns() {
		cells = append(cells, Cell(r[c]))
	}
	return cells
}

// between separates several values in one cell.
const between = "; "

func finding(f reports.Finding) row {
	var subjects, names, paths []string
	for _, s := range f.Subjects {
		subjects = append(subjects, s.ID.String())
		names = append(names, s.Label())
	}
	for _, w := range f.Witness {
		paths = append(paths, w.Duty+": "+path(w))
	}
	r := row{
		"line": strconv.Itoa(f.Line), "status": string(f.Status), "change": f.Change, "kind": f.Kind, "rule": f.Rule,
		"title": f.Title, "severity": f.Severity.String(), "control": f.Control, "mode": reports.ModeName(f.Mode),
		"subjects": strings.Join(subjects, between), "names": strings.Join(names, between), "count": strconv.Itoa(len(subjects)),
		"cause_name": f.Cause.Name, "detail": f.Detail, "access_paths": strings.Join(paths, between), "finding": f.ID, "exercised": f.Exercised, "same": f.Same,
	}
	if !f.FirstSeen.IsZero() {
		r["first_seen"], r["since"] = f.FirstSeen.Format(time.RFC3339), f.Since.Format(time.RFC3339)
	}
	r["own_changes"] = ownChanges(f)
	if !f.Cause.ID.IsZero() {
		r["cause"] = f.Cause.ID.String()
	}
	if a := f.Acceptance; a != nil {
		r["accepted_reason"], r["approved_by"], r["approved_on"] = a.Reason, a.ApprovedBy.Label(), a.ApprovedOn.String()
		r["expires"], r["ticket"], r["acceptance_lapsed"] = a.Expires.String(), a.Ticket, a.Whys()
		if a.Compensating != nil {
			r["compensating_control"] = a.Compensating.ID
		}
	}
	return r
}

// ownChanges names the things to which somebody did two steps.
func ownChanges(f reports.Finding) string {
	var things []string
	for _, c := range f.OwnChanges {
		if !slices.Contains(things, c.Thing) {
			things = append(things, c.Thing)
		}
	}
	if more := f.OwnCount - len(f.OwnChanges); more > 0 {
		things = append(things, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(things, between)
}

// path writes a way as text: "Ana Ruiz -owns-> aruiz -member-> ledger-dev".
func path(w reports.Witness) string {
	text := ""
	for i, n := range w.Nodes {
		if i > 0 {
			text += " -" + w.Grants[i-1].Kind.String() + "-> "
		}
		text += n.Label()
	}
	return text
}

func notAssessed(n reports.NotAssessed) row {
	var subjects, names []string
	for _, t := range n.Examples {
		subjects = append(subjects, t.ID.String())
		names = append(names, t.Label())
	}
	status := "not assessed"
	if n.Accepted {
		status = "not assessed, gap accepted"
	}
	count := "unknown"
	if n.Subjects > 0 {
		count = strconv.Itoa(n.Subjects)
	}
	return row{
		"line": strconv.Itoa(n.Line), "status": status, "rule": n.Rule, "title": n.Title, "severity": severity(n), "control": n.Control,
		"mode": reports.ModeName(n.Mode), "subjects": strings.Join(subjects, between), "names": strings.Join(names, between),
		"count": count, "detail": n.Reason, "gaps": strings.Join(n.Gaps, between),
	}
}

func severity(n reports.NotAssessed) string {
	if n.Severity == 0 {
		return ""
	}
	return n.Severity.String()
}

// formula holds what a spreadsheet may take for the beginning of a formula, also
// in full width.
const formula = "=+-@\t\r\n\x00＝＋－＠"

// Cell makes a value safe in a spreadsheet: one that could be taken for a formula
// gets an apostrophe before it, also when spaces come first, and hidden
// characters are written out.
func Cell(s string) string {
	safe := reports.Display(s)
	if first := strings.TrimLeft(s, " \u00a0\u3000"); first != "" && strings.ContainsRune(formula, []rune(first)[0]) {
		return "'" + safe
	}
	return safe
}
