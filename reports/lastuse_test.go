// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// The last use is told in bands, and never as more than is known.
func TestLastUse(t *testing.T) {
	asOf := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	whole := graph.Coverage{Source: "corp", Dataset: graph.SignIn, State: graph.Complete}
	partial := graph.Coverage{Source: "corp", Dataset: graph.SignIn, State: graph.Partial}
	ago := func(days int) []string { return []string{asOf.AddDate(0, 0, -days).Format(time.RFC3339)} }
	for name, tt := range map[string]struct {
		at       []string
		spread   string
		coverage graph.Coverage
		text     string
		counts   band
	}{
		"of late":                     {ago(30), "", whole, "within 30 days", within30},
		"a month and a day":           {ago(31), "", whole, "31 to 90 days ago", within90},
		"long ago":                    {ago(366), "", whole, "over 365 days ago", older},
		"within its uncertainty":      {ago(31), "14d", whole, "31 to 90 days ago, or within 30 days", within30},
		"uncertain, in one band":      {ago(80), "14d", whole, "31 to 90 days ago", within90},
		"of an uncertainty of no use": {ago(80), "soon", whole, "", 0},
		"not all was read":            {ago(80), "", partial, "31 to 90 days ago, or later", 0},
		"of late, not all was read":   {ago(3), "", partial, "within 30 days", within30},
		"never":                       {[]string{}, "", whole, "never", never},
		"never, not all was read":     {[]string{}, "", partial, "", 0},
		"nothing is told":             {nil, "", whole, "", 0},
		"no time":                     {[]string{"yesterday"}, "", whole, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			n := graph.Node{ID: graph.ID{Kind: graph.Account, Source: "corp", Key: "a"}}
			if tt.at != nil {
				n.Attrs.Set("last_sign_in", tt.at...)
			}
			if tt.spread != "" {
				n.Attrs.Set("last_sign_in_uncertainty", tt.spread)
			}
			var b graph.Builder
			for _, f := range []graph.Fact{n, tt.coverage} {
				if err := b.Add(f); err != nil {
					t.Fatal(err)
				}
			}
			use := lastUseOf(b.Graph(), 0, asOf)
			if use.String() != tt.text || use.latest != tt.counts {
				t.Errorf("got %q, counted as %d; want %q, counted as %d", use, use.latest, tt.text, tt.counts)
			}
		})
	}
}
