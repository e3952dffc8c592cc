// SPDX-License-Identifier: Apache-2.0

package policyfile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

const listed = `# Ours

version: 1

duties:
  # Who writes.
  - {id: develop, title: Write, holds: ["entitlement:replace-me/develop"]}
  - id: deploy
    holds:
      - "group:corp/ops" # the team
      - "group:corp/x*"
      - {source: corp, name: "OPS-*"}
  - {id: root, holds: ["role:prod/root"]}

rules:
  - {id: R, severity: low, conflict: [develop, deploy]}
`

func TestList(t *testing.T) {
	got, err := policyfile.List("p.yaml", []byte(listed), []policyfile.Listing{
		{ID: id(t, "group:corp/dev"), Name: "Developers", Into: []string{"develop", "deploy"}},
		{ID: id(t, "group:corp/a*b"), Name: " evil\u202e\n- x: y ", Into: []string{"develop"}},
		{ID: id(t, "group:corp/x1"), Into: []string{"deploy"}},
		{ID: id(t, "group:corp/ops"), Into: []string{"deploy"}},
		{ID: id(t, "role:prod/root"), OutOf: []string{"root", "elsewhere"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(`  - {id: develop, title: Write, holds: ["entitlement:replace-me/develop"]}
`, `  - id: develop
    title: Write
    holds:
      - "group:corp/dev" # Developers
      - "group:corp/a\\*b" # evil - x: y
`, `      - {source: corp, name: "OPS-*"}
`, `      - {source: corp, name: "OPS-*"}
      - "group:corp/dev" # Developers
`, `"role:prod/root"`, `"entitlement:replace-me/root"`).Replace(listed)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	mustParse(t, string(got))
}

func TestListChangesNothingWithoutNeed(t *testing.T) {
	got, err := policyfile.List("p.yaml", []byte(listed), []policyfile.Listing{{ID: id(t, "group:corp/ops"), Into: []string{"deploy"}}})
	if err != nil || string(got) != listed {
		t.Errorf("got %v\n%s", err, got)
	}
}

func TestListRefuses(t *testing.T) {
	_, err := policyfile.List("p.yaml", []byte(listed), []policyfile.Listing{
		{ID: id(t, "group:corp/x1"), OutOf: []string{"deploy"}, Because: "sheet.csv:2"},
		{ID: id(t, "group:corp/x1"), Into: []string{"pay"}, Because: "sheet.csv:3"},
	})
	want := `sheet.csv:2: group:corp/x1 is in duty "deploy" by a pattern, name, place or attribute: change the selector, or add an except there
sheet.csv:3: duty "pay" is not declared in this file`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := policyfile.List("p.yaml", []byte("version: 1\nname: &a x\n"), nil); err == nil {
		t.Error("what is no policy was taken")
	}
}
