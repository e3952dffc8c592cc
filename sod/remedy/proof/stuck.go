// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/sod"
)

// stucks checks that no plan clears what is stuck: the kept grants that are told prove it
// with what is not of the scope. None can be left out, and none can stand in for a later
// one.
func (c *checker) stucks() error {
	for _, s := range c.plan.Stuck {
		f := c.before[s.Finding]
		for i, g := range s.Kept {
			if i > 0 && compare(s.Kept[i-1], g) >= 0 {
				return fmt.Errorf("stuck %s: %s from %s to %s is not in its place", s.Finding, g.Kind, g.From, g.To)
			}
			if is, _ := c.exists(g, nested); !is || !c.inScope(g) || !c.mustStay(g) {
				return fmt.Errorf("stuck %s: %s from %s to %s is no grant that must stay", s.Finding, g.Kind, g.From, g.To)
			}
		}
		if c.isThere(f, c.outside, s.Kept) != nil || !c.isLeast(f, c.outside, s.Kept) {
			return fmt.Errorf("stuck %s: the grants that must stay do not prove it, or not all of them are needed", s.Finding)
		}
		if err := c.isFirst(f, s.Kept); err != nil {
			return fmt.Errorf("stuck %s: %w", s.Finding, err)
		}
	}
	return nil
}

// isFirst checks that no kept grant can stand in for a later one.
func (c *checker) isFirst(f *sod.Finding, kept []grant) error {
	solid := func(g grant) bool { return !c.mayGo(g) }
	others := map[grant]bool{}
	c.walk(f, solid, func(g grant) { others[g] = c.inScope(g) })
	for i, g := range kept {
		for other, is := range others {
			if !is || slices.Contains(kept, other) || compare(other, g) >= 0 {
				continue
			}
			changed := slices.Clone(kept)
			if changed[i] = other; c.isThere(f, c.outside, changed) == nil {
				return fmt.Errorf("%s from %s to %s proves as much, and comes first", other.Kind, other.From, other.To)
			}
		}
	}
	return nil
}

func (c *checker) outside(g grant) bool { return !c.inScope(g) }

func compare(a, b grant) int {
	return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To), cmp.Compare(a.Kind, b.Kind))
}

// isThere returns nil when a finding is there by some grants and those that pass.
func (c *checker) isThere(f *sod.Finding, pass func(grant) bool, by []grant) error {
	if c.breaks(f, func(g grant) bool { return pass(g) || slices.Contains(by, g) }) {
		return nil
	}
	return fmt.Errorf("its grants do not prove %s", f.ID)
}

// isLeast reports whether a finding is not there by fewer grants.
func (c *checker) isLeast(f *sod.Finding, pass func(grant) bool, by []grant) bool {
	for i := range by {
		if c.isThere(f, pass, slices.Delete(slices.Clone(by), i, i+1)) == nil {
			return false
		}
	}
	return true
}
