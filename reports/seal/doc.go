// SPDX-License-Identifier: Apache-2.0

// Package seal signs PDFs that reports/pdf has drawn, and opens them again. It
// knows bytes and no packets.
//
// A sealed file is a PDF of one revision with attached files and one PAdES
// signature (B-B, or B-T with a timestamp) that covers all of it and forbids
// changes. It has one form: [Open] takes a file apart, puts it together again and
// compares every byte, so that nothing can be appended, hidden, overlaid or written
// in another way. The same holds for the signature inside. What it accepts is
// therefore far less than what a reader of PDF accepts, on purpose.
//
// The package reads no files, asks no network and has no clock; it needs nothing
// but the standard library.
//
// Limitations: RSA and ECDSA with SHA-256 only. Whether a certificate was revoked
// is not asked. A timestamp proves as long as its authority's certificate is
// trusted; renewing it is a matter of whoever keeps the files.
package seal
