// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/evidence"
)

// A child process writes and is killed.
const (
	childFolder = "FOUREYES_TEST_CRASH_FOLDER" // it is the child, and writes here
	childAcks   = "FOUREYES_TEST_CRASH_ACKS"   // here it notes what was acknowledged
	childRuns   = "FOUREYES_TEST_CRASH_RUNS"   // it stops by itself after so many appends; 0 never
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		if err := writeUntilKilled(dir, os.Getenv(childAcks)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writeUntilKilled appends from several sides at once, some records with an object, and
// notes every one that was acknowledged.
func writeUntilKilled(dir, acks string) error {
	runs := 0
	if _, err := fmt.Sscan(os.Getenv(childRuns), &runs); err != nil {
		return err
	}
	out, err := os.OpenFile(acks, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	s, err := Open(dir)
	if err != nil {
		return err
	}
	secret, err := evidence.GenerateKey(steady(1), origin)
	if err != nil {
		return err
	}
	key, err := evidence.ParseKey(secret)
	if err != nil {
		return err
	}
	l, err := evidence.Open(context.Background(), s, &key, steady(3))
	if err != nil {
		return err
	}
	sides := 16
	if runs > 0 {
		sides = 1
	}
	failed := make(chan error, sides)
	for side := range sides {
		go func() { failed <- writeSide(l, out, side, runs) }()
	}
	for range sides {
		err = errors.Join(err, <-failed)
	}
	l.Close()
	return errors.Join(err, s.Close(), out.Close())
}

func writeSide(l *evidence.Ledger, acks io.Writer, side, runs int) error {
	h, err := l.Head()
	if err != nil {
		return err
	}
	for n := 0; runs == 0 || n < runs; n++ {
		body := fmt.Sprintf("%d-%d-%d", h.Size, side, n)
		r := evidence.Record{Kind: "decision", Time: moment(1), Class: "sox", Body: []byte(body)}
		if side%4 == 0 {
			d, err := l.PutObject(context.Background(), strings.NewReader(body))
			if err != nil {
				return err
			}
			r.Objects = []evidence.Digest{d}
		}
		at, err := l.Append(context.Background(), r)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(acks, "%d %s\n", at[0], body); err != nil {
			return err
		}
	}
	return nil
}

// child is the test's own program as the process that is killed.
func child(dir, acks string, runs int, wrapper ...string) *exec.Cmd {
	args := append(slices.Clone(wrapper), os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childFolder+"="+dir, childAcks+"="+acks, fmt.Sprintf("%s=%d", childRuns, runs))
	return cmd
}

// wantAcknowledged holds the ledger against what was acknowledged: each of these is
// there, in its place, once; and it is sound.
func wantAcknowledged(t *testing.T, dir, acks string) (records, acknowledged int) {
	t.Helper()
	v := verdict(t, dir)
	if !v.Sound() {
		t.Fatalf("problems: %v", v.Problems)
	}
	s, err := OpenReader(dir)
	must(t, err)
	bodies, places := map[int64]string{}, map[string]int64{}
	l, err := evidence.Open(t.Context(), s, nil, nil)
	must(t, err)
	for e, err := range l.Records(t.Context(), 1) {
		must(t, err)
		bodies[e.Index] = string(e.Body)
		if _, twice := places[string(e.Body)]; twice && e.Kind == "decision" {
			t.Errorf("%s is there twice", e.Body)
		}
		places[string(e.Body)] = e.Index
	}
	must(t, s.Close())
	f, err := os.Open(acks)
	if errors.Is(err, os.ErrNotExist) {
		return len(bodies), 0
	}
	must(t, err)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var at int64
		var body string
		if _, err := fmt.Sscan(lines.Text(), &at, &body); err != nil {
			continue // cut by the kill
		}
		acknowledged++
		if bodies[at] != body {
			t.Errorf("record %d was acknowledged as %s and is %q", at, body, bodies[at])
		}
	}
	must(t, errors.Join(lines.Err(), f.Close()))
	return len(bodies), acknowledged
}

// Killed at random moments, under load: nothing acknowledged is lost, nothing is there
// twice, and the ledger goes on.
func TestKilledAtRandom(t *testing.T) {
	kills := 100
	if nightly() {
		kills = 1000
	}
	random := rand.New(rand.NewPCG(1, 2026))
	dir, acks := newFolder(t, 0), filepath.Join(t.TempDir(), "acks")
	var slowest time.Duration
	all, known := 0, 0
	for kill := range kills {
		if kill%10 == 9 { // a ledger that stays small
			all += known
			dir, acks, known = newFolder(t, 0), filepath.Join(t.TempDir(), "acks"), 0
		}
		cmd := child(dir, acks, 0)
		var said strings.Builder
		cmd.Stderr = &said
		must(t, cmd.Start())
		if kill%4 > 0 { // one in four dies while it opens the ledger, or before
			untilLarger(t, acks)
		}
		wait := time.Duration(random.IntN(60_000)) * time.Microsecond
		time.Sleep(wait)
		must(t, cmd.Process.Kill())
		_ = cmd.Wait() // killed
		began := time.Now()
		_, known = wantAcknowledged(t, dir, acks)
		slowest = max(slowest, time.Since(began))
		if t.Failed() || said.Len() > 0 {
			t.Fatalf("kill %d, %v later: %s", kill, wait, said.String())
		}
	}
	all += known
	t.Logf("%d kills, %d records acknowledged; slowest check %v", kills, all, slowest)
	if all < 5*kills {
		t.Errorf("only %d records were acknowledged: too little load to say anything", all)
	}
	s, l := openLedger(t, dir) // and it goes on
	_, err := l.Append(t.Context(), record(1))
	must(t, err)
	l.Close()
	must(t, s.Close())
	wantSound(t, dir)
}

// untilLarger waits until the child has acknowledged something more.
func untilLarger(t *testing.T, acks string) {
	t.Helper()
	size := func() int64 {
		info, err := os.Stat(acks)
		if err != nil {
			return 0
		}
		return info.Size()
	}
	before := size()
	for range 20_000 {
		if size() > before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the child acknowledges nothing")
}

// A fault makes the nth call to the disk fail.
type fault struct {
	at, calls int
	err       error
	short     bool // a write does a part first
	seen      []string
}

func (f *fault) hit(op string) error {
	f.seen = append(f.seen, op)
	f.calls++
	if f.calls == f.at {
		return fmt.Errorf("%s: %w", op, f.err)
	}
	return nil
}

func (f *fault) disk() disk {
	d := realDisk()
	return disk{
		mkdir: func(name string) error {
			if err := f.hit("mkdir"); err != nil {
				return err
			}
			return d.mkdir(name)
		},
		create: func(dir string) (writeFile, error) {
			if err := f.hit("create"); err != nil {
				return nil, err
			}
			w, err := d.create(dir)
			return faultyFile{w, f}, err
		},
		rename: func(from, to string) error {
			if err := f.hit("rename"); err != nil {
				return err
			}
			return d.rename(from, to)
		},
		remove: d.remove,
		sync: func(dir string) error {
			if err := f.hit("sync folder"); err != nil {
				return err
			}
			return d.sync(dir)
		},
	}
}

type faultyFile struct {
	writeFile
	f *fault
}

func (w faultyFile) Write(b []byte) (int, error) {
	if err := w.f.hit("write"); err != nil {
		n := 0
		if w.f.short {
			n, _ = w.writeFile.Write(b[:len(b)/2])
		}
		return n, err
	}
	return w.writeFile.Write(b)
}

func (w faultyFile) Sync() error {
	if err := w.f.hit("sync"); err != nil {
		return err
	}
	return w.writeFile.Sync()
}

func (w faultyFile) Close() error {
	return errors.Join(w.f.hit("close"), w.writeFile.Close())
}

// Every call to the file system for an object fails once: the object is not
// acknowledged, nothing false is left, and the next try works.
func TestObjectsWhenTheDiskFails(t *testing.T) {
	for name, kind := range map[string]fault{
		"EIO":    {err: syscall.EIO},
		"ENOSPC": {err: syscall.ENOSPC},
		"short":  {err: io.ErrShortWrite, short: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := newFolder(t, 1)
			s, l := openLedger(t, dir)
			seen := map[string]bool{}
			for at := 1; ; at++ {
				f := kind
				f.at = at
				s.disk = f.disk()
				content := fmt.Sprintf("%s at call %d", name, at)
				_, err := l.PutObject(t.Context(), strings.NewReader(content))
				for _, op := range f.seen {
					seen[op] = true
				}
				if f.calls < at {
					must(t, err)
					break
				}
				if !errors.Is(err, kind.err) {
					t.Errorf("%s: acknowledged: %v", f.seen[at-1], err)
				}
				s.disk = realDisk()
				d, err := l.PutObject(t.Context(), strings.NewReader(content))
				must(t, err)
				_, err = l.Append(t.Context(), record(at, d))
				must(t, err)
				if left, _ := filepath.Glob(filepath.Join(dir, objectsFolder, unfinished+"*")); len(left) > 0 {
					t.Errorf("%s: left %v", f.seen[at-1], left)
				}
			}
			if got := slices.Sorted(maps.Keys(seen)); len(got) != 7 && len(got) != 6 {
				t.Errorf("tried only %v", got)
			}
			s.disk = realDisk()
			l.Close()
			must(t, s.Close())
			wantSound(t, dir)
		})
	}
}

// A ledger that cannot be sealed at the end was still written.
func TestCloseWhenTheDiskFails(t *testing.T) {
	dir := newFolder(t, 1)
	s, l := openLedger(t, dir)
	_, err := l.Append(t.Context(), record(1))
	must(t, err)
	f := fault{at: 1, err: syscall.ENOSPC}
	s.disk = f.disk()
	l.Close()
	if err := s.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("closed: %v", err)
	}
	v := verdict(t, dir)
	if !v.Sound() || v.Records != 3 || !strings.Contains(fmt.Sprint(v.Notes), "was not closed") {
		t.Errorf("%d records, problems %v, notes %v", v.Records, v.Problems, v.Notes)
	}
	again, l2 := openLedger(t, dir)
	l2.Close()
	must(t, again.Close())
	wantSound(t, dir)
}
