// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// names are the ids of one section: what others may refer to.
type names struct {
	order []string
	line  map[string]int
}

func (ns *names) add(name string, at *yaml.Node) {
	if ns.line == nil {
		ns.line = map[string]int{}
	}
	ns.line[name] = at.Line
	ns.order = append(ns.order, name)
}

// declare notes the id of o and refuses one that is taken.
func (ns *names) declare(o object, kind string) {
	n := o.values["id"]
	switch {
	case n == nil || !isText(n): // told elsewhere
	case ns.line[n.Value] > 0:
		o.errorf(n, "duplicate %s %s; it is first at line %d", kind, quote(n.Value), ns.line[n.Value])
	default:
		ns.add(n.Value, n)
	}
}

// ref returns the name at key, which must be one of ns; "" when it is missing.
func (ns *names) ref(o object, key string) string {
	name := o.text(key)
	if name != "" && ns.line[name] == 0 {
		o.unknown(o.values[key], fmt.Sprintf("unknown %s %s", spoken(key), quote(name)), ns.order, ns.none(spoken(key)+"s"))
	}
	return name
}

// none says so when there is nothing to refer to.
func (ns *names) none(plural string) string {
	if len(ns.order) > 0 {
		return ""
	}
	return fmt.Sprintf("; the policy has no %s", plural)
}

func spoken(key string) string {
	if key == "compensating_control" {
		return "compensating control"
	}
	return key
}
