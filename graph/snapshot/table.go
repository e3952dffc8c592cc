// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

const (
	rowsPerBatch = 1024
	rowsPerGroup = 128 * rowsPerBatch

	// A dictionary larger than this is not worth it.
	maxDictionary = 1 << 20
)

// A group is the root of a schema whose fields keep their order, which those of
// parquet.Group do not.
type group struct {
	parquet.Group
	fields []parquet.Field
}

func (g group) Fields() []parquet.Field { return g.fields }

type field struct {
	parquet.Node
	name string
}

func (f field) Name() string { return f.name }

// Value is for rows made by reflection, of which there are none here.
func (f field) Value(reflect.Value) reflect.Value { return reflect.Value{} }

func schemaOf[T any](name string, columns []column[T]) *parquet.Schema {
	g := group{Group: parquet.Group{}}
	for _, c := range columns {
		g.Group[c.name] = c.node
		g.fields = append(g.fields, field{c.node, c.name})
	}
	return parquet.NewSchema(name, g)
}

// writeTable writes rows as a Parquet file and returns how many there were. Equal
// rows give equal bytes.
func writeTable[T any](w io.Writer, name string, columns []column[T], rows iter.Seq[*T]) (int, error) {
	compression, err := newCodec()
	if err != nil {
		return 0, err
	}
	t := tableWriter[T]{columns: columns}
	t.out = parquet.NewGenericWriter[any](w, append(withoutBounds(columns), schemaOf(name, columns),
		&parquet.WriterConfig{CreatedBy: "foureyes version 1 (build snapshot)"},
		parquet.Compression(compression),
		parquet.DictionaryMaxBytes(maxDictionary))...)
	for row := range rows {
		if err := t.add(row); err != nil {
			return 0, err
		}
	}
	if err := t.flush(); err != nil {
		return 0, err
	}
	return t.n, t.out.Close()
}

// withoutBounds leaves out the smallest and the largest string of each page, which
// may be long and would stand there uncompressed.
func withoutBounds[T any](columns []column[T]) (options []parquet.WriterOption) {
	for _, c := range columns {
		if c.node.Type().Kind() == parquet.ByteArray {
			options = append(options, parquet.SkipPageBounds(c.name), parquet.SkipPageStatistics(c.name))
		}
	}
	return options
}

type tableWriter[T any] struct {
	columns []column[T]
	out     *parquet.GenericWriter[any]
	batch   []T
	values  []parquet.Value // of one column of the batch
	strings scratch         // of those
	n       int             // rows
}

func (t *tableWriter[T]) add(row *T) error {
	t.batch = append(t.batch, *row)
	t.n++
	if len(t.batch) < rowsPerBatch {
		return nil
	}
	if err := t.flush(); err != nil {
		return err
	}
	if t.n%rowsPerGroup == 0 {
		return t.out.Flush()
	}
	return nil
}

// flush writes the batch, one column after the other.
func (t *tableWriter[T]) flush() error {
	for i, w := range t.out.ColumnWriters() {
		t.values, t.strings = t.values[:0], t.strings[:0]
		for j := range t.batch {
			t.values = append(t.values, t.columns[i].get(&t.batch[j], &t.strings))
		}
		if _, err := w.WriteRowValues(t.values); err != nil {
			return err
		}
	}
	t.batch = t.batch[:0]
	return nil
}

// A tableReader reads the rows of a Parquet file, in batches of columns.
type tableReader[T any] struct {
	columns []column[T]
	groups  []parquet.RowGroup // not begun
	streams []valueStream      // of the group at hand, by column
	left    int64              // rows of that group not yet read
	rows    []T                // the batch
	at      int
	values  []parquet.Value
}

