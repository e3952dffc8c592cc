// SPDX-License-Identifier: Apache-2.0

//go:build noentra

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A program without Entra ID says so, with the place and the way out, and the demo
// reads what was read of the tenant before.
func TestWithoutEntra(t *testing.T) {
	config := filepath.Join(t.TempDir(), "foureyes.yaml")
	text := "sources:\n  - {name: entra, type: entra, tenant: example.com, credential: {managed_identity: true}}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := foureyes("collect", "--config", config, "--out", filepath.Join(t.TempDir(), "snapshot"))
	for _, want := range []string{"foureyes.yaml:2: source entra:", "built without Entra ID", "make build"} {
		if got.code != 1 || !strings.Contains(got.stderr, want) {
			t.Errorf("exit code %d, %q; want 1 and %q", got.code, got.stderr, want)
		}
	}
	if got := foureyes("demo", "--out", filepath.Join(t.TempDir(), "demo")); got.code != 0 || !strings.Contains(got.stdout, "TENANT-ADMIN") {
		t.Errorf("demo: exit code %d: %s", got.code, got.stderr)
	}
}
