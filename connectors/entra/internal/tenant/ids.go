// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/foureyes-iga/foureyes/graph"
)

// none is the id of no app role: assigned, and nothing more is said.
const none = "00000000-0000-0000-0000-000000000000"

func (s *story) id(k graph.Kind, key string) graph.ID {
	return graph.ID{Kind: k, Source: s.t.Source, Key: key}
}

func (s *story) account(id string) graph.ID { return s.id(graph.Account, id) }
func (s *story) group(id string) graph.ID   { return s.id(graph.Group, id) }

// fold makes the id of an object what it is in keys: lower case, and without
// what an ID may not hold. Ids of Graph are GUIDs; anything else is escaped.
func fold(id string) string {
	for i := range len(id) {
		if c := id[i]; c <= ' ' || c >= 0x7f || c >= 'A' && c <= 'Z' || c == '\\' {
			return escape(strings.ToLower(id))
		}
	}
	return id
}

// escape makes free text fit for a key: no control character, valid UTF-8. Two
// texts never have one escape.
func escape(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\\':
			b.WriteString(`\\`)
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// fit makes a key that is too long short, by its digest.
func fit(prefix, key string) string {
	const most = 3000 // of the 4096 bytes that a key may have
	if len(key) > most {
		key = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(key)))
	}
	return prefix + key
}

// text makes what a directory wrote valid UTF-8.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func texts(all []string) []string {
	valid := make([]string, len(all))
	for i, s := range all {
		valid[i] = text(s)
	}
	return valid
}

// named returns a name, or the id where there is none.
func named(name, id string) string {
	if name == "" {
		return id
	}
	return text(name)
}

// attributes gathers what is known of one node. What is empty is not.
type attributes struct{ graph.Attrs }

func (a *attributes) text(key, v string) {
	if v != "" {
		a.Set(key, text(v))
	}
}

// list tells nil as unknown, and an empty list as none.
func (a *attributes) list(key string, all []string) {
	if all != nil {
		a.Set(key, texts(all)...)
	}
}

func (a *attributes) moment(key string, at time.Time) {
	if !at.IsZero() {
		a.Set(key, at.UTC().Format(time.RFC3339))
	}
}

func (a *attributes) day(key string, at time.Time) {
	if !at.IsZero() {
		a.Set(key, at.UTC().Format(time.DateOnly))
	}
}

func (a *attributes) yes(key string, v *bool) {
	if v != nil {
		a.Set(key, fmt.Sprint(*v))
	}
}

// is reports whether v is known to be true.
func is(v *bool) bool { return v != nil && *v }

// isNot reports whether v is known to be false.
func isNot(v *bool) bool { return v != nil && !*v }
