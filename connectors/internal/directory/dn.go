// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/foureyes-iga/foureyes/graph"
)

const maxDN = 64 << 10

// FoldDN returns the one spelling of a distinguished name that all its equal
// spellings share: lower case, single spaces, the fewest escapes, short
// attribute names, and the parts of a multi-valued RDN in order. Bytes that are
// not UTF-8 and control characters stay, as \xx. Folding twice changes nothing.
//
// It folds case rune by rune and composes accents (NFC), and no more: a name that
// a directory might hold equal and that looks different stays different, so that
// it ends as unresolved and never as somebody else.
func FoldDN(dn string) (string, error) {
	b, err := appendFoldedDN(nil, []byte(dn))
	if err != nil {
		return "", fmt.Errorf("DN %.200q: %w", dn, err)
	}
	return string(b), nil
}

// appendFoldedDN appends the folded dn to dst, which it returns in any case.
func appendFoldedDN(dst, dn []byte) ([]byte, error) {
	if len(dn) > maxDN {
		return dst, fmt.Errorf("longer than %d bytes", maxDN)
	}
	s := dnScanner{in: dn}
	s.skipSpaces()
	if s.done() {
		return dst, nil
	}
	for {
		var err error
		if dst, err = s.rdn(dst); err != nil {
			return dst, err
		}
		if s.done() {
			return dst, nil
		}
		s.at++ // the comma
		dst = append(dst, ',')
	}
}

// parentDN returns the part of a folded DN after its first RDN.
func parentDN(folded []byte) []byte {
	for i := 0; i < len(folded); i++ {
		switch folded[i] {
		case '\\':
			i++
		case ',':
			return folded[i+1:]
		}
	}
	return nil
}

type dnScanner struct {
	in    []byte
	at    int
	value []byte // of the attribute at hand, without escapes; perhaps a part of in
}

func (s *dnScanner) done() bool { return s.at >= len(s.in) }

func (s *dnScanner) skipSpaces() {
	for !s.done() && s.in[s.at] == ' ' {
		s.at++
	}
}

// atEnd reports whether the scanner stands at the end of a value.
func (s *dnScanner) atEnd() bool {
	return s.done() || s.in[s.at] == ',' || s.in[s.at] == ';' || s.in[s.at] == '+'
}

// rdn appends one folded RDN and stops at the comma after it.
func (s *dnScanner) rdn(dst []byte) ([]byte, error) {
	start := len(dst)
	dst, err := s.pair(dst)
	if err != nil || s.done() || s.in[s.at] != '+' {
		return dst, err
	}
	pairs := [][]byte{slices.Clone(dst[start:])}
	for !s.done() && s.in[s.at] == '+' {
		s.at++
		pair, err := s.pair(nil)
		if err != nil {
			return dst, err
		}
		pairs = append(pairs, pair)
	}
	slices.SortFunc(pairs, bytes.Compare)
	return append(dst[:start], bytes.Join(pairs, []byte("+"))...), nil
}

// pair appends one folded type=value.
func (s *dnScanner) pair(dst []byte) ([]byte, error) {
	dst, err := s.name(dst)
	if err != nil {
		return dst, err
	}
	dst = append(dst, '=')
	s.skipSpaces()
	s.value = nil
	switch {
	case s.done():
		return dst, nil
	case s.in[s.at] == '#':
		text, err := s.hexValue()
		if err != nil {
			return dst, err
		}
		if !text {
			return hex.AppendEncode(append(dst, '#'), s.value), nil
		}
	case s.in[s.at] == '"':
		err = s.quotedValue()
	default:
		err = s.plainValue()
	}
	return appendFoldedValue(dst, s.value), err
}

