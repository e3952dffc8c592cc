// SPDX-License-Identifier: Apache-2.0

package snapshot_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestScale makes the graph of a million accounts, 200,000 groups and ten million
// memberships out of a stream of facts and writes it, and says how much memory
// this process had at most. It runs alone, with FOUREYES_SCALE=1 and -run TestScale.
func TestScale(t *testing.T) {
	if os.Getenv("FOUREYES_SCALE") == "" {
		t.Skip("FOUREYES_SCALE is not set")
	}
	began := time.Now()
	g := organisation(t, 1_000_000, 10_000_000, 1)
	frozen, built := time.Now(), highWater(t)
	m := write(t, filepath.Join(t.TempDir(), "snap"), g)
	written, peak := time.Now(), highWater(t)
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d nodes, %d grants, %s\nbuilt in %.1f s, %d MB; written in %.1f s, %d MB on disk; processor time %.1f s, peak %d MB",
		runtime.Version(), g.NumNodes(), g.NumGrants(), m.Digest, frozen.Sub(began).Seconds(), built>>10, written.Sub(frozen).Seconds(), bytesOf(m)>>20,
		time.Duration(used.Utime.Nano()+used.Stime.Nano()).Seconds(), peak>>10)
	if const1GiB := 1 << 20; peak > const1GiB {
		t.Errorf("%d KB at the peak: more than 1 GiB", peak)
	}
}

// highWater reads the largest resident size of this process so far, in KB.
func highWater(t *testing.T) (kb int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			_, _ = fmt.Sscan(rest, &kb)
		}
	}
	return kb
}
