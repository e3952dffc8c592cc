// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"fmt"
	"math"
	"testing"
	"time"
)

func TestFileTime(t *testing.T) {
	tests := map[string]struct {
		in   string
		want string
		kind timeKind
	}{
		"1970":            {"116444736000000000", "1970-01-01T00:00:00Z", aTime},
		"first tick":      {"1", "1601-01-01T00:00:00.0000001Z", aTime},
		"of a password":   {"134400217512800970", "2026-11-24T19:22:31.280097Z", aTime},
		"last of 9999":    {"2650467743999999999", "9999-12-31T23:59:59.9999999Z", aTime},
		"zero":            {"0", "", zeroTime},
		"never":           {"9223372036854775807", "", neverTime},
		"year 10000":      {"2650467744000000000", "", 0},
		"tick from never": {"9223372036854775806", "", 0},
		"before 1601":     {"-1", "", 0},
		"empty":           {"", "", 0},
		"sign":            {"+1", "", 0},
		"space":           {"1 ", "", 0},
		"too large":       {"9223372036854775808", "", 0},
		"very long":       {"000000000000000000000000000000000000000001", "", 0},
		"text":            {"20261124192231.0Z", "", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			at, kind, err := fileTime([]byte(test.in))
			text := ""
			if !at.IsZero() {
				text = at.Format(time.RFC3339Nano)
			}
			if kind != test.kind || text != test.want || (err == nil) != (test.kind != 0) {
				t.Errorf("fileTime(%q) = %q, %d, %v; want %q, %d", test.in, text, kind, err, test.want, test.kind)
			}
			if kind.never() != (kind == zeroTime || kind == neverTime) {
				t.Errorf("%d is never: %v", kind, kind.never())
			}
		})
	}
}

func TestInterval(t *testing.T) {
	tests := map[string]struct {
		in   string
		want time.Duration
		kind timeKind
	}{
		"42 days":    {"-36288000000000", 42 * 24 * time.Hour, aTime},
		"30 minutes": {"-18000000000", 30 * time.Minute, aTime},
		"tick":       {"-1", 100, aTime},
		"longest":    {"-92233720368547758", math.MaxInt64 - 7, aTime},
		"too long":   {"-92233720368547759", 0, 0},
		"never":      {"-9223372036854775808", 0, neverTime},
		"zero":       {"0", 0, zeroTime},
		"positive":   {"18000000000", 0, 0},
		"empty":      {"", 0, 0},
		"too small":  {"-9223372036854775809", 0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, kind, err := interval([]byte(test.in))
			if got != test.want || kind != test.kind || (err == nil) != (test.kind != 0) {
				t.Errorf("interval(%q) = %v, %d, %v; want %v, %d", test.in, got, kind, err, test.want, test.kind)
			}
		})
	}
}

// FuzzFileTime: a time that is read is within the years that can be printed, and
// stands for the number it was read from.
func FuzzFileTime(f *testing.F) {
	for _, in := range []string{"0", "1", "-1", "134400217512800970", "2650467743999999999", "9223372036854775807", "-9223372036854775808", "x"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		at, kind, err := fileTime(in)
		if (err == nil) != (kind != 0) || at.IsZero() != (kind != aTime) {
			t.Fatalf("fileTime(%q) = %v, %d, %v", in, at, kind, err)
		}
		if kind == aTime {
			n := (at.Unix()+epochGap)*ticksPerSecond + int64(at.Nanosecond()/100)
			if back, _, err := fileTime(fmt.Append(nil, n)); err != nil || !back.Equal(at) || at.Year() < 1601 || at.Year() > 9999 {
				t.Fatalf("%q is %v, which is %d, which is %v, %v", in, at, n, back, err)
			}
		}
		d, kind, err := interval(in)
		if (err == nil) != (kind != 0) || d < 0 || (d > 0) != (kind == aTime) {
			t.Fatalf("interval(%q) = %v, %d, %v", in, d, kind, err)
		}
		if kind == aTime {
			if back, _, err := interval(fmt.Append(nil, -int64(d/100))); err != nil || back != d {
				t.Fatalf("%q is %v, which is %v, %v", in, d, back, err)
			}
		}
	})
}
