// SPDX-License-Identifier: Apache-2.0

package snapshot_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
)

var friday = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)

func quarantinedSnapshot(t *testing.T) (*snapshot.Snapshot, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "snap")
	_, err := snapshot.Write(dir, (&graph.Builder{}).Graph(), snapshot.Meta{
		Tool: snapshot.Tool{Name: "foureyes", Version: "1"}, Started: friday, Ended: friday,
		Quarantine: &snapshot.Quarantine{Previous: "sha256:" + strings.Repeat("0a", 32), Shrunk: []snapshot.Shrink{{Source: "corp", Class: "accounts", Before: 300, Now: 2}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func TestQuarantine(t *testing.T) {
	s, dir := quarantinedSnapshot(t)
	if m := s.Manifest(); m.Format != snapshot.QuarantineFormat || m.Quarantine.String() != "source corp has 2 of 300 accounts" {
		t.Errorf("%s, %v", m.Format, m.Quarantine)
	}
	if a, err := s.Acknowledgement(); a != nil || err != nil {
		t.Errorf("acknowledged by %v, %v before anybody did", a, err)
	}
	if err := s.Acknowledge("Ines", "", friday); err == nil {
		t.Error("it was acknowledged without a reason")
	}
	if err := s.Acknowledge("Ines", "sold", friday); err != nil {
		t.Fatal(err)
	}
	if err := s.Acknowledge("Else", "why not", friday); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second acknowledgement: %v", err)
	}
	want := &snapshot.Acknowledgement{Format: snapshot.AcknowledgementFormat, Snapshot: s.Manifest().Digest, By: "Ines", Reason: "sold", At: friday}
	if a, err := s.Acknowledgement(); err != nil || cmp.Diff(want, a) != "" {
		t.Errorf("%v, %v", a, err)
	}
	if problems, err := snapshot.Verify(dir); err != nil || problems != nil {
		t.Errorf("with an acknowledgement: %v, %v", problems, err)
	}
}

// An acknowledgement that is of another snapshot, or says nothing, is none.
func TestBadAcknowledgement(t *testing.T) {
	s, dir := quarantinedSnapshot(t)
	digest := s.Manifest().Digest
	for _, text := range []string{
		"", "{}", "null", `{"format":"foureyes/acknowledgement/2"}`,
		`{"format":"foureyes/acknowledgement/1","snapshot":"sha256:00","by":"x","reason":"y"}`,
		`{"format":"foureyes/acknowledgement/1","snapshot":"` + digest + `","by":" ","reason":"y"}`,
		`{"format":"foureyes/acknowledgement/1","snapshot":"` + digest + `","by":"x","reason":"y","more":1}`,
		`{"format":"foureyes/acknowledgement/1","snapshot":"` + digest + `","by":"x","reason":"y"} {}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, "acknowledgement.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if a, err := s.Acknowledgement(); a != nil || err == nil {
			t.Errorf("%q: %v, %v, want an error", text, a, err)
		}
		if problems, err := snapshot.Verify(dir); len(problems) != 1 || err != nil {
			t.Errorf("%q: Verify: %q, %v, want one problem", text, problems, err)
		}
	}
}

// Who has nothing to acknowledge acknowledges nothing, and a quarantine cannot be hidden
// from readers that do not know it.
func TestFormatTellsOfQuarantine(t *testing.T) {
	_, dir := quarantinedSnapshot(t)
	manifest := filepath.Join(dir, "manifest.json")
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(manifest, []byte(strings.Replace(string(text), snapshot.QuarantineFormat, snapshot.Format, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.Open(dir); !errors.Is(err, snapshot.ErrCorrupt) {
		t.Errorf("a quarantine in the first format: %v", err)
	}
}
