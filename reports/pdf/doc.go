// SPDX-License-Identifier: Apache-2.0

// Package pdf draws a packet as a document for an auditor: A4, typeset in the
// embedded DejaVu fonts, with tables that run over pages and pictures of access
// paths. The same packet always gives the same bytes; the dates inside the file
// are the packet's.
//
// A drawing goes through two hands. First a [doc] lays everything out as pages of
// marks, so that the number of pages is known; then a pen draws them with gofpdf.
// To hold a sealed packet against its data, the same pen draws on [paper], which
// writes what gofpdf would write on a page and is many times faster; see [Redraw].
//
// Limitations: the fonts have Latin, Greek, Cyrillic, Hebrew, Arabic, Armenian and
// Georgian letters and many signs. A character without a shape is written out,
// such as ⟨U+5C71⟩, and never blank. Text runs in its own direction, but Arabic
// letters are not joined and marks are not placed by the font's tables.
package pdf
