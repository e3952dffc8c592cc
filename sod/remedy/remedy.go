// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"context"
	"fmt"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/whatif"
)

// A Scope says which grants may be revoked. The zero Scope is [Assignments].
type Scope uint8

// The scopes. No scope revokes that an identity owns an account.
const (
	Assignments Scope = iota // grants of identities, accounts and what is unresolved
	Structure                // besides, those of groups, roles and entitlements
)

var scopeNames = [...]string{"assignments", "structure"}

// String returns the scope's name, such as "assignments".
func (s Scope) String() string { return scopeNames[s] }

// ParseScope reads what [Scope.String] writes. Anything else is an error.
func ParseScope(text string) (Scope, error) {
	for i, name := range scopeNames {
		if name == text {
			return Scope(i), nil
		}
	}
	return 0, fmt.Errorf("unknown scope %q: want assignments or structure", text)
}

// Has reports whether a grant may be revoked in the scope.
func (s Scope) Has(from graph.Kind, k graph.GrantKind) bool {
	structure := from == graph.Group || from == graph.Role || from == graph.Entitlement
	return k != graph.Owns && (s == Structure || !structure)
}

// Options say what is asked for. The zero Options ask for everything, in the narrow
// scope.
type Options struct {
	Scope   Scope
	Costs   *sod.Costs // nil: every grant costs whom it concerns
	Finding string     // only the finding with this ID; "" is any
	Subject graph.ID   // only the findings of this subject; zero is anybody

	// Progress is told of better answers, from one goroutine at a time. Nil: nobody is.
	Progress func(cost, bound int)
}

// A Grant is what can be revoked: every fact with these ends and this kind.
type Grant struct {
	From, To graph.ID
	Kind     graph.GrantKind
}

// A Plan is what to revoke, and what is known of how much less would do.
type Plan struct {
	AsOf    time.Time
	Mode    reach.Mode // the weakest that is judged
	Options Options
	Targets []sod.Finding // what the plan clears, in the order of a report
	Stuck   []Stuck       // what nothing that may be revoked clears
	Revoke  []Revocation  // in the order in which to revoke
	Cost    int           // of all
	Bound   int           // no plan costs less
	Proof   Proof         // of Bound
	Reopens []string      // accepted findings whose acceptance lapses, because less is held than was approved
	After   *whatif.Result

	Others     int // open findings that are no targets: taking away does not settle them
	Unassessed int // rows of rules that are NOT ASSESSED: what they hide is in no plan

	Revocable, Kept int // grants of the scope, wherever they are, that may be revoked and that must stay

	open int // findings that a plan for everything is about
}

// Optimal reports whether it is proved that nothing cheaper clears what the plan clears.
func (p *Plan) Optimal() bool { return p.Cost == p.Bound }

// A Revocation is one step of a plan.
type Revocation struct {
	Grant
	Cost    int
	Concern int      // how many subjects can use the grant
	Clears  []string // findings that are gone after this step and were not before it
	For     []string // findings that the step is there for
}

// Stuck is a finding that no plan clears, because of the grants that must stay.
type Stuck struct {
	Finding sod.Finding
	Kept    []Grant // the fewest that prove it: revoking one of each such set is the way out
}

// Solve finds a plan for what is found in g by p. When ctx is done it returns the best
// plan so far, with what is known of it. An error means that there is no such finding,
// or a mistake in this package.
func Solve(ctx context.Context, g *graph.Graph, p *sod.Policy, asOf time.Time, o Options) (*Plan, error) {
	m, err := newModel(g, p, asOf, o)
	if err != nil {
		return nil, err
	}
	m.setStuckAside()
	s := newSearch(ctx, m)
	s.run()
	plan := &Plan{AsOf: asOf, Mode: p.Mode, Options: o, Stuck: m.stuck, open: m.open, Others: m.others, Unassessed: m.unassessed}
	for _, t := range m.targets {
		plan.Targets = append(plan.Targets, *t.finding)
	}
	plan.Revocable, plan.Kept = m.count()
	plan.Revoke = m.inOrder(s.best)
	for _, r := range plan.Revoke {
		plan.Cost += r.Cost
	}
	plan.Proof = s.proof()
	for _, part := range plan.Proof.Parts {
		plan.Bound += part.Bound
	}
	return plan, plan.try(g, p)
}
