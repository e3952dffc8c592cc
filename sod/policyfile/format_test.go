// SPDX-License-Identifier: Apache-2.0

package policyfile_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

var update = flag.Bool("update", false, "rewrite the golden files of the formatter")

// corpus returns the files of testdata that match, by name. None is a failure.
func corpus(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files match testdata/%s: %v", pattern, err)
	}
	files := map[string][]byte{}
	for _, p := range paths {
		src, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.ToSlash(p)] = src
	}
	return files
}

func TestFormat(t *testing.T) {
	if *update && os.Getenv("CI") != "" {
		t.Fatal("golden files are not rewritten in CI")
	}
	for path, src := range corpus(t, "format/*.yaml") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			got, err := policyfile.Format("in.yaml", src)
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(path, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("formatted (-want +got):\n%s", diff)
			}
			again, err := policyfile.Format("in.yaml", got)
			if err != nil || !bytes.Equal(again, got) {
				t.Errorf("formatted twice: %v\n%s", err, cmp.Diff(string(got), string(again)))
			}
		})
	}
}

func TestGoldenFilesAreUsed(t *testing.T) {
	sources := corpus(t, "format/*.yaml")
	for path := range corpus(t, "format/*.golden") {
		if sources[strings.TrimSuffix(path, ".golden")+".yaml"] == nil {
			t.Errorf("%s belongs to no source", path)
		}
	}
}

func TestFormatRefuses(t *testing.T) {
	for src, want := range map[string]string{
		"version: 1\nname: &a x\n":       "policy.yaml:2:7: anchors (&a) are not supported; write the value out where it is needed",
		"whatever: [ 1 ]\nversion: 2\n":  "policy.yaml:2:10: version 2 of the policy format is not known here: this program reads version 1",
		"version: one\nname:    [ x ]\n": "policy.yaml:1:10: version of the policy: want the number 1, got text",
	} {
		if _, err := policyfile.Format("policy.yaml", []byte(src)); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestFormatLongLine: columns are counted once for each line, not for each value.
func TestFormatLongLine(t *testing.T) {
	src := "version: 1\nname: [" + strings.Repeat("a,", 100_000) + "]\n"
	got, err := policyfile.Format("policy.yaml", []byte(src))
	if err != nil || bytes.Count(got, []byte("\n  - a")) != 100_000 {
		t.Errorf("got %d lines, %v", bytes.Count(got, []byte("\n")), err)
	}
}

// FuzzFormat: what is valid YAML formats to what says the same (Format checks
// that), twice is once, and the policy that is read is equal.
func FuzzFormat(f *testing.F) {
	for _, pattern := range []string{"good/*.yaml", "format/*.yaml"} {
		for _, src := range corpus(f, pattern) {
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		policy, parseErr := policyfile.Parse("x", src)
		once, err := policyfile.Format("x", src)
		if err != nil {
			if parseErr == nil || strings.Contains(err.Error(), "cannot be formatted") {
				t.Fatalf("%v\n%s", err, src)
			}
			return
		}
		twice, err := policyfile.Format("x", once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("twice is not once: %v\n%s", err, cmp.Diff(string(once), string(twice)))
		}
		if parseErr != nil {
			return
		}
		again, err := policyfile.Parse("x", once)
		if err != nil {
			t.Fatal(err)
		}
		again.Digest = policy.Digest
		if diff := cmp.Diff(policy, again); diff != "" {
			t.Fatalf("policy (-before +after):\n%s", diff)
		}
	})
}
