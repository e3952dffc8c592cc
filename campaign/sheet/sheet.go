// SPDX-License-Identifier: Apache-2.0

// Package sheet takes a campaign to reviewers who do not have the program: as a
// spreadsheet in a mail, and back.
//
// Who decides sees what they decide about; only the answers may be changed. What comes
// back is held against what was sent, cell by cell, and is taken whole or not at all.
//
// Limitations: that a mail came from an address is what its From line says. It is told
// as that, and not as a signature.
package sheet

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/table"
)

// Format is the name and version of the spreadsheet.
const Format = "foureyes/review-sheet/1"

const (
	linesName   = "lines"
	aboutName   = "about"
	firstAnswer = 13 // columns before it are what is decided about

	maxFile     = 32 << 20
	maxUnpacked = 256 << 20
	maxRows     = 100_000
	maxReason   = 4000
)

// Columns returns the header. The last three are the reviewer's.
func Columns() []string {
	return []string{"#", "line", "whose", "account", "has", "access", "description", "leads to", "would be gone", "would stay", "open findings",
		"last sign-in", "last time", "decision", "reason", "who should decide"}
}

// Write writes the lines of one reviewer in one stage, counted from 1, as a workbook.
// Equal reviews have equal bytes.
func Write(w io.Writer, r *reports.Review, stage int) (err error) {
	defer recovered(&err)
	lines := linesOf(r, stage)
	if len(lines) == 0 {
		return fmt.Errorf("%s has no line in stage %d", r.Reviewer.Label(), stage)
	}
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	if err := f.SetSheetName("Sheet1", linesName); err != nil {
		return err
	}
	open, err := f.NewStyle(&excelize.Style{Protection: &excelize.Protection{Locked: false}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFF8E1"}}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return err
	}
	shut, err := f.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return about(f, r, stage, lines) },
		func() error { return choices(f, len(lines)) },
		func() error { return stream(f, lines, shut, open) },
		func() error { return protect(f) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return f.Write(w)
}

// linesOf picks the lines that the reviewer has to decide in a stage.
func linesOf(r *reports.Review, stage int) []reports.ReviewLine {
	return slices.DeleteFunc(slices.Clone(r.Lines), func(l reports.ReviewLine) bool {
		return l.Stage != stage || l.Reviewer.ID != r.Reviewer.ID
	})
}

// cells are what a line says, and the answer that it has.
func cells(l reports.ReviewLine) []string {
	var people, findings []string
	for _, p := range l.People {
		who := p.Label()
		if p.Title != "" || p.Department != "" {
			who += " (" + strings.Trim(p.Title+", "+p.Department, ", ") + ")"
		}
		people = append(people, who)
	}
	for _, f := range l.Findings {
		findings = append(findings, fmt.Sprintf("%s (%s)", f.Title, f.Severity))
	}
	if len(people) == 0 {
		people = []string{cmp.Or(reports.EverybodyOf(l.Everybody), "not known")}
	}
	all := []string{
		fmt.Sprint(l.Number), l.Item, strings.Join(people, "; "), l.Holder.Label() + " (" + string(l.Holder.ID.Source) + ")", l.Verb,
		l.Holds.Label(), l.Description, strings.Join(l.Opens, "; "), strings.Join(l.Removes, "; "), strings.Join(l.Remains, "; "), strings.Join(findings, "; "),
		l.LastUse, string(l.Before), string(l.Answer), l.Reason, "",
	}
	for i, c := range all {
		all[i] = table.Cell(reports.Display(c))
	}
	return all
}

// digest is of all that a reviewer is shown, and of how many answers each line had: a
// sheet that was sent before another answer came is stale.
func digest(r *reports.Review, stage int, lines []reports.ReviewLine) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\n%s\n%s\n%s\n%d\n", Format, r.ID, r.Snapshot, r.Reviewer.ID, stage)
	for _, l := range lines {
		_, _ = fmt.Fprintf(h, "%q %d\n", cells(l)[:firstAnswer], l.Answered())
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

func about(f *excelize.File, r *reports.Review, stage int, lines []reports.ReviewLine) error {
	if _, err := f.NewSheet(aboutName); err != nil {
		return err
	}
	for i, row := range [][2]string{
		{"format", Format}, {"campaign", r.ID}, {"name", r.Name}, {"reviewer", r.Reviewer.ID.String()}, {"stage", fmt.Sprint(stage)},
		{"lines", fmt.Sprint(len(lines))}, {"snapshot", r.Snapshot}, {"digest", digest(r, stage, lines)},
		{"how", "Choose keep, revoke, cannot-tell or not-mine for each line. Leave a line empty when you have not decided: that is never taken for keep. Give a reason to keep a line with an open finding."},
	} {
		for j, column := range []string{"A", "B"} {
			if err := f.SetCellStr(aboutName, fmt.Sprintf("%s%d", column, i+1), table.Cell(reports.Display(row[j]))); err != nil {
				return err
			}
		}
	}
	return errors.Join(f.SetColWidth(aboutName, "A", "A", 14), f.SetColWidth(aboutName, "B", "B", 100), f.ProtectSheet(aboutName, &excelize.SheetProtectionOptions{SelectLockedCells: true}))
}

func choices(f *excelize.File, n int) error {
	v := excelize.NewDataValidation(true)
	v.SetSqref(fmt.Sprintf("N2:N%d", n+1))
	var words []string
	for _, a := range campaign.Answers() {
		words = append(words, string(a))
	}
	if err := v.SetDropList(words); err != nil {
		return err
	}
	v.SetError(excelize.DataValidationErrorStyleStop, "decision", "keep, revoke, cannot-tell or not-mine; or leave it empty.")
	return f.AddDataValidation(linesName, v)
}

func stream(f *excelize.File, lines []reports.ReviewLine, shut, open int) error {
	w, err := f.NewStreamWriter(linesName)
	if err != nil {
		return err
	}
	for i, width := range []float64{5, 20, 28, 24, 14, 28, 36, 36, 30, 30, 36, 18, 12, 14, 40, 24} {
		if err := w.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i := range len(lines) + 1 {
		texts := Columns()
		if i > 0 {
			texts = cells(lines[i-1])
		}
		values := make([]any, len(texts))
		for j, c := range texts {
			style := shut
			if i > 0 && j >= firstAnswer {
				style = open
			}
			values[j] = excelize.Cell{StyleID: style, Value: c}
		}
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), values); err != nil {
			return err
		}
	}
	return w.Flush()
}

// protect keeps all but the answers from being changed by mistake. There is no password:
// it proves nothing, the comparison does.
func protect(f *excelize.File) error {
	return f.ProtectSheet(linesName, &excelize.SheetProtectionOptions{SelectLockedCells: true, SelectUnlockedCells: true, FormatColumns: true, FormatRows: true, AutoFilter: true, Sort: true})
}

// Read reads a workbook that came back, against the review as it is now. It returns the
// answers, in the order of the lines; lines without one are left out, and so are those
// whose answer is the one that they have. An error names every row that is wrong, and
// then nothing is to be taken.
func Read(src []byte, r *reports.Review, stage int) (answers []campaign.Decided, err error) {
	defer recovered(&err)
	if len(src) > maxFile {
		return nil, fmt.Errorf("larger than %d MiB", maxFile>>20)
	}
	f, err := excelize.OpenReader(bytes.NewReader(src), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxFile})
	if err != nil {
		return nil, fmt.Errorf("not a readable XLSX workbook: %w", err)
	}
	defer func() { _ = f.Close() }()
	lines := linesOf(r, stage)
	if err := checkAbout(f, r, stage, lines); err != nil {
		return nil, err
	}
	rows, err := f.GetRows(linesName, excelize.Options{RawCellValue: true})
	if err != nil {
		return nil, fmt.Errorf("sheet %s: %w", linesName, err)
	}
	if err := noFormulas(f, len(rows)); err != nil {
		return nil, err
	}
	return readRows(rows, lines)
}

