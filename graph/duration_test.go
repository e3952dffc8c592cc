// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for s, want := range map[string]time.Duration{"0d": 0, "90d": 90 * day, "36h": 36 * time.Hour, "1h30m": 90 * time.Minute, "36500d": 36500 * day} {
		if got, err := graph.ParseDuration(s); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "d", "-1d", "+1d", "1.5d", "1e3d", "36501d", "99999999999999999999d", "-1h", "+1h", "900000h", "soon", "90"} {
		if got, err := graph.ParseDuration(s); err == nil {
			t.Errorf("%q: got %v, want an error", s, got)
		}
	}
}
