// SPDX-License-Identifier: Apache-2.0

package policyfile_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

// files reads from memory, and counts how often each name is asked for.
type files map[string]string

func (f files) read(name string) ([]byte, error) {
	src, ok := f[strings.ReplaceAll(name, `\`, "/")]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return []byte(src), nil
}

func TestLoadIncludes(t *testing.T) {
	f := files{
		"sox/policy.yaml": `version: 1
name: Ours
include: [rules/p2p.yaml, ../shared/controls.yaml]
rules: [{id: OWN, severity: low, control: AC-1, conflict: [pay, "role:erp/x"]}]
`,
		"sox/rules/p2p.yaml": `version: 1
name: Theirs
modes: [standing]
include: [../../shared/controls.yaml]
duties: [{id: pay, holds: ["role:erp/pay"]}]
rules: [{id: P2P, severity: high, control: AC-1, critical: "role:erp/x"}]
checks: {stale: {after: 90d, severity: low}}
`,
		"shared/controls.yaml": "version: 1\nmodes: [attainable]\ncontrols: [{id: AC-1}]\nchecks: {orphaned: {severity: low}}\n",
	}
	p, err := policyfile.Load("sox/policy.yaml", f.read)
	if err != nil {
		t.Fatal(err)
	}
	var lines string
	for _, name := range []string{"sox/policy.yaml", "sox/rules/p2p.yaml", "shared/controls.yaml"} {
		lines += fmt.Sprintf("sha256:%x\n", sha256.Sum256([]byte(f[name])))
	}
	var ids []string
	for _, r := range p.Rules {
		ids = append(ids, r.ID)
	}
	for _, c := range p.Checks {
		ids = append(ids, c.Name)
	}
	if diff := cmp.Diff([]string{"OWN", "P2P", "orphaned", "stale"}, ids); diff != "" {
		t.Errorf("rules and checks (-want +got):\n%s", diff)
	}
	if len(p.Duties) != 2 || p.Rules[0].Duties[1] != p.Rules[1].Duties[0] || len(p.Controls) != 1 {
		t.Errorf("unnamed duties are not shared, or the diamond is read twice: %+v", p)
	}
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(lines))); p.Digest != want {
		t.Errorf("digest: got %s, want %s", p.Digest, want)
	}
	if p.Name != "Ours" || p.Mode != reach.Standing {
		t.Errorf("got name %q and mode %v, want those of the first file that says them", p.Name, p.Mode)
	}
}

func TestLoadAlone(t *testing.T) {
	src := corpus(t, "good/full.yaml")["testdata/good/full.yaml"]
	want, err := policyfile.Parse("full.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	got, err := policyfile.Load("full.yaml", files{"full.yaml": string(src)}.read)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-parsed +loaded):\n%s", err, diff)
	}
	if _, err := policyfile.Load("no.yaml", files{}.read); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that it does not exist", err)
	}
}

// TestEveryFileChangesTheDigest: an included file is part of what was approved.
func TestEveryFileChangesTheDigest(t *testing.T) {
	f := files{"a.yaml": "version: 1\ninclude: [b.yaml, c.yaml]\n", "b.yaml": "version: 1\n", "c.yaml": "version: 1\n"}
	seen := map[string]string{}
	for _, changed := range []string{"", "a.yaml", "b.yaml", "c.yaml"} {
		g := files{}
		for name, src := range f {
			g[name] = src
			if name == changed {
				g[name] += "# changed\n"
			}
		}
		p, err := policyfile.Load("a.yaml", g.read)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[p.Digest]; ok {
			t.Errorf("with %q changed the digest is as with %q", changed, other)
		}
		seen[p.Digest] = changed
	}
}

func TestLoadRefuses(t *testing.T) {
	chain := func(n int) files {
		f := files{}
		for i := range n {
			f[fmt.Sprintf("%d.yaml", i)] = fmt.Sprintf("version: 1\ninclude: [%d.yaml]\n", i+1)
		}
		f[fmt.Sprintf("%d.yaml", n)] = "version: 1\n"
		return f
	}
	many, large := files{"0.yaml": "version: 1\ninclude: ["}, files{"0.yaml": "version: 1\ninclude: ["}
	for i := 1; i <= 64; i++ {
		many["0.yaml"] += fmt.Sprintf("%d.yaml,", i)
		many[fmt.Sprintf("%d.yaml", i)] = "version: 1\n"
	}
	for i := 1; i <= 8; i++ {
		large["0.yaml"] += fmt.Sprintf("%d.yaml,", i)
		large[fmt.Sprintf("%d.yaml", i)] = "version: 1\n" + strings.Repeat("#", policyfile.MaxBytes-11)
	}
	many["0.yaml"] += "]\n"
	large["0.yaml"] += "]\n"
	for _, tt := range []struct {
		name  string
		files files
		want  string
	}{
		{"cycle", files{"0.yaml": "version: 1\ninclude: [a/b.yaml]\n", "a/b.yaml": "version: 1\ninclude: [../0.yaml]\n"},
			`a/b.yaml:2:11: include "../0.yaml" leads back: 0.yaml includes a/b.yaml includes 0.yaml`},
		{"itself", files{"0.yaml": "version: 1\ninclude: [./0.yaml]\n"}, `0.yaml:2:11: include "./0.yaml" leads back: 0.yaml includes 0.yaml`},
		{"missing", files{"0.yaml": "version: 1\ninclude: [no.yaml]\nrules: [{id: R, severity: low, critical: theirs}]\n"},
			`0.yaml:2:11: include "no.yaml": open no.yaml: file does not exist`},
		{"twice", files{"0.yaml": "version: 1\ninclude: [a.yaml, ./a.yaml]\n", "a.yaml": "version: 1\n"}, `0.yaml:2:19: include of the policy names "./a.yaml" twice`},
		{"absolute", files{"0.yaml": "version: 1\ninclude: [/etc/passwd, 'C:\\x', \"a\\nb\"]\n"},
			`0.yaml:2:11: include of the policy: "/etc/passwd": want the place of a file relative to this one, with / between folders` + "\n" +
				`0.yaml:2:24: include of the policy: "C:\\x": want the place of a file relative to this one, with / between folders` + "\n" +
				`0.yaml:2:32: include of the policy: "a\nb": control characters are not allowed`},
		{"empty", files{"0.yaml": "version: 1\ninclude: []\n"}, `0.yaml:2:10: include of the policy is an empty list`},
		{"not a policy", files{"0.yaml": "version: 1\ninclude: [a.yaml]\nrules: [{id: R, severity: low, critical: theirs}]\n", "a.yaml": "- x\n"},
			`a.yaml:1:1: the policy is not a mapping; it begins with version: 1`},
		{"newer", files{"0.yaml": "version: 1\ninclude: [a.yaml]\n", "a.yaml": "version: 2\n"},
			`a.yaml:1:10: version 2 of the policy format is not known here: this program reads version 1`},
		{"duplicates", files{
			"0.yaml": "version: 1\ninclude: [a.yaml]\nduties: [{id: d, holds: [\"group:c/1\"]}]\nchecks: {orphaned: {severity: low}}\n",
			"a.yaml": "version: 1\nduties: [{id: d, holds: [\"group:c/1\"]}]\nchecks: {orphaned: {severity: low}}\n"},
			`a.yaml:2:15: duplicate duty "d"; it is first at 0.yaml:3` + "\n" + `a.yaml:3:20: duplicate check orphaned; it is first at 0.yaml:4`},
		{"mistakes in both", files{"0.yaml": "version: 1\ninclude: [a.yaml]\nname: 1\n", "a.yaml": "version: 1\nname: 2\n"},
			"0.yaml:3:7: name of the policy: want text, got a number (put it in quotes if it is text)\n" +
				"a.yaml:2:7: name of the policy: want text, got a number (put it in quotes if it is text)"},
		{"deep", chain(9), `8.yaml:2:11: include "9.yaml": files include each other more than 8 deep`},
		{"many", many, fmt.Sprintf(`0.yaml:2:%d: include "64.yaml": a policy is made of at most 64 files`, strings.Index(many["0.yaml"], "64.")-10)},
		{"large", large, `0.yaml:2:60: include "8.yaml": the files of the policy are larger than 8388608 bytes`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := policyfile.Load("0.yaml", tt.files.read)
			if err == nil {
				t.Fatal("accepted")
			}
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(err.Error(), `a\b.yaml`, "a/b.yaml")); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := policyfile.Load("0.yaml", chain(8).read); err != nil {
		t.Errorf("a chain of 8: %v", err)
	}
	if _, err := policyfile.Parse("0.yaml", []byte(chain(1)["0.yaml"])); err == nil || err.Error() != "0.yaml:2:10: include: other files are not read here; write what they say into this one" {
		t.Errorf("Parse of one that includes: got %v", err)
	}
}
