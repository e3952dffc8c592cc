// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Performance is a compensating control that somebody carried out. Its text form is one
// JSON object; equal performances have equal bytes.
type Performance struct {
	Format   string    `json:"format"`
	Control  string    `json:"control"`
	By       graph.ID  `json:"by"`
	On       time.Time `json:"on"`
	At       time.Time `json:"recorded"`
	Snapshot string    `json:"snapshot"` // by which it was judged who may: digests
	Policy   string    `json:"policy"`
	Evidence []string  `json:"evidence"` // the objects that show it: digests
	Note     string    `json:"note,omitempty"`
}

// PerformanceFormat is the name and version of the text form of a [Performance].
const PerformanceFormat = "foureyes/control-performed/1"

// Bytes returns the text form.
func (p Performance) Bytes() ([]byte, error) {
	p.Format = PerformanceFormat
	return plainJSON(p)
}

// ParsePerformance reads what [Performance.Bytes] wrote, and nothing else.
func ParsePerformance(text []byte) (p Performance, err error) {
	if err := strictJSON(text, &p); err != nil {
		return p, fmt.Errorf("control performed: %w", err)
	}
	if again, err := p.Bytes(); err != nil || !bytes.Equal(again, text) {
		return p, errors.New("control performed: it is not written as foureyes writes it")
	}
	return p, nil
}

// CheckPerformance says why somebody may not have carried out a compensating control:
// nobody watches over what they do themselves. Whoever is a subject of a finding that it
// makes tolerable, or holds a duty of the finding's rule, may not.
func CheckPerformance(s Subject, p Performance) error {
	switch {
	case len(p.Evidence) == 0:
		return errors.New("nothing shows that it was carried out")
	case p.On.After(p.At):
		return fmt.Errorf("it was carried out on %s, which is still to come", p.On.Format(time.DateOnly))
	}
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