// name appends the folded name of an attribute and skips the = after it.
func (s *dnScanner) name(dst []byte) ([]byte, error) {
	s.skipSpaces()
	start := s.at
	n := bytes.IndexByte(s.in[start:], '=')
	if n < 0 {
		return dst, fmt.Errorf("no = after position %d", start)
	}
	s.at += n + 1
	raw := bytes.TrimRight(s.in[start:start+n], " ")
	if !isAttributeName(raw) {
		return dst, fmt.Errorf("%.60q at position %d is no attribute name", raw, start)
	}
	folded := len(dst)
	for _, c := range raw {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	if short := shortName(dst[folded:]); short != "" {
		dst = append(dst[:folded], short...)
	}
	return dst, nil
}

func isAttributeName(s []byte) bool {
	for i, c := range s {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '.' && (c != '-' || i == 0) {
			return false
		}
	}
	return len(s) > 0
}

// shortName returns the other spelling of a name that DNs are made of; empty is
// none.
func shortName(s []byte) string {
	rest, numbered := bytes.CutPrefix(s, []byte("oid."))
	if numbered && (len(rest) == 0 || rest[0] < '0' || rest[0] > '9') {
		return ""
	}
	switch string(rest) {
	case "2.5.4.3", "commonname":
		return "cn"
	case "2.5.4.4", "surname":
		return "sn"
	case "2.5.4.6", "countryname":
		return "c"
	case "2.5.4.7", "localityname":
		return "l"
	case "2.5.4.8", "stateorprovincename":
		return "st"
	case "2.5.4.9", "streetaddress":
		return "street"
	case "2.5.4.10", "organizationname":
		return "o"
	case "2.5.4.11", "organizationalunitname":
		return "ou"
	case "0.9.2342.19200300.100.1.25", "domaincomponent":
		return "dc"
	case "0.9.2342.19200300.100.1.1", "userid":
		return "uid"
	}
	if numbered {
		return string(rest)
	}
	return ""
}

// plainValue reads up to an unescaped separator.
func (s *dnScanner) plainValue() error {
	start := s.at
	for !s.atEnd() && s.in[s.at] != '\\' {
		s.at++
	}
	s.value = s.in[start:s.at:s.at] // appending copies it
	for !s.atEnd() {
		c := s.in[s.at]
		s.at++
		if c != '\\' {
			s.value = append(s.value, c)
			continue
		}
		if err := s.escaped(); err != nil {
			return err
		}
	}
	return nil
}

// escaped reads what follows a backslash.
func (s *dnScanner) escaped() error {
	rest := s.in[s.at:]
	var b [1]byte
	if len(rest) >= 2 {
		if _, err := hex.Decode(b[:], rest[:2]); err == nil {
			s.value = append(s.value, b[0])
			s.at += 2
			return nil
		}
	}
	if len(rest) == 0 || !strings.ContainsRune(` "#+,;<=>\`, rune(rest[0])) {
		return fmt.Errorf("bad escape at position %d", s.at-1)
	}
	s.value = append(s.value, rest[0])
	s.at++
	return nil
}

// quotedValue reads a value in quotation marks, as LDAPv2 wrote them.
func (s *dnScanner) quotedValue() error {
	for s.at++; !s.done() && s.in[s.at] != '"'; {
		c := s.in[s.at]
		s.at++
		if c != '\\' {
			s.value = append(s.value, c)
			continue
		}
		if err := s.escaped(); err != nil {
			return err
		}
	}
	if s.done() {
		return errors.New("a quotation mark is not closed")
	}
	s.at++
	s.skipSpaces()
	if !s.atEnd() {
		return fmt.Errorf("text after a quotation mark at position %d", s.at)
	}
	return nil
}

// hexValue reads #hex. If it is the encoding of a string, the value is its text.
func (s *dnScanner) hexValue() (text bool, err error) {
	start := s.at + 1
	for !s.atEnd() {
		s.at++
	}
	digits := bytes.TrimRight(s.in[start:s.at], " ")
	s.value, err = hex.AppendDecode(s.value, digits)
	if err != nil || len(s.value) == 0 {
		return false, fmt.Errorf("bad hexadecimal value at position %d", start)
	}
	v := s.value
	if len(v) < 2 || v[1] > 127 || int(v[1]) != len(v)-2 {
		return false, nil
	}
	switch v[0] {
	case 0x04, 0x0c, 0x13, 0x14, 0x16: // octet, UTF-8, printable, teletex, IA5
		s.value = v[2:]
		return true, nil
	}
	return false, nil
}

// appendFoldedValue folds case, accents and spaces and writes the escapes.
func appendFoldedValue(dst, v []byte) []byte {
	if slices.ContainsFunc(v, needsFolding) {
		v = foldText(v)
	}
	v = bytes.Trim(v, " ")
	for i := 0; i < len(v); {
		c, size := v[i], 1
		switch {
		case c == ' ' && v[i-1] == ' ': // i > 0: the value is trimmed
		case c == '"', c == '+', c == ',', c == ';', c == '<', c == '>', c == '\\', c == '#' && i == 0:
			dst = append(dst, '\\', c)
		case c >= 0x20 && c < 0x7f:
			dst = append(dst, c)
		default:
			var r rune
			r, size = utf8.DecodeRune(v[i:])
			dst = appendUnusual(dst, r, v[i:i+size])
		}
		i += size
	}
	return dst
}

// appendUnusual escapes what no key and no terminal could stand.
func appendUnusual(dst []byte, r rune, as []byte) []byte {
	if (r != utf8.RuneError || len(as) > 1) && !unicode.IsControl(r) {
		return append(dst, as...)
	}
	for i := range as {
		dst = hex.AppendEncode(append(dst, '\\'), as[i:i+1])
	}
	return dst
}

func needsFolding(c byte) bool { return c >= 0x80 || c >= 'A' && c <= 'Z' }

func foldText(v []byte) []byte {
	v = composed(v)
	folded := make([]byte, 0, len(v))
	for len(v) > 0 {
		r, size := utf8.DecodeRune(v)
		if r == utf8.RuneError {
			folded = append(folded, v[:size]...) // perhaps no UTF-8: as it is
		} else {
			folded = utf8.AppendRune(folded, graph.FoldRune(r))
		}
		v = v[size:]
	}
	return composed(folded)
}

// composed is NFC, but for the three runes that it would turn into ASCII: the Kelvin
// sign, the Greek question mark and the Greek varia stay what they are.
func composed(v []byte) []byte {
	var out []byte
	for {
		i := bytes.IndexFunc(v, func(r rune) bool { return r == '\u212a' || r == '\u037e' || r == '\u1fef' })
		if i < 0 {
			return append(out, norm.NFC.Bytes(v)...)
		}
		_, size := utf8.DecodeRune(v[i:])
		out = append(append(out, norm.NFC.Bytes(v[:i])...), v[i:i+size]...)
		v = v[i+size:]
	}
}
