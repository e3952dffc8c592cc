// SPDX-License-Identifier: Apache-2.0

// Package reach answers what can be reached from where at one moment, with the
// semantics of docs/formats/closure.md: transitive membership, direct-only
// assignments, modes, windows, and possible edges behind gaps.
//
// Everything is iterative: cycles, self-membership and chains of any length are
// ordinary input.
package reach
