// SPDX-License-Identifier: Apache-2.0

package tosql

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// errUnder is why a selector by place in a directory's tree has no pattern.
var errUnder = errors.New("under compares parts of distinguished names, which SQL has no pattern for; name a snapshot, and the IDs that match in it are listed instead")

// duties writes what the duties match, as one query of numbers of nodes.
func (s *script) duties() error {
	var queries []string
	for _, i := range s.usedDuties() {
		condition, err := s.matched(i)
		if err != nil {
			return fmt.Errorf("duty %s: %w", s.policy.Duties[i].ID, err)
		}
		queries = append(queries, fmt.Sprintf("SELECT %d, node FROM fe_target WHERE %s -- %s", i, condition, comment(s.policy.Duties[i].ID)))
	}
	s.linef("CREATE TEMP TABLE fe_target AS\nSELECT node, id, kind, source, name, described FROM fe_node WHERE kind IN (%s);", strings.Join(s.targets(), ", "))
	s.linef("CREATE TEMP TABLE fe_match (duty INTEGER, node INTEGER);")
	if len(queries) > 0 {
		s.linef("INSERT INTO fe_match\n%s;", strings.Join(queries, "\nUNION ALL\n")+"\n")
	}
	return nil
}

// targets lists the kinds of what duties can match.
func (s *script) targets() []string {
	kinds := dutyKinds()
	for _, i := range s.usedDuties() {
		for _, sel := range s.policy.Duties[i].Holds {
			if sel.ID != nil {
				kinds = append(kinds, literal(sel.ID.Kind.String()))
			}
			if sel.Kind != 0 {
				kinds = append(kinds, literal(sel.Kind.String()))
			}
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// dutyKinds are the kinds that a selector means which names none.
func dutyKinds() []string { return []string{"'entitlement'", "'group'", "'role'"} }

// matched is the condition that a node is matched by a duty.
func (s *script) matched(i int) (string, error) {
	if s.Matches != nil {
		return among("id", s.Matches[i]), nil
	}
	conditions := []string{}
	for _, sel := range s.policy.Duties[i].Holds {
		condition, err := selector(sel)
		if err != nil {
			return "", err
		}
		conditions = append(conditions, condition)
	}
	if len(conditions) == 0 {
		return "false", nil
	}
	return strings.Join(conditions, "\n  OR "), nil
}

// among is the condition that a column is one of these IDs.
func among(column string, ids []graph.ID) string {
	if len(ids) == 0 {
		return "false"
	}
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = literal(id.String())
	}
	return column + " IN (" + strings.Join(all, ",\n    ") + ")"
}

// selector is the condition that a node matches.
func selector(sel sod.Selector) (string, error) {
	if sel.Under != "" {
		return "", errUnder
	}
	if err := checkSelector(sel); err != nil {
		return "", err
	}
	var all []string
	switch {
	case sel.ID != nil:
		all = append(all, idMatches(*sel.ID))
	case sel.Kind == 0:
		all = append(all, "kind IN ("+strings.Join(dutyKinds(), ", ")+")")
	}
	if sel.Kind != 0 {
		all = append(all, "kind = "+literal(sel.Kind.String()))
	}
	if sel.Source != "" {
		all = append(all, "source = "+literal(string(sel.Source)))
	}
	if sel.Name != "" {
		all = append(all, "described", matches("name", sel.Name))
	}
	for _, a := range sel.Attrs {
		all = append(all, fmt.Sprintf("node IN (SELECT node FROM fe_attr WHERE attr = %s AND %s)", literal(a.Key), matches("value", a.Pattern)))
	}
	for _, e := range sel.Except {
		all = append(all, "NOT ("+excepted(e)+")")
	}
	if isZero(sel) {
		all = []string{"false"}
	}
	return "(" + strings.Join(all, " AND ") + ")", nil
}

func isZero(sel sod.Selector) bool {
	return sel.ID == nil && sel.Source == "" && sel.Kind == 0 && sel.Name == "" && len(sel.Attrs) == 0
}

// idMatches is the condition that a node's ID matches: kind and source have no
// character that a pattern means anything by.
func idMatches(p sod.IDPattern) string { return matches("id", p.String()) }

func excepted(pattern string) string {
	if p, err := sod.ParseIDPattern(pattern); err == nil {
		return idMatches(p)
	}
	return matches("name", pattern)
}

func checkSelector(sel sod.Selector) error {
	texts := slices.Concat([]string{sel.Name}, sel.Except)
	if sel.ID != nil {
		texts = append(texts, sel.ID.String())
	}
	for _, a := range sel.Attrs {
		texts = append(texts, a.Key, a.Pattern)
	}
	for _, text := range texts {
		if err := checkText(text); err != nil {
			return err
		}
	}
	return nil
}
