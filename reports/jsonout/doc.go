// SPDX-License-Identifier: Apache-2.0

// Package jsonout writes a packet's findings as JSON, in the format
// foureyes/findings/1 of docs/formats/findings.md, and as SARIF 2.1.0; and it
// reads findings back, as a baseline to compare with. What a change does it writes
// as JSON, SARIF and in the format of JUnit (docs/formats/changes.md), and what is
// different between two snapshots as JSON (docs/formats/diff.md).
//
// Values are exact. Characters that cannot be seen or that steer a terminal are
// written as JSON escapes, so that the text is safe to look at.
package jsonout
