// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"fmt"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// An IDPattern matches IDs: kind and source exactly, the key by a [Glob].
type IDPattern struct {
	Kind   graph.Kind
	Source graph.Source
	Key    Glob
}

// ParseIDPattern reads "kind:source/key", where * in the key is any run of
// characters and \* is a literal one.
func ParseIDPattern(s string) (IDPattern, error) {
	head, key, ok := strings.Cut(s, "/")
	kind, source, ok2 := strings.Cut(head, ":")
	if !ok || !ok2 || key == "" {
		return IDPattern{}, fmt.Errorf("pattern %q: want kind:source/key", s)
	}
	k, err := graph.ParseKind(kind)
	if err != nil {
		return IDPattern{}, fmt.Errorf("pattern %q: %w", s, err)
	}
	src, err := graph.ParseSource(source)
	if err != nil {
		return IDPattern{}, fmt.Errorf("pattern %q: %w", s, err)
	}
	return IDPattern{k, src, Glob(key)}, nil
}

// String returns what [ParseIDPattern] reads.
func (p IDPattern) String() string {
	return p.Kind.String() + ":" + string(p.Source) + "/" + string(p.Key)
}

// Match reports whether p matches id.
func (p IDPattern) Match(id graph.ID) bool {
	return p.Kind == id.Kind && p.Source == id.Source && p.Key.Match(id.Key)
}

// A Glob is a pattern in which * is any run of characters, also an empty one, and
// \* is a literal star. Letters match exactly.
type Glob string

// Match reports whether the whole of s matches.
func (g Glob) Match(s string) bool { return g.parts().match(s) }

// runs are the literal runs of a pattern between its stars; there is at least one.
type runs []string

func (parts runs) match(s string) bool {
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return s == first
	}
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return true
}

// Literal returns the one string that g matches, if there is only one.
func (g Glob) Literal() (string, bool) {
	parts := g.parts()
	return parts[0], len(parts) == 1
}

func (g Glob) parts() runs {
	var parts runs
	var run strings.Builder
	for i := 0; i < len(g); i++ {
		switch {
		case g[i] == '\\' && i+1 < len(g) && g[i+1] == '*':
			i++
			run.WriteByte('*')
		case g[i] == '*':
			parts = append(parts, run.String())
			run.Reset()
		default:
			run.WriteByte(g[i])
		}
	}
	return append(parts, run.String())
}
