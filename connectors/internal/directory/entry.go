// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An Entry is one entry as the directory gave it. A [Reading] keeps nothing of it.
type Entry struct {
	DN    string
	Attrs []Attr
}

// An Attr is one attribute of an entry. Its name may carry options, as in
// "member;range=0-1499".
type Attr struct {
	Name   string
	Values [][]byte
}

// values returns the values of an attribute that carries no options.
func (e Entry) values(name string) [][]byte {
	for _, a := range e.Attrs {
		if strings.EqualFold(a.Name, name) {
			return a.Values
		}
	}
	return nil
}

// text returns the first value of an attribute; empty when there is none.
func (e Entry) text(name string) string {
	if vs := e.values(name); len(vs) > 0 {
		return string(vs[0])
	}
	return ""
}

func (e Entry) has(name string) bool { return len(e.values(name)) > 0 }

func (e Entry) hasAny(names []string) bool { return slices.ContainsFunc(names, e.has) }

// is reports whether an attribute has this value, in any letter case.
func (e Entry) is(name, value string) bool {
	return slices.ContainsFunc(e.values(name), func(v []byte) bool {
		return strings.EqualFold(string(v), value)
	})
}

// saysChildren reports whether the entry says, in one of these attributes, that
// there are entries below it: TRUE, or how many.
func (e Entry) saysChildren(names []string) bool {
	for _, name := range names {
		for _, v := range e.values(name) {
			if n, err := strconv.Atoi(string(v)); strings.EqualFold(string(v), "TRUE") || err == nil && n > 0 {
				return true
			}
		}
	}
	return false
}

// countsChildren returns how many entries the server counts directly below this
// one; 0 where it does not say.
func (e Entry) countsChildren(names []string) int {
	for _, name := range names {
		for _, v := range e.values(name) {
			if n, err := strconv.Atoi(string(v)); err == nil {
				return n
			}
		}
	}
	return 0
}

// isOf reports whether the entry is of one of these object classes.
func (e Entry) isOf(classes []string) bool {
	return slices.ContainsFunc(e.values(objectClass), func(v []byte) bool {
		return slices.ContainsFunc(classes, func(c string) bool { return strings.EqualFold(c, string(v)) })
	})
}

const objectClass = "objectClass"

// maxText is the longest value that is carried as text.
const maxText = 16 << 10

// isText reports whether a value can be told as it is.
func isText(v []byte) bool {
	return len(v) > 0 && len(v) <= maxText && utf8.Valid(v) && len(bytes.TrimSpace(v)) > 0
}
