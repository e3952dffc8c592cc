// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
)

// A voice speaks to a person on stderr: lines, and progress of long work as one
// line that moves on a terminal, or as lines now and then elsewhere. With --quiet
// it says nothing.
type voice struct {
	w        io.Writer
	terminal bool
	quiet    bool
	clock    func() time.Time
	last     time.Time
	moving   bool // the cursor stands behind a progress line
}

func (w world) voice(c *cli.Context) *voice {
	v := &voice{w: w.stderr, quiet: c.Bool("quiet"), clock: w.clock, last: w.clock()}
	if f, ok := w.stderr.(*os.File); ok {
		v.terminal = term.IsTerminal(int(f.Fd()))
	}
	return v
}

func (v *voice) sayf(format string, args ...any) {
	if !v.quiet {
		v.warnf(format, args...)
	}
}

// warnf says what --quiet does not silence.
func (v *voice) warnf(format string, args ...any) {
	v.endLine()
	fmt.Fprintln(v.w, reports.Display(fmt.Sprintf(format, args...)))
}

func (v *voice) endLine() {
	if v.moving {
		fmt.Fprint(v.w, "\r\x1b[K")
		v.moving = false
	}
}

// progress reports how far a source is. On a terminal it rewrites its line; in a
// log it speaks every ten seconds.
func (v *voice) progress(s graph.Source, nodes, grants int, done bool) {
	if v.quiet {
		return
	}
	now := v.clock()
	counted := reports.Plural(nodes, "node") + ", " + reports.Plural(grants, "grant")
	switch {
	case done:
		v.sayf("read %s: %s", s, counted)
	case v.terminal && now.Sub(v.last) > 100*time.Millisecond:
		fmt.Fprintf(v.w, "\r\x1b[Kreading %s: %s", s, counted)
		v.moving, v.last = true, now
	case !v.terminal && now.Sub(v.last) > 10*time.Second:
		v.sayf("reading %s: %s so far", s, counted)
		v.last = now
	}
}
