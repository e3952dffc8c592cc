// SPDX-License-Identifier: Apache-2.0

// Package pdfcputest asks pdfcpu, a library that is not ours, about sealed packets.
// It is a module of its own, so that the program does not depend on it.
package pdfcputest
