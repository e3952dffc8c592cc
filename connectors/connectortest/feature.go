// SPDX-License-Identifier: Apache-2.0

package connectortest

import (
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Feature is something that a source may be unable to hold.
type Feature uint8

// Whole datasets. A connector that lacks one says so in its coverage.
const (
	_           Feature = iota
	Identities          // identity nodes
	Accounts            // account nodes
	Groups              // group nodes
	Memberships         // member grants
	Assignments         // roles, entitlements, assigned and contains grants
	Eligibility         // eligible grants
	Control             // controls grants
	SignIn              // last_sign_in of accounts
	MFA                 // mfa of accounts
)

// Shapes for which a source's format has no words, within a dataset that it has.
const (
	Correlation       Feature = iota + 32 // owns grants
	NestedGroups                          // groups in groups
	UnresolvedMembers                     // members of which only an id is known
	OtherHolders                          // roles and entitlements of groups and identities
	NestedRoles                           // roles in roles
	BundledRights                         // entitlements in roles
	Windows                               // from_time and until_time
	Status                                // the status of accounts
	Uses                                  // recorded uses
	Withheld                              // a group whose members cannot be read
	Departments                           // the department of identities
)

// dataset returns the dataset that f is, if it is a whole one.
func (f Feature) dataset() (graph.Dataset, bool) {
	if f >= Identities && f <= MFA {
		return graph.Datasets()[f-Identities], true
	}
	return "", false
}

// takeOut returns what is left of a fact without the feature: nil is nothing.
func (f Feature) takeOut(fact graph.Fact) graph.Fact {
	switch fact := fact.(type) {
	case graph.Node:
		return f.fromNode(fact)
	case graph.Grant:
		return f.fromGrant(fact)
	case graph.Use:
		if f == Uses {
			return nil
		}
	case graph.Gap:
		if f == Withheld {
			return nil
		}
	}
	return fact
}

func (f Feature) fromNode(n graph.Node) graph.Fact {
	kinds := map[Feature][]graph.Kind{
		Identities: {graph.Identity}, Accounts: {graph.Account}, Groups: {graph.Group},
		Assignments: {graph.Role, graph.Entitlement}, UnresolvedMembers: {graph.Unresolved},
	}
	if slices.Contains(kinds[f], n.ID.Kind) {
		return nil
	}
	switch {
	case f == SignIn:
		return without(n, "last_sign_in")
	case f == MFA:
		return without(n, "mfa")
	case f == Departments:
		return without(n, "department")
	case f == Status && n.ID.Kind == graph.Account:
		return without(n, "status")
	}
	return n
}

func without(n graph.Node, key string) graph.Node {
	n.Attrs = slices.DeleteFunc(slices.Clone(n.Attrs), func(a graph.Attr) bool { return a.Key == key })
	return n
}

func (f Feature) fromGrant(g graph.Grant) graph.Fact {
	gone := false
	switch f {
	case Memberships:
		gone = g.Kind == graph.Member
	case Assignments:
		gone = g.Kind == graph.Assigned || g.Kind == graph.Contains
	case Eligibility:
		gone = g.Kind == graph.Eligible
	case Control:
		gone = g.Kind == graph.Controls
	case Correlation:
		gone = g.Kind == graph.Owns
	case NestedGroups:
		gone = g.Kind == graph.Member && g.From.Kind == graph.Group
	case OtherHolders:
		gone = g.Kind == graph.Assigned && g.From.Kind != graph.Account
	case NestedRoles:
		gone = g.Kind == graph.Contains && g.To.Kind == graph.Role
	case BundledRights:
		gone = g.Kind == graph.Contains && g.To.Kind == graph.Entitlement
	case Windows:
		g.FromTime, g.UntilTime = time.Time{}, time.Time{}
	}
	if gone {
		return nil
	}
	return g
}
