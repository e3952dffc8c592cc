// SPDX-License-Identifier: Apache-2.0

package correlate

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/foureyes-iga/foureyes/graph"
)

// A mark is something by which an account or a person is known. Two marks meet when they
// have one kind and fold into one text.
type mark struct {
	kind   markKind
	key    int    // which of the keys
	text   string // folded
	block  uint64 // stands for kind, key and text in an index
	what   string // for people
	value  string // as it is written
	byName bool   // made from a name rather than read
}

type markKind uint8

const (
	ofKey markKind = iota
	ofAddress
	ofHandle
	ofWords
)

// always says that a mark proposes however many people share it.
func (m mark) always() bool { return m.kind == ofKey }

// A marker finds the marks of accounts and people.
type marker struct {
	*alphabet
	g    *graph.Graph
	keys []string
	long *strings.Replacer
}

func newMarker(g *graph.Graph, keys []string) *marker {
	return &marker{newAlphabet(), g, keys, longUmlauts()}
}

// A list gathers marks.
type list struct {
	*marker
	n   uint32
	all []mark
}

func (l *list) add(m mark) {
	if m.text == "" {
		return
	}
	m.block = hash(byte(m.kind), byte(m.key), m.text)
	l.all = append(l.all, m)
}

func (l *list) attr(key string) string {
	v, _ := l.g.Attr(l.n, key)
	return v
}

func (l *list) addKeys() {
	for i, key := range l.keys {
		v := l.attr(key)
		l.add(mark{kind: ofKey, key: i, text: l.fold(v, anyway), what: said(key), value: v})
	}
}

// said names an attribute in words.
func said(key string) string {
	if key == "upn" {
		return "user principal name"
	}
	return strings.ReplaceAll(key, "_", " ")
}

func (l *list) addAddresses() {
	for _, key := range []string{"mail", "upn"} {
		v := l.attr(key)
		local, domain, ok := strings.Cut(v, "@")
		if !ok || domain == "" {
			continue
		}
		l.add(mark{kind: ofAddress, text: l.fold(v, anyway), what: said(key), value: v})
		l.addHandle(local, "local part of the "+said(key), v)
	}
}

// person appends the marks of an identity to some.
func (m *marker) person(all []mark, n uint32) []mark {
	l := list{marker: m, n: n, all: all}
	l.addKeys()
	l.addAddresses()
	for _, name := range unique(m.g.Name(n), l.attr("display_name")) {
		for _, words := range m.spellings(name) {
			l.addName(words, name)
		}
	}
	return l.all
}

// account appends the marks of an account to some. What is not a person's is known by its
// keys and addresses only.
func (m *marker) account(all []mark, n uint32) []mark {
	l := list{marker: m, n: n, all: all}
	l.addKeys()
	l.addAddresses()
	switch l.attr("type") {
	case "service", "shared", "resource", "breakglass":
		return l.all
	}
	login := m.g.Name(n)
	words := m.words(login)
	l.addHandle(login, "login", login)
	if len(words) > 1 { // adm-aruiz, aruiz_ext
		l.addHandle(strings.Join(words[1:], ""), "login", login)
		l.addHandle(strings.Join(words[:len(words)-1], ""), "login", login)
	}
	name := l.attr("display_name")
	for _, words := range m.spellings(name) {
		l.add(mark{kind: ofWords, text: sorted(words), what: "display name", value: name})
	}
	return l.all
}

func unique(all ...string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

// minHandle is how long a handle is that says anything.
const minHandle = 4

// addHandle adds a login or the local part of an address, without separators and
// numbers at the end.
func (l *list) addHandle(text, what, value string) {
	joined := strings.Join(l.words(text), "")
	bare := strings.TrimRightFunc(joined, unicode.IsDigit)
	for _, h := range unique(joined, bare) {
		if len(h) >= minHandle {
			l.add(mark{kind: ofHandle, text: h, what: what, value: value})
		}
	}
}

// addName adds a name, with a word left to its initial, and the logins that people make
// from it: the first and the last word, or the first and all others, in both orders.
func (l *list) addName(words []string, name string) {
	if len(words) < 2 {
		return
	}
	l.add(mark{kind: ofWords, text: sorted(words), what: "name", value: name})
	first, last, rest := words[0], words[len(words)-1], strings.Join(words[1:], "")
	l.add(mark{kind: ofWords, text: sorted([]string{initial(first), last}), what: "name", value: name})
	for _, pair := range [][2]string{{first, last}, {last, first}, {first, rest}, {rest, first}} {
		x, y := pair[0], pair[1]
		for _, h := range []string{x + y, initial(x) + y, x + initial(y)} {
			if len(h) >= minHandle {
				l.add(mark{kind: ofHandle, text: h, what: "name", value: name, byName: true})
			}
		}
	}
}

func initial(word string) string {
	for _, r := range word {
		return string(r)
	}
	return ""
}

func sorted(words []string) string {
	words = slices.Clone(words)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// spellings returns the words of a name in reading order, folded: with ä as a, and with
// ä as ae where that is another spelling. "Ruiz, Ana" is Ana Ruiz.
func (m *marker) spellings(name string) [][]string {
	if last, first, ok := strings.Cut(name, ","); ok {
		name = first + " " + last
	}
	words := m.words(name)
	if len(words) == 0 {
		return nil
	}
	all := [][]string{words}
	if long := m.words(m.long.Replace(name)); !slices.Equal(long, words) {
		all = append(all, long)
	}
	return all
}

// longUmlauts writes ä as ae, and so on.
func longUmlauts() *strings.Replacer {
	return strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "Å", "Aa", "Ø", "Oe",
		"a\u0308", "ae", "o\u0308", "oe", "u\u0308", "ue", "a\u030a", "aa")
}

// words splits a text at what is no letter, mark or digit, and folds the parts.
func (m *marker) words(text string) []string {
	var all []string
	for _, w := range strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.Cf)
	}) {
		if f := m.fold(w, ofNames); f != "" {
			all = append(all, f)
		}
	}
	return all
}

// reasons returns why an account with some marks may be a person's with others: one for
// each thing of the account, the best first.
func (m *marker) reasons(account, person []mark) []Reason {
	var all []Reason
	for _, a := range account {
		for _, p := range person {
			if a.kind == p.kind && a.key == p.key && a.text == p.text {
				all = append(all, m.reason(a, p))
			}
		}
	}
	slices.SortStableFunc(all, func(x, y Reason) int { return cmp.Compare(x.Rank, y.Rank) })
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(r Reason) bool {
		was := seen[r.What]
		seen[r.What] = true
		return was
	})
}

func (m *marker) reason(a, p mark) Reason {
	r := Reason{What: a.what, Whose: p.what, Value: a.value, Other: p.value}
	switch {
	case a.kind == ofKey:
		r.Rank = LikeKey
	case a.kind == ofAddress:
		r.Rank = LikeAddress
	case a.kind == ofWords:
		r.Rank = SameName
		return r
	case p.byName:
		r.Rank = LoginFromName
		return r
	default:
		r.Rank = SameHandle
		return r
	}
	if a.value == p.value {
		r.Rank-- // the same
		return r
	}
	l, _ := m.differ(a.value, p.value, anyway)
	r.Differ = l.words()
	return r
}

// hash is FNV-1a, which is the same on every machine.
func hash(kind, key byte, text string) uint64 {
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	h = (h ^ uint64(kind)) * prime
	h = (h ^ uint64(key)) * prime
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * prime
	}
	return h
}
