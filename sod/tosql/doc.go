// SPDX-License-Identifier: Apache-2.0

// Package tosql writes a policy as a script in SQL that finds the breaches of its
// rules in the tables of a snapshot.
//
// It shares nothing with the engine but the values of package sod: what a path is,
// what a mode is and when a rule is broken is written down a second time, in SQL,
// so that a database can hold the engine to it. It is pure: text in, text out.
package tosql
