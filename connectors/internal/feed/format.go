// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
)

// A Layout is how the configuration of a feed describes its file. Empty fields take
// what the name of the file says, and the defaults.
type Layout struct {
	Format    string // csv, xlsx or jsonl
	Sheet     string // of a workbook
	Encoding  string
	Delimiter string
}

// A Format reads the records of one kind of file.
type Format struct {
	kind     string
	sheet    string
	encoding Encoding
	comma    rune
}

// ParseFormat checks a layout for the file at path.
func ParseFormat(path string, l Layout) (Format, error) {
	f := Format{kind: l.Format, sheet: l.Sheet}
	if f.kind == "" {
		f.kind = kindOf(path)
	}
	var errs [3]error
	f.comma, errs[0] = Comma(l.Delimiter)
	f.encoding, errs[1] = ParseEncoding(l.Encoding)
	errs[2] = f.check(l)
	return f, errors.Join(errs[:]...)
}

func kindOf(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".xlsx":
		return "xlsx"
	case ".jsonl", ".ndjson":
		return "jsonl"
	}
	return "csv"
}

func (f Format) check(l Layout) error {
	switch f.kind {
	case "csv":
		if l.Sheet != "" {
			return errors.New("sheet: only an XLSX file has sheets")
		}
	case "xlsx":
		if l.Delimiter != "" {
			return errors.New("delimiter: an XLSX file has none")
		}
		if l.Encoding != "" {
			return errors.New("encoding: an XLSX file says its own")
		}
	case "jsonl":
		if l.Sheet != "" || l.Delimiter != "" {
			return errors.New("JSON Lines have neither sheet nor delimiter")
		}
	default:
		return fmt.Errorf("format %q: want csv, xlsx or jsonl", f.kind)
	}
	return nil
}

// Rows yields the data rows of the file that got names.
func (f Format) Rows(ctx context.Context, columns map[string]string, got *Reading) iter.Seq2[Row, error] {
	var records iter.Seq2[Record, error]
	switch f.kind {
	case "xlsx":
		records = XLSX(ctx, got.Path, f.sheet, got)
	case "jsonl":
		records = JSONLines(ctx, got.Path, f.encoding, columns, got)
	default:
		records = CSV(ctx, got.Path, f.comma, f.encoding, got)
	}
	return rowsOf(records, columns, got)
}
