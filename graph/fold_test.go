// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"testing"
	"unicode"

	"github.com/foureyes-iga/foureyes/graph"
)

// Catches strings.ToLower in its place, which makes k of the Kelvin sign.
func TestFoldNeverReachesASCII(t *testing.T) {
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if f := graph.FoldRune(r); f < 0x80 {
			t.Errorf("%U folds to %q", r, f)
		}
	}
	for in, want := range map[string]string{"E1@Corp": "e1@corp", "ÄRA": "ära", "\u212aim": "\u212aim", "\u0130rem": "\u0130rem", "": ""} {
		if got := graph.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}
