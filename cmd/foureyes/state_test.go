// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestStateIsForOneAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	first, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openState(dir); !errors.Is(err, errBusy) {
		t.Errorf("a second run at the same time: got %v, want %v", err, errBusy)
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	second, err := openState(dir)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := second.close(); err != nil {
		t.Error(err)
	}
}

// A run that died leaves what nobody takes for a run, and the next one clears it.
func TestStateClearsWhatDied(t *testing.T) {
	dir := t.TempDir()
	s, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	work, err := s.work()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "packet.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if name, err := s.latest(); err != nil || name != "" {
		t.Errorf("latest before the first run: got %q, %v", name, err)
	}
	if err := s.close(); err != nil { // as the system does when the process dies
		t.Fatal(err)
	}
	if s, err = openState(dir); err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if _, err := os.Stat(work); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what the dead run left is still there: %v", err)
	}
}

func TestStatePrunesTheOldest(t *testing.T) {
	dir := t.TempDir()
	s, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	moment := time.Date(2026, 10, 1, 2, 0, 0, 0, time.UTC)
	for _, at := range []time.Time{moment.AddDate(0, 0, 2), moment, moment, moment.AddDate(0, 0, 1)} { // the latest is not the newest
		work := workIn(t, s)
		if _, err := s.publish(work, at, untold); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "20200101"), 0o700); err != nil { // somebody's own
		t.Fatal(err)
	}
	if err := s.prune(1); err != nil {
		t.Fatal(err)
	}
	got, err := s.entries(func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"20200101", "20261002T020000Z", "20261003T020000Z"}; !slices.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
}

// workIn makes the folder of a run.
func workIn(t *testing.T, s *state) string {
	t.Helper()
	work, err := s.work()
	if err != nil {
		t.Fatal(err)
	}
	return work
}

// untold stands for where the name of a run is told.
func untold(string) error { return nil }

// A lower number that became free is not given again: pruning would take the new run for
// an older one than those that stayed.
func TestStateNumbersGoOn(t *testing.T) {
	dir := t.TempDir()
	s, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	moment := time.Date(2026, 10, 1, 2, 0, 0, 0, time.UTC)
	for i, want := range []string{"20261001T020000Z", "20261001T020000Z-002", "20261001T020000Z-003", "20261001T020000Z-004"} {
		work := workIn(t, s)
		if name, err := s.publish(work, moment, untold); err != nil || name != want {
			t.Errorf("run %d: got %q, %v, want %s", i+1, name, err, want)
		}
		if err := s.prune(1); err != nil {
			t.Fatal(err)
		}
		if got, err := s.entries(isRun); err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("after run %d: kept %v, %v, want %s alone", i+1, got, err, want)
		}
	}
}

// Numbers are compared as such, and what is no folder has its name, too.
func TestStateNumbersAreAboveAll(t *testing.T) {
	dir := t.TempDir()
	s, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for _, name := range []string{"20261001T020000Z-0009", "20261001T020000Z-010", "20261002T020000Z-077"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	name, err := s.nextName(time.Date(2026, 10, 1, 2, 0, 0, 0, time.UTC))
	if want := "20261001T020000Z-011"; err != nil || name != want {
		t.Errorf("got %q, %v, want %s", name, err, want)
	}
}

// A run whose name could not be told is none: the state stays as it was.
func TestStateTakesBackWhatCannotBeTold(t *testing.T) {
	dir := t.TempDir()
	s, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	work, err := s.work()
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	if _, err := s.publish(work, time.Date(2026, 10, 1, 2, 0, 0, 0, time.UTC), func(string) error { return full }); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
	if name, err := s.latest(); err != nil || name != "" {
		t.Errorf("latest: got %q, %v, want none", name, err)
	}
	if left, err := s.entries(func(string) bool { return true }); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestCompareRuns(t *testing.T) {
	inOrder := []string{"20260930T180500Z", "20260930T180500Z-002", "20260930T180500Z-999", "20260930T180500Z-1000", "20261001T000000Z"}
	runs := slices.Clone(inOrder)
	slices.Reverse(runs)
	slices.SortFunc(runs, compareRuns)
	if !slices.Equal(runs, inOrder) {
		t.Errorf("got %v, want %v", runs, inOrder)
	}
}
