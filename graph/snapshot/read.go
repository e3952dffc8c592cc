// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// ErrCorrupt is returned (wrapped, with the file) when something in a snapshot is
// not what its manifest says, or the manifest is not what its digest says.
var ErrCorrupt = errors.New("snapshot is corrupt")

// ErrNewer is returned (wrapped) for a snapshot of a later version of the format.
var ErrNewer = errors.New("the snapshot is of a newer format: use a newer version of the program")

// A Snapshot is one whose manifest has been verified. Only [Open] makes one.
type Snapshot struct {
	dir      string
	manifest Manifest
}

// Open reads and verifies the manifest of the snapshot dir, and that no file is
// there which does not belong. It does not read the data: [Snapshot.Graph] does.
//
// An error wraps [ErrCorrupt] when something inside is wrong, and does not when
// there is no snapshot that could be opened.
func Open(dir string) (*Snapshot, error) {
	s, err := openManifest(dir)
	if err != nil {
		return nil, err
	}
	strays, err := s.strays()
	if err != nil {
		return nil, err
	}
	if len(strays) > 0 {
		return nil, s.corrupt(strays[0], errStray)
	}
	return s, nil
}

var errStray = errors.New("it does not belong here: move it elsewhere")

func openManifest(dir string) (*Snapshot, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if isPartial(dir) {
		return nil, fmt.Errorf("%s is an unfinished snapshot: remove it and collect again", dir)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is a file: a snapshot is a folder", dir)
	}
	s := &Snapshot{dir: dir}
	text, err := s.read(manifestFile, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a snapshot: %w", dir, err)
	}
	if err != nil {
		return nil, err
	}
	s.manifest, err = parseManifest(text)
	if errors.Is(err, ErrNewer) {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if err != nil {
		return nil, s.corrupt(manifestFile, err)
	}
	return s, nil
}

const maxManifest = 64 << 20

// Manifest returns what the snapshot says of itself. The caller must not change
// its slices and maps.
func (s *Snapshot) Manifest() Manifest { return s.manifest }

func (s *Snapshot) corrupt(file string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrCorrupt, filepath.Join(s.dir, file), err)
}

// mayStay lists the files that others may put into the snapshot: where there is something
// to acknowledge, an acknowledgement.
func (s *Snapshot) mayStay() []string {
	if s.manifest.Quarantine == nil {
		return nil
	}
	return []string{acknowledgementFile}
}

// strays returns the names that do not belong into the directory.
func (s *Snapshot) strays() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	known := slices.Concat(dataFiles(), s.mayStay(), []string{manifestFile})
	var names []string
	for _, e := range entries {
		if !slices.Contains(known, e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// read returns a regular file of at most limit bytes.
func (s *Snapshot) read(name string, limit int64) ([]byte, error) {
	path := filepath.Join(s.dir, name)
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, s.corrupt(name, errors.New("it is not a regular file"))
	}
	if info.Size() > limit {
		return nil, s.corrupt(name, fmt.Errorf("it has %d bytes: at most %d are allowed", info.Size(), limit))
	}
	return os.ReadFile(path)
}

// load returns the bytes of a data file once they are the manifest's.
func (s *Snapshot) load(f File) ([]byte, error) {
	data, err := s.read(f.Name, f.Bytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, s.corrupt(f.Name, errors.New("it is missing"))
	}
	if err != nil {
		return nil, err
	}
	if int64(len(data)) != f.Bytes {
		return nil, s.corrupt(f.Name, fmt.Errorf("it has %d bytes, and the manifest says %d", len(data), f.Bytes))
	}
	sum := sha256.Sum256(data)
	if hex.EncodeToString(sum[:]) != f.SHA256 {
		return nil, s.corrupt(f.Name, errors.New("its SHA-256 is not the manifest's"))
	}
	return data, nil
}

// Graph verifies every byte of the snapshot and returns its graph: each file is
// the one that the manifest names by its SHA-256, and the manifest is the one that
// its digest names. No file is decoded before all are verified. An error wraps
// [ErrCorrupt] unless a file could not be read.
//
// Graph does not compute the content fingerprint again. [Write] compared every row
// with the graph before it vouched for the bytes, and [Verify] does compute it.
func (s *Snapshot) Graph() (*graph.Graph, error) {
	for _, f := range s.manifest.Files {
		if _, err := s.load(f); err != nil {
			return nil, err
		}
	}
	return s.decodeAll()
}

// decodeAll makes the graph of the data files and of the manifest's records.
func (s *Snapshot) decodeAll() (*graph.Graph, error) {
	var b graph.Builder
	if err := s.decode(&b); err != nil {
		return nil, err
	}
	for _, c := range s.manifest.Coverage {
		if err := b.Add(c); err != nil {
			return nil, s.corrupt(manifestFile, err)
		}
	}
	for _, r := range s.manifest.Sources {
		if err := b.Add(r); err != nil {
			return nil, s.corrupt(manifestFile, err)
		}
	}
	g := b.Graph()
	if !countsOf(g).equal(s.manifest.Counts) {
		return nil, s.corrupt(manifestFile, errors.New("its counts are not those of the files"))
	}
	return g, nil
}
