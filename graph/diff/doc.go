// SPDX-License-Identifier: Apache-2.0

// Package diff says what is different between two graphs: people who came, went or
// moved, accounts, things, grants, gaps, and how much was read.
//
// What is not in one of the graphs may only not have been read: each such item says
// whether that can be told. When a person ends, is on leave or is about to come is
// used and not told.
//
// Limitations: a grant whose window changed is one that went and one that came.
// When a grant was made and through what is not compared.
package diff
