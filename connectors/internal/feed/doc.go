// SPDX-License-Identifier: Apache-2.0

// Package feed is what connectors of exported files share: strict reading of
// CSV, XLSX and JSON Lines, mapped columns, dates and their zones, lists of legal
// values, and the manifest that shows whether an export is whole.
//
// Limitations: a record holds at most 1 MiB, a cell 64 KiB, a row 16,384 cells, a
// file 50 million records and 8 GiB. A workbook has at most 256 MiB and 1 GiB
// unpacked; its cells are read as a person sees them, so a number with leading zeros
// in its format keeps them, the short date format of the system shows as
// 2026-09-30, and any other date as its cell is formatted, which dates must
// describe. Formulas count with the value that was saved with them. In the hour that
// clocks repeat in autumn, a local time may be taken for the other of the two.
package feed
