// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// ErrConflict is returned (wrapped, with the ID) when one thing is described
// twice and not alike. The first description stands.
var ErrConflict = errors.New("described twice with different content")

// A Builder collects facts and freezes them into a [Graph]. Facts may come in
// any order and more than once; a grant may come before its ends, or without
// them. The zero Builder is ready to use.
type Builder struct {
	ids       []ID
	index     *index   // of all ids; nil as long as they came in order
	at        []uint64 // place of each node's description in text; 0 is none
	text      arena
	grants    staging
	terms     []Terms
	termsAt   map[Terms]uint32
	lastTerms uint32
	gaps      []Gap
	uses      []Use
	coverage  []Coverage
	runs      []SourceRun
}

const (
	maxNodes = 1<<32 - 2
	maxTerms = 1<<termsBits - 1
)

// Add records f. An error names what is wrong with f and leaves the builder as
// it was.
func (b *Builder) Add(f Fact) error {
	switch f := f.(type) {
	case Node:
		return b.addNode(f)
	case Grant:
		return b.addGrant(f)
	case Gap:
		if err := f.About.Check(); err != nil {
			return fmt.Errorf("gap about: %w", err)
		}
		if err := b.addGap(f); err != nil {
			return err
		}
		b.intern(f.About)
		return nil
	case Use:
		if err := errors.Join(f.Account.Check(), f.Entitlement.Check()); err != nil {
			return fmt.Errorf("use: %w", err)
		}
		f.At = utc(f.At)
		b.uses = append(b.uses, f)
		return nil
	case Coverage:
		if err := checkRecord(f.Source, f.Details); err != nil {
			return fmt.Errorf("coverage: %w", err)
		}
		if _, err := ParseDataset(string(f.Dataset)); err != nil {
			return fmt.Errorf("coverage of %s: %w", f.Source, err)
		}
		b.coverage = append(b.coverage, f)
		return nil
	case SourceRun:
		if err := checkRecord(f.Source, f.Details); err != nil {
			return fmt.Errorf("source: %w", err)
		}
		f.Started, f.Ended = utc(f.Started), utc(f.Ended)
		b.runs = append(b.runs, f)
		return nil
	default:
		panic(fmt.Sprintf("graph: unknown fact %T", f)) // a bug in us, not in the input
	}
}

func (b *Builder) addGap(f Gap) error {
	if _, err := ParseDataset(string(f.Dataset)); err != nil {
		return fmt.Errorf("gap about %s: %w", f.About, err)
	}
	b.gaps = append(b.gaps, f)
	return nil
}

func checkRecord(s Source, details Attrs) error {
	if _, err := ParseSource(string(s)); err != nil {
		return err
	}
	return details.check()
}

func (a Attrs) check() error {
	for i, x := range a {
		if x.Key == "" {
			return errors.New("an attribute has no name")
		}
		if i > 0 && a[i-1].Key >= x.Key {
			return fmt.Errorf("attributes are not sorted at %q", x.Key)
		}
		if invalid(x.Key) || slices.ContainsFunc(x.Values, invalid) {
			return fmt.Errorf("attribute %q is not valid UTF-8", x.Key)
		}
	}
	return nil
}

func invalid(s string) bool { return !utf8.ValidString(s) }

func (b *Builder) addNode(n Node) error {
	if err := n.ID.Check(); err != nil {
		return err
	}
	if invalid(n.Name) {
		return fmt.Errorf("%s: name %q is not valid UTF-8", n.ID, n.Name)
	}
	if err := n.Attrs.check(); err != nil {
		return fmt.Errorf("%s: %w", n.ID, err)
	}
	i := b.intern(n.ID)
	at := b.text.put(n)
	if was := b.at[i]; was != 0 {
		same := bytes.Equal(b.text.raw(was), b.text.raw(at))
		b.text.cut(at)
		if !same {
			return fmt.Errorf("%s: %w: %s", n.ID, ErrConflict, b.text.node(n.ID, was).differs(n))
		}
		return nil
	}
	b.at[i] = at
	return nil
}

// differs names what n and m, which are not equal, disagree about.
func (n Node) differs(m Node) string {
	if n.Name != m.Name {
		return fmt.Sprintf("name %q and %q", n.Name, m.Name)
	}
	for _, pair := range [2][2]Attrs{{n.Attrs, m.Attrs}, {m.Attrs, n.Attrs}} {
		for _, x := range pair[0] {
			if !slices.Equal(x.Values, pair[1].Values(x.Key)) {
				return fmt.Sprintf("attribute %s %q and %q", x.Key, n.Attrs.Values(x.Key), m.Attrs.Values(x.Key))
			}
		}
	}
	return "an attribute that is empty in one"
}

func (b *Builder) addGrant(g Grant) error {
	// Grants come in runs of one holder or of one thing held: that is tried first.
	from, known := b.find(g.From, b.grants.from)
	to, knownTo := b.find(g.To, b.grants.last.To)
	// Checking text costs more than all the rest; what is known was checked.
	if !known || !knownTo || !g.joins() {
		if err := g.Check(); err != nil {
			return err
		}
	}
	terms, err := b.internTerms(g.Terms)
	if err != nil {
		return err
	}
	if !known {
		from = b.intern(g.From)
	}
	if !knownTo {
		to = b.intern(g.To)
	}
	b.grants.put(from, newEdge(to, g.Kind, g.DirectOnly, terms))
	return nil
}

// find looks an ID up, which may be that of node guess.
func (b *Builder) find(id ID, guess uint32) (n uint32, ok bool) {
	if b.grants.n > 0 && b.ids[guess] == id {
		return guess, true
	}
	return b.lookUp(id)
}

// lookUp needs no index as long as IDs come in order.
func (b *Builder) lookUp(id ID) (n uint32, ok bool) {
	if b.index == nil {
		if len(b.ids) == 0 {
			return 0, false
		}
		last := len(b.ids) - 1
		if c := b.ids[last].Compare(id); c <= 0 {
			return uint32(last), c == 0
		}
		b.index = indexOf(b.ids)
	}
	return b.index.find(b.ids, id)
}

// utc drops the location and the monotonic clock, so that equal times are equal
// values.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Round(0)
}

func (b *Builder) intern(id ID) uint32 {
	if i, ok := b.lookUp(id); ok {
		return i
	}
	if len(b.ids) >= maxNodes {
		panic("graph: more than 2^32 nodes") // no machine of today gets here
	}
	i := uint32(len(b.ids))
	b.ids = append(b.ids, id)
	b.at = append(b.at, 0)
	if b.index != nil {
		b.index.add(b.ids, i)
	}
	return i
}

func (b *Builder) internTerms(t Terms) (uint32, error) {
	t.FromTime, t.UntilTime, t.Since = utc(t.FromTime), utc(t.UntilTime), utc(t.Since)
	if b.termsAt == nil {
		b.termsAt = map[Terms]uint32{{}: 0}
		b.terms = []Terms{{}}
	}
	if t == (Terms{}) {
		return 0, nil
	}
	if t == b.terms[b.lastTerms] {
		return b.lastTerms, nil
	}
	if i, ok := b.termsAt[t]; ok {
		b.lastTerms = i
		return i, nil
	}
	if len(b.terms) > maxTerms {
		return 0, fmt.Errorf("more than %d different windows and dates of grants", maxTerms)
	}
	i := uint32(len(b.terms))
	b.termsAt[t] = i
	b.terms = append(b.terms, t)
	b.lastTerms = i
	return i, nil
}
