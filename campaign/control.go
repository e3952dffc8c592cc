// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Performance is a compensating control that somebody carried out.
type Performance struct {
	Control  string    `json:"control"`
	By       graph.ID  `json:"by"`
	On       time.Time `json:"on"`
	Evidence string    `json:"evidence"` // the object that shows it: a digest
	Note     string    `json:"note,omitempty"`
}

// CheckPerformance says why somebody may not have carried out a compensating control:
// nobody watches over what they do themselves. Whoever is a subject of a finding that it
// makes tolerable, or holds a duty of the finding's rule, may not.
func CheckPerformance(s Subject, p Performance) error {
	if !slices.ContainsFunc(s.Policy.Compensating, func(c sod.CompensatingControl) bool { return c.ID == p.Control }) {
		return unknown("compensating control", p.Control, "the policy")
	}
	n, ok := s.Graph.Find(p.By)
	if !ok || p.By.Kind != graph.Identity || !s.Graph.Described(n) {
		return fmt.Errorf("%s is nobody that the snapshot knows", p.By)
	}
	crowd, nodes := NewCrowd(s.Graph, s.AsOf), sod.DutyNodes(s.Graph, s.Policy)
	for _, a := range s.Policy.Accepted {
		if a.CompensatingControl != p.Control {
			continue
		}
		for _, who := range a.Subjects {
			if crowd.Person(who) == crowd.Person(p.By) || slices.Contains(crowd.peopleIDs(who), crowd.Person(p.By)) {
				return fmt.Errorf("%s is a subject of what control %s makes tolerable: %w", p.By, p.Control, ErrSelfReview)
			}
		}
		for _, duty := range dutiesOf(s.Policy, a.Rule) {
			for _, m := range nodes[duty] {
				if crowd.Holds(p.By, s.Graph.ID(m)) {
					return fmt.Errorf("%s holds duty %s of rule %s, over which control %s watches: %w", p.By, s.Policy.Duties[duty].ID, a.Rule, p.Control, ErrSelfReview)
				}
			}
		}
	}
	return nil
}

func (c *Crowd) peopleIDs(id graph.ID) (all []graph.ID) {
	for _, n := range c.peopleAt(id) {
		all = append(all, c.g.ID(n))
	}
	return all
}

func dutiesOf(p *sod.Policy, rule string) []int {
	for _, r := range p.Rules {
		if r.ID == rule {
			return r.Duties
		}
	}
	return nil
}
