// SPDX-License-Identifier: Apache-2.0

// Package feed is what connectors of exported files share: strict reading of
// CSV, mapped columns, dates, lists of legal values, and the manifest that shows
// whether an export is whole.
//
// Limitations: a record holds at most 1 MiB, a cell 64 KiB, a file 50 million
// records. Text is UTF-8, with or without a byte order mark.
package feed
