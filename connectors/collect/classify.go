// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Rule gives accounts that match all its conditions a type, an owner or a main
// account. Rules are tried in order; the first that sets a key decides it.
type Rule struct {
	Source graph.Source      `yaml:"source"`
	Under  string            `yaml:"under"` // distinguished name
	Name   string            `yaml:"name"`  // pattern of the login
	Attr   map[string]string `yaml:"attr"`  // patterns by attribute

	Type   string `yaml:"type"`
	Owner  string `yaml:"owner"`  // an identity's ID
	Parent string `yaml:"parent"` // an account's ID, or a login of the same source; {1} is what the first * of name matched
}

func accountTypes() []string {
	return []string{"person", "service", "shared", "resource", "guest", "breakglass", "system"}
}

func (c *Config) takeRules(file string, nodes []yaml.Node) error {
	var errs []error
	for _, n := range nodes {
		var r Rule
		if err := decode(file, &n, &r); err != nil {
			errs = append(errs, err)
			continue
		}
		if err := r.check(); err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: classify: %w", file, n.Line, err))
		}
		c.Classify = append(c.Classify, r)
	}
	return errors.Join(errs...)
}

func (r Rule) check() error {
	if r.Source == "" && r.Under == "" && r.Name == "" && len(r.Attr) == 0 {
		return errors.New("a rule needs a condition: source, under, name or attr")
	}
	if r.Type == "" && r.Owner == "" && r.Parent == "" {
		return errors.New("a rule needs something to set: type, owner or parent")
	}
	if r.Type != "" && !slices.Contains(accountTypes(), r.Type) {
		return fmt.Errorf("unknown account type %q: want one of %s", r.Type, strings.Join(accountTypes(), ", "))
	}
	if r.Owner != "" {
		id, err := graph.ParseID(r.Owner)
		if err != nil || id.Kind != graph.Identity && id.Kind != graph.Account {
			return fmt.Errorf("owner %q: want the ID of an identity or an account", r.Owner)
		}
	}
	return nil
}

func (r Rule) matches(n graph.Node) bool {
	if r.Source != "" && r.Source != n.ID.Source || r.Name != "" && !sod.Glob(r.Name).Match(n.Name) {
		return false
	}
	if r.Under != "" {
		dn, ok := n.Attrs.Get("dn")
		if !ok || !sod.Under(dn, r.Under) {
			return false
		}
	}
	for key, pattern := range r.Attr {
		if !slices.ContainsFunc(n.Attrs.Values(key), sod.Glob(pattern).Match) {
			return false
		}
	}
	return true
}

// classify sets what the first matching rules say of an account. It reports which
// rule set its type, −1 for none.
func classify(rules []Rule, n *graph.Node) (by int) {
	by = -1
	var owner, parent bool
	for i, r := range rules {
		if !r.matches(*n) {
			continue
		}
		if r.Type != "" && by < 0 {
			n.Attrs.Set("type", r.Type)
			by = i
		}
		if r.Owner != "" && !owner {
			n.Attrs.Set("owner", r.Owner)
			owner = true
		}
		if r.Parent != "" && !parent {
			n.Attrs.Set("parent", r.parentOf(*n))
			parent = true
		}
	}
	return by
}

// parentOf fills in the pattern: an ID, or a login to be looked up.
func (r Rule) parentOf(n graph.Node) string {
	before, after, _ := strings.Cut(r.Name, "*")
	run := strings.TrimSuffix(strings.TrimPrefix(n.Name, before), after)
	return strings.ReplaceAll(r.Parent, "{1}", run)
}
