// SPDX-License-Identifier: Apache-2.0

package correlate

import (
	"strings"
	"unicode"
)

// A likeness says in which ways two texts may differ and still be taken for one by a
// person who looks at them. None of them makes two keys equal: they only make a proposal.
type likeness uint8

const (
	blanks     likeness = 1 << iota // blanks of all kinds, around and between
	invisible                       // characters without a shape, and those that only turn the direction of writing
	letterCase                      // capital and small letters, by full case folding
	accents                         // marks on letters, however they are composed
	shapes                          // letters and digits of another script or width that look the same
	digits                          // 0 and o, 1 and l and i, rn and m
	zeros                           // zeros in front of a number

	anyway  = blanks | invisible | letterCase | accents | shapes | digits | zeros
	ofNames = blanks | invisible | letterCase | accents | shapes
)

// words names the ways, as in "differ only in …".
func (l likeness) words() string {
	var all []string
	for i, name := range []string{"blanks", "invisible characters", "letter case", "accents", "letters that look alike", "letters and digits that look alike", "leading zeros"} {
		if l&(1<<i) != 0 {
			all = append(all, name)
		}
	}
	return strings.Join(all, " and ")
}

// An alphabet folds texts into what they look like.
type alphabet struct {
	base  map[rune]rune   // of a composed letter
	shape map[rune]string // of a letter that looks like others
	full  map[rune]string // full case folding, where it is more than one letter
	ascii *strings.Replacer
}

func newAlphabet() *alphabet {
	a := &alphabet{base: map[rune]rune{}, shape: map[rune]string{}, full: map[rune]string{},
		ascii: strings.NewReplacer("0", "o", "O", "o", "1", "l", "I", "l", "i", "l", "|", "l", "m", "rn")}
	for _, group := range strings.Fields(composed) {
		all := []rune(group)
		for _, r := range all[1:] {
			a.base[r] = all[0]
		}
	}
	for _, group := range strings.Fields(lookAlikes) {
		like, others, _ := strings.Cut(group, "=")
		for _, r := range others {
			a.shape[r] = like
		}
	}
	for _, group := range strings.Fields(fullFolds) {
		r, folded, _ := strings.Cut(group, "=")
		a.full[[]rune(r)[0]] = folded
	}
	return a
}

// fold returns what s looks like when nobody minds the given differences.
func (a *alphabet) fold(s string, mind likeness) string {
	if mind&digits == 0 && isPlain(s) {
		return s
	}
	out := make([]rune, 0, len(s))
	for _, r := range s {
		out = a.appendFolded(out, r, mind)
	}
	text := string(out)
	if mind&blanks != 0 {
		text = strings.Join(strings.Fields(text), "")
	}
	if mind&zeros != 0 {
		text = withoutZeros(text) // before a zero could be an o
	}
	if mind&digits != 0 {
		text = a.ascii.Replace(text)
	}
	return text
}

// isPlain reports whether s is of small ASCII letters, which fold into themselves.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return true
}

func (a *alphabet) appendFolded(out []rune, r rune, mind likeness) []rune {
	if r < 0x80 {
		if mind&letterCase != 0 && r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		if mind&invisible != 0 && (r < ' ' && r != '\t' || r == 0x7f) {
			return out
		}
		return append(out, r)
	}
	if mind&invisible != 0 && unseen(r) {
		return out
	}
	if mind&accents != 0 {
		if isMark(r) {
			return out
		}
		if h := r - 0xac00; h >= 0 && h < 11172 { // Hangul: a syllable and its three parts are one
			return appendSyllable(out, h)
		}
		if b, ok := a.base[r]; ok {
			return a.appendFolded(out, b, mind)
		}
	}
	if mind&shapes != 0 {
		if like, ok := a.like(r); ok {
			return a.appendAll(out, like, mind)
		}
	}
	if mind&letterCase != 0 {
		if full, ok := a.full[r]; ok {
			return a.appendAll(out, full, mind)
		}
		if small := unicode.ToLower(leastCase(r)); small != r {
			return a.appendFolded(out, small, mind)
		}
	}
	return append(out, r)
}

func (a *alphabet) appendAll(out []rune, s string, mind likeness) []rune {
	for _, r := range s {
		out = a.appendFolded(out, r, mind)
	}
	return out
}

// isMark reports whether a character is written on the letter before: also two of Tamil
// and Balinese that stand beside it and that Unicode composes all the same.
func isMark(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me) || r == 0xbd7 || r == 0x1b35
}

// leastCase is the first of the runes that simple case folding holds equal.
func leastCase(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

func appendSyllable(out []rune, h rune) []rune {
	out = append(out, 0x1100+h/588, 0x1161+h%588/28)
	if h%28 != 0 {
		out = append(out, 0x11a7+h%28)
	}
	return out
}

// unseen reports whether a character has no shape of its own: format and direction,
// fillers, selectors, controls, and what is not assigned to be seen.
func unseen(r rune) bool {
	switch {
	case r == 0x85 || r == 0x2028 || r == 0x2029:
		return false // blanks
	case r == 0x34f, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x2800, r == 0x3164, r == 0xffa0:
		return true
	case r >= 0x180b && r <= 0x180f, r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Noncharacter_Code_Point, r)
}

// like returns the ASCII that looks like a character, by table or by rule: full width,
// the styles of mathematics, letters in circles, digits of other scripts.
func (a *alphabet) like(r rune) (string, bool) {
	if like, ok := a.shape[r]; ok {
		return like, true
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	switch {
	case r >= 0xff01 && r <= 0xff5e:
		return string(r - 0xfee0), true
	case r >= 0x1d400 && r <= 0x1d6a3:
		return string(letters[(r-0x1d400)%52]), true
	case r >= 0x1d7ce && r <= 0x1d7ff:
		return string('0' + (r-0x1d7ce)%10), true
	case r >= 0x24b6 && r <= 0x24e9:
		return string(letters[r-0x24b6]), true
	case r == 0x37e:
		return ";", true
	case r == 0x1fef:
		return "`", true
	case unicode.Is(unicode.Nd, r):
		return string('0' + digitOf(r)), true
	}
	return "", false
}

// digitOf returns the value of a decimal digit: each range of them is runs of ten.
func digitOf(r rune) rune {
	for _, x := range unicode.Nd.R16 {
		if rune(x.Lo) <= r && r <= rune(x.Hi) {
			return (r - rune(x.Lo)) % 10
		}
	}
	for _, x := range unicode.Nd.R32 {
		if rune(x.Lo) <= r && r <= rune(x.Hi) {
			return (r - rune(x.Lo)) % 10
		}
	}
	return 0
}

// withoutZeros drops the zeros in front of each number: 00017 is 17, and 0 is 0.
func withoutZeros(s string) string {
	out := make([]byte, 0, len(s))
	number := false // the byte before is a digit of what is kept
	for i := range len(s) {
		isDigit := s[i] >= '0' && s[i] <= '9'
		if s[i] == '0' && !number && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9' {
			continue
		}
		number = isDigit
		out = append(out, s[i])
	}
	return string(out)
}

// differ says in which ways two texts that fold into one differ: the fewest that are
// needed, tried in order. It is false for texts that do not.
func (a *alphabet) differ(x, y string, mind likeness) (likeness, bool) {
	if a.fold(x, mind) != a.fold(y, mind) {
		return 0, false
	}
	for l := likeness(1); l <= zeros; l <<= 1 {
		if less := mind &^ l; mind&l != 0 && a.fold(x, less) == a.fold(y, less) {
			mind = less
		}
	}
	return mind, true
}
