// SPDX-License-Identifier: Apache-2.0

// Package connectors is the contract between foureyes and the systems it reads.
//
// A connector turns one source into facts and says, per dataset, how much it
// read. It never logs and continues: what exists and cannot be read is a
// [graph.Gap], what is incomplete is a [graph.Coverage] that says so, and a
// source that breaks ends with an error.
package connectors

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Collector reads one source.
type Collector interface {
	// Collect yields every fact that the source can prove, in no particular
	// order: one [graph.SourceRun], the nodes and grants, a Gap for each thing
	// that exists and is withheld, and a Coverage record for every dataset of
	// [graph.Datasets] (not-applicable where the source has no such data).
	//
	// An error is the last value yielded. It means that the source was not read
	// to the end; whoever collects records the whole source as failed and keeps
	// the facts that came before. When ctx ends, the error is its cause.
	Collect(ctx context.Context, want Want) iter.Seq2[graph.Fact, error]
}

// Want limits what is collected. The zero Want asks for everything. Otherwise a
// connector may leave out what does not concern these people, and its coverage
// then says not-requested for the datasets it did not read whole.
//
// No connector knows by itself which accounts are these people's: people are matched
// with accounts of all sources. Without Concerns none leaves out what access is made of.
type Want struct {
	// EmployeeIDs are the people, letter by letter. None means everybody.
	EmployeeIDs []string

	// Concerns says of an account or a group whether it may be these people's, or lead
	// on from what is. It errs towards yes. What it said of one thing may decide about
	// another: a connector asks of all of them until nothing is added.
	//
	// A connector that then reads a dataset only as far as what these things hold and
	// control leads, and that far whole, says so in the detail [graph.Concerning] of
	// its coverage, with EmployeeIDs. Nil means that everything may concern them.
	Concerns func(graph.Node) bool

	// Without are datasets that nobody asks for. A connector need not read them.
	Without []graph.Dataset

	// Undated says that nobody asks since when grants hold. A connector need not look
	// for it beyond what tells the grants themselves.
	Undated bool
}

// Everything reports whether nothing is left out.
func (w Want) Everything() bool {
	return len(w.EmployeeIDs) == 0 && len(w.Without) == 0 && !w.Undated
}

// Leaves reports whether nobody asks for a dataset.
func (w Want) Leaves(d graph.Dataset) bool { return slices.Contains(w.Without, d) }

// Options are what the roof passes to every connector.
type Options struct {
	// Source is the name from the configuration, which every ID carries.
	Source graph.Source

	// Now is the time of the collection. Connectors read no clock for what they
	// put into facts.
	Now time.Time

	// Clock tells the time when a source run ends. Nil means that it ends at Now.
	Clock func() time.Time

	// Log receives progress. Nil means silence.
	Log *slog.Logger
}

// Ended returns the end of a run.
func (o Options) Ended() time.Time {
	if o.Clock == nil {
		return o.Now.UTC()
	}
	return o.Clock().UTC()
}

// Logger returns the log, which may discard.
func (o Options) Logger() *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log
}

// A Secret is a password. It prints as "[secret]", whatever verb, logger or
// encoder gets hold of it.
//
// The password is behind a function, because package fmt prints the unexported
// fields of structs without asking their methods. The zero Secret is empty.
type Secret struct{ reveal func() string }

// NewSecret wraps a password.
func NewSecret(s string) Secret { return Secret{func() string { return s }} }

// Reveal returns the password. Call it where it leaves the process, nowhere else.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsEmpty reports whether there is no password.
func (s Secret) IsEmpty() bool { return s.Reveal() == "" }

// String implements [fmt.Stringer].
func (Secret) String() string { return "[secret]" }

// GoString implements [fmt.GoStringer].
func (Secret) GoString() string { return "[secret]" }

// Format implements [fmt.Formatter], for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[secret]")) }

// LogValue implements [slog.LogValuer].
func (Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// MarshalText implements [encoding.TextMarshaler].
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }
