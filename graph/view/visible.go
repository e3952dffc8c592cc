// SPDX-License-Identifier: Apache-2.0

package view

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Hidden reports whether r cannot be seen or steers what is seen: control
// characters (C0, DEL, C1), line and paragraph separators, direction marks,
// everything of no width and the fillers that look like nothing.
func Hidden(r rune) bool {
	switch {
	case r < 0x7f:
		return r < 0x20
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp):
		return true
	case unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Noncharacter_Code_Point, r):
		return true
	}
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0:
		return true
	}
	return 0xe0000 <= r && r <= 0xe0fff
}

// Visible returns s with every hidden character written out, such as ⟨U+202E⟩,
// and every byte that is not UTF-8, such as ⟨0xFF⟩. What is visible already is
// returned as it is, so a second call changes nothing. Nothing of s is lost, but
// a name that spells out ⟨U+202E⟩ itself looks the same.
func Visible(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || Hidden(r) }) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, "⟨0x%02X⟩", s[i])
		case Hidden(r):
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}
