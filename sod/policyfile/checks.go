// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/sod"
)

// A checkForm says how a check is written.
type checkForm struct {
	name          string
	keys          []string      // besides severity and control
	required      bool          // the keys are
	after, within time.Duration // when the policy does not say
}

// checkForms lists the checks of this version, in order.
func checkForms() []checkForm {
	const day = 24 * time.Hour
	return []checkForm{
		{name: "breakglass", keys: []string{"within"}, within: 90 * day},
		{name: "control-owner"},
		{name: "dormant-group"},
		{name: "duplicate-identity"},
		{name: "guest", keys: []string{"after"}, after: 90 * day},
		{name: "leaver", keys: []string{"within", "sla"}, within: day},
		{name: "mfa", keys: []string{"scope", "at_least"}},
		{name: "mover", keys: []string{"after", "within", "peers"}, after: 30 * day, within: 180 * day},
		{name: "never-used", keys: []string{"after"}, after: 30 * day},
		{name: "orphaned"},
		{name: "ownerless"},
		{name: "prehire", keys: []string{"within"}, within: 7 * day},
		{name: "privileged"},
		{name: sod.RoleConflict},
		{name: "service", keys: []string{"after"}},
		{name: "shared"},
		{name: "stale", keys: []string{"after"}, required: true},
		{name: "unapproved-grant", keys: []string{"requests", "within"}, within: 90 * day},
		{name: "uncorrelated"},
		{name: "vendor", keys: []string{"after"}, after: 365 * day},
	}
}

func checkNames() []string {
	var all []string
	for _, f := range checkForms() {
		all = append(all, f.name)
	}
	return all
}

// check returns the form of the check whose mapping the section is.
func (s section) check() (checkForm, bool) {
	name, is := strings.CutPrefix(string(s), string(checkSection))
	i := slices.IndexFunc(checkForms(), func(f checkForm) bool { return f.name == name })
	if !is || i < 0 {
		return checkForm{}, is
	}
	return checkForms()[i], true
}

func (r *reader) readChecks(policy object) {
	if !policy.has("checks") {
		return
	}
	checks := policy.object(policy.values["checks"], checksSection)
	for _, form := range checkForms() {
		if !checks.has(form.name) {
			continue
		}
		o := checks.object(checks.values[form.name], checksSection.under(form.name))
		o.what = "check " + form.name
		if place, taken := r.checks.place[form.name]; taken {
			form.read(o)
			o.errorf(o.node, "duplicate check %s; it is first at %s", form.name, place.from(o.file))
			continue
		}
		r.checks.add(form.name, o, o.node)
		c := form.read(o)
		if form.name == "unapproved-grant" {
			o.need("requests")
			c.Requests = r.requests(o)
		}
		r.policy.Checks = append(r.policy.Checks, c)
	}
}

func (f checkForm) read(o object) sod.Check {
	if f.name != sod.RoleConflict { // its findings have the severity of the rule
		o.need("severity")
	}
	if f.required {
		o.need(f.keys...)
	}
	c := sod.Check{
		Name: f.name, Severity: o.severity(), Control: o.text("control"), Where: where(o),
		After: cmp.Or(o.span("after"), f.after), Within: cmp.Or(o.span("within"), f.within),
	}
	if f.name == "leaver" {
		c.SLA = o.sla()
	}
	if f.name == "mfa" {
		c.All = parsed(o, "scope", oneOf("privileged", "all")) == "all"
		c.AtLeast = parsed(o, "at_least", oneOf("registered", "capable", "enforced"))
		if c.AtLeast == "" && c.All {
			c.AtLeast = "capable"
		}
		c.AtLeast = cmp.Or(c.AtLeast, "enforced")
	}
	if f.name == "mover" {
		c.Peers = o.number("peers", 2, 1000, ": one tells nothing") // when it is not there, as many as the check takes
		if c.Within <= c.After {
			o.errorf(o.node, "within of %s is not longer than after, so that nobody would be judged", o.what)
		}
	}
	return c
}

// oneOf reads one of some words.
func oneOf(words ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		if !slices.Contains(words, s) {
			return "", fmt.Errorf("%s: want %s", quote(s), strings.Join(words, " or "))
		}
		return s, nil
	}
}
