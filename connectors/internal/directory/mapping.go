// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Mapping is what the configuration says about attributes.
type Mapping struct {
	// Attributes maps an attribute of ours to the directory's that tells it. It
	// replaces the dialect's; any further key is carried along.
	Attributes map[string]string

	// Values translates the values of an attribute of ours, as in {"status":
	// {"A": "enabled"}}; the value "" stands for an entry without the attribute.
	// A value that is not listed is unknown.
	Values map[string]map[string]string
}

// reserved are the attributes that a Reading makes itself.
var reserved = [...]string{"dn", "lock", "owner_dn", "reason", "sid"}

func (m Mapping) check() error {
	for _, key := range slices.Sorted(maps.Keys(m.Attributes)) {
		if key == "" || slices.Contains(reserved[:], key) {
			return fmt.Errorf("attributes: %q cannot be mapped", key)
		}
		if !isAttributeName([]byte(m.Attributes[key])) {
			return fmt.Errorf("attributes: %s: %q is no attribute name", key, m.Attributes[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m.Values)) {
		if m.Attributes[key] == "" {
			return fmt.Errorf("values: %s: name its attribute under attributes, too", key)
		}
		for _, from := range slices.Sorted(maps.Keys(m.Values[key])) {
			if to := m.Values[key][from]; !allowed(key, to) {
				return fmt.Errorf("values: %s: %q is none of %s", key, to, strings.Join(closed(key), ", "))
			}
		}
	}
	return nil
}

// closed returns the only values that an attribute may have, nil if it is free.
// The worse status comes first.
func closed(key string) []string {
	switch key {
	case status:
		return []string{"disabled", "expired", "locked", "enabled"}
	case mfa:
		return []string{"none", "registered", "capable", "enforced", "not-applicable"}
	case accountType:
		return []string{"person", "service", "shared", "resource", "guest", "breakglass", "system"}
	}
	return nil
}

func allowed(key, value string) bool {
	set := closed(key)
	return set == nil || slices.Contains(set, value)
}

// with returns the fields of a dialect after the mapping.
func (m Mapping) with(fields []Field, not ...string) []Field {
	var all []Field
	for _, f := range fields {
		if m.Attributes[f.Key] == "" {
			all = append(all, f)
		}
	}
	for key, from := range m.Attributes {
		if !slices.Contains(not, key) {
			all = append(all, Field{key, []string{from}})
		}
	}
	slices.SortFunc(all, func(a, b Field) int { return strings.Compare(a.Key, b.Key) })
	return all
}
