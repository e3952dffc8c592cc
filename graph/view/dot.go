// SPDX-License-Identifier: Apache-2.0

package view

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	small "github.com/dominikbraun/graph"
	"github.com/dominikbraun/graph/draw"

	"github.com/foureyes-iga/foureyes/graph/reach"
)

// DOT writes the view in the language of Graphviz. The nodes are called n0, n1
// and so on in order of ID; what they are is in their labels.
func (v *View) DOT(w io.Writer) error {
	g := small.New(small.StringHash, small.Directed())
	for i, n := range v.nodes {
		if err := g.AddVertex(vertex(i), attributes(nodeStyle(n))); err != nil {
			return fmt.Errorf("%s: %w", n.ID, err)
		}
	}
	for _, run := range v.bundles() {
		from, to := vertex(v.at[run[0].From]), vertex(v.at[run[0].To])
		if err := g.AddEdge(from, to, small.EdgeAttributes(edgeStyle(run))); err != nil {
			return fmt.Errorf("%s → %s: %w", run[0].From, run[0].To, err)
		}
	}
	var b bytes.Buffer
	options := listOf(draw.GraphAttribute("rankdir", "LR"))
	if v.note != "" {
		options = append(options, draw.GraphAttribute("label", quoted(v.note)))
	}
	if err := draw.DOT(g, &b, options...); err != nil {
		return err
	}
	_, err := io.WriteString(w, inOrder(b.String()))
	return err
}

// listOf makes a list of a type that the library does not export.
func listOf[T any](x T) []T { return []T{x} }

func vertex(i int) string { return fmt.Sprintf("n%d", i) }

func attributes(m map[string]string) func(*small.VertexProperties) {
	return small.VertexAttributes(m)
}

func nodeStyle(n Node) map[string]string {
	style := map[string]string{"shape": "box", "label": quoted(n.ID.String())}
	if n.Name != "" {
		style["label"] = quoted(n.Name) + `\n` + quoted(n.ID.String())
	}
	if n.Part != Between {
		style["style"] = "filled"
		style["fillcolor"] = Box{Part: n.Part}.fill()
	}
	return style
}

func edgeStyle(run []Edge) map[string]string {
	style := map[string]string{"label": quoted(label(run))}
	switch mode(run) {
	case reach.Eligible:
		style["style"] = "dashed"
	case reach.Attainable:
		style["style"] = "dotted"
	}
	return style
}

// quoted makes s safe between the quotes of DOT, where a backslash begins an
// escape.
func quoted(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(Visible(s))
}

// inOrder sorts the statements, one per line, which the library writes in random
// order, and drops the empty lines between them.
func inOrder(dot string) string {
	lines := slices.DeleteFunc(strings.Split(dot, "\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
	slices.SortFunc(lines[1:len(lines)-1], compareStatements)
	return strings.Join(lines, "\n") + "\n"
}

// compareStatements orders as people count: n2 before n10, nodes before edges.
func compareStatements(a, b string) int {
	return cmp.Or(slices.Compare(statementKey(a), statementKey(b)), strings.Compare(a, b))
}

func statementKey(s string) []int {
	var from, to int
	if n, _ := fmt.Sscanf(s, "\t\"n%d\" -> \"n%d\"", &from, &to); n == 2 {
		return []int{2, from, to}
	}
	if n, _ := fmt.Sscanf(s, "\t\"n%d\"", &from); n == 1 {
		return []int{1, from}
	}
	return []int{0}
}
