// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/evidence"
)

// Fsck checks the folder, the database and everything that [evidence.Fsck] checks. An
// error means that it could not be read; whatever is wrong in it is in the verdict. It
// changes nothing.
func Fsck(ctx context.Context, dir string, outside ...[]byte) (*evidence.Verdict, error) {
	s, err := OpenReader(dir)
	var corrupt *evidence.CorruptError
	if errors.As(err, &corrupt) {
		return unreadable(err), nil
	}
	if err != nil {
		return nil, err
	}
	v, err := s.fsck(ctx, outside)
	return v, errors.Join(err, s.Close())
}

// unreadable is the verdict on a folder in which nothing more can be looked at.
func unreadable(why error) *evidence.Verdict {
	return &evidence.Verdict{Anchor: evidence.Unanchored, Problems: []evidence.Problem{{Record: -1, What: why.Error()}}}
}

func (s *Store) fsck(ctx context.Context, outside [][]byte) (*evidence.Verdict, error) {
	var found []evidence.Problem
	for _, check := range []func(context.Context) ([]evidence.Problem, error){s.checkFolder, s.checkSchema, s.checkHashes} {
		problems, err := check(ctx)
		if found, err = asProblem(append(found, problems...), err); err != nil {
			return nil, err
		}
	}
	v, err := evidence.Fsck(ctx, s, outside...)
	if v == nil {
		v = unreadable(errors.New("the ledger cannot be read any further"))
	}
	if found, err = asProblem(found, err); err != nil {
		return nil, err
	}
	v.Problems = append(found, v.Problems...)
	if !s.sealed {
		v.Notes = append(v.Notes, "the ledger was not closed: somebody died who wrote. What is read was verified; bytes of ledger.db that nobody reads were not")
	}
	return v, nil
}

// asProblem makes a problem of an error that says that something is corrupt.
func asProblem(found []evidence.Problem, err error) ([]evidence.Problem, error) {
	var corrupt *evidence.CorruptError
	if errors.As(err, &corrupt) {
		return append(found, evidence.Problem{Record: -1, What: err.Error()}), nil
	}
	return found, err
}

// checkFolder refuses files that do not belong there.
func (s *Store) checkFolder(context.Context) (found []evidence.Problem, err error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	known := []string{databaseFile, walFile, shmFile, sumFile, lockFile, objectsFolder}
	for _, e := range entries {
		if !slices.Contains(known, e.Name()) && !strings.HasPrefix(e.Name(), unfinished) {
			found = append(found, evidence.Problem{Record: -1, What: fmt.Sprintf("%s does not belong into an evidence folder", e.Name())})
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		if e.Name() == lockFile && (!info.Mode().IsRegular() || info.Size() != 0) {
			found = append(found, evidence.Problem{Record: -1, What: "the file lock is not an empty file"})
		}
	}
	for name, err := range objectFiles(filepath.Join(s.dir, objectsFolder)) {
		if errors.Is(err, fs.ErrNotExist) {
			return append(found, evidence.Problem{Record: -1, What: "the folder of the objects is missing"}), nil
		}
		if err != nil {
			return nil, err
		}
		d, no := evidence.ParseHex(filepath.Base(name))
		if (no != nil || s.objectPath(d) != name) && !strings.HasPrefix(filepath.Base(name), unfinished) {
			found = append(found, evidence.Problem{Record: -1, What: fmt.Sprintf("%s is no object: its name is no digest, or it lies in the wrong folder", filepath.Base(name))})
		}
	}
	return found, nil
}

// checkSchema lets SQLite check its own file, and refuses every table, index, view and
// trigger that this package did not make.
func (s *Store) checkSchema(ctx context.Context) (found []evidence.Problem, err error) {
	said, err := s.texts(ctx, "PRAGMA integrity_check(20)")
	if err != nil {
		return nil, err
	}
	for _, line := range said {
		if line != "ok" {
			found = append(found, evidence.Problem{Record: -1, What: databaseFile + ": " + line})
		}
	}
	made, err := s.texts(ctx, "SELECT coalesce(sql, type || ' ' || name) FROM sqlite_schema ORDER BY 1")
	if err != nil {
		return found, err
	}
	if !slices.Equal(made, schema) {
		found = append(found, evidence.Problem{Record: -1, What: databaseFile + " has other tables than a ledger"})
	}
	return found, nil
}

func (s *Store) texts(ctx context.Context, query string) (all []string, err error) {
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return nil, databaseError(err)
	}
	defer func() { err = errors.Join(err, databaseError(rows.Close())) }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, databaseError(err)
		}
		all = append(all, text)
	}
	return all, databaseError(rows.Err())
}

// checkHashes finds the record whose bytes were changed: the root of the tree only says
// that one was. The verdict does not rest on it.
func (s *Store) checkHashes(ctx context.Context) (found []evidence.Problem, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT idx, leaf, hash FROM leaves ORDER BY idx")
	if err != nil {
		return nil, databaseError(err)
	}
	defer func() { err = errors.Join(err, databaseError(rows.Close())) }()
	for rows.Next() {
		var index int64
		var leaf, hash []byte
		if err := rows.Scan(&index, &leaf, &hash); err != nil {
			return found, databaseError(err)
		}
		if is := evidence.LeafHash(leaf); !bytes.Equal(is[:], hash) {
			found = append(found, evidence.Problem{Record: index, What: "its bytes are not those that were written"})
		}
	}
	return found, databaseError(rows.Err())
}
