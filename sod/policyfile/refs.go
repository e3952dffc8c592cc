// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// names are the ids of one section: what others may refer to.
type names struct {
	order []string
	place map[string]place
}

// A place is a line of one of the files.
type place struct {
	file string
	line int
}

// from names the place to a reader of a file.
func (p place) from(file string) string {
	if p.file == file {
		return fmt.Sprintf("line %d", p.line)
	}
	return fmt.Sprintf("%s:%d", p.file, p.line)
}

func (ns *names) add(name string, o object, at *yaml.Node) {
	if ns.place == nil {
		ns.place = map[string]place{}
	}
	ns.place[name] = place{o.file, at.Line}
	ns.order = append(ns.order, name)
}

// declare notes the id of o and refuses one that is taken.
func (ns *names) declare(o object, kind string) {
	n := o.values["id"]
	if n == nil || !isText(n) {
		return // told elsewhere
	}
	if first, taken := ns.place[n.Value]; taken {
		o.errorf(n, "duplicate %s %s; it is first at %s", kind, quote(n.Value), first.from(o.file))
		return
	}
	ns.add(n.Value, o, n)
}

// ref returns the name at key, which must be one of ns; "" when it is missing.
func (ns *names) ref(o object, key string) string {
	name := o.text(key)
	if _, known := ns.place[name]; name != "" && !known {
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
