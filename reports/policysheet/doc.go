// SPDX-License-Identifier: Apache-2.0

// Package policysheet lays a policy out for people: the matrix of its duties, what two
// policies differ in, and the worksheet in which the owners of systems say what
// each group, role and entitlement is for.
//
// Limitations: a worksheet is read back without a snapshot, so what a duty selects
// by name, place or attribute is neither seen nor taken out; see [Sheet.Changes].
package policysheet
