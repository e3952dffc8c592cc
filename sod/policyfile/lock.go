// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

const lockFormat = "foureyes/policy-lock/1"

// A Lock records what each duty of a policy matched when it was approved. Names
// move, ids do not: with the lock a group that is renamed stays in its duty, and
// one that is new in a duty is announced.
type Lock struct {
	Format string       `json:"format"`
	Policy LockedPolicy `json:"policy"`
	Duties []LockedDuty `json:"duties"`
}

// A LockedPolicy names the policy that was approved.
type LockedPolicy struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
}

// A LockedDuty is one duty as approved. Holds is a digest of its selectors: what
// is pinned for other selectors was approved for another duty.
type LockedDuty struct {
	Duty    string  `json:"duty"`
	Holds   string  `json:"holds"`
	Count   int     `json:"count"`
	Matches []Match `json:"matches"`
}

// A Match is one node that a duty matches, with its name then.
type Match struct {
	ID   graph.ID `json:"id"`
	Name string   `json:"name"`
}

// NewLock pins what the duties of p match: matches are the numbers of nodes of g
// for each duty, as [sod.DutyNodes] returns them.
func NewLock(p *sod.Policy, g *graph.Graph, matches [][]uint32) *Lock {
	l := &Lock{Format: lockFormat, Policy: LockedPolicy{p.Name, p.Digest}, Duties: []LockedDuty{}}
	for i, d := range p.Duties {
		locked := LockedDuty{Duty: d.ID, Holds: holdsDigest(d), Count: len(matches[i]), Matches: []Match{}}
		for _, n := range matches[i] {
			locked.Matches = append(locked.Matches, Match{g.ID(n), g.Name(n)})
		}
		slices.SortFunc(locked.Matches, compareMatches)
		l.Duties = append(l.Duties, locked)
	}
	slices.SortFunc(l.Duties, func(a, b LockedDuty) int { return strings.Compare(a.Duty, b.Duty) })
	return l
}

func compareMatches(a, b Match) int { return a.ID.Compare(b.ID) }

// holdsDigest is equal for equal selectors, in whatever order.
func holdsDigest(d sod.Duty) string {
	var all []string
	for _, s := range d.Holds {
		id := ""
		if s.ID != nil {
			id = s.ID.String()
		}
		all = append(all, fmt.Sprintf("%q %q %q %q %q %q %q\n", id, s.Source, s.Kind.String(), s.Name, s.Under, s.Attrs, s.Except))
	}
	slices.Sort(all)
	sum := sha256.Sum256([]byte(strings.Join(all, "")))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Bytes returns the lock as a file, one line for each match. Equal locks have
// equal bytes.
func (l *Lock) Bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"format\": %s,\n  \"policy\": {\"name\": %s, \"digest\": %s},\n  \"duties\": [",
		jsonText(l.Format), jsonText(l.Policy.Name), jsonText(l.Policy.Digest))
	for i, d := range l.Duties {
		fmt.Fprintf(&b, "%s\n    {\"duty\": %s, \"holds\": %s, \"count\": %d, \"matches\": [", comma(i), jsonText(d.Duty), jsonText(d.Holds), d.Count)
		for j, m := range d.Matches {
			fmt.Fprintf(&b, "%s\n      {\"id\": %s, \"name\": %s}", comma(j), jsonText(m.ID.String()), jsonText(m.Name))
		}
		b.WriteString("\n    ]}")
	}
	b.WriteString("\n  ]\n}\n")
	return b.Bytes()
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

// jsonText returns s as JSON, with what could deceive a reader escaped.
func jsonText(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unseen(r):
			fmt.Fprintf(&b, `\u%04x`, r) // all of them are below U+10000
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

// ParseLock reads what [Lock.Bytes] writes. A lock of a newer format, or one
// that was changed by hand into what cannot have been approved, is an error.
func ParseLock(name string, src []byte) (*Lock, error) {
	var head struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(src, &head); err != nil {
		return nil, fmt.Errorf("lock %s is not valid JSON: %v", name, err)
	}
	if head.Format != lockFormat {
		return nil, fmt.Errorf("lock %s has format %s: this program reads %s", name, quote(head.Format), lockFormat)
	}
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.DisallowUnknownFields()
	l := &Lock{}
	if err := dec.Decode(l); err != nil {
		return nil, fmt.Errorf("lock %s: %v", name, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("lock %s has something after its end", name)
	}
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	return l, nil
}

// check holds the order and the counts that NewLock makes.
func (l *Lock) check() error {
	for i, d := range l.Duties {
		switch {
		case i > 0 && l.Duties[i-1].Duty >= d.Duty:
			return fmt.Errorf("duty %s is out of order or twice", quote(d.Duty))
		case d.Count != len(d.Matches):
			return fmt.Errorf("duty %s has %d matches, and its count is %d", quote(d.Duty), len(d.Matches), d.Count)
		}
		for j, m := range d.Matches {
			if j > 0 && compareMatches(d.Matches[j-1], m) >= 0 || m.ID.IsZero() {
				return fmt.Errorf("duty %s: match %s is out of order, twice or without an id", quote(d.Duty), quote(m.ID.String()))
			}
		}
	}
	return nil
}

// Apply returns p with what is pinned added to its duties by id, so that no new
// name, place or attribute takes it out. A duty whose selectors are others than
// those approved is left as it is; [Lock.Compare] says so. Neither l nor p
// changes.
func (l *Lock) Apply(p *sod.Policy) *sod.Policy {
	pinned := *p
	pinned.Duties = slices.Clone(p.Duties)
	for i, d := range pinned.Duties {
		locked, ok := l.duty(d.ID)
		if !ok || locked.Holds != holdsDigest(d) {
			continue
		}
		holds := slices.Clone(d.Holds)
		for _, m := range locked.Matches {
			key := sod.Glob(strings.ReplaceAll(m.ID.Key, "*", `\*`))
			holds = append(holds, sod.Selector{ID: &sod.IDPattern{Kind: m.ID.Kind, Source: m.ID.Source, Key: key}})
		}
		pinned.Duties[i].Holds = holds
	}
	return &pinned
}

func (l *Lock) duty(id string) (LockedDuty, bool) {
	i, ok := slices.BinarySearchFunc(l.Duties, id, func(d LockedDuty, id string) int { return strings.Compare(d.Duty, id) })
	if !ok {
		return LockedDuty{}, false
	}
	return l.Duties[i], true
}
