// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph/snapshot"
	"github.com/foureyes-iga/foureyes/reports"
)

// A state is the folder of scheduled runs, while one of them is at work. What
// stands under the name of a run is whole and stays as it is; the file latest
// names the last run. Work in progress has a name that begins with unfinished.
type state struct {
	dir  string
	lock io.Closer
}

const (
	lockFile   = "lock"
	latestFile = "latest"
	unfinished = ".foureyes-"

	quarantineFolder = "quarantine"
	runPacket        = "packet"
	runLayout        = "20060102T150405Z" // sorts by time, and Windows takes it for a name
)

var errBusy = errors.New("another run is at work in it")

// openState makes the folder if there is none, takes its lock and clears what a
// run left that died.
func openState(dir string) (*state, error) {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("state: %w", err)
	}
	lock, err := lockExclusive(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, fmt.Errorf("state %s: %w", dir, err)
	}
	s := &state{dir, lock}
	if err := s.clear(); err != nil {
		return nil, firstOf(fmt.Errorf("state %s: %w", dir, err), lock.Close())
	}
	return s, nil
}

func (s *state) close() error { return s.lock.Close() }

func (s *state) clear() error {
	left, err := s.entries(func(name string) bool { return strings.HasPrefix(name, unfinished) })
	if err != nil {
		return err
	}
	for _, name := range left {
		if err := os.RemoveAll(filepath.Join(s.dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// entries lists the folders with such names, in order.
func (s *state) entries(named func(string) bool) ([]string, error) {
	all, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range all {
		if e.IsDir() && named(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// latest returns the name of the last run; "" before the first.
func (s *state) latest() (string, error) {
	text, err := os.ReadFile(filepath.Join(s.dir, latestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	name := strings.TrimSpace(string(text))
	if !isRun(name) {
		return "", fmt.Errorf("%s: %q is not the name of a run", filepath.Join(s.dir, latestFile), name)
	}
	return name, nil
}

// lastReport reads the findings of the last run; nil before the first. A last run
// that cannot be read is an error: without it everything would be new.
func (s *state) lastReport() (*reports.Findings, error) {
	name, err := s.latest()
	if err != nil || name == "" {
		return nil, err
	}
	report := filepath.Join(s.dir, name, runPacket+".pdf")
	annex := withExt(annexOf(report), ".json") // it has all, where something is restricted
	if _, err := os.Stat(annex); !errors.Is(err, fs.ErrNotExist) {
		return readBaseline(annex)
	}
	return readBaseline(withExt(report, ".json"))
}

// lastSnapshot returns the snapshot that the next run is held against: that of the last
// run, or a later one that was quarantined and acknowledged; "" before the first.
func (s *state) lastSnapshot() (string, error) {
	name, err := s.latest()
	if err != nil {
		return "", err
	}
	last := ""
	if name != "" {
		last = filepath.Join(s.dir, name, "snapshot")
	}
	held := filepath.Join(s.dir, quarantineFolder)
	q, err := snapshot.Open(held)
	if errors.Is(err, fs.ErrNotExist) {
		return last, nil
	}
	if err != nil {
		return "", err
	}
	a, err := q.Acknowledgement()
	if err != nil || a == nil {
		return last, err
	}
	if last == "" {
		return held, nil
	}
	was, err := snapshot.Open(last)
	if err != nil {
		return "", err
	}
	if q.Manifest().Ended.After(was.Manifest().Ended) {
		return held, nil
	}
	return last, nil
}

// hold keeps the snapshot of a run that must not be judged, and says what to do. It takes
// the place of one that was held before; that goes, unless somebody acknowledged it.
func (s *state) hold(work string) error {
	held := filepath.Join(s.dir, quarantineFolder)
	if err := s.release(held); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(work, "snapshot"), held); err != nil {
		return err
	}
	q, err := snapshot.Open(held)
	if err != nil {
		return err
	}
	return fmt.Errorf("%w; then run again", quarantined(held, q.Manifest().Quarantine))
}

// release makes room for another snapshot to be held. One that was acknowledged, or that
// cannot be read, is evidence: it gets the moment of its end as a name.
func (s *state) release(held string) error {
	q, err := snapshot.Open(held)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: move it elsewhere", err)
	}
	a, err := q.Acknowledgement()
	if err != nil {
		return err
	}
	if a == nil {
		return os.RemoveAll(held)
	}
	return os.Rename(held, held+"-"+q.Manifest().Ended.UTC().Format(runLayout))
}

// work makes the folder in which a run is made.
func (s *state) work() (string, error) { return os.MkdirTemp(s.dir, unfinished+"*") } // 0700

// publish gives a run its name, tells it, and then makes it the latest. What cannot be
// told, or made the latest, is taken back: the next run would be held against it.
func (s *state) publish(work string, moment time.Time, tell func(name string) error) (_ string, err error) {
	name, err := s.nextName(moment)
	if err != nil {
		return "", err
	}
	if err := os.Rename(work, filepath.Join(s.dir, name)); err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = firstOf(err, s.takeBack(name))
		}
	}()
	if err := syncFolders([]string{filepath.Join(s.dir, name)}); err != nil {
		return "", err
	}
	if err := tell(name); err != nil {
		return "", err
	}
	return name, replaceFile(filepath.Join(s.dir, latestFile), []byte(name+"\n"))
}

// nextName names a run by its moment. Sources that tell a moment of their own may tell the
// same one again: the run then gets the number above every other of that moment, so that
// numbers tell the order of the runs, also when earlier ones were removed.
func (s *state) nextName(moment time.Time) (string, error) {
	stem := moment.UTC().Format(runLayout)
	all, err := os.ReadDir(s.dir)
	if err != nil {
		return "", err
	}
	last := 0
	for _, e := range all {
		if !isRun(e.Name()) || e.Name()[:len(stem)] != stem {
			continue
		}
		n := 1
		if number, ok := strings.CutPrefix(e.Name(), stem+"-"); ok {
			if n, err = strconv.Atoi(number); err != nil || n == math.MaxInt {
				return "", fmt.Errorf("state %s: no run has a number above that of %s: move it elsewhere", s.dir, e.Name())
			}
		}
		last = max(last, n)
	}
	if last == 0 {
		return stem, nil
	}
	return fmt.Sprintf("%s-%03d", stem, last+1), nil
}

// takeBack removes a run that did not become the latest.
func (s *state) takeBack(name string) error {
	if latest, err := s.latest(); err != nil || latest == name {
		return err
	}
	return s.remove(name)
}

// remove gives a run an unfinished name first, so that none is ever half there.
func (s *state) remove(name string) error {
	gone := filepath.Join(s.dir, unfinished+name)
	if err := os.Rename(filepath.Join(s.dir, name), gone); err != nil {
		return err
	}
	return os.RemoveAll(gone)
}

// prune removes all but the newest runs; the latest stays in any case.
func (s *state) prune(keep int) error {
	latest, err := s.latest()
	if err != nil {
		return err
	}
	runs, err := s.entries(isRun)
	if err != nil {
		return err
	}
	slices.SortFunc(runs, compareRuns)
	for _, name := range runs[:max(0, len(runs)-keep)] {
		if name == latest {
			continue
		}
		if err := s.remove(name); err != nil {
			return err
		}
	}
	return nil
}

func isRun(name string) bool {
	return regexp.MustCompile(`^\d{8}T\d{6}Z(-\d{3,})?$`).MatchString(name)
}

// compareRuns orders runs by their moments, then by their numbers.
func compareRuns(a, b string) int {
	return cmp.Or(strings.Compare(a[:len(runLayout)], b[:len(runLayout)]), cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// firstOf returns the first error: what follows an error says less.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
