// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
)

// ErrExists is returned (wrapped) by [Write] when the directory is there already.
// It is left untouched.
var ErrExists = errors.New("it exists already")

const (
	manifestFile = "manifest.json"
	dirMode      = 0o700
	fileMode     = 0o600
)

// Write makes the snapshot dir from g and returns its manifest. Equal graphs and
// metas make equal bytes.
//
// The snapshot appears under its name only when all of it is on the disk and was
// read back; after an error there is nothing of that name. When the process dies
// a hidden directory ".NAME.….partial" may stay beside it, which [Open] refuses.
func Write(dir string, g *graph.Graph, m Meta) (Manifest, error) {
	dir = filepath.Clean(dir)
	if err := checkRequest(dir, g, m); err != nil {
		return Manifest{}, fmt.Errorf("snapshot %s: %w", dir, err)
	}
	parent := filepath.Dir(dir)
	tmp, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".*"+partialSuffix) // 0700
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, fmt.Errorf("snapshot %s: there is no folder %s to put it in: %w", dir, parent, fs.ErrNotExist)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("snapshot %s: %w", dir, err)
	}
	written, err := writeInto(tmp, g, m)
	if err == nil {
		err = publish(tmp, dir)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("snapshot %s: %w", dir, errors.Join(err, os.RemoveAll(tmp)))
	}
	return written, nil
}

const partialSuffix = ".partial"

// isPartial reports whether dir is called as Write calls what is not finished.
func isPartial(dir string) bool {
	base := filepath.Base(dir)
	return strings.HasPrefix(base, ".") && strings.HasSuffix(base, partialSuffix)
}

func checkRequest(dir string, g *graph.Graph, m Meta) error {
	if isPartial(dir) {
		return fmt.Errorf("a name .….%s is for unfinished snapshots: choose another", partialSuffix)
	}
	if _, err := os.Lstat(dir); err == nil {
		return ErrExists
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if g.NumNodes() > math.MaxInt32 {
		return fmt.Errorf("%d nodes are too many", g.NumNodes())
	}
	if err := checkTimes(g); err != nil {
		return err
	}
	return m.check()
}

func checkTimes(g *graph.Graph) error {
	for _, t := range g.AllTerms() {
		for _, at := range []time.Time{t.FromTime, t.UntilTime, t.Since} {
			if !exact(at) {
				return fmt.Errorf("the time %s of a grant is too far away", at)
			}
		}
	}
	for _, u := range g.Uses() {
		if !exact(u.At) {
			return fmt.Errorf("the time %s of a use is too far away", u.At)
		}
	}
	return nil
}

// writeInto fills dir: data files first, read back, then the manifest.
func writeInto(dir string, g *graph.Graph, meta Meta) (Manifest, error) {
	m := Manifest{Format: formatOf(meta.Quarantine), Tool: meta.Tool, Started: meta.Started, Ended: meta.Ended, Quarantine: meta.Quarantine,
		Sources: g.Runs(), Coverage: g.Coverage(), Counts: countsOf(g)}
	content := make(chan string, 1)
	go func() { content <- facts.Content(g) }()
	files, err := writeTables(dir, g)
	m.Files, m.Content = files, <-content
	if err != nil {
		return Manifest{}, err
	}
	m, text, err := m.sealed()
	if err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", manifestFile, err)
	}
	m, err = readBack(dir, text, g)
	if err != nil {
		return Manifest{}, fmt.Errorf("reading back what was written: %w", err)
	}
	_, err = writeFile(dir, manifestFile, func(w io.Writer) (int, error) { return w.Write(text) })
	if err != nil {
		return Manifest{}, err
	}
	return m, syncDir(dir)
}

// readBack returns the manifest as a reader will see it, if every row that comes
// out of the data files is the one that the graph gives. The content fingerprint
// of the files is then that of the graph.
func readBack(dir string, text []byte, g *graph.Graph) (Manifest, error) {
	m, err := parseManifest(text)
	if err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", manifestFile, err)
	}
	s := &Snapshot{dir, m}
	for _, compare := range []func() error{
		func() error { return sameRows(s, nodesFile, nodeColumns(), nodeRows(g)) },
		func() error { return sameRows(s, attributesFile, attributeColumns(), attributeRows(g)) },
		func() error { return sameRows(s, grantsFile, grantColumns(), grantRows(g)) },
		func() error { return sameRows(s, gapsFile, gapColumns(), gapRows(g)) },
		func() error { return sameRows(s, usesFile, useColumns(), useRows(g)) },
	} {
		if err := compare(); err != nil {
			return Manifest{}, err
		}
	}
	return m, nil
}

// sameRows reports as an error where a file's rows are not those wanted.
func sameRows[T comparable](s *Snapshot, name string, columns []column[T], want iter.Seq[*T]) error {
	t, err := openRows(s, name, columns)
	if err != nil {
		return err
	}
	n := 0
	for row := range want {
		got, err := t.next()
		if err != nil {
			return s.corrupt(name, err)
		}
		if got == nil || *got != *row {
			return s.corrupt(name, fmt.Errorf("row %d is not what was written", n))
		}
		n++
	}
	if got, err := t.next(); got != nil || err != nil {
		return s.corrupt(name, errors.Join(errors.New("it has more rows than were written"), err))
	}
	return nil
}

func writeTables(dir string, g *graph.Graph) ([]File, error) {
	writers := []func() (File, error){
		func() (File, error) { return writeRows(dir, nodesFile, nodeColumns(), nodeRows(g)) },
		func() (File, error) { return writeRows(dir, attributesFile, attributeColumns(), attributeRows(g)) },
		func() (File, error) { return writeRows(dir, grantsFile, grantColumns(), grantRows(g)) },
		func() (File, error) { return writeRows(dir, gapsFile, gapColumns(), gapRows(g)) },
		func() (File, error) { return writeRows(dir, usesFile, useColumns(), useRows(g)) },
	}
	files := make([]File, 0, len(writers))
	for _, write := range writers {
		f, err := write()
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

func writeRows[T any](dir, name string, columns []column[T], rows iter.Seq[*T]) (File, error) {
	return writeFile(dir, name, func(w io.Writer) (int, error) { return writeTable(w, tableName(name), columns, rows) })
}

// writeFile makes a private file and brings it to the disk. What write returns
// becomes the number of rows.
func writeFile(dir, name string, write func(io.Writer) (int, error)) (_ File, err error) {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return File{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	rows, err := write(io.MultiWriter(f, h))
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", name, err)
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return File{}, err
	}
	return File{Name: name, Bytes: size, Rows: rows, SHA256: hex.EncodeToString(h.Sum(nil))}, f.Sync()
}

// publish gives the finished directory its name.
func publish(tmp, dir string) error {
	if err := os.Rename(tmp, dir); err != nil {
		if _, there := os.Lstat(dir); there == nil {
			return ErrExists // somebody was faster
		}
		return err
	}
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return nil
}

// syncDir brings the names in a directory to the disk, where the system can.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
