// SPDX-License-Identifier: Apache-2.0

// Package snapshot keeps a graph on disk: one directory with a manifest and five
// Parquet files that DuckDB, Spark and pandas open as they are.
// docs/formats/snapshot.md describes it.
//
// A snapshot is private (0700, files 0600) and never changes: [Write] makes it
// under a temporary name, reads it back and renames it; [Open] and [Snapshot.Graph]
// refuse it when any byte is another.
//
// Limitations: a snapshot holds at most 2³¹ − 1 nodes. A text that is not valid
// UTF-8 is kept with U+FFFD in place of each wrong byte, as in a facts file. The
// digest proves that a snapshot is what its manifest says, not who made it: that
// is what a seal is for. A snapshot that was forged together with its digest can
// make the reader allocate much memory, but not crash it.
package snapshot
