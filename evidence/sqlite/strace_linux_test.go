// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// The calls by which an append changes anything on the disk.
const changing = "openat,linkat,mkdirat,renameat,renameat2,unlinkat,write,pwrite64,fsync,fdatasync,ftruncate"

// Every system call of a process that opens a ledger, appends and closes it fails once,
// in each way: nothing acknowledged is lost, and the ledger is sound. SQLite's own calls
// are among them. Needs strace; the nightly tests do not go without.
func TestEverySystemCallFails(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if !nightly() {
		t.Skip("takes minutes: FOUREYES_NIGHTLY=1")
	}
	if err != nil {
		t.Fatal("strace is missing")
	}
	count := countCalls(t, strace)
	tried := 0
	for call, n := range count {
		for _, how := range []string{"signal=KILL", "error=EIO", "error=ENOSPC"} {
			for when := 1; when <= n; when++ {
				tried++
				injected(t, strace, call, how, when)
			}
		}
	}
	t.Logf("%d failures in %v", tried, count)
	if tried < 40 {
		t.Errorf("only %d failures were tried", tried)
	}
}

// ours are the calls that concern the folder: -P follows paths and their descriptors.
func ours(dir string) []string {
	var paths []string
	for _, name := range []string{"", databaseFile, walFile, shmFile, sumFile, objectsFolder} {
		paths = append(paths, "-P", filepath.Join(dir, name))
	}
	return paths
}

func countCalls(t *testing.T, strace string) map[string]int {
	t.Helper()
	dir := newFolder(t, 1)
	log := filepath.Join(t.TempDir(), "log")
	wrapper := append([]string{strace, "-f", "-o", log, "-e", "trace=" + changing}, ours(dir)...)
	if out, err := child(dir, filepath.Join(t.TempDir(), "acks"), 2, wrapper...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(log)
	must(t, err)
	count := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^\d+ +(\w+)\(`).FindAllSubmatch(text, -1) {
		count[string(m[1])]++
	}
	if len(count) < 4 {
		t.Fatalf("strace saw only %v", count)
	}
	return count
}

func injected(t *testing.T, strace, call, how string, when int) {
	t.Helper()
	dir, acks := newFolder(t, 1), filepath.Join(t.TempDir(), "acks")
	what := fmt.Sprintf("inject=%s:%s:when=%d", call, how, when)
	wrapper := append([]string{strace, "-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call, "-e", what}, ours(dir)...)
	cmd := child(dir, acks, 2, wrapper...)
	var said bytes.Buffer
	cmd.Stderr = &said
	_ = cmd.Run() // whether it noticed is not asked: what it acknowledged is
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s: %s", what, said.String())
		}
	})
	wantAcknowledged(t, dir, acks)
	s, l := openLedger(t, dir)
	l.Close()
	must(t, s.Close())
	wantSound(t, dir)
	if t.Failed() {
		t.FailNow()
	}
}

// A file may not grow beyond a limit, which the system keeps to the byte: the write
// that crosses it is short, and the process dies of the next one.
func TestShortWrites(t *testing.T) {
	step, largest := 9, 90 // blocks of 512 bytes
	if nightly() {
		step = 1
	}
	died := 0
	for blocks := 1; blocks < largest; blocks += step {
		dir, acks := newFolder(t, 1), filepath.Join(t.TempDir(), "acks")
		limit := fmt.Sprintf(`ulimit -f %d; exec "$0" "$@"`, blocks)
		cmd := child(dir, acks, 2, "/bin/sh", "-c", limit)
		if out, err := cmd.CombinedOutput(); err != nil {
			died++
		} else if len(out) > 0 {
			t.Logf("%d blocks: %s", blocks, out)
		}
		wantAcknowledged(t, dir, acks)
		s, l := openLedger(t, dir)
		l.Close()
		must(t, s.Close())
		wantSound(t, dir)
		if t.Failed() {
			t.Fatalf("with a limit of %d blocks", blocks)
		}
	}
	if died == 0 {
		t.Error("no limit was met: nothing was tried")
	}
	t.Logf("%d of %d limits were met", died, (largest+step-2)/step)
}
