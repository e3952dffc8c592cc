// SPDX-License-Identifier: Apache-2.0

package snapshot_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph/snapshot"
)

var update = flag.Bool("update", false, "write the fixtures again")

// TestVersion1StaysReadable reads a snapshot that was written once and is kept.
// The digests are here so that nobody writes it again unseen.
func TestVersion1StaysReadable(t *testing.T) {
	const (
		dir     = "testdata/v1"
		content = "sha256:3e15cfbdfd7db65c393c36d7dc865e7b3fbd7f4b808a508049b7706b490f7747"
		digest  = "sha256:02d6bb9d7f34a3ca3cc05b51117235b7e5ad70fdc8ce6caa8837202954ae89f2"
	)
	if *update {
		if os.Getenv("CI") != "" {
			t.Fatal("-update is not for CI")
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		write(t, dir, graphOf(t, rich()))
	}
	s, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := s.Manifest()
	if m.Content != content || m.Digest != digest {
		t.Errorf("content %s, digest %s; want %s and %s", m.Content, m.Digest, content, digest)
	}
	if problems, err := snapshot.Verify(dir); err != nil || len(problems) > 0 {
		t.Errorf("Verify: %q, %v", problems, err)
	}
	want, err := os.ReadFile("testdata/v1.jsonl")
	if *update {
		want = []byte(export(t, graphOf(t, rich())))
		err = os.WriteFile("testdata/v1.jsonl", want, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), export(t, read(t, dir))); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}
