// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Change is one line of a change file: a node or a grant that is added to a
// graph, or removed from it. Of what is removed only the ID of a node, or the ends
// and the kind of a grant, are told.
type Change struct {
	Line   int
	Remove bool
	Fact   graph.Fact // a [graph.Node] or a [graph.Grant]
}

// maxChanges is how many lines a change file may have: more is another snapshot.
const maxChanges = 1 << 20

// ReadChanges reads a change file: lines of nodes and grants, each with "change".
// An end line may stand last, and then counts the changes. The name is for
// messages.
func ReadChanges(r io.Reader, name string) ([]Change, error) {
	d := decoder{name: name, lines: bufio.NewReaderSize(r, 64<<10)}
	var all []Change
	for {
		text, err := d.readLine()
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, err
		case len(text) == 0:
			continue
		case d.ended:
			return nil, d.errorf("a change after the end")
		case len(all) == maxChanges:
			return nil, d.errorf("more than %d changes: compare with a whole facts file instead", maxChanges)
		}
		c, end, err := parseChange(text)
		switch {
		case err != nil:
			return nil, d.errorf("%v", err)
		case end == nil:
			c.Line = d.line
			all = append(all, c)
			continue
		case *end != len(all):
			return nil, fmt.Errorf("%s:%d: %w: it has %d changes, and its end line says %d", d.name, d.line, ErrTruncated, len(all), *end)
		}
		d.ended = true
	}
}

func parseChange(text []byte) (c Change, end *int, err error) {
	what, err := factName(text)
	if err != nil {
		return c, nil, err
	}
	switch what {
	case "node":
		var w struct {
			Change string `json:"change"`
			wireNode
		}
		if err := strict(text, &w); err != nil {
			return c, nil, err
		}
		c, err = w.wireNode.changed(w.Change)
	case "grant":
		var w struct {
			Change string `json:"change"`
			wireGrant
		}
		if err := strict(text, &w); err != nil {
			return c, nil, err
		}
		c, err = w.wireGrant.changed(w.Change)
	case "end":
		_, end, err = parse(text)
	default:
		err = fmt.Errorf("a change is of a node or a grant, not of %q", what)
	}
	return c, end, err
}

func (w wireNode) changed(how string) (c Change, err error) {
	if c.Remove, err = isRemoval(how); err != nil {
		return c, err
	}
	if c.Remove && (w.Name != "" || w.Attrs.list != nil) {
		return c, errors.New(`the removal of a node tells its "id" only`)
	}
	c.Fact, err = w.fact()
	return c, err
}

func (w wireGrant) changed(how string) (c Change, err error) {
	if c.Remove, err = isRemoval(how); err != nil {
		return c, err
	}
	if c.Remove && w != (wireGrant{Fact: w.Fact, From: w.From, To: w.To, Kind: w.Kind}) {
		return c, errors.New(`the removal of a grant tells "from", "to" and "kind" only: it removes every such grant, whatever its window`)
	}
	c.Fact, err = w.fact()
	return c, err
}

func isRemoval(how string) (bool, error) {
	switch how {
	case "add":
		return false, nil
	case "remove":
		return true, nil
	case "":
		return false, errors.New(`a line of a change file needs "change": "add" or "remove"`)
	}
	return false, fmt.Errorf(`"change" %q: want "add" or "remove"`, how)
}
