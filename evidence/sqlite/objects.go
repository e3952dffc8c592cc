// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/foureyes-iga/foureyes/evidence"
)

func (s *Store) objectPath(d evidence.Digest) string {
	return filepath.Join(s.dir, objectsFolder, d.Hex()[:2], d.Hex())
}

// PutObject implements [evidence.Objects].
func (s *Store) PutObject(_ context.Context, r io.Reader) (evidence.Digest, error) {
	h := sha256.New()
	var d evidence.Digest
	err := s.disk.place(filepath.Join(s.dir, objectsFolder), io.TeeReader(r, h), func() (string, error) {
		d = evidence.Digest(h.Sum(nil))
		name := s.objectPath(d)
		return name, s.shelf(filepath.Dir(name))
	})
	if err != nil {
		return evidence.Digest{}, fmt.Errorf("object: %w", err)
	}
	return d, nil
}

// shelf makes the folder of an object.
func (s *Store) shelf(dir string) error {
	err := s.disk.mkdir(dir)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.disk.sync(filepath.Dir(dir))
}

// Object implements [evidence.Objects].
func (s *Store) Object(_ context.Context, d evidence.Digest) (io.ReadCloser, error) {
	f, err := os.Open(s.objectPath(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", d, evidence.ErrNoObject)
	}
	return f, err
}

// DeleteObject implements [evidence.Objects].
func (s *Store) DeleteObject(_ context.Context, d evidence.Digest) error {
	name := s.objectPath(d)
	err := s.disk.remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.disk.sync(filepath.Dir(name))
}

// ObjectNames implements [evidence.Objects]. What is no object is passed over: see
// [Fsck].
func (s *Store) ObjectNames(context.Context) iter.Seq2[evidence.Digest, error] {
	return func(yield func(evidence.Digest, error) bool) {
		for name, err := range objectFiles(filepath.Join(s.dir, objectsFolder)) {
			d, no := evidence.ParseHex(filepath.Base(name))
			if err == nil && (no != nil || s.objectPath(d) != name) {
				continue
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// objectFiles yields the path of everything below the folder that is no folder.
func objectFiles(dir string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if !e.IsDir() && !yield(name, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield("", err)
		}
	}
}
