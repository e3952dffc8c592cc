// SPDX-License-Identifier: Apache-2.0

package policysheet

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Sign says in which of two policies something is.
type Sign string

// The signs of changes.
const (
	Added   Sign = "+" // only in the new one
	Removed Sign = "-" // only in the old one
	Changed Sign = "~" // in both, and not the same
)

// A Change is one difference between two policies.
type Change struct {
	Sign    Sign
	What    string   // such as "duty develop"
	Details []string // what of it, one a line
}

// Diff returns what differs between two policies: section by section, what was
// changed or taken out as before has it, then what was added. That things stand in
// another order is no difference.
func Diff(before, after *sod.Policy) []Change {
	var all []Change
	section := func(what string, x, y []item) { all = append(all, compare(what, x, y)...) }
	section("the policy", head(before), head(after))
	section("application", described(before.Apps, describeApp), described(after.Apps, describeApp))
	section("vendor", described(before.Vendors, describeVendor), described(after.Vendors, describeVendor))
	section("control", described(before.Controls, describeControl), described(after.Controls, describeControl))
	section("duty", described(before.Duties, describeDuty), described(after.Duties, describeDuty))
	section("rule", described(before.Rules, describeRule(before)), described(after.Rules, describeRule(after)))
	section("compensating control", described(before.Compensating, describeCompensating), described(after.Compensating, describeCompensating))
	section("acceptance", described(before.Accepted, describeAcceptance), described(after.Accepted, describeAcceptance))
	section("accepted gap", described(before.AcceptedGaps, describeGap), described(after.AcceptedGaps, describeGap))
	section("check", described(before.Checks, describeCheck), described(after.Checks, describeCheck))
	return all
}

func compare(what string, before, after []item) []Change {
	var all []Change
	left := slices.Clone(after)
	for _, x := range before {
		name := strings.TrimSpace(what + " " + x.id)
		i := slices.IndexFunc(left, func(y item) bool { return y.id == x.id })
		if i < 0 {
			all = append(all, Change{Removed, name, nil})
			continue
		}
		if details := x.against(left[i]); len(details) > 0 {
			all = append(all, Change{Changed, name, details})
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, y := range left {
		all = append(all, Change{Added, what + " " + y.id, y.told()})
	}
	return all
}

// told says what is known of an item that is new.
func (i item) told() []string {
	var details []string
	for _, f := range i.fields {
		if text := strings.Join(f.values, ", "); text != "" {
			details = append(details, f.name+": "+text)
		}
	}
	return details
}

func (i item) against(after item) []string {
	var details []string
	for n, f := range i.fields {
		details = append(details, f.against(after.fields[n])...)
	}
	return details
}

func (f field) against(after field) []string {
	if !f.set {
		if f.values[0] == after.values[0] {
			return nil
		}
		return []string{fmt.Sprintf("%s: %s → %s", f.name, orNone(f.values[0]), orNone(after.values[0]))}
	}
	var details []string
	for _, v := range f.values {
		if !slices.Contains(after.values, v) {
			details = append(details, f.name+": - "+v)
		}
	}
	for _, v := range after.values {
		if !slices.Contains(f.values, v) {
			details = append(details, f.name+": + "+v)
		}
	}
	return details
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// WriteChanges writes changes, one a line, with their details below.
func WriteChanges(w io.Writer, changes []Change) error {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%s %s\n", c.Sign, reports.Display(c.What))
		for _, d := range c.Details {
			fmt.Fprintf(&b, "    %s\n", reports.Display(d))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