func checkAbout(f *excelize.File, r *reports.Review, stage int, lines []reports.ReviewLine) error {
	rows, err := f.GetRows(aboutName, excelize.Options{RawCellValue: true})
	if err != nil {
		return fmt.Errorf("sheet %s: %w: it is no sheet of a campaign", aboutName, err)
	}
	said := map[string]string{}
	for _, row := range rows {
		if len(row) > 1 {
			said[row[0]] = row[1]
		}
	}
	for _, want := range [][2]string{
		{"format", Format}, {"campaign", r.ID}, {"reviewer", r.Reviewer.ID.String()}, {"stage", fmt.Sprint(stage)}, {"digest", digest(r, stage, lines)},
	} {
		if got := said[want[0]]; got != table.Cell(reports.Display(want[1])) {
			if want[0] == "digest" {
				return errors.New("its digest is not that of the lines as they are now: it was changed, or lines were answered or handed on since it was sent; send it again")
			}
			return fmt.Errorf("its %s is %q, want %q", want[0], cut(got), want[1])
		}
	}
	return nil
}

// noFormulas: an answer that is worked out may be another one tomorrow.
func noFormulas(f *excelize.File, rows int) error {
	for i := range min(rows, maxRows) {
		for _, column := range []string{"N", "O", "P"} {
			at := fmt.Sprintf("%s%d", column, i+1)
			if formula, err := f.GetCellFormula(linesName, at); err != nil || formula != "" {
				return fmt.Errorf("cell %s is a formula: write the answer itself", at)
			}
		}
	}
	return nil
}

