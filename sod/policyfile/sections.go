// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"
)

// A section is a kind of mapping in the policy. Parser and formatter share what
// is said of it here.
type section string

const (
	policySection       section = "policy"
	approvalSection     section = "approved"
	applicationSection  section = "applications"
	vendorSection       section = "vendors"
	assuranceSection    section = "assurance"
	reviewedSection     section = "reviewed"
	controlSection      section = "controls"
	dutySection         section = "duties"
	emptySection        section = "may_be_empty"
	selectorSection     section = "selector"
	ruleSection         section = "rules"
	severitySection     section = "severity"
	compensatingSection section = "compensating_controls"
	acceptanceSection   section = "accepted"
	gapSection          section = "accepted_gaps"
	checksSection       section = "checks"
	checkSection        section = "check " // and the name of the check
	costsSection        section = "costs"
	costRuleSection     section = "cost rules"
	keepSection         section = "keep"
	slaSection          section = "sla"
	calendarSection     section = "calendar"
	sortedSection       section = "sorted" // keys are the author's, kept in order
	noSection           section = ""       // nothing the policy knows
)

// called returns the section's name in a sentence.
func (s section) called() string {
	switch s {
	case policySection:
		return "the policy"
	case approvalSection:
		return "an approval"
	case applicationSection:
		return "an application"
	case vendorSection:
		return "a vendor"
	case assuranceSection:
		return "the assurance of a vendor"
	case reviewedSection:
		return "the review of an assurance"
	case controlSection:
		return "a control"
	case dutySection:
		return "a duty"
	case selectorSection:
		return "a selector"
	case ruleSection:
		return "a rule"
	case severitySection:
		return "the severity of a rule"
	case compensatingSection:
		return "a compensating control"
	case acceptanceSection:
		return "an acceptance"
	case gapSection:
		return "an accepted gap"
	case costsSection:
		return "the cost file"
	case costRuleSection:
		return "a cost rule"
	case keepSection:
		return "a grant that must stay"
	case slaSection:
		return "the sla of check leaver"
	case calendarSection:
		return "the calendar of an sla"
	}
	if _, is := s.check(); is {
		return "a check"
	}
	return string(s)
}

// keys returns what may be in the section, in the order in which it is written.
func (s section) keys() []string {
	switch s {
	case policySection:
		return []string{"version", "name", "include", "approved", "modes", "applications", "vendors", "controls", "duties", "control_plane", "rules", "compensating_controls", "accepted", "accepted_gaps", "checks"}
	case approvalSection:
		return []string{"by", "on", "ref"}
	case applicationSection:
		return []string{"id", "title", "owner", "in_scope", "entitlements"}
	case vendorSection:
		return []string{"id", "name", "companies", "owner", "contract_end", "assurance"}
	case assuranceSection:
		return []string{"report", "period_end", "exceptions", "reviewed", "ref"}
	case reviewedSection:
		return []string{"by", "on"}
	case controlSection:
		return []string{"id", "title", "owner", "frameworks"}
	case dutySection:
		return []string{"id", "title", "holds", "may_be_empty"}
	case emptySection:
		return []string{"why", "until"}
	case selectorSection:
		return []string{"source", "kind", "name", "under", "attr", "except"}
	case ruleSection:
		return []string{"id", "title", "risk", "process", "severity", "control", "conflict", "critical", "at_most", "people", "of", "holds", "requires", "where", "same"}
	case severitySection:
		return []string{"standing", "eligible", "attainable"}
	case compensatingSection:
		return []string{"id", "title", "owner", "every", "last_performed"}
	case acceptanceSection:
		return []string{"rule", "check", "subjects", "reason", "compensating_control", "approved_by", "approved_on", "ticket", "expires", "digest"}
	case gapSection:
		return []string{"about", "why", "by", "until"}
	case costsSection:
		return []string{"version", "keep", "rules"}
	case costRuleSection:
		return []string{"from", "to", "kind", "via", "unused", "cost", "times", "keep", "why"}
	case keepSection:
		return []string{"from", "to", "kind", "why"}
	case slaSection:
		return []string{"within", "from", "left", "calendar", "period"}
	case calendarSection:
		return []string{"zone", "weekend", "holidays"}
	case checksSection:
		return checkNames()
	}
	if form, is := s.check(); is {
		return append(form.keys, "severity", "control", "where")
	}
	return nil
}

// under returns the section of the mapping at key, or of the mappings in the
// list there.
func (s section) under(key string) section {
	switch s {
	case policySection:
		if slices.Contains([]string{"version", "name", "include", "modes"}, key) {
			return noSection
		}
		if key == "control_plane" {
			return selectorSection
		}
		return section(key)
	case dutySection:
		if key == "holds" {
			return selectorSection
		}
		if key == "may_be_empty" {
			return emptySection
		}
	case applicationSection:
		if key == "entitlements" {
			return selectorSection
		}
	case vendorSection:
		if key == "assurance" {
			return assuranceSection
		}
	case assuranceSection:
		if key == "reviewed" {
			return reviewedSection
		}
	case selectorSection:
		if key == "attr" {
			return sortedSection
		}
	case ruleSection:
		if key == "where" {
			return sortedSection
		}
		if key == "severity" {
			return severitySection
		}
	case checksSection:
		return checkSection + section(key)
	case checkSection + "leaver":
		if key == "sla" {
			return slaSection
		}
	case slaSection:
		if key == "calendar" {
			return calendarSection
		}
	}
	if _, is := s.check(); is && key == "where" {
		return sortedSection
	}
	return noSection
}

// later reports a check that the format may have, and this version has not. It is
// never ignored.
func (m *mistakes) later(s section, key *yaml.Node) bool {
	if s == checksSection {
		m.unknown(key, fmt.Sprintf("check %s is not supported by this version", quote(key.Value)), checkNames(), "; it knows "+enumerate(checkNames()))
		return true
	}
	return false
}
