// SPDX-License-Identifier: Apache-2.0

package table

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// rights are the groups, roles and entitlements of a table. Rows may say different
// parts of what there is to say of one, but must not contradict each other; so they
// are told at the end.
type rights map[graph.ID]right

type right struct {
	name, description statement
}

// A statement is a text and the line that says it.
type statement struct {
	text string
	line int
}

// add joins what a row says of a right with what rows before it said.
func (r rights) add(n graph.Node, path string, line int) error {
	description, _ := n.Attrs.Get("description")
	was := r[n.ID]
	for _, part := range []struct {
		what string
		old  *statement
		text string
	}{{"name", &was.name, n.Name}, {"description", &was.description, description}} {
		switch {
		case part.text == "":
		case part.old.text == "":
			*part.old = statement{strings.Clone(part.text), line}
		case part.old.text != part.text:
			return fmt.Errorf("%s:%d: %s: %w: %s %q, and %q in line %d", path, line, n.ID, graph.ErrConflict, part.what, part.text, part.old.text, part.old.line)
		}
	}
	r[n.ID] = was
	return nil
}

// nodes returns the rights in order. One without a name is called by its key.
func (r rights) nodes() []graph.Node {
	all := make([]graph.Node, 0, len(r))
	for _, id := range slices.SortedFunc(maps.Keys(r), graph.ID.Compare) {
		n := graph.Node{ID: id, Name: cmp.Or(r[id].name.text, id.Key)}
		if d := r[id].description.text; d != "" {
			n.Attrs.Set("description", d)
		}
		all = append(all, n)
	}
	return all
}
