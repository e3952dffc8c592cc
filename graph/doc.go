// SPDX-License-Identifier: Apache-2.0

// Package graph is the ground of foureyes: what directories told us, as values.
//
// A [Fact] is one thing a source said: a [Node], a [Grant], a [Gap], a [Use],
// a [Coverage] record or a [SourceRun]. A [Builder] takes facts in any order
// and more than once, and freezes them into a [Graph] that never changes.
//
// Not knowing is a value here. An attribute that is absent is unknown, a
// [Count] may be unknown, and what a source could not read is a [Gap].
//
// Limitations: a graph holds at most 2³² − 1 nodes and 2³² − 1 grants.
package graph
