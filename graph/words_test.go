// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/graph"
)

// Each row catches one of: a word of another kind or attribute taken for one of ours,
// letter case or blanks folded, the first of several values believed, a long value told
// whole.
func TestWord(t *testing.T) {
	long := strings.Repeat("ü", 50)
	tests := []struct {
		id, key   string
		values    []string
		word, odd string
	}{
		{"account:corp/a", "status", []string{"enabled"}, "enabled", ""},
		{"account:corp/a", "status", []string{"enabled", "enabled"}, "enabled", ""},
		{"account:corp/a", "status", []string{"enabled", "disabled"}, "", `"enabled", "disabled"`},
		{"account:corp/a", "status", []string{"active"}, "", `"active"`},
		{"account:corp/a", "status", []string{"Enabled"}, "", `"Enabled"`},
		{"account:corp/a", "status", []string{"enabled "}, "", `"enabled "`},
		{"account:corp/a", "status", []string{""}, "", `""`},
		{"account:corp/a", "status", []string{}, "", ""},
		{"account:corp/a", "status", nil, "", ""},
		{"account:corp/a", "type", []string{"breakglass"}, "breakglass", ""},
		{"account:corp/a", "type", []string{"svc"}, "", `"svc"`},
		{"account:corp/a", "type", []string{long}, "", `"` + long[:80] + `…"`},
		{"account:corp/a", "type", []string{"a", "b", "c", "d"}, "", `"a", "b", "c", …`},
		{"account:corp/a", "mfa", []string{"not-applicable"}, "not-applicable", ""},
		{"account:corp/a", "mfa", []string{"true"}, "", `"true"`},
		{"account:corp/a", "privileged", []string{"false"}, "false", ""},
		{"group:corp/g", "privileged", []string{"true"}, "true", ""},
		{"role:corp/r", "privileged", []string{"TRUE"}, "", `"TRUE"`},
		{"entitlement:corp/e", "privileged", []string{"yes"}, "", `"yes"`},
		{"identity:hr/1", "status", []string{"leave"}, "leave", ""},
		{"identity:hr/1", "status", []string{"enabled"}, "", `"enabled"`},
		{"identity:hr/1", "worker_type", []string{"vendor"}, "vendor", ""},
		{"identity:hr/1", "worker_type", []string{"person"}, "", `"person"`},
	}
	for _, tt := range tests {
		id, err := graph.ParseID(tt.id)
		if err != nil {
			t.Fatal(err)
		}
		n := graph.Node{ID: id}
		if tt.values != nil {
			n.Attrs.Set(tt.key, tt.values...)
		}
		var b graph.Builder
		if err := b.Add(n); err != nil {
			t.Fatal(err)
		}
		g := b.Graph()
		at, _ := g.Find(id)
		word, known := g.Word(at, tt.key)
		if odd := g.OddWord(at, tt.key); word != tt.word || known != (tt.word != "") || odd != tt.odd {
			t.Errorf("%s %s %q: %q, %t, odd %s", tt.id, tt.key, tt.values, word, known, odd)
		}
	}
}
