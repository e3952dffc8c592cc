// SPDX-License-Identifier: Apache-2.0

package snapshot_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph/snapshot"
)

// child names the directory that a test, started again as a process of its own,
// works in.
const child = "FOUREYES_SNAPSHOT_TEST_DIR"

// again is the command that runs this test as a child in dir.
func again(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), child+"="+dir)
	return cmd
}

// TestFullDisk runs in name spaces of its own, so that it may mount a small file
// system without being root, and the mount ends with the process.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(child); dir != "" {
		fullDisk(t, dir)
		return
	}
	cmd := again(t, t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if refused := err != nil && !errors.As(err, &exit); refused || strings.Contains(string(out), cannotMount) {
		unlessCI(t, fmt.Sprintf("no small file system can be mounted here: %v %s", err, out))
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

const cannotMount = "cannot mount"

// fullDisk writes a snapshot with ever more room until it fits. Before that each
// attempt must fail and leave nothing.
func fullDisk(t *testing.T, dir string) {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatalf("%s: %v", cannotMount, err)
	}
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	g := organisation(t, 600, 20_000, 3)
	filler, snap := filepath.Join(dir, "filler"), filepath.Join(dir, "snap")
	const page, step = 4096, 1
	failed := 0
	for room := 0; room*page < 1<<20; room += step {
		if err := os.WriteFile(filler, make([]byte, 1<<20-room*page), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := snapshot.Write(snap, g, meta())
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("with %d pages: got %v, want ENOSPC", room, err)
		}
		if got := namesIn(t, dir); len(got) != 1 {
			t.Fatalf("with %d pages: %q is left after %v", room, got, err)
		}
		failed++
	}
	if failed < 5 {
		t.Errorf("the disk was full %d times only", failed)
	}
	if _, err := readAll(snap); err != nil {
		t.Error(err)
	}
}

// TestKilled ends a process in the middle of Write: there is no snapshot of that
// name, and what is left is refused and in nobody's way.
func TestKilled(t *testing.T) {
	if dir := os.Getenv(child); dir != "" {
		write(t, filepath.Join(dir, "snap"), organisation(t, 20_000, 400_000, 4))
		return
	}
	dir := t.TempDir()
	cmd := again(t, dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	left := waitForFile(t, filepath.Join(dir, ".snap.*.partial", "grants.parquet"))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if _, err := os.Lstat(filepath.Join(dir, "snap")); err == nil {
		t.Fatal("the snapshot was finished before the process was killed: make it larger")
	}
	if _, err := snapshot.Open(filepath.Dir(left)); err == nil || errors.Is(err, snapshot.ErrCorrupt) {
		t.Errorf("got %v, want that it is unfinished", err)
	}
	write(t, filepath.Join(dir, "snap"), small(t))
}

func waitForFile(t *testing.T, pattern string) string {
	t.Helper()
	for range 6000 {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0]
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no %s in a minute", pattern)
	return ""
}
