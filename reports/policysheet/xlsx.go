// SPDX-License-Identifier: Apache-2.0

package policysheet

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/foureyes-iga/foureyes/reports/table"
)

const (
	sheetName  = "worksheet"
	dutiesName = "duties"

	maxFile     = 64 << 20
	maxUnpacked = 256 << 20
	maxInMemory = 64 << 20 // a larger sheet is unpacked to a private temporary file
	maxRows     = 500_000
)

// XLSX writes the worksheet as a workbook. A second sheet has the duties to choose
// from. Equal worksheets have equal bytes.
func (s *Sheet) XLSX(w io.Writer) (err error) {
	defer recovered(&err)
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	if err := f.SetSheetName("Sheet1", sheetName); err != nil {
		return err
	}
	if err := s.offer(f); err != nil {
		return err
	}
	if err := s.choices(f); err != nil {
		return err
	}
	if err := s.stream(f); err != nil {
		return err
	}
	return f.Write(w)
}

// offer writes the sheet of duties, cell by cell: of two sheets that are streamed
// the library writes now the one first and now the other.
func (s *Sheet) offer(f *excelize.File) error {
	if _, err := f.NewSheet(dutiesName); err != nil {
		return err
	}
	if err := f.SetColWidth(dutiesName, "A", "B", 40); err != nil {
		return err
	}
	rows := [][2]string{{"duty", "title"}}
	for _, d := range s.Duties {
		rows = append(rows, [2]string{table.Cell(d.ID), table.Cell(d.Title)})
	}
	for i, r := range rows {
		for j, column := range []string{"A", "B"} {
			if err := f.SetCellStr(dutiesName, fmt.Sprintf("%s%d", column, i+1), r[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// stream writes the worksheet itself.
func (s *Sheet) stream(f *excelize.File) error {
	w, err := f.NewStreamWriter(sheetName)
	if err != nil {
		return err
	}
	for i, width := range []float64{44, 28, 40, 28, 12, 40, 20, 20, 36, 20, 12, 20, 12} {
		if err := w.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i := range len(s.Rows) + 1 {
		cells := Columns()
		if i > 0 {
			cells = s.Rows[i-1].cells()
		}
		values := make([]any, len(cells))
		for j, c := range cells {
			values[j] = c
		}
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), values); err != nil {
			return err
		}
	}
	return w.Flush()
}

// choices lets the editor offer states and duties. Duties may be several, so others
// are warned of and not refused.
func (s *Sheet) choices(f *excelize.File) error {
	last := len(s.Rows) + 1
	states := excelize.NewDataValidation(true)
	states.SetSqref(fmt.Sprintf("K2:K%d", max(2, last)))
	if err := states.SetDropList([]string{string(Mapped), string(Irrelevant), string(Unreviewed)}); err != nil {
		return err
	}
	duties := excelize.NewDataValidation(true)
	duties.SetSqref(fmt.Sprintf("J2:J%d", max(2, last)))
	duties.SetSqrefDropList(fmt.Sprintf("%s!$A$2:$A$%d", dutiesName, max(2, len(s.Duties)+1)))
	duties.SetError(excelize.DataValidationErrorStyleWarning, "duty", "Several duties are parted by a semicolon.")
	if err := f.AddDataValidation(sheetName, states); err != nil {
		return err
	}
	return f.AddDataValidation(sheetName, duties)
}

// readXLSX returns the rows of the sheet with that name, or of the only one.
func readXLSX(src []byte) (rows [][]string, err error) {
	defer recovered(&err)
	f, err := excelize.OpenReader(bytes.NewReader(src), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxInMemory})
	if err != nil {
		return nil, fmt.Errorf("not a readable XLSX workbook: %w", err)
	}
	defer func() { _ = f.Close() }()
	name := sheetName
	if all := f.GetSheetList(); len(all) == 1 {
		name = all[0]
	}
	in, err := f.Rows(name)
	if err != nil {
		return nil, fmt.Errorf("sheet %s: %w", name, err)
	}
	defer func() { _ = in.Close() }()
	for in.Next() {
		cells, err := in.Columns()
		if err != nil {
			return nil, err
		}
		if rows = append(rows, cells); len(rows) > maxRows {
			return nil, fmt.Errorf("it has more than %d rows", maxRows)
		}
	}
	return rows, in.Error()
}

// recovered turns a panic of the library on a hostile file into an error.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("not a readable XLSX workbook: %s", strings.TrimSpace(fmt.Sprint(r)))
	}
}
