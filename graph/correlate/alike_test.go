// SPDX-License-Identifier: Apache-2.0

package correlate

import (
	"testing"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// What Unicode composes folds like its parts. Catches a letter that is missing in the
// table, and a table whose bytes an editor composed.
func TestFoldComposed(t *testing.T) {
	a, n := newAlphabet(), 0
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		apart := norm.NFD.String(string(r))
		if apart == string(r) || !unicode.IsLetter(r) || unicode.Is(unicode.Han, r) {
			continue
		}
		n++
		if x, y := a.fold(string(r), accents), a.fold(apart, accents); x != y {
			t.Errorf("%U: %q as it is, %q in parts", r, x, y)
		}
	}
	if n < 11_000 {
		t.Errorf("%d letters compared", n)
	}
}

// Whatever full case folding, or a round of simple case folding, makes of ASCII folds
// like it. Catches strings.ToLower as the fold, which leaves ſ, ß and ﬁ alone.
func TestFoldReachesASCII(t *testing.T) {
	a, n := newAlphabet(), 0
	full := cases.Fold()
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		for _, ascii := range asciiOf(full.String(string(r)), r) {
			n++
			if x, y := a.fold(string(r), anyway), a.fold(ascii, anyway); x != y {
				t.Errorf("%U folds to %q, and %q to %q", r, x, ascii, y)
			}
		}
	}
	if n < 12 {
		t.Errorf("%d runes reach ASCII", n)
	}
}

func TestDiffer(t *testing.T) {
	a := newAlphabet()
	for _, tt := range [][3]string{
		{"E17", "e17", "letter case"},
		{"00017", "17", "leading zeros"},
		{"E017", "e17", "letter case and leading zeros"},
		{"17 ", "\u00a017", "blanks"},
		{"1\u200b7", "17", "invisible characters"},
		{"\u202e17", "17", "invisible characters"},
		{"\u212a1", "K1", "accents"}, // which decomposes into K
		{"\u017f1", "s1", "letter case"},
		{"stra\u00dfe", "STRASSE", "letter case"},
		{"\u0415100", "E100", "letters that look alike"},
		{"\uff25\uff11", "E1", "letters that look alike"},
		{"re\u0301", "r\u00e9", "accents"},
		{"E1O", "E10", "letters and digits that look alike"},
		{"0", "00", "leading zeros"},
		{"\u0661\u0667", "17", "letters that look alike"},
	} {
		if l, ok := a.differ(tt[0], tt[1], anyway); !ok || l.words() != tt[2] {
			t.Errorf("%+q and %+q differ in %q (%t), want %q", tt[0], tt[1], l.words(), ok, tt[2])
		}
	}
	for _, tt := range [][2]string{{"E17", "E18"}, {"170", "17"}, {"E1", "F1"}, {"a", ""}} {
		if l, ok := a.differ(tt[0], tt[1], anyway); ok {
			t.Errorf("%q and %q differ only in %q", tt[0], tt[1], l.words())
		}
	}
}

// asciiOf returns the ASCII that a rune becomes by full case folding, without the marks
// that it keeps, or by simple folding.
func asciiOf(folded string, r rune) (all []string) {
	var letters []rune
	for _, f := range norm.NFD.String(folded) {
		if !unicode.Is(unicode.M, f) {
			letters = append(letters, f)
		}
	}
	if s := string(letters); isASCII(s) && s != "" {
		all = append(all, s)
	}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		if f < 0x80 {
			all = append(all, string(f))
		}
	}
	for _, f := range []rune{unicode.ToLower(r), unicode.ToUpper(r)} {
		if f < 0x80 {
			all = append(all, string(f))
		}
	}
	return all
}

func isASCII(s string) bool {
	for _, r := range s {
		if r >= 0x80 {
			return false
		}
	}
	return true
}
