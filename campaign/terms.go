// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// Terms are what is fixed when a campaign begins.
type Terms struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Period      string     `json:"period,omitempty"` // such as "Q3 2026"
	Scope       Scope      `json:"scope"`
	Stages      []Stage    `json:"stages"`
	Admins      []graph.ID `json:"admins"`                // who may reassign; they may decide nothing of their own either
	Independent bool       `json:"independent,omitempty"` // no reviewer who could give the access to themselves
	ReasonFor   []Answer   `json:"reason_for,omitempty"`  // answers that need a reason; with findings "keep" always does
	Accepted    []Accepted `json:"accepted_gaps,omitempty"`
	Birthright  []string   `json:"birthright,omitempty"` // patterns of groups and roles that everybody of some kind is given
}

// A Stage is a round of decisions. A line goes to the next one while it is kept; one
// that a stage revokes is revoked.
type Stage struct {
	Name string     `json:"name"`
	By   []Way      `json:"by"` // whom to ask, the first choice first
	List []graph.ID `json:"list,omitempty"`
	Due  time.Time  `json:"due"`
}

// A Way finds reviewers. The zero Way is invalid.
type Way string

// The ways to find reviewers.
const (
	Manager          Way = "manager" // and whoever is above, when that is nobody who may
	Owner            Way = "owner"   // of the group, role or entitlement
	ApplicationOwner Way = "application-owner"
	Listed           Way = "list"
)

// An Accepted gap is something in scope that was not read, which somebody answers for.
type Accepted struct {
	About string   `json:"about"`
	Why   string   `json:"why"`
	By    graph.ID `json:"by"`
}

func (t Terms) check() error {
	var errs []error
	if t.ID == "" || t.Name == "" {
		errs = append(errs, errors.New("a campaign needs an id and a name"))
	}
	if len(t.Stages) == 0 {
		errs = append(errs, errors.New("a campaign needs a stage"))
	}
	for i, s := range t.Stages {
		errs = append(errs, s.check(i))
	}
	if len(t.Admins) == 0 {
		errs = append(errs, errors.New("a campaign needs an administrator"))
	}
	for _, a := range t.ReasonFor {
		errs = append(errs, a.check())
	}
	for _, a := range t.Accepted {
		if a.About == "" || a.Why == "" || a.By.Kind != graph.Identity {
			errs = append(errs, fmt.Errorf("accepted gap %q: it needs what it is about, why it is acceptable, and the person who answers for it", a.About))
		}
	}
	_, err := birthrightPatterns(t.Birthright)
	return errors.Join(append(errs, err)...)
}

func (s Stage) check(i int) error {
	switch {
	case len(s.By) == 0:
		return fmt.Errorf("stage %d: it does not say who is asked", i+1)
	case s.Due.IsZero():
		return fmt.Errorf("stage %d: it has no day on which it is due", i+1)
	case slices.Contains(s.By, Listed) && len(s.List) == 0:
		return fmt.Errorf("stage %d: its list is empty", i+1)
	}
	for _, w := range s.By {
		if !slices.Contains([]Way{Manager, Owner, ApplicationOwner, Listed}, w) {
			return fmt.Errorf("stage %d: %q: want manager, owner, application-owner or list", i+1, string(w))
		}
	}
	return nil
}