// openTable checks that data is a file with just these columns and that many rows.
func openTable[T any](data []byte, name string, columns []column[T], rows int) (r *tableReader[T], err error) {
	defer notDecodable(&err)
	if err := checkFooter(data); err != nil {
		return nil, err
	}
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	if got, want := f.Schema().String(), schemaOf(name, columns).String(); got != want {
		return nil, fmt.Errorf("its columns are not those of the format: %s", got)
	}
	if err := checkCompression(f); err != nil {
		return nil, err
	}
	total := int64(0)
	for _, g := range f.RowGroups() {
		total += g.NumRows()
	}
	if total != int64(rows) || f.NumRows() != total {
		return nil, fmt.Errorf("it has %d rows, and the manifest says %d", total, rows)
	}
	batch := min(rows, rowsPerBatch)
	return &tableReader[T]{columns: columns, groups: f.RowGroups(), rows: make([]T, 0, batch), values: make([]parquet.Value, batch)}, nil
}

// checkFooter refuses a footer larger than the file, for which the decoder would
// take the memory.
func checkFooter(data []byte) error {
	const frame = 4 + 4 + 4 // magic, length of the footer, magic
	if len(data) < frame || int64(binary.LittleEndian.Uint32(data[len(data)-8:])) > int64(len(data)-frame) {
		return errors.New("it has no sound footer")
	}
	return nil
}

// checkCompression refuses what writeTable does not write: other decoders believe
// any size that a forged page claims.
func checkCompression(f *parquet.File) error {
	for _, g := range f.Metadata().RowGroups {
		for _, c := range g.Columns {
			if c.MetaData.Codec != format.Zstd {
				return fmt.Errorf("a column is compressed with %s, not ZSTD", c.MetaData.Codec)
			}
		}
	}
	return nil
}

// notDecodable turns a panic of the decoder, which only forged bytes cause, into
// an error.
func notDecodable(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("it cannot be decoded: %v", p)
	}
}

// next returns the next row, which is valid until the call after it, or nil at
// the end.
func (r *tableReader[T]) next() (*T, error) {
	if r.at == len(r.rows) {
		if err := r.fill(); err != nil || len(r.rows) == 0 {
			return nil, err
		}
	}
	r.at++
	return &r.rows[r.at-1], nil
}

// fill reads the next batch; none is the end.
func (r *tableReader[T]) fill() (err error) {
	defer notDecodable(&err)
	for r.left == 0 && len(r.groups) > 0 {
		r.begin()
	}
	n := min(r.left, int64(cap(r.rows)))
	r.left -= n
	r.at = 0
	clear(r.rows)
	r.rows = r.rows[:n]
	for i := range r.columns {
		if err := r.fillColumn(i); err != nil {
			return fmt.Errorf("column %s: %w", r.columns[i].name, err)
		}
	}
	return nil
}

// begin turns to the next group of rows.
func (r *tableReader[T]) begin() {
	g := r.groups[0]
	r.groups = r.groups[1:]
	r.left = g.NumRows()
	for _, s := range r.streams {
		_ = s.pages.Close() // of memory: it cannot fail
	}
	r.streams = r.streams[:0]
	for _, c := range g.ColumnChunks() {
		r.streams = append(r.streams, valueStream{pages: c.Pages()})
	}
}

func (r *tableReader[T]) fillColumn(i int) error {
	for n := 0; n < len(r.rows); {
		got, err := r.streams[i].read(r.values[:len(r.rows)-n])
		if err != nil {
			return err
		}
		if err := r.columns[i].set(r.rows[n:n+got], r.values[:got]); err != nil {
			return err
		}
		n += got
	}
	return nil
}

// A valueStream is one column of one group, page after page.
type valueStream struct {
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
}

// read reads at least one value. The strings among them are valid until the next
// call.
func (s *valueStream) read(into []parquet.Value) (int, error) {
	for {
		if s.values == nil {
			if err := s.turn(); err != nil {
				return 0, err
			}
		}
		n, err := s.values.ReadValues(into)
		switch {
		case n > 0:
			return n, nil
		case err == nil:
			return 0, io.ErrNoProgress
		case !errors.Is(err, io.EOF):
			return 0, err
		}
		s.values = nil
	}
}

// turn reads the next page and lets go of the one before.
func (s *valueStream) turn() (err error) {
	if s.page != nil {
		parquet.Release(s.page)
	}
	s.page, err = s.pages.ReadPage()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if err == nil {
		s.values = s.page.Values()
	}
	return err
}
