// SPDX-License-Identifier: Apache-2.0

// Package sod judges a graph by a policy: who holds a toxic combination, by which
// paths, what stands behind it, and what could not be assessed.
//
// It does no I/O, reads no clock and logs nothing. What it decides it returns
// with its proof, and every report prints that proof.
package sod
