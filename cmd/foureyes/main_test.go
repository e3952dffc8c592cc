// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The clock of scripts stands still, so that what they collect is the same today
// and in ten years.
func scriptClock() time.Time { return time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC) }

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"foureyes": func() {
			os.Exit(run(world{args: os.Args, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, clock: scriptClock, env: os.Getenv}))
		},
	})
}

// TestScripts keeps the promises of the command line, one file a promise.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts found (%v): an empty corpus is not a pass", err)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
