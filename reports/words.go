// SPDX-License-Identifier: Apache-2.0

package reports

// words are the words of the house with an auditor's words for them.
func words() []Word {
	return []Word{
		{"Source", "one configured system that was read"},
		{"Identity", "a person, or an owned non-human, known to human resources or declared; owns accounts"},
		{"Account", "one login in one source"},
		{"Group, role, entitlement", "a container of accounts; a bundle of rights; a right that can be held"},
		{"Grant [access]", "that one thing holds another: owns (correlation), member, assigned, contains, eligible (can be activated), controls (can obtain it)"},
		{"Standing, eligible, attainable", "how firmly access is held, by the weakest grant of its path: held now; after activation; by way of something the holder controls"},
		{"Duty", "a named set of groups, roles or entitlements, any of which lets a person do one job step"},
		{"Rule", "which duties must not meet in one person, or which single duty is critical"},
		{"Check", "a question asked of each account, person or group, such as whether an enabled account has an owner"},
		{"Finding", "a proven breach of a rule or a check; open until it is accepted or gone"},
		{"Witness [access path]", "the exact grants that prove a finding, from the subject to the duty"},
		{"Cause", "the group, role or entitlement behind findings: removing access there removes them"},
		{"Acceptance", "a finding that a named person took on, for a reason, until a date; as declared in the policy, not verified by this document"},
		{"Compensating control", "what makes an accepted finding tolerable, as declared"},
		{"Coverage [completeness and accuracy]", "for each source and dataset, what was asked, what came, and how the counts compare"},
		{"Gap", "something that exists and could not be read"},
		{"NOT ASSESSED", "no finding was proved, and one may be hidden by a gap; not an absence of findings"},
		{"New, recurred, resolved, cannot tell", "against an earlier report: known to no earlier one; open again after it was resolved or accepted; in it, assessed again and not found; in it, and not assessed now"},
		{"Digest, content", "fingerprints (SHA-256): of the snapshot with its manifest, and of its facts alone"},
	}
}
