// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keptPackets are sealed packets that versions of foureyes have written, with the
// certificates to trust. Every version must still accept them.
const keptPackets = "../../reports/seal/testdata/kept"

func verifyKept(t *testing.T, file string) (said string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(world{
		args:  []string{"foureyes", "packet", "verify", "--trust", filepath.Join(keptPackets, "roots.pem"), "--trust-tsa", filepath.Join(keptPackets, "tsa-roots.pem"), file},
		stdin: strings.NewReader(""), stdout: &out, stderr: &errs, clock: scriptClock, env: os.Getenv,
	})
	if errs.Len() > 0 {
		t.Error(errs.String())
	}
	return out.String(), code
}

func TestKeptPackets(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(keptPackets, "*.pdf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sealed packets are kept: %v", err)
	}
	for _, file := range files {
		said, code := verifyKept(t, file)
		if code != 0 || strings.Contains(said, "WRONG") || !strings.Contains(said, "holds    signed at     20") || !strings.Contains(said, "holds    pages") {
			t.Errorf("exit code %d for %s. When what is drawn was changed, count pdf.Drawing up.\n%s", code, file, said)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{9, len(content) / 3, len(content) - 2} {
			changed := bytes.Clone(content)
			changed[at] ^= 1
			copied := filepath.Join(t.TempDir(), "changed.pdf")
			if err := os.WriteFile(copied, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if said, code := verifyKept(t, copied); code != 3 || !strings.Contains(said, "REFUSED") {
				t.Errorf("exit code %d with byte %d changed:\n%s", code, at, said)
			}
		}
	}
}

// TestAskAuthority has servers that are no timestamp authority.
func TestAskAuthority(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/timestamp-query" {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		if r.URL.Path == "/busy" {
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "answer")
	}))
	defer s.Close()
	if got, err := askAuthority(t.Context(), s.URL)([]byte("question")); err != nil || string(got) != "answer" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := askAuthority(t.Context(), s.URL+"/busy")(nil); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("got %v, want what the server answers", err)
	}
}
