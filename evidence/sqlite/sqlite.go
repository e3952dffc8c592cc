// SPDX-License-Identifier: Apache-2.0

// Package sqlite keeps an evidence ledger in a folder: records and the head in an
// embedded SQLite database, objects as files beside it.
//
// One process writes at a time; any number may read when none does. All is private:
// the folder 0700, its files 0600. While nobody writes, the file ledger.sum holds the
// digest of the database, so that no byte of it changes unseen, not even one that
// SQLite never reads.
//
// Limitations: a folder on a network share whose locks or syncs cannot be trusted is
// no place for evidence. After a process died there is no ledger.sum until somebody has
// opened the ledger to write again; what is read is verified all the same.
package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"github.com/foureyes-iga/foureyes/evidence"
)

// ErrBusy means that another process is at work in the folder.
var ErrBusy = errors.New("another process is at work in it")

const (
	databaseFile  = "ledger.db"
	walFile       = databaseFile + "-wal"
	shmFile       = databaseFile + "-shm"
	sumFile       = "ledger.sum"
	lockFile      = "lock"
	objectsFolder = "objects"

	applicationID = 0x34657965 // "4eye"
	schemaVersion = 1
)

// schema is all that may be in the database, in this wording.
var schema = []string{
	"CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), note BLOB NOT NULL) STRICT",
	"CREATE TABLE leaves (idx INTEGER PRIMARY KEY CHECK (idx >= 0), leaf BLOB NOT NULL CHECK (length(leaf) < 65536), hash BLOB NOT NULL CHECK (length(hash) = 32)) STRICT",
}

// A Store is an open evidence folder. It implements [evidence.Store].
type Store struct {
	dir    string
	disk   disk
	lock   io.Closer
	db     *sql.DB
	write  bool
	sealed bool   // nobody has written since ledger.sum was made
	copied string // the folder with a copy of what a process that died left
	failed bool   // an append failed: what the database holds is not known
}

// Create makes an evidence folder that must not exist yet, and opens it to write.
func Create(dir string) (s *Store, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if err := os.Mkdir(filepath.Join(dir, objectsFolder), 0o700); err != nil {
		return nil, err
	}
	for _, name := range []string{lockFile, databaseFile} { // SQLite would make it readable to all
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			return nil, err
		}
	}
	lock, err := takeLock(filepath.Join(dir, lockFile), true)
	if err != nil {
		return nil, err
	}
	s = &Store{dir: dir, disk: realDisk(), lock: lock, write: true}
	if err := s.found(); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, errors.Join(syncFolder(dir), syncFolder(filepath.Dir(dir)))
}

func (s *Store) found() error {
	if err := s.openDatabase(filepath.Join(s.dir, databaseFile)); err != nil {
		return err
	}
	all := append([]string{fmt.Sprintf("PRAGMA application_id = %d", applicationID), fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)}, schema...)
	for _, statement := range append(all, "INSERT INTO head (one, note) VALUES (1, x'')") {
		if _, err := s.db.Exec(statement); err != nil {
			return err
		}
	}
	return nil
}

// Open opens an evidence folder to write. A database that is not as it was when it was
// last closed is refused.
func Open(dir string) (*Store, error) { return open(dir, true) }

// OpenReader opens an evidence folder to read, and changes nothing in it.
func OpenReader(dir string) (*Store, error) { return open(dir, false) }

func open(dir string, write bool) (*Store, error) {
	s := &Store{dir: dir, disk: realDisk(), write: write}
	var err error
	s.lock, err = takeLock(filepath.Join(dir, lockFile), write)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is no evidence folder: %w", dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if err = s.openLocked(); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, errors.Join(err, s.release()))
	}
	return s, nil
}

func (s *Store) openLocked() error {
	sum, err := s.readSum()
	if err != nil {
		return err
	}
	s.sealed = sum.known
	if sum.known {
		if err := s.holdsSum(sum); err != nil {
			return err
		}
	}
	if s.write {
		err = s.breakSeal()
	} else if !s.sealed {
		err = s.copyAside()
	}
	if err != nil {
		return err
	}
	if err := s.openDatabase(s.databasePath()); err != nil {
		return err
	}
	return s.checkVersion()
}

func (s *Store) databasePath() string {
	if s.copied != "" {
		return filepath.Join(s.copied, databaseFile)
	}
	return filepath.Join(s.dir, databaseFile)
}

// breakSeal says, before anything changes, that the database may now differ from its
// sum, and clears what a process left that died.
func (s *Store) breakSeal() error {
	for _, dir := range []string{s.dir, filepath.Join(s.dir, objectsFolder)} {
		left, err := filepath.Glob(filepath.Join(dir, unfinished+"*"))
		if err != nil {
			return err
		}
		for _, name := range left {
			if err := s.disk.remove(name); err != nil {
				return err
			}
		}
	}
	if !s.sealed {
		return nil
	}
	if err := s.disk.remove(filepath.Join(s.dir, sumFile)); err != nil {
		return err
	}
	return s.disk.sync(s.dir)
}

