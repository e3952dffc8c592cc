// SPDX-License-Identifier: Apache-2.0

package reports_test

import (
	"slices"
	"testing"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

// What an auditor must hear of is a severity that fell, a rule that went, and a check that
// is no longer made: a comparison of ids alone would miss the first.
func TestPolicyChanges(t *testing.T) {
	was := &sod.Policy{
		Rules:  []sod.Rule{{ID: "A", Severity: sod.Critical}, {ID: "B", Severity: sod.High}},
		Checks: []sod.Check{{Name: "stale"}},
	}
	now := &sod.Policy{
		Rules:        []sod.Rule{{ID: "C", Severity: sod.High}, {ID: "A", Severity: sod.Low}},
		AcceptedGaps: []sod.AcceptedGap{{Source: "corp", Dataset: "mfa"}},
	}
	want := []reports.PolicyChange{
		{"rule", "A", "changed"}, {"rule", "B", "removed"}, {"rule", "C", "added"}, {"check", "stale", "removed"}, {"accepted gap", "corp/mfa", "added"},
	}
	if got := reports.PolicyChanges(was, now); !slices.Equal(got, want) {
		t.Errorf("changes are %v, want %v", got, want)
	}
	if got := reports.PolicyChanges(now, now); len(got) > 0 {
		t.Errorf("a policy differs from itself: %v", got)
	}
}
