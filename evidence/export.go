// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	exportCheckpoint = "checkpoint"
	exportObjects    = "objects"
	tileHeight       = 8
	tileWidth        = 1 << tileHeight
)

// Export hands every file of a copy to write, by names with slashes: the signed head,
// the records in bundles and the hashes of the tree as C2SP tlog-tiles has them, and the
// objects. Any program that reads such logs can check it. Equal ledgers give equal bytes.
func (l *Ledger) Export(ctx context.Context, write func(name string, content io.Reader) error) error {
	l.gate.Lock() // nothing is erased meanwhile
	defer l.gate.Unlock()
	t, head := l.picture()
	if err := write(exportCheckpoint, bytes.NewReader(head)); err != nil {
		return err
	}
	for start := int64(0); start < t.size; start += tileWidth {
		end := min(start+tileWidth, t.size)
		bundle, err := l.bundle(ctx, start, end)
		if err != nil {
			return err
		}
		if err := write(bundleName(start/tileWidth, int(end-start)), bytes.NewReader(bundle)); err != nil {
			return err
		}
	}
	for _, tile := range tlog.NewTiles(tileHeight, 0, t.size) {
		hashes, err := tlog.ReadTileData(tile, &t)
		if err != nil {
			return err
		}
		if err := write(tileName(tile), bytes.NewReader(hashes)); err != nil {
			return err
		}
	}
	return l.exportObjects(ctx, write)
}

func (l *Ledger) exportObjects(ctx context.Context, write func(string, io.Reader) error) error {
	for d, err := range l.store.ObjectNames(ctx) {
		if err != nil {
			return err
		}
		if err := l.exportObject(ctx, d, write); err != nil {
			return fmt.Errorf("object %s: %w", d, err)
		}
	}
	return nil
}

func (l *Ledger) exportObject(ctx context.Context, d Digest, write func(string, io.Reader) error) (err error) {
	if len(l.history.named[d]) == 0 {
		return nil // no record names it
	}
	r, err := l.store.Object(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return write(objectName(d), r)
}

// bundle is records, each behind its length.
func (l *Ledger) bundle(ctx context.Context, lo, hi int64) ([]byte, error) {
	var b []byte
	n := lo
	for leaf, err := range l.store.Leaves(ctx, lo, hi) {
		if err != nil {
			return nil, err
		}
		b = binary.BigEndian.AppendUint16(b, uint16(len(leaf)))
		b = append(b, leaf...)
		n++
	}
	if n != hi {
		return nil, &CorruptError{fmt.Sprintf("record %d", n), "it is missing"}
	}
	return b, nil
}

func tileName(t tlog.Tile) string {
	return strings.Replace(t.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
}

func bundleName(n int64, width int) string {
	return strings.Replace(tileName(tlog.Tile{H: tileHeight, N: n, W: width}), "tile/0/", "tile/entries/", 1)
}

func objectName(d Digest) string { return path.Join(exportObjects, d.Hex()[:2], d.Hex()) }

// Restore puts an export into an empty store. It takes nothing that is not as it was
// exported, no file more and no file less, and says which file is not. Whether the
// ledger is sound is then [Fsck]'s matter.
func Restore(ctx context.Context, from fs.FS, s Store) error {
	left, err := exportFiles(from)
	if err != nil {
		return err
	}
	take := func(name string) ([]byte, error) {
		if !left[name] {
			return nil, &CorruptError{"export", name + " is missing"}
		}
		delete(left, name)
		return fs.ReadFile(from, name)
	}
	head, err := take(exportCheckpoint)
	if err != nil {
		return err
	}
	c, err := WithoutTrust(head)
	if err != nil {
		return &CorruptError{exportCheckpoint, err.Error()}
	}
	leaves, err := restoreTree(c, take)
	if err != nil {
		return err
	}
	if err := restoreObjects(ctx, from, left, s); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		return &CorruptError{"export", name + " does not belong to it"}
	}
	return s.Append(ctx, nil, head, 0, leaves)
}

func exportFiles(from fs.FS) (map[string]bool, error) {
	files := map[string]bool{}
	err := fs.WalkDir(from, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files[name] = true
		}
		return err
	})
	return files, err
}

// restoreTree reads the records and holds every tile against what they hash to.
func restoreTree(c Checkpoint, take func(string) ([]byte, error)) ([][]byte, error) {
	var t tree
	var leaves [][]byte
	for start := int64(0); start < c.Size; start += tileWidth {
		name := bundleName(start/tileWidth, int(min(tileWidth, c.Size-start)))
		bundle, err := take(name)
		if err != nil {
			return nil, err
		}
		for len(bundle) > 0 {
			n := 2
			if len(bundle) >= 2 {
				n += int(binary.BigEndian.Uint16(bundle))
			}
			if len(bundle) < n {
				return nil, &CorruptError{name, "a record ends early"}
			}
			leaves = append(leaves, bundle[2:n])
			if err := t.add(bundle[2:n]); err != nil {
				return nil, err
			}
			bundle = bundle[n:]
		}
		if want := min(start+tileWidth, c.Size); t.size != want {
			return nil, &CorruptError{name, fmt.Sprintf("it ends with record %d, and should with %d", t.size-1, want-1)}
		}
	}
	if root, err := t.root(); err != nil || root != c.Root {
		return nil, &CorruptError{exportCheckpoint, "the records do not add up to its root"}
	}
	return leaves, checkTiles(&t, take)
}

func checkTiles(t *tree, take func(string) ([]byte, error)) error {
	for _, tile := range tlog.NewTiles(tileHeight, 0, t.size) {
		want, err := tlog.ReadTileData(tile, t)
		if err != nil {
			return err
		}
		got, err := take(tileName(tile))
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return &CorruptError{tileName(tile), "the records do not hash to it"}
		}
	}
	return nil
}

func restoreObjects(ctx context.Context, from fs.FS, left map[string]bool, s Store) error {
	for _, name := range slices.Sorted(maps.Keys(left)) {
		d, err := ParseHex(path.Base(name))
		if err != nil || objectName(d) != name {
			continue
		}
		delete(left, name)
		if err := restoreObject(ctx, from, name, d, s); err != nil {
			return err
		}
	}
	return nil
}

func restoreObject(ctx context.Context, from fs.FS, name string, want Digest, s Store) (err error) {
	f, err := from.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	got, err := s.PutObject(ctx, f)
	if err == nil && got != want {
		err = &CorruptError{name, "its bytes have another digest"}
	}
	return err
}
