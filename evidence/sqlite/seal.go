// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/foureyes-iga/foureyes/evidence"
)

// A sum is what ledger.sum says. It is not known while somebody writes, and after
// somebody died who did.
type sum struct {
	known  bool
	digest evidence.Digest
	bytes  int64
}

const sumHead = "foureyes/ledger-sum/1"

func (s sum) text() string { return fmt.Sprintf("%s\n%s %d\n", sumHead, s.digest, s.bytes) }

func (s *Store) readSum() (sum, error) {
	text, err := os.ReadFile(filepath.Join(s.dir, sumFile))
	if errors.Is(err, fs.ErrNotExist) {
		return sum{}, nil
	}
	if err != nil {
		return sum{}, err
	}
	wrong := &evidence.CorruptError{What: sumFile, Why: "it is not in its one form"}
	lines := strings.Split(string(text), "\n")
	if len(lines) != 3 {
		return sum{}, wrong
	}
	name, _, _ := strings.Cut(lines[1], " ")
	d, err := evidence.ParseDigest(name)
	if err != nil {
		return sum{}, wrong
	}
	got := sum{known: true, digest: d}
	if _, err := fmt.Sscanf(lines[1], name+" %d", &got.bytes); err != nil || got.text() != string(text) {
		return sum{}, wrong
	}
	return got, nil
}

// holdsSum holds the database against its sum. A write-ahead log beside a closed
// database was put there: SQLite would take it in.
func (s *Store) holdsSum(want sum) error {
	got, err := sumOf(filepath.Join(s.dir, databaseFile))
	if err != nil {
		return err
	}
	if got != want {
		return &evidence.CorruptError{What: databaseFile, Why: "it is not as it was when the ledger was closed"}
	}
	for _, name := range []string{walFile, shmFile, databaseFile + "-journal"} {
		if _, err := os.Lstat(filepath.Join(s.dir, name)); err == nil {
			return &evidence.CorruptError{What: name, Why: "it lies beside a closed ledger and was put there"}
		}
	}
	return nil
}

func sumOf(file string) (got sum, err error) {
	f, err := os.Open(file)
	if err != nil {
		return sum{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return sum{true, evidence.Digest(h.Sum(nil)), n}, err
}

// seal writes the sum of the closed database.
func (s *Store) seal() error {
	name := filepath.Join(s.dir, databaseFile)
	if err := syncFile(name); err != nil {
		return err
	}
	got, err := sumOf(name)
	if err != nil {
		return err
	}
	return s.disk.place(s.dir, strings.NewReader(got.text()), func() (string, error) {
		return filepath.Join(s.dir, sumFile), nil
	})
}

func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
