// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"strings"
	"unicode"
)

// Fold folds the letter case of s, for what is compared without it. Unlike
// [strings.ToLower] it never makes an ASCII letter of another one: the Kelvin sign
// U+212A would become k, and U+0130 (a dotted capital I) would become i, so that two
// names that look alike were one.
func Fold(s string) string { return strings.Map(FoldRune, s) }

// FoldRune is [Fold] of one rune.
func FoldRune(r rune) rune {
	l := unicode.ToLower(r)
	if r >= 0x80 && l < 0x80 {
		return r
	}
	return l
}
