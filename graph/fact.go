// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Fact is one thing a source told us: a [Node], a [Grant], a [Gap], a [Use],
// a [Coverage] or a [SourceRun].
//
//sumtype:decl
type Fact interface{ fact() }

func (Node) fact()      {}
func (Grant) fact()     {}
func (Gap) fact()       {}
func (Use) fact()       {}
func (Coverage) fact()  {}
func (SourceRun) fact() {}

// An Attr is one named attribute. Its values are in the source's order; no
// values at all means that the source says there are none.
type Attr struct {
	Key    string
	Values []string
}

// Attrs are the attributes of one node, sorted by key, each key once. An absent
// key is unknown: never false, zero, none or never.
type Attrs []Attr

// Get returns the first value of key, and whether there is one.
func (a Attrs) Get(key string) (string, bool) {
	vs := a.Values(key)
	if len(vs) == 0 {
		return "", false
	}
	return vs[0], true
}

// Values returns all values of key; nil when it is unknown.
func (a Attrs) Values(key string) []string {
	i, ok := a.find(key)
	if !ok {
		return nil
	}
	return a[i].Values
}

func (a Attrs) find(key string) (int, bool) {
	return slices.BinarySearchFunc(a, key, func(x Attr, k string) int { return strings.Compare(x.Key, k) })
}

// Set replaces the values of key, keeping the order of keys.
func (a *Attrs) Set(key string, values ...string) {
	i, ok := a.find(key)
	if ok {
		(*a)[i].Values = values
		return
	}
	*a = slices.Insert(*a, i, Attr{key, values})
}

// Equal reports whether a and b say the same.
func (a Attrs) Equal(b Attrs) bool {
	return slices.EqualFunc(a, b, func(x, y Attr) bool {
		return x.Key == y.Key && slices.Equal(x.Values, y.Values)
	})
}

// A Node describes one thing. Name is the login of an account and the name of
// everything else; Attrs are what the source knows besides.
type Node struct {
	ID    ID
	Name  string
	Attrs Attrs
}

// A Gap is something that exists and could not be read: the grants of one
// dataset at one thing.
type Gap struct {
	About   ID
	Dataset Dataset
	Reason  string // "denied", or what the source said
}

// A Use is a right exercised at a moment, with the reference of its record.
type Use struct {
	Account     ID
	Entitlement ID
	At          time.Time
	Ref         string
}

// A Count is a number that may be unknown. The zero Count is unknown.
type Count struct {
	n     int64
	known bool
}

// CountOf returns a known count.
func CountOf(n int) Count { return Count{int64(n), true} }

// Get returns the number, and whether it is known.
func (c Count) Get() (n int64, known bool) { return c.n, c.known }

// String returns the number, or "unknown".
func (c Count) String() string {
	if !c.known {
		return "unknown"
	}
	return fmt.Sprint(c.n)
}

// Coverage says how much of one dataset of one source was read, and how that is
// known. Details hold what an auditor asks for besides, such as the query, the
// server, the bind identity and the pages.
type Coverage struct {
	Source   Source
	Dataset  Dataset
	State    State
	Received Count  // what came
	Expected Count  // what should have come, by another way of counting
	Method   string // that other way
	Reason   string // why the state is not complete
	Details  Attrs
}

// Concerning is the key of a detail of a [Coverage] that is not-requested: the employee
// ids of the people about whom the dataset was read, and whole. Whoever asks about
// exactly these people may take it for complete.
const Concerning = "concerning"

// A SourceRun says when and by which connector a source was read. Times are in
// UTC; zero is unknown. Details hold how: for an export, who made it and the
// steps.
type SourceRun struct {
	Source         Source
	Connector      string
	Started, Ended time.Time
	Details        Attrs
}

// A Dataset names one kind of data of a source. The zero Dataset is invalid.
type Dataset string

// The datasets.
const (
	Identities  Dataset = "identities"
	Accounts    Dataset = "accounts"
	Groups      Dataset = "groups"
	Memberships Dataset = "memberships" // member grants
	Assignments Dataset = "assignments" // assigned and contains grants
	Eligibility Dataset = "eligibility" // eligible grants
	Control     Dataset = "control"     // controls grants
	SignIn      Dataset = "sign-in"
	MFA         Dataset = "mfa"
	All         Dataset = "*" // all of a source's
)

// Datasets lists every dataset but [All], in the order in which they are told.
func Datasets() []Dataset {
	return []Dataset{Identities, Accounts, Groups, Memberships, Assignments, Eligibility, Control, SignIn, MFA}
}

// ParseDataset checks that s names a dataset.
func ParseDataset(s string) (Dataset, error) {
	if d := Dataset(s); d == All || slices.Contains(Datasets(), d) {
		return d, nil
	}
	return "", fmt.Errorf("unknown dataset %q", s)
}

// Includes reports whether d speaks of e: it is the same, or all of them.
func (d Dataset) Includes(e Dataset) bool { return d == e || d == All }

// Hides reports whether grants of kind k belong to d.
func (d Dataset) Hides(k GrantKind) bool {
	switch k {
	case Member:
		return d.Includes(Memberships)
	case Assigned, Contains:
		return d.Includes(Assignments)
	case Eligible:
		return d.Includes(Eligibility)
	case Controls:
		return d.Includes(Control)
	}
	return false // correlation is ours, not the source's
}

// A State is how much of a dataset was read. States are ordered from the best to
// the worst for who must rely on them; the zero State is invalid.
type State uint8

// The states of a dataset.
const (
	_             State = iota
	NotApplicable       // the source has no such data
	Complete
	NotRequested
	Partial
	Unlicensed
	Denied
	Failed
)

var stateNames = [...]string{"", "not-applicable", "complete", "not-requested", "partial", "unlicensed", "denied", "failed"}

// String returns the state's name, such as "complete".
func (s State) String() string {
	if s < NotApplicable || s > Failed {
		return fmt.Sprintf("State(%d)", uint8(s))
	}
	return stateNames[s]
}

// Whole reports whether nothing is hidden in a dataset of this state.
func (s State) Whole() bool { return s == Complete || s == NotApplicable }

// ParseState reads what [State.String] writes. Anything else is an error.
func ParseState(s string) (State, error) {
	for x := NotApplicable; x <= Failed; x++ {
		if stateNames[x] == s {
			return x, nil
		}
	}
	return 0, fmt.Errorf("unknown coverage state %q: want one of %s", s, strings.Join(stateNames[1:], ", "))
}

// MarshalText implements [encoding.TextMarshaler].
func (s State) MarshalText() ([]byte, error) {
	if s < NotApplicable || s > Failed {
		return nil, fmt.Errorf("invalid coverage state %d", uint8(s))
	}
	return []byte(s.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]; unknown text is an error.
func (s *State) UnmarshalText(b []byte) (err error) {
	*s, err = ParseState(string(b))
	return err
}
