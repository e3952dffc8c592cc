// SPDX-License-Identifier: Apache-2.0

// Foureyes finds who can do too much, and proves it.
//
// Exit status: 0 assessed and clean, or done; 1 it could not run; 2 wrong usage;
// 3 open findings; 4 no open finding, but something was not assessed.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	os.Exit(run(world{
		args: os.Args, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		clock: time.Now, wait: wait, env: os.Getenv,
	}))
}

// A world is what the program sees of the machine, so that scripts can call it
// in-process.
type world struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	clock          func() time.Time
	wait           func(ctx context.Context, d time.Duration) error
	env            func(string) string
	random         io.Reader // for keys and salts; nil: that of the system
}

// wait lets time pass, or ends early with the cause for which ctx ended.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// run is main without the globals. It returns the exit code.
func run(w world) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends what does not listen to the first
	defer w.collectGarbageSooner()()
	out := &resultWriter{w: w.stdout}
	w.stdout = out
	err := newApp(w).RunContext(ctx, w.args)
	if out.err != nil {
		err = fmt.Errorf("standard output: %w", out.err)
	}
	explain(w.stderr, err)
	return exitCode(err)
}

// A resultWriter remembers that a result could not be written: it is then no
// result, whatever the verb says.
type resultWriter struct {
	w   io.Writer
	err error
}

func (r *resultWriter) Write(p []byte) (int, error) {
	n, err := r.w.Write(p)
	if err != nil && r.err == nil {
		r.err = err
	}
	return n, err
}