// copyAside copies what a process left that died: to read it, SQLite has to write.
func (s *Store) copyAside() (err error) {
	if s.copied, err = os.MkdirTemp("", "foureyes-evidence-*"); err != nil {
		return err
	}
	for _, name := range []string{databaseFile, walFile} {
		content, err := os.ReadFile(filepath.Join(s.dir, name))
		if errors.Is(err, fs.ErrNotExist) && name == walFile {
			continue
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(s.copied, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// openDatabase opens one connection: there is one who writes, and it must be the one
// that the settings were made for.
func (s *Store) openDatabase(file string) error {
	query := url.Values{"_pragma": {"trusted_schema(0)", "cell_size_check(1)", "busy_timeout(5000)"}, "_txlock": {"immediate"}, "_defensive": {"1"}}
	switch {
	case s.write:
		query["_pragma"] = append(query["_pragma"], "journal_mode(WAL)", "synchronous(FULL)")
		query.Set("mode", "rw")
	case s.sealed:
		query.Set("mode", "ro")
		query.Set("immutable", "1")
	}
	absolute, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: query.Encode()}
	if !strings.HasPrefix(name.Path, "/") {
		name.Path = "/" + name.Path // a drive of Windows
	}
	if s.db, err = sql.Open("sqlite", name.String()); err != nil {
		return err
	}
	s.db.SetMaxOpenConns(1)
	s.db.SetMaxIdleConns(1)
	return databaseError(s.db.Ping())
}

func (s *Store) checkVersion() error {
	var id, version int
	if err := s.db.QueryRow("PRAGMA application_id").Scan(&id); err != nil {
		return databaseError(err)
	}
	if err := s.db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return databaseError(err)
	}
	switch {
	case id != applicationID:
		return &evidence.CorruptError{What: databaseFile, Why: "it is no ledger of foureyes"}
	case version > schemaVersion:
		return fmt.Errorf("%s has version %d, and this foureyes knows %d: use a newer one", databaseFile, version, schemaVersion)
	case version != schemaVersion:
		return &evidence.CorruptError{What: databaseFile, Why: fmt.Sprintf("it has version %d, which never was", version)}
	}
	return nil
}

// Head implements [evidence.Log].
func (s *Store) Head(ctx context.Context) ([]byte, error) {
	var note []byte
	err := s.db.QueryRowContext(ctx, "SELECT note FROM head WHERE one = 1").Scan(&note)
	return note, databaseError(err)
}

// Append implements [evidence.Log].
func (s *Store) Append(ctx context.Context, old, next []byte, first int64, leaves [][]byte) error {
	if !s.write {
		return evidence.ErrReadOnly
	}
	err := s.append(ctx, old, next, first, leaves)
	if err != nil && !errors.Is(err, evidence.ErrMoved) {
		s.failed = true
	}
	return err
}

func (s *Store) append(ctx context.Context, old, next []byte, first int64, leaves [][]byte) (err error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // the first error is the one that says something
		}
	}()
	if old == nil {
		old = []byte{}
	}
	changed, err := tx.ExecContext(ctx, "UPDATE head SET note = ? WHERE one = 1 AND note = ?", next, old)
	if err != nil {
		return err
	}
	if n, err := changed.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, evidence.ErrMoved)
	}
	if err := insertLeaves(ctx, tx, first, leaves); err != nil {
		return err
	}
	return tx.Commit()
}

func insertLeaves(ctx context.Context, tx *sql.Tx, first int64, leaves [][]byte) error {
	var end int64
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(idx) + 1, 0) FROM leaves").Scan(&end); err != nil {
		return err
	}
	if end != first {
		return fmt.Errorf("records from %d on follow %d", first, end)
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO leaves (idx, leaf, hash) VALUES (?, ?, ?)")
	if err != nil {
		return err
	}
	for i, leaf := range leaves {
		hash := evidence.LeafHash(leaf)
		if _, err := insert.ExecContext(ctx, first+int64(i), leaf, hash[:]); err != nil {
			return errors.Join(err, insert.Close())
		}
	}
	return insert.Close()
}

// Leaves implements [evidence.Log]. It reads in steps, so that others can write between
// them.
func (s *Store) Leaves(ctx context.Context, lo, hi int64) iter.Seq2[[]byte, error] {
	const step = 1024
	return func(yield func([]byte, error) bool) {
		for next := lo; next < hi; {
			rows, err := s.leaves(ctx, next, min(next+step, hi))
			for _, leaf := range rows {
				if !yield(leaf, nil) {
					return
				}
			}
			next += int64(len(rows))
			if err != nil {
				yield(nil, err)
			}
			if err != nil || len(rows) < step {
				return
			}
		}
	}
}

func (s *Store) leaves(ctx context.Context, lo, hi int64) (leaves [][]byte, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT idx, leaf FROM leaves WHERE idx >= ? ORDER BY idx LIMIT ?", lo, hi-lo)
	if err != nil {
		return nil, databaseError(err)
	}
	defer func() { err = errors.Join(err, databaseError(rows.Close())) }()
	for want := lo; rows.Next(); want++ {
		var index int64
		var leaf []byte
		if err := rows.Scan(&index, &leaf); err != nil {
			return leaves, databaseError(err)
		}
		if index != want {
			return leaves, &evidence.CorruptError{What: fmt.Sprintf("record %d", want), Why: fmt.Sprintf("it is missing, and record %d is there", index)}
		}
		leaves = append(leaves, bytes.Clone(leaf))
	}
	return leaves, databaseError(rows.Err())
}

// Close ends the work. One who has written leaves the sum of the database behind,
// unless an append failed.
func (s *Store) Close() error {
	if !s.write {
		return s.release()
	}
	if s.failed {
		return s.release()
	}
	if _, err := s.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return errors.Join(err, s.release())
	}
	if err := s.db.Close(); err != nil {
		return errors.Join(err, s.lock.Close())
	}
	err := s.seal()
	s.db = nil
	return errors.Join(err, s.release())
}

func (s *Store) release() error {
	var errs []error
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.copied != "" {
		errs = append(errs, os.RemoveAll(s.copied))
	}
	return errors.Join(append(errs, s.lock.Close())...)
}

// databaseError tells what SQLite says of a broken file as what it is.
func databaseError(err error) error {
	var code interface{ Code() int }
	if err == nil || !errors.As(err, &code) && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return &evidence.CorruptError{What: databaseFile, Why: err.Error()}
}
