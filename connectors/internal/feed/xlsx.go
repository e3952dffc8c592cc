// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	maxWorkbook = 256 << 20
	maxUnpacked = 1 << 30
	maxParts    = 10_000
	maxToken    = 4 << 20  // of XML: a tag, or the text between two
	maxInMemory = 64 << 20 // a larger sheet is unpacked to a private temporary file
)

// XLSX yields the rows of one sheet that are not empty, the header first, all
// with as many cells as the header. After the end of the sheet, and only then,
// got.SHA256 is set.
func XLSX(ctx context.Context, path, sheet string, got *Reading) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		w, err := openWorkbook(path, sheet)
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer w.close()
		width := 0
		for {
			rec, err := w.next(ctx)
			switch {
			case errors.Is(err, io.EOF):
				got.SHA256 = w.sum
				return
			case ctx.Err() != nil:
				err = context.Cause(ctx)
			case err != nil:
				err = fmt.Errorf("%s:%d: %w", path, w.row, err)
			case width == 0:
				width = len(rec.Cells)
			case len(rec.Cells) > width:
				err = fmt.Errorf("%s:%d: it has %d cells and the header has %d", path, rec.Line, len(rec.Cells), width)
			}
			for len(rec.Cells) < width { // trailing empty cells are not stored
				rec.Cells = append(rec.Cells, "")
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// A workbook is an open XLSX file, at a row of one sheet.
type workbook struct {
	file *excelize.File
	rows *excelize.Rows
	row  int
	sum  string
}

func openWorkbook(path, sheet string) (*workbook, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	w, err := readWorkbook(f, sheet)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return w, nil
}

func readWorkbook(f *os.File, sheet string) (w *workbook, err error) {
	defer recovered(&err)
	w = &workbook{}
	if w.sum, err = checkPackage(f); err != nil {
		return nil, err
	}
	w.file, err = excelize.OpenReader(f, excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxInMemory, ShortDatePattern: "yyyy-mm-dd"})
	if err != nil {
		return nil, fmt.Errorf("not a readable XLSX workbook: %w", err)
	}
	if err := w.open(sheet); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// open turns to a sheet; the only one when it has no name.
func (w *workbook) open(sheet string) (err error) {
	all := w.file.GetSheetList()
	switch {
	case sheet == "" && len(all) == 1:
		sheet = all[0]
	case sheet == "":
		return fmt.Errorf("it has %d sheets: say which one with sheet:, of %q", len(all), all)
	case !slices.Contains(all, sheet):
		return fmt.Errorf("there is no sheet %q; it has %q", sheet, all)
	}
	w.rows, err = w.file.Rows(sheet)
	return err
}

func (w *workbook) close() {
	if w.rows != nil {
		_ = w.rows.Close() // only a temporary file
	}
	_ = w.file.Close()
}

// next returns the next row that is not empty, or io.EOF.
func (w *workbook) next(ctx context.Context) (rec Record, err error) {
	defer recovered(&err)
	for ctx.Err() == nil && w.rows.Next() {
		w.row++
		cells, err := w.rows.Columns()
		if err != nil {
			return Record{}, err
		}
		for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
			cells = cells[:len(cells)-1]
		}
		if len(cells) > 0 {
			return Record{Line: w.row, Cells: cells}, checkShown(cells)
		}
	}
	if err := errors.Join(context.Cause(ctx), w.rows.Error()); err != nil {
		return Record{}, err
	}
	return Record{}, io.EOF
}

// A number of more than 15 digits has lost the others when it was typed.
var spoiled = regexp.MustCompile(`^-?[0-9](\.[0-9]+)?E\+[0-9]+$`)

// checkShown finds cells that do not show what was meant.
func checkShown(cells []string) error {
	for i, c := range cells {
		switch {
		case slices.Contains([]string{"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}, c):
			return fmt.Errorf("cell %d is the error %s of a formula", i+1, c)
		case spoiled.MatchString(c):
			return fmt.Errorf("cell %d shows %s: its digits are lost; format the column as text and export again", i+1, c)
		}
	}
	return checkCells(cells)
}

// checkPackage returns the digest of a workbook, whose parts it reads to their
// ends: excelize takes a sheet that breaks off for one that is over.
func checkPackage(f *os.File) (sum string, err error) {
	st, err := f.Stat()
	if err != nil {
		return "", err
	}
	if st.Size() > maxWorkbook {
		return "", fmt.Errorf("it is larger than %d MiB; export it as CSV", maxWorkbook>>20)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	z, err := zip.NewReader(f, st.Size())
	if err != nil {
		return "", fmt.Errorf("not a readable XLSX workbook: %w", err)
	}
	if len(z.File) > maxParts {
		return "", fmt.Errorf("it has %d parts, more than a workbook has", len(z.File))
	}
	left := int64(maxUnpacked)
	for _, part := range z.File {
		if err := checkPart(part, &left); err != nil {
			return "", fmt.Errorf("%s in the workbook: %w", part.Name, err)
		}
	}
	_, err = f.Seek(0, io.SeekStart)
	return hex.EncodeToString(hash.Sum(nil)), err
}

// checkPart reads one part to its end; XML must be whole, and the rows and cells of
// a sheet in order.
func checkPart(part *zip.File, left *int64) error {
	if !strings.EqualFold(path.Ext(part.Name), ".xml") {
		return nil
	}
	r, err := part.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	limit := &io.LimitedReader{R: r, N: *left}
	defer func() { *left = limit.N }()
	err = checkXML(limit, strings.Contains(strings.ToLower(part.Name), "worksheets"))
	if limit.N <= 0 {
		return fmt.Errorf("unpacked it is larger than %d MiB", maxUnpacked>>20)
	}
	return err
}

func checkXML(r io.Reader, sheet bool) error {
	limit := &limited{r, maxToken, errLongToken}
	dec := xml.NewDecoder(limit)
	var at place
	for {
		limit.left = maxToken
		token, err := dec.Token()
		switch start, ok := token.(xml.StartElement); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case sheet && ok:
			if err := at.follow(start); err != nil {
				return err
			}
		}
	}
}

// A place is where a reader of a sheet is. The library joins rows and cells that go
// back or come twice into one row that nobody wrote.
type place struct{ row, column int }

func (p *place) follow(e xml.StartElement) error {
	var ref string
	for _, a := range e.Attr {
		if a.Name.Local == "r" {
			ref = a.Value
		}
	}
	switch e.Name.Local {
	case "row":
		n, err := p.row+1, error(nil)
		if ref != "" {
			n, err = strconv.Atoi(ref)
		}
		if err != nil || n <= p.row || n > excelize.TotalRows {
			return fmt.Errorf("row %q comes after row %d", ref, p.row)
		}
		*p = place{row: n}
	case "c":
		column, row, err := p.column+1, p.row, error(nil)
		if ref != "" {
			column, row, err = excelize.CellNameToCoordinates(ref)
		}
		if err != nil || row != p.row || column <= p.column {
			return fmt.Errorf("cell %q comes after column %d of row %d", ref, p.column, p.row)
		}
		p.column = column
	}
	return nil
}

// recovered turns a panic of the library, which a damaged workbook can cause,
// into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("not a readable XLSX workbook: %v", p)
	}
}
