// SPDX-License-Identifier: Apache-2.0

// Package diff says what is different between two graphs.
package diff
