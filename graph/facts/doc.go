// SPDX-License-Identifier: Apache-2.0

// Package facts is the JSON Lines form of facts, foureyes/facts/1: one fact a
// line, the last one "end" with the number of facts before it. docs/formats/facts.md
// describes it.
//
// Every reader and writer of facts goes through this package. What it writes is
// canonical: equal facts are equal bytes.
//
// Limitations: a line holds at most 16 MiB.
package facts
