// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/foureyes-iga/foureyes/evidence"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
	"github.com/foureyes-iga/foureyes/reports"
)

// The answers that are not failures: they carry no message, because the result
// on stdout has said it all.
var (
	errFindings    = errors.New("open findings")
	errNotAssessed = errors.New("not everything was assessed")
	errRefused     = errors.New("something inside does not hold")
)

// A usageError is a call that makes no sense.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// exitCode is the contract with scripts; the package comment lists it for people.
func exitCode(err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return 2
	case errors.Is(err, errFindings), errors.Is(err, errRefused):
		return 3
	case errors.Is(err, errNotAssessed):
		return 4
	}
	return 1
}

// explain speaks to a person: what went wrong, then what to try next.
func explain(w io.Writer, err error) {
	if err == nil || errors.Is(err, errFindings) || errors.Is(err, errNotAssessed) || errors.Is(err, errRefused) {
		return
	}
	for i, line := range strings.Split(err.Error(), "\n") {
		if i == 0 {
			line = "error: " + line
		}
		fmt.Fprintln(w, reports.Display(line))
	}
	if hint := hintFor(err); hint != "" {
		fmt.Fprintf(w, "hint: %s\n", hint)
	}
}

func hintFor(err error) string {
	var usage *usageError
	var corrupt *evidence.CorruptError
	switch {
	case errors.Is(err, context.Canceled):
		return "it was interrupted; nothing was written"
	case errors.Is(err, snapshot.ErrCorrupt):
		return "nothing in this snapshot can be trusted; collect again"
	case errors.Is(err, snapshot.ErrExists):
		return "name another folder, or move this one away; foureyes overwrites nothing"
	case errors.As(err, &corrupt):
		return "foureyes evidence fsck says all that is wrong; change nothing before it was looked at"
	case errors.Is(err, evidence.ErrStopped):
		return "nothing more was acknowledged; whether the last record is there tells foureyes evidence status"
	case errors.As(err, &usage):
		return "foureyes help VERB shows how a verb is called"
	}
	return ""
}
