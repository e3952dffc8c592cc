// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Kind says what an [ID] names. The zero Kind is invalid, so that a forgotten
// field is loud. Kinds are numbered in the order of their names, so comparing
// kinds compares their text.
type Kind uint8

// The kinds of things in a graph.
const (
	_           Kind = iota
	Account          // one login in one source
	Entitlement      // a right that can be held
	Group            // a container of accounts
	Identity         // a person, or an owned non-human, known to HR or declared
	Role             // a bundle of rights
	Somebody         // whoever has accounts that belong together and that nobody known owns: made by correlation, told by no source
	Unresolved       // something a source names but cannot describe
)

var kindNames = [...]string{"", "account", "entitlement", "group", "identity", "role", "somebody", "unresolved"}

// String returns the kind's name, such as "account".
func (k Kind) String() string {
	if !k.valid() {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return kindNames[k]
}

func (k Kind) valid() bool { return k >= Account && k <= Unresolved }

// ParseKind reads what [Kind.String] writes. Anything else is an error.
func ParseKind(s string) (Kind, error) {
	for k := Account; k <= Unresolved; k++ {
		if kindNames[k] == s {
			return k, nil
		}
	}
	return 0, fmt.Errorf("unknown kind %q: want one of %s", s, strings.Join(kindNames[1:], ", "))
}

// MarshalText implements [encoding.TextMarshaler].
func (k Kind) MarshalText() ([]byte, error) {
	if !k.valid() {
		return nil, fmt.Errorf("invalid kind %d", uint8(k))
	}
	return []byte(k.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]; unknown text is an error.
func (k *Kind) UnmarshalText(b []byte) (err error) {
	*k, err = ParseKind(string(b))
	return err
}

// A Source names one configured system, such as "corp". It is made of lower-case
// letters, digits and hyphens.
type Source string

// ParseSource checks that s is a source's name.
func ParseSource(s string) (Source, error) {
	if s == "" || len(s) > maxSource {
		return "", fmt.Errorf("source name %q: want 1 to %d characters", s, maxSource)
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return "", fmt.Errorf("source name %q: only a-z, 0-9 and - are allowed", s)
		}
	}
	return Source(s), nil
}

const (
	maxSource = 64
	maxKey    = 4096
)

// An ID names one thing in one source.
//
// IDs are comparable and compared exactly. Whatever a directory treats as equal
// (letter case, spacing, escapes of a DN) its connector folds before it makes an
// ID.
type ID struct {
	Kind   Kind
	Source Source
	Key    string // the source's own immutable id, never a display name
}

// String returns "kind:source/key", which [ParseID] reads back.
func (id ID) String() string {
	return id.Kind.String() + ":" + string(id.Source) + "/" + id.Key
}

// IsZero reports whether id is the zero ID, which names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// ParseID reads what [ID.String] writes. The key may hold any characters but
// control characters, in valid UTF-8, at most 4096 bytes.
func ParseID(s string) (ID, error) {
	kind, rest, ok := strings.Cut(s, ":")
	if !ok {
		return ID{}, fmt.Errorf("id %q: want kind:source/key", s)
	}
	source, key, ok := strings.Cut(rest, "/")
	if !ok {
		return ID{}, fmt.Errorf("id %q: want kind:source/key", s)
	}
	k, err := ParseKind(kind)
	if err != nil {
		return ID{}, fmt.Errorf("id %q: %w", s, err)
	}
	src, err := ParseSource(source)
	if err != nil {
		return ID{}, fmt.Errorf("id %q: %w", s, err)
	}
	id := ID{Kind: k, Source: src, Key: key}
	return id, id.checkKey()
}

func (id ID) checkKey() error {
	switch {
	case id.Key == "":
		return fmt.Errorf("id %q: the key is empty", id.String())
	case len(id.Key) > maxKey:
		return fmt.Errorf("id %.60q…: the key is longer than %d bytes", id.String(), maxKey)
	case !utf8.ValidString(id.Key):
		return fmt.Errorf("id %q: the key is not valid UTF-8", id.String())
	case strings.ContainsFunc(id.Key, unicode.IsControl):
		return fmt.Errorf("id %q: the key holds a control character", id.String())
	}
	return nil
}

// Check reports what is wrong with an ID that was put together by hand.
func (id ID) Check() error {
	if !id.Kind.valid() {
		return fmt.Errorf("id %q: invalid kind", id.String())
	}
	if _, err := ParseSource(string(id.Source)); err != nil {
		return fmt.Errorf("id %q: %w", id.String(), err)
	}
	return id.checkKey()
}

// Compare orders IDs as their text is ordered.
func (id ID) Compare(other ID) int {
	if c := cmp.Compare(id.Kind, other.Kind); c != 0 {
		return c
	}
	if id.Source == other.Source {
		return strings.Compare(id.Key, other.Key)
	}
	return compareSources(id.Source, other.Source)
}

// compareSources orders two different names as "name/" is ordered: a hyphen
// sorts before the slash that ends a shorter name.
func compareSources(a, b Source) int {
	n := min(len(a), len(b))
	if c := strings.Compare(string(a[:n]), string(b[:n])); c != 0 {
		return c
	}
	if len(a) < len(b) {
		return cmp.Compare('/', rune(b[n]))
	}
	return cmp.Compare(rune(a[n]), '/')
}

// MarshalText implements [encoding.TextMarshaler].
func (id ID) MarshalText() ([]byte, error) {
	if err := id.Check(); err != nil {
		return nil, err
	}
	return []byte(id.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *ID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseID(string(b))
	return err
}
