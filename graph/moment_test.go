// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

func TestParseMoment(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-09-30T14:05:00Z":      time.Date(2026, 9, 30, 14, 5, 0, 0, time.UTC),
		"2026-09-30T14:05:00.5Z":    time.Date(2026, 9, 30, 14, 5, 0, 500_000_000, time.UTC),
		"2026-09-30T00:05:00+02:00": time.Date(2026, 9, 29, 22, 5, 0, 0, time.UTC),
		"2026-09-30T14:05:00-23:59": time.Date(2026, 10, 1, 14, 4, 0, 0, time.UTC),
	} {
		if got, err := graph.ParseMoment(text); err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "2026-09-30", "2026-09-30T4:05:00Z", "2026-09-30T14:05:00,5Z", "2026-09-30T14:05:00", "2026-09-30 14:05:00Z",
		"2026-09-30T14:05:00+24:00", "2026-09-30T14:05:00+02:60", "2026-02-30T14:05:00Z", "2026-09-30t14:05:00z",
	} {
		if got, err := graph.ParseMoment(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}
