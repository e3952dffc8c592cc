// SPDX-License-Identifier: Apache-2.0

// Foureyes finds who can do too much, and proves it.
//
// Exit status: 0 assessed and clean, or done; 1 it could not run; 2 wrong usage;
// 3 open findings; 4 no open finding, but something was not assessed.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	os.Exit(run(world{
		args: os.Args, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		clock: time.Now, env: os.Getenv,
	}))
}

// A world is what the program sees of the machine, so that scripts can call it
// in-process.
type world struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	clock          func() time.Time
	env            func(string) string
}

// run is main without the globals. It returns the exit code.
func run(w world) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := newApp(w).RunContext(ctx, w.args)
	explain(w.stderr, err)
	return exitCode(err)
}
