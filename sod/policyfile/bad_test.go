// SPDX-License-Identifier: Apache-2.0

package policyfile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

// The start of policies below that need something to refer to: lines 1 to 6.
const start = `version: 1
controls: [{id: AC-1}]
duties: [{id: develop, holds: ["group:c/g1"]}, {id: deploy, holds: ["group:c/g2"]}]
rules: [{id: R1, severity: low, control: AC-1, conflict: [develop, deploy]}]
compensating_controls: [{id: CC-1}]
checks: {stale: {after: 90d, severity: low}}
`

type badPolicy struct {
	name, src string
	shape     bool // the schema, which sees values and not the text, refuses it too
	want      []string
}

func badPolicies() []badPolicy {
	return []badPolicy{
		// The file.
		{"empty", "", true, []string{"1:1: the policy is empty; it begins with version: 1"}},
		{"only a comment", "# hello\n", true, []string{"1:1: the policy is empty; it begins with version: 1"}},
		{"a list", "- version: 1\n", true, []string{"1:1: the policy is not a mapping; it begins with version: 1"}},
		{"not YAML", "version: 1\nname: [a\n", true, []string{"3:1: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence"}},
		{"tab", "version: 1\nrules:\n\t- a\n", true, []string{"3:1: not valid YAML: found character that cannot start any token while scanning for the next token"}},
		{"two documents", "version: 1\n---\nversion: 1\n", true, []string{"2:1: a second document begins here; a policy is one document"}},
		{"not UTF-8", "version: 1\nname: \xffx\n", true, []string{"2:7: the policy is not valid UTF-8 here"}},
		{"UTF-16", "\xff\xfev\x00", true, []string{"1:1: the policy is not valid UTF-8 here"}},
		{"control character", "version: 1\nname: a\x07\n", true, []string{`2:8: character U+0007 is not allowed here; in double quotes it can be written as \u0007`}},
		{"turned text", "version: 1\nname: a\u202eb\n", false, []string{`2:8: character U+202E is not allowed here; in double quotes it can be written as \u202e`}},
		{"too deep", "version: 1\nname: " + strings.Repeat("[", 17) + "\n", true, []string{"2:23: not valid YAML: nested deeper than 16 levels while increasing flow level"}},
		{"too large", strings.Repeat("#", 1<<20) + "\n", true, []string{"1:1: the policy is larger than 1048576 bytes"}},
		{"anchor and alias", "version: 1\nname: &a x\nrules: *a\n", true, []string{
			"2:7: anchors (&a) are not supported; write the value out where it is needed",
			"3:8: aliases (*a) are not supported; write the value out"}},
		{"tag", "version: !!int 1\nname: !secret x\n", false, []string{
			"1:10: tags (!!int) are not supported", "2:7: tags (!secret) are not supported"}},
		{"merge key", "version: 1\n<<: {name: x}\n", false, []string{"2:1: merge keys (<<) are not supported; write the keys out"}},
		{"directive", "%TAG ! x\n---\nversion: 1\n", false, []string{`1:1: directives ("%TAG ! x") are not supported`}},
		{"duplicate key", "version: 1\nname: a\nname: b\n", true, []string{`3:1: duplicate key "name"; it is first at line 2`}},

		// The version.
		{"no version", "name: a\n", true, []string{"1:1: the policy needs version"}},
		{"newer version", "version: 2\nwhatever: 1\n", true, []string{"1:10: version 2 of the policy format is not known here: this program reads version 1"}},
		{"version as text", "version: \"1\"\n", true, []string{"1:10: version of the policy: want the number 1, got text"}},

		// Keys.
		{"near key", "version: 1\ndutys: []\n", true, []string{`2:1: unknown key "dutys" in the policy; did you mean "duties"?`}},
		{"far key", start + "accepted_gaps: [{foo: 1}]\n", true, []string{
			"7:17: an accepted gap needs about", "7:17: an accepted gap needs why", "7:17: an accepted gap needs by", "7:17: an accepted gap needs until",
			`7:18: unknown key "foo" in an accepted gap; it knows about, why, by and until`}},
		{"vendors", "version: 1\nvendors: [{id: a, companies: [], owner: \"identity:hr/1\"}, {id: a, companies: [A], owner: \"identity:hr/1\"}, {name: b}]\n", true, []string{
			"2:30: companies of a vendor is an empty list", `2:64: duplicate vendor "a"; it is first at line 2`,
			"2:108: a vendor needs id", "2:108: a vendor needs companies", "2:108: a vendor needs owner"}},
		{"assurance", "version: 1\nvendors: [{id: a, companies: [A], owner: \"identity:hr/1\", assurance: {report: SOC 1, exceptions: reviewed}}]\n", true, []string{
			"2:70: the assurance of a vendor needs period_end", "2:98: exceptions of the assurance of a vendor are reviewed by somebody on a day: say reviewed, with by and on"}},
		{"assurance reviewed", "version: 1\nvendors: [{id: a, companies: [A], owner: \"identity:hr/1\", assurance: {report: SOC 1, period_end: 2026-06-30, exceptions: none, reviewed: {by: \"identity:hr/1\"}}}]\n", true, []string{
			"2:138: the review of an assurance needs on", "2:138: reviewed of the assurance of a vendor goes with exceptions: reviewed"}},
		{"control plane is no list", "version: 1\ncontrol_plane: {}\n", true, []string{"2:16: control_plane of the policy: want a list, got a mapping"}},
		{"control plane", start + "control_plane: [devlop, {kind: role}, \"role:x\"]\n", true, []string{
			`7:17: unknown duty "devlop"; did you mean "develop"?`, `7:25: a selector needs at least one of name, under or attr, or both source and kind`, `7:39: control_plane of the policy: pattern "role:x": want kind:source/key`}},
		{"empty section", "version: 1\naccepted:\n", true, []string{"2:10: accepted of the policy: want a list, got nothing"}},

		{"include", "version: 1\ninclude: [a.yaml]\n", false, []string{"2:10: include: other files are not read here; write what they say into this one"}},

		// Words.
		{"name is a number", "version: 1\nname: 12\n", true, []string{"2:7: name of the policy: want text, got a number (put it in quotes if it is text)"}},
		{"name is empty", "version: 1\nname: \"\"\n", true, []string{"2:7: name of the policy: want text, got blank text"}},
		{"name is blank", "version: 1\nname: \" \"\n", true, []string{"2:7: name of the policy: want text, got blank text"}},
		{"unknown mode", "version: 1\nmodes: [standing, eligable]\n", true, []string{`2:19: modes of the policy: unknown mode "eligable": want standing, eligible or attainable`}},
		{"mode twice", "version: 1\nmodes: [standing, standing]\n", true, []string{`2:19: modes of the policy names "standing" twice`}},
		{"no modes", "version: 1\nmodes: []\n", true, []string{"2:8: modes of the policy is an empty list"}},
		{"bad approval", "version: 1\napproved: [{by: \"hr/E1\", on: 30.09.2026}]\n", true, []string{
			`2:17: by of an approval: id "hr/E1": want kind:source/key`, `2:30: on of an approval: date "30.09.2026": want a day such as 2026-09-30`}},
		{"impossible day", "version: 1\napproved: [{by: \"identity:hr/E1\", on: 2026-02-30}]\n", false, []string{
			`2:39: on of an approval: date "2026-02-30": want a day such as 2026-09-30`}},
		{"people who are none", start + `approved: [{by: "group:hr/board", on: 2026-09-30}]
applications: [{id: a, owner: "role:c/1"}]
vendors: [{id: v, companies: [A], owner: "unresolved:c/1", assurance: {report: SOC 1, period_end: 2026-06-30, exceptions: reviewed, reviewed: {by: "group:c/1", on: 2026-09-30}}}]
accepted: [{rule: R1, subjects: ["group:c/1"], reason: x, approved_by: "entitlement:c/1", expires: 2026-12-31}]
accepted_gaps: [{about: "group:c/1", why: x, by: "somebody:c/1", until: 2026-12-31}]
`, true, []string{
			`7:17: by of an approval: id "group:hr/board": who answers for something is an identity such as identity:hr/E1000, or an account`,
			`8:31: owner of an application: id "role:c/1": who answers for something is an identity such as identity:hr/E1000, or an account`,
			`9:42: owner of a vendor: id "unresolved:c/1": who answers for something is an identity such as identity:hr/E1000, or an account`,
			`9:148: by of the review of an assurance: id "group:c/1": who answers for something is an identity such as identity:hr/E1000, or an account`,
			`10:72: approved_by of an acceptance: id "entitlement:c/1": who answers for something is an identity such as identity:hr/E1000, or an account`,
			`11:50: by of an accepted gap: id "somebody:c/1": who answers for something is an identity such as identity:hr/E1000, or an account`}},
		{"owners of controls who are none", "version: 1\ncontrols: [{id: a, owner: \"group:c/1\"}]\ncompensating_controls: [{id: b, owner: \"somebody:c/1\"}]\n", true, []string{
			`2:27: owner of a control: id "group:c/1": who answers for something is an identity such as identity:hr/E1000, or an account`,
			`3:40: owner of a compensating control: id "somebody:c/1": who answers for something is an identity such as identity:hr/E1000, or an account`}},
		{"id with a space", "version: 1\ncontrols: [{id: AC 7}]\n", true, []string{`2:17: id of a control: id "AC 7": spaces, colons and control characters are not allowed`}},
		{"scope", "version: 1\napplications: [{id: a, in_scope: maybe}]\n", true, []string{"2:34: in_scope of an application: want true or false, got text"}},
		{"span", "version: 1\ncompensating_controls: [{id: CC, every: weekly}]\n", true, []string{`2:41: every of a compensating control: duration "weekly": want one such as 90d or 36h`}},
		{"empty span", "version: 1\ncompensating_controls: [{id: CC, every: 0d}]\n", true, []string{`2:41: every of a compensating control: duration "0d": want one such as 90d or 36h`}},

		// Duties.
		{"duty without holds", "version: 1\nduties: [{id: a}]\n", true, []string{"2:10: a duty needs holds"}},
		{"duty without selectors", "version: 1\nduties: [{id: a, holds: []}]\n", true, []string{"2:25: holds of a duty is an empty list"}},
		{"duty is text", "version: 1\nduties: [develop]\n", true, []string{"2:10: a duty: want a mapping, got text"}},
		{"name as selector", "version: 1\nduties: [{id: a, holds: [GH-DEV]}]\n", true, []string{
			`2:26: holds of a duty: "GH-DEV" is not an ID pattern such as group:corp/g1; a name is selected by {source: corp, name: "GH-DEV"}`}},
		{"bad kind of pattern", "version: 1\nduties: [{id: a, holds: [\"grp:c/1\"]}]\n", true, []string{
			`2:26: holds of a duty: pattern "grp:c/1": unknown kind "grp": want one of account, entitlement, group, identity, role, somebody, unresolved`}},
		{"empty selector", "version: 1\nduties: [{id: a, holds: [{}]}]\n", true, []string{"2:26: a selector needs at least one of name, under or attr, or both source and kind"}},
		{"source only", "version: 1\nduties: [{id: a, holds: [{source: corp}]}]\n", true, []string{"2:26: a selector needs at least one of name, under or attr, or both source and kind"}},
		{"bad selector", "version: 1\nduties: [{id: a, holds: [{source: Corp, kind: team, under: Finance, attr: {}, excpt: [a]}]}]\n", true, []string{
			`2:35: source of a selector: source name "Corp": only a-z, 0-9 and - are allowed`,
			`2:47: kind of a selector: unknown kind "team": want one of account, entitlement, group, identity, role, somebody, unresolved`,
			`2:60: under of a selector: "Finance" is not a distinguished name such as OU=Finance,DC=example,DC=com`,
			"2:75: attr of a selector is empty",
			`2:79: unknown key "excpt" in a selector; did you mean "except"?`}},
		{"may be empty without why", "version: 1\nduties: [{id: a, holds: [\"group:c/1\"], may_be_empty: {until: 2026-12-31}}]\n", true, []string{"2:54: may_be_empty needs why"}},

		// Rules.
		{"no kind", "version: 1\nrules: [{id: R, severity: low}]\n", true, []string{"2:9: a rule needs conflict, critical, at_most with of, people with of, or holds with requires"}},
		{"two kinds", strings.Replace(start, "conflict: [develop, deploy]", "conflict: [develop, deploy], critical: deploy", 1), true, []string{`4:9: a rule is of one kind, and this one has conflict and critical; make each a rule of its own`}},
		{"two kinds of of", strings.Replace(start, "conflict: [develop, deploy]", "people: 2, at_most: 1, of: [develop, deploy]", 1), true, []string{`4:9: a rule is of one kind, and this one has at_most and people; make each a rule of its own`}},
		{"requires and conflict", strings.Replace(start, "conflict: [develop, deploy]", "conflict: [develop, deploy], requires: deploy", 1), true, []string{`4:9: a rule is of one kind, and this one has conflict and requires; make each a rule of its own`}},
		{"of alone", strings.Replace(start, "conflict: [develop, deploy]", "of: [develop, deploy]", 1), true, []string{`4:52: of is part of a rule with at_most or people: say how many of these duties one may hold, or how many people they need`}},
		{"of beside", strings.Replace(start, "conflict: [develop, deploy]", "conflict: [develop, deploy], of: [develop, deploy]", 1), true, []string{`4:81: of does not go with conflict; it is part of a rule with at_most or people`}},
		{"at_most alone", strings.Replace(start, "conflict: [develop, deploy]", "at_most: 1", 1), true, []string{`4:9: a rule with at_most needs of`}},
		{"people alone", strings.Replace(start, "conflict: [develop, deploy]", "people: 2", 1), true, []string{`4:9: a rule with people needs of`}},
		{"holds alone", strings.Replace(start, "conflict: [develop, deploy]", "holds: deploy", 1), true, []string{`4:9: a rule with holds needs requires`}},
		{"requires alone", strings.Replace(start, "conflict: [develop, deploy]", "requires: deploy", 1), true, []string{`4:9: a rule with requires needs holds`}},
		{"requires itself", strings.Replace(start, "conflict: [develop, deploy]", "holds: deploy, requires: deploy", 1), false, []string{`4:73: requires of a rule names "deploy", which it is about: whoever holds it holds it`}},
		{"requires a list", strings.Replace(start, "conflict: [develop, deploy]", "holds: deploy, requires: [develop]", 1), true, []string{`4:73: requires of a rule: want text, got a list`}},
		{"at most all", strings.Replace(start, "conflict: [develop, deploy]", "at_most: 2, of: [develop, deploy]", 1), false, []string{`4:57: at_most of a rule: want a number from 0 to 1, got 2: a rule that allows all of its 2 duties forbids nothing`}},
		{"at most less than none", strings.Replace(start, "conflict: [develop, deploy]", "at_most: -1, of: [develop, deploy]", 1), true, []string{`4:57: at_most of a rule: want a number from 0 to 1, got -1: a rule that allows all of its 2 duties forbids nothing`}},
		{"at most of text", strings.Replace(start, "conflict: [develop, deploy]", "at_most: \"1\", of: [develop, deploy]", 1), true, []string{`4:57: at_most of a rule: want a whole number from 0, got text`}},
		{"half a duty", strings.Replace(start, "conflict: [develop, deploy]", "at_most: 0.5, of: [develop, deploy]", 1), true, []string{`4:57: at_most of a rule: want a whole number from 0, got a number (put it in quotes if it is text)`}},
		{"at most of one", strings.Replace(start, "conflict: [develop, deploy]", "at_most: 0, of: [develop]", 1), true, []string{`4:64: of of a rule needs at least two duties; a rule on one duty is critical`}},
		{"of twice", strings.Replace(start, "conflict: [develop, deploy]", "people: 2, of: [develop, develop]", 1), true, []string{`4:73: of of a rule names "develop" twice`}},
		{"of none", strings.Replace(start, "conflict: [develop, deploy]", "people: 2, of: []", 1), true, []string{`4:63: of of a rule is an empty list`}},
		{"one person", strings.Replace(start, "conflict: [develop, deploy]", "people: 1, of: [develop, deploy]", 1), true, []string{`4:56: people of a rule: want a number from 2 to 8, got 1; one person alone is a conflict, and larger groups are not looked for`}},
		{"nine people", strings.Replace(start, "conflict: [develop, deploy]", "people: 9, of: [develop, deploy]", 1), true, []string{`4:56: people of a rule: want a number from 2 to 8, got 9; one person alone is a conflict, and larger groups are not looked for`}},
		{"unknown duties of kinds", strings.Replace(start, "conflict: [develop, deploy]", "holds: devlop, requires: \"role:x\"", 1), true, []string{`4:55: unknown duty "devlop"; did you mean "develop"?`, `4:73: requires of a rule: pattern "role:x": want kind:source/key`}},
		{"bad scopes", strings.Replace(start, "conflict: [develop, deploy]", "conflict: [develop, deploy], where: {}, same: 7", 1), true, []string{`4:84: where of a rule is empty`, `4:94: same of a rule: want text, got a number (put it in quotes if it is text)`}},
		{"bad where", strings.Replace(start, "conflict: [develop, deploy]", "conflict: [develop, deploy], where: {country: [], dept: [IT, IT], team: {}}", 1), true, []string{`4:94: where "country" of a rule is an empty list`, `4:109: where "dept" of a rule names "IT" twice`, `4:120: where "team" of a rule: want text, got a mapping`}},
		{"where as text", strings.Replace(start, "conflict: [develop, deploy]", "conflict: [develop, deploy], where: IT", 1), true, []string{`4:84: where of a rule: want a mapping of attribute to pattern, got text`}},
		{"same of too much", strings.Replace(start, "conflict: [develop, deploy]", "conflict: [develop, deploy], same: "+strings.Repeat("x", 129), 1), true, []string{`4:83: same of a rule: attribute "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" is longer than 128 bytes`}},
		{"a rule named like a check", strings.Replace(start, "{id: R1", "{id: stale", 1), false, []string{`4:14: rule "stale" has the name of a check: findings and acceptances are told apart by it`}},
		{"unknown duty", strings.Replace(start, "[develop, deploy]", "[devlop, deploy]", 1), false, []string{`4:59: unknown duty "devlop"; did you mean "develop"?`}},
		{"no duties", "version: 1\nrules: [{id: R, severity: low, critical: root}]\n", false, []string{`2:42: unknown duty "root"; the policy has no duties`}},
		{"duty twice", strings.Replace(start, "[develop, deploy]", "[develop, develop]", 1), true, []string{`4:68: conflict of a rule names "develop" twice`}},
		{"one duty", strings.Replace(start, "[develop, deploy]", "[develop]", 1), true, []string{"4:58: conflict of a rule needs at least two duties; a rule on one duty is critical"}},
		{"list of critical", strings.Replace(start, "conflict: [develop, deploy]", "critical: [develop]", 1), true, []string{"4:58: critical of a rule: want text, got a list"}},
		{"severity of no mode", strings.Replace(start, "severity: low, control", "severity: {}, control", 1), true, []string{"4:28: the severity of a rule needs standing"}},
		{"severity without standing", strings.Replace(start, "severity: low, control", "severity: {eligible: low}, control", 1), true, []string{"4:28: the severity of a rule needs standing"}},
		{"severity of an unknown mode", strings.Replace(start, "severity: low, control", "severity: {standing: low, eligable: low, attainable: lwo}, control", 1), true, []string{
			`4:44: unknown key "eligable" in the severity of a rule; did you mean "eligible"?`,
			`4:71: attainable of the severity of a rule: unknown severity "lwo": want low, medium, high or critical`}},
		{"severity that grows", strings.Replace(start, "severity: low, control", "severity: {standing: medium, eligible: high, attainable: critical}, control", 1), false, []string{
			"4:57: eligible of the severity of a rule: high is more than medium when standing; what is held less firmly cannot matter more",
			"4:75: attainable of the severity of a rule: critical is more than high when eligible; what is held less firmly cannot matter more"}},
		{"severity that grows past a mode", strings.Replace(start, "severity: low, control", "severity: {standing: low, attainable: high}, control", 1), false, []string{
			"4:56: attainable of the severity of a rule: high is more than low when eligible; what is held less firmly cannot matter more"}},
		{"severity as a list", strings.Replace(start, "severity: low, control", "severity: [low], control", 1), true, []string{"4:28: severity of a rule: want text, got a list"}},
		{"severity of a check by mode", "version: 1\nchecks: {orphaned: {severity: {standing: low}}}\n", true, []string{"2:31: severity of check orphaned: want text, got a mapping"}},
		{"severity", strings.Replace(start, "severity: low, control", "severity: hgih, control", 1), true, []string{`4:28: severity of a rule: unknown severity "hgih": want low, medium, high or critical`}},
		{"bad pattern", strings.Replace(start, "[develop, deploy]", `[develop, "role:erp"]`, 1), true, []string{`4:68: conflict of a rule: pattern "role:erp": want kind:source/key`}},

		// Duplicates.
		{"duplicate ids", "version: 1\ncontrols: [{id: a}, {id: a}]\nduties: [{id: a, holds: [\"group:c/1\"]}, {id: a, holds: [\"group:c/1\"]}]\nrules: [{id: a, severity: low, critical: a}, {id: a, severity: low, critical: a}]\ncompensating_controls: [{id: a}, {id: a}]\napplications: [{id: a}, {id: a}]\n", false, []string{
			`2:26: duplicate control "a"; it is first at line 2`, `3:46: duplicate duty "a"; it is first at line 3`,
			`4:51: duplicate rule "a"; it is first at line 4`, `5:39: duplicate compensating control "a"; it is first at line 5`,
			`6:30: duplicate application "a"; it is first at line 6`}},

		// Checks, acceptances, gaps.
		{"unknown checks", "version: 1\nchecks: {joiner: {severity: low}, stael: {}}\n", true, []string{
			`2:10: check "joiner" is not supported by this version; it knows breakglass, control-owner, dormant-group, duplicate-identity, guest, leaver, mfa, mover, never-used, orphaned, ownerless, prehire, privileged, role-conflict, service, shared, stale, unapproved-grant, uncorrelated and vendor`,
			`2:35: check "stael" is not supported by this version; did you mean "stale"?`}},
		{"bad checks", "version: 1\nchecks: {stale: {severity: low}, orphaned: {after: 90d, severity: low}}\n", true, []string{
			"2:17: check stale needs after", `2:45: unknown key "after" in a check; it knows severity, control and where`}},
		{"bad movers", "version: 1\nchecks: {mover: {within: 20d, peers: 1, severity: low}}\n", true, []string{
			`2:17: within of check mover is not longer than after, so that nobody would be judged`, `2:38: peers of check mover: want a number from 2 to 1000, got 1: one tells nothing`}},
		{"bad second factors", "version: 1\nchecks: {mfa: {scope: everybody, at_least: none, severity: low, after: 1d}}\n", true, []string{
			`2:23: scope of check mfa: "everybody": want privileged or all`, `2:44: at_least of check mfa: "none": want registered or capable or enforced`,
			`2:65: unknown key "after" in a check; it knows scope, at_least, severity, control and where`}},
		{"an sla without a span", "version: 1\nchecks: {leaver: {severity: low, sla: {from: left}}}\n", true, []string{"2:39: the sla of check leaver needs within"}},
		{"an sla of nothing", "version: 1\nchecks: {leaver: {severity: low, sla: {within: 2 weeks, from: sooner, left: never}}}\n", true, []string{
			`2:48: within of the sla of check leaver: "2 weeks": want business days such as "1 business day" or "3 business days", or a duration such as 24h or 2d`,
			`2:63: from of the sla of check leaver: "sooner": want later, left or recorded`,
			`2:77: left of the sla of check leaver: "never": want end-date or last-day-worked`}},
		{"business days without a calendar", "version: 1\nchecks: {leaver: {severity: low, sla: {within: 1 business day}}}\n", true, []string{
			"2:39: the sla of check leaver needs calendar: where midnight is, and which days are no business days"}},
		{"a calendar for nothing", "version: 1\nchecks: {leaver: {severity: low, sla: {within: 24h, calendar: {zone: UTC}}}}\n", true, []string{
			"2:63: calendar of the sla of check leaver: only business days need one, and within is 24h"}},
		{"a calendar without a zone", "version: 1\nchecks: {leaver: {severity: low, sla: {within: 1 business day, calendar: {weekend: [sat, sat, so], holidays: [2026-12-25, tomorrow], days: 5}}}}\n", true, []string{
			"2:74: the calendar of an sla needs zone",
			`2:90: weekend of the calendar of an sla names "sat" twice`,
			`2:95: weekend of the calendar of an sla: "so": want sun, mon, tue, wed, thu, fri, sat`,
			`2:123: holidays of the calendar of an sla: date "tomorrow": want a day such as 2026-09-30`,
			`2:134: unknown key "days" in the calendar of an sla; it knows zone, weekend and holidays`}},
		{"a zone that is none", "version: 1\nchecks: {leaver: {severity: low, sla: {within: 1 business day, calendar: {zone: Europe/Nowhere}}}}\n", false, []string{
			`2:81: zone of the calendar of an sla: zone "Europe/Nowhere": want a name of the time zone database, such as Europe/Madrid`}},
		{"a week of weekends", "version: 1\nchecks: {leaver: {severity: low, sla: {within: 1 business day, calendar: {zone: UTC, weekend: [sun, mon, tue, wed, thu, fri, sat]}}}}\n", true, []string{
			"2:95: weekend of the calendar of an sla: no day is left for business"}},
		{"an sla elsewhere", "version: 1\nchecks: {prehire: {severity: low, sla: {within: 24h}}}\n", true, []string{
			`2:35: unknown key "sla" in a check; it knows within, severity, control and where`}},
		{"rule and check", start + "accepted:\n  - {rule: R1, check: stale, subjects: [\"account:c/1\"], reason: x, approved_by: \"identity:hr/1\", expires: 2026-12-31}\n  - {subjects: [\"account:c/1\"], reason: x, approved_by: \"identity:hr/1\", expires: 2026-12-31}\n", true, []string{
			"8:5: an acceptance names either a rule or a check", "9:5: an acceptance names either a rule or a check"}},
		{"references of an acceptance", start + "accepted:\n  - {rule: R2, subjects: [\"account:c/1\"], reason: x, compensating_control: CC1, approved_by: \"identity:hr/1\", expires: 2026-12-31}\n  - {check: orphaned, subjects: [\"account:c/1\"], reason: x, approved_by: \"identity:hr/1\", expires: 2026-12-31}\n", false, []string{
			`8:12: unknown rule "R2"; did you mean "R1"?`, `8:76: unknown compensating control "CC1"; did you mean "CC-1"?`, `9:13: unknown check "orphaned"`}},
		{"no subjects", start + "accepted: [{rule: R1, subjects: [], reason: x, approved_by: \"identity:hr/1\", expires: 2026-12-31}]\n", true, []string{"7:33: subjects of an acceptance is an empty list"}},
		{"no digest", start + "accepted: [{rule: R1, subjects: [\"account:c/1\"], reason: x, approved_by: \"identity:hr/1\", expires: 2026-12-31, digest: \"sha256:12\"}]\n", true, []string{
			`7:120: digest of an acceptance: "sha256:12": want sha256: and 64 hexadecimal digits, as foureyes policy accept prints it`}},
		{"digest of a check", start + "accepted: [{check: stale, subjects: [\"account:c/1\"], reason: x, approved_by: \"identity:hr/1\", expires: 2026-12-31, digest: \"sha256:" + strings.Repeat("0a", 32) + "\"}]\n", true, []string{
			"7:124: an acceptance of a check has no digest: there is no access to approve"}},
		{"bare acceptance", start + "accepted: [{rule: R1}]\n", true, []string{
			"7:12: an acceptance needs subjects", "7:12: an acceptance needs reason", "7:12: an acceptance needs approved_by", "7:12: an acceptance needs expires"}},
		{"gap about nothing", start + "accepted_gaps: [{about: corp, why: x, by: \"identity:hr/1\", until: 2026-12-31}]\n", true, []string{
			`7:25: about of an accepted gap: "corp": want an id such as group:corp/g2, or source/dataset such as hr/identities`}},
		{"gap about no dataset", start + "accepted_gaps: [{about: corp/people, why: x, by: \"identity:hr/1\", until: 2026-12-31}]\n", true, []string{`7:25: about of an accepted gap: unknown dataset "people"`}},
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range badPolicies() {
		t.Run(tt.name, func(t *testing.T) {
			_, err := policyfile.Parse("policy.yaml", []byte(tt.src))
			if err == nil {
				t.Fatalf("accepted:\n%s", tt.src)
			}
			want := "policy.yaml:" + strings.Join(tt.want, "\npolicy.yaml:")
			if diff := cmp.Diff(want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}