func readRows(rows [][]string, lines []reports.ReviewLine) ([]campaign.Decided, error) {
	if len(rows) == 0 || !slices.Equal(padded(rows[0]), Columns()) {
		return nil, errors.New("row 1: it is not the header that was sent")
	}
	if len(rows) > maxRows {
		return nil, fmt.Errorf("more than %d rows", maxRows)
	}
	sent := map[string]reports.ReviewLine{}
	for _, l := range lines {
		sent[l.Item] = l
	}
	answers, errs := map[string]campaign.Decided{}, []error(nil)
	for i, row := range rows[1:] {
		d, answered, err := readRow(padded(row), sent)
		if err != nil {
			errs = append(errs, fmt.Errorf("row %d: %w", i+2, err))
			continue
		}
		delete(sent, d.Item)
		if answered {
			answers[d.Item] = d
		}
	}
	for _, l := range lines {
		if _, left := sent[l.Item]; left && errs == nil {
			errs = append(errs, fmt.Errorf("line %d (%s) is not in the sheet", l.Number, l.Item))
		}
	}
	if errs != nil {
		return nil, errors.Join(errs...)
	}
	var out []campaign.Decided
	for _, l := range lines {
		if d, ok := answers[l.Item]; ok {
			out = append(out, d)
		}
	}
	return out, nil
}

// padded gives a row all its cells: empty ones at the end are not stored.
func padded(row []string) []string {
	for len(row) < len(Columns()) {
		row = append(row, "")
	}
	return row
}

func readRow(row []string, sent map[string]reports.ReviewLine) (d campaign.Decided, answered bool, err error) {
	l, ok := sent[row[1]]
	if !ok {
		return d, false, fmt.Errorf("line %q was not sent, or stands here twice", cut(row[1]))
	}
	d = campaign.Decided{Item: l.Item, Stage: l.Stage - 1, Replaces: l.Answered()}
	for i, want := range cells(l)[:firstAnswer] {
		if row[i] != want {
			return d, false, fmt.Errorf("column %q was changed: %q, want %q", Columns()[i], cut(row[i]), cut(want))
		}
	}
	if len(row) > len(Columns()) && strings.Join(row[len(Columns()):], "") != "" {
		return d, false, errors.New("something stands beside the columns that were sent")
	}
	d.Answer, d.Reason = campaign.Answer(strings.TrimSpace(row[firstAnswer])), strings.TrimSpace(row[firstAnswer+1])
	to := strings.TrimSpace(row[firstAnswer+2])
	switch {
	case d.Answer == "" && (d.Reason != "" || to != ""):
		return d, false, errors.New("it has a reason and no decision")
	case d.Answer == "":
		return d, false, nil
	case !slices.Contains(campaign.Answers(), d.Answer):
		return d, false, fmt.Errorf("decision %q: want keep, revoke, cannot-tell or not-mine", cut(string(d.Answer)))
	case len(d.Reason) > maxReason:
		return d, false, fmt.Errorf("its reason is longer than %d bytes", maxReason)
	}
	if to != "" {
		if d.To, err = graph.ParseID(to); err != nil {
			return d, false, fmt.Errorf("who should decide: %w", err)
		}
	}
	same := d.Answer == l.Answer && table.Cell(reports.Display(l.Reason)) == d.Reason && to == ""
	return d, !same, nil
}

// cut shortens what came from outside for a message.
func cut(s string) string {
	if r := []rune(reports.Display(s)); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return reports.Display(s)
}

// recovered turns a panic of the library on a hostile file into an error.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("not a readable XLSX workbook: %v", r)
	}
}
