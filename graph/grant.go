// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"fmt"
	"strings"
	"time"
)

// A GrantKind says what an edge between two things means. The zero GrantKind is
// invalid.
type GrantKind uint8

// The kinds of grants, in the order of their names.
const (
	_        GrantKind = iota
	Assigned           // a holder has a role or an entitlement
	Contains           // a role includes a role or an entitlement
	Controls           // a holder can obtain the thing: owns a group, may reset a password
	Eligible           // a holder can activate a role or a group's membership; not standing
	Member             // an account, a group or something unresolved is in a group
	Owns               // an identity, or somebody who is not known, has an account: correlation
)

var grantKindNames = [...]string{"", "assigned", "contains", "controls", "eligible", "member", "owns"}

// GrantKinds lists every kind of grant, in order.
func GrantKinds() []GrantKind {
	return []GrantKind{Assigned, Contains, Controls, Eligible, Member, Owns}
}

// String returns the kind's name, such as "member".
func (k GrantKind) String() string {
	if !k.valid() {
		return fmt.Sprintf("GrantKind(%d)", uint8(k))
	}
	return grantKindNames[k]
}

func (k GrantKind) valid() bool { return k >= Assigned && k <= Owns }

// ParseGrantKind reads what [GrantKind.String] writes. Anything else is an error.
func ParseGrantKind(s string) (GrantKind, error) {
	for k := Assigned; k <= Owns; k++ {
		if grantKindNames[k] == s {
			return k, nil
		}
	}
	return 0, fmt.Errorf("unknown grant kind %q: want one of %s", s, strings.Join(grantKindNames[1:], ", "))
}

// MarshalText implements [encoding.TextMarshaler].
func (k GrantKind) MarshalText() ([]byte, error) {
	if !k.valid() {
		return nil, fmt.Errorf("invalid grant kind %d", uint8(k))
	}
	return []byte(k.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]; unknown text is an error.
func (k *GrantKind) UnmarshalText(b []byte) (err error) {
	*k, err = ParseGrantKind(string(b))
	return err
}

// From reports whether a grant of kind k may leave a thing of kind from.
func (k GrantKind) From(from Kind) bool {
	switch k {
	case Owns:
		return from == Identity || from == Somebody
	case Member:
		return from == Account || from == Group || from == Unresolved
	case Assigned:
		return from == Identity || from == Account || from == Group || from == Unresolved
	case Contains:
		return from == Role
	case Eligible:
		return from == Account || from == Group
	case Controls:
		return from.valid() && from != Somebody
	}
	return false
}

// To reports whether a grant of kind k may lead to a thing of kind to.
func (k GrantKind) To(to Kind) bool {
	switch k {
	case Owns:
		return to == Account
	case Member:
		return to == Group
	case Assigned, Contains:
		return to == Role || to == Entitlement
	case Eligible:
		return to == Role || to == Group
	case Controls:
		return to == Account || to == Group || to == Role || to == Entitlement
	}
	return false
}

// Terms are the circumstances of a grant. Two grants with the same ends and kind
// but another window or DirectOnly are separate facts.
type Terms struct {
	// FromTime and UntilTime are the window in which the grant holds:
	// FromTime ≤ t < UntilTime, in UTC. Zero is an open end. An empty window is
	// legal and never holds.
	FromTime, UntilTime time.Time

	// DirectOnly marks an assignment of a group that reaches only the group's
	// direct members, such as an app role of Microsoft Entra.
	DirectOnly bool

	// Since is when the grant was made, where the source knows it. Zero is
	// unknown.
	Since time.Time

	// Via says how the grant came to be, where that is not plain: "primary
	// group", "rule", "correlated by employee_id". Equal facts reported in
	// different ways are stored once, with all their ways in order.
	Via string
}

// Holds reports whether the window includes t.
func (w Terms) Holds(t time.Time) bool {
	return (w.FromTime.IsZero() || !t.Before(w.FromTime)) &&
		(w.UntilTime.IsZero() || t.Before(w.UntilTime))
}

// A Grant says that From holds To.
type Grant struct {
	From, To ID
	Kind     GrantKind
	Terms
}

// Check reports what is wrong with g: an invalid end, or ends that its kind does
// not join.
func (g Grant) Check() error {
	if err := g.From.Check(); err != nil {
		return fmt.Errorf("grant from: %w", err)
	}
	if err := g.To.Check(); err != nil {
		return fmt.Errorf("grant to: %w", err)
	}
	if !g.Kind.valid() {
		return fmt.Errorf("grant %s → %s: invalid kind", g.From, g.To)
	}
	if !g.Kind.From(g.From.Kind) || !g.Kind.To(g.To.Kind) {
		return fmt.Errorf("grant %s → %s: %q cannot lead from %s to %s", g.From, g.To, g.Kind, article(g.From.Kind), article(g.To.Kind))
	}
	if !g.joins() {
		return fmt.Errorf("grant %s → %s: direct_only is for assigned, not for %s", g.From, g.To, g.Kind)
	}
	return nil
}

// joins reports whether the ends are of kinds that the grant's kind joins, and
// direct_only stands where it may.
func (g Grant) joins() bool { return g.Kind.joins(g.From.Kind, g.To.Kind, g.DirectOnly) }

func (k GrantKind) joins(from, to Kind, directOnly bool) bool {
	return k.From(from) && k.To(to) && (!directOnly || k == Assigned)
}

func article(k Kind) string {
	switch k {
	case Account, Entitlement, Identity, Unresolved:
		return "an " + k.String()
	}
	return "a " + k.String()
}
