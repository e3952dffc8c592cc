// SPDX-License-Identifier: Apache-2.0

package tosql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// literal writes a text as an expression. Quotes are doubled, and what cannot be
// seen in a script, or is obeyed by a terminal, is told by number.
func literal(s string) string {
	if !strings.ContainsFunc(s, unseen) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteString("('")
	for _, r := range s {
		switch {
		case r == '\'':
			b.WriteString("''")
		case unseen(r):
			fmt.Fprintf(&b, "' || chr(%d) || '", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteString("')")
	return b.String()
}

func unseen(r rune) bool { return !unicode.IsPrint(r) }

// comment writes a text into a comment, on one line.
func comment(s string) string {
	if q := strconv.Quote(s); q[1:len(q)-1] != s {
		return q
	}
	return s
}

// checkText says why no database could hold s.
func checkText(s string) error {
	switch {
	case !utf8.ValidString(s):
		return fmt.Errorf("%q is not valid UTF-8", s)
	case strings.ContainsRune(s, 0):
		return fmt.Errorf("%q holds a zero character, which no text in SQL can", s)
	}
	return nil
}

// matches is the condition that a column matches a pattern in which * is any run
// of characters and \* a star.
func matches(column, pattern string) string {
	like, wild := likePattern(pattern)
	switch {
	case !wild:
		return column + " = " + literal(like)
	case strings.ContainsAny(like, `!\`):
		return column + " LIKE " + literal(like) + " ESCAPE '!'"
	}
	return column + " LIKE " + literal(like) // which databases look up faster
}

// likePattern returns the pattern for LIKE, or, when there is no star in it, the
// one text that it matches.
func likePattern(pattern string) (like string, wild bool) {
	var b, plain strings.Builder
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		if c == '*' {
			wild = true
			b.WriteByte('%')
			continue
		}
		if c == '\\' && strings.HasPrefix(pattern[i+1:], "*") {
			i++
			c = '*'
		}
		if c == '%' || c == '_' || c == '!' {
			b.WriteByte('!')
		}
		b.WriteByte(c)
		plain.WriteByte(c)
	}
	if !wild {
		return plain.String(), false
	}
	return b.String(), true
}
