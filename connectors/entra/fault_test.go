// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestRefusalsSpeak(t *testing.T) {
	seen := map[string]bool{}
	for k := denied; k <= rejected; k++ {
		r := &refusal{kind: k, status: 400, code: "Code\x1b[2J", message: "line\none\u202e\x00" + strings.Repeat("ä", 1000), path: "/users\r"}
		got := r.Error()
		if !strings.HasPrefix(got, "/users: status 400 Code [2J (line one ä") || !utf8.ValidString(got) || len(got) > maxPath+maxCode+maxMessage+200 {
			t.Errorf("%q", got)
		}
		seen[k.advice()] = true
	}
	if len(seen) != int(rejected) {
		t.Errorf("%d pieces of advice for %d kinds", len(seen), rejected)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"0": 0, " 5 ": 5 * time.Second, "2.128": 2128 * time.Millisecond, "1e300": mostWait, "inf": mostWait,
		"Sun, 01 Mar 2026 12:00:05 GMT": 5 * time.Second, "Sat, 28 Feb 2026 12:00:05 GMT": 0, "Sun, 01 Mar 9999 12:00:05 GMT": mostWait,
	} {
		if got, ok := retryAfter(text, now); got != want || !ok {
			t.Errorf("retryAfter(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "soon", "-1", "NaN", "5s", "5,5"} {
		if got, ok := retryAfter(text, now); ok {
			t.Errorf("retryAfter(%q) = %v", text, got)
		}
	}
}

// TestPauses believes once that there is nothing to wait for.
func TestPauses(t *testing.T) {
	f := &fault{told: true}
	if f.pause(1, "/x") != 0 || f.pause(2, "/x") == 0 {
		t.Errorf("pauses %v, %v", f.pause(1, "/x"), f.pause(2, "/x"))
	}
	f.wait = time.Hour
	if f.pause(5, "/x") != time.Hour {
		t.Errorf("pause %v", f.pause(5, "/x"))
	}
}

func TestErrorsInOtherForms(t *testing.T) {
	for body, want := range map[string][2]string{
		`{"error":{"code":"c","message":"m","innerError":{"date":"2026-01-01T00:00:00"}}}`: {"c", "m"},
		`{"error":"c","error_description":"m"}`:                                            {"c", "m"},
		`{"error":{"code":5}}`:                                                             {"", ""},
		`{"error":[]}`:                                                                     {"", ""},
		`[]`:                                                                               {"", ""},
		`null`:                                                                             {"", ""},
	} {
		n, err := parseJSON([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if code, message := errorOf(n); code != want[0] || message != want[1] {
			t.Errorf("%s: %q, %q", body, code, message)
		}
	}
}
