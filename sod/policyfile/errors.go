// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A SyntaxError is a mistake in a policy file, at a place an editor can open.
type SyntaxError struct {
	File      string
	Line, Col int // from 1; columns are characters
	Msg       string
}

// Error returns "file:line:column: message".
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Msg)
}

// Errors are the mistakes in a policy: file by file as they are read, in the order
// of their places. There is at least one.
type Errors struct {
	List    []*SyntaxError // the first 20
	Omitted int            // how many more there are
}

const maxErrors = 20

// Error returns one line for each mistake.
func (e *Errors) Error() string {
	var b strings.Builder
	for i, s := range e.List {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(s.Error())
	}
	if e.Omitted > 0 {
		fmt.Fprintf(&b, "\n%s: and %d more", e.List[0].File, e.Omitted)
	}
	return b.String()
}

// Unwrap returns every mistake in the list.
func (e *Errors) Unwrap() []error {
	all := make([]error, len(e.List))
	for i, s := range e.List {
		all[i] = s
	}
	return all
}

// A mistake is a SyntaxError in the making: what was written, what it may have
// meant, and what to say when it resembles none of that.
type mistake struct {
	line, col int
	msg       string
	got       string
	among     []string
	otherwise string
}

// mistakes collects what is wrong with one file.
type mistakes struct {
	file string
	list []mistake
}

func (m *mistakes) at(line, col int, format string, args ...any) {
	m.list = append(m.list, mistake{line: line, col: col, msg: fmt.Sprintf(format, args...)})
}

func (m *mistakes) errorf(n *yaml.Node, format string, args ...any) {
	m.at(n.Line, n.Column, format, args...)
}

// unknown reports a word that is none of among.
func (m *mistakes) unknown(n *yaml.Node, msg string, among []string, otherwise string) {
	m.list = append(m.list, mistake{n.Line, n.Column, msg, n.Value, among, otherwise})
}

// err returns what was collected as [*Errors], or nil.
func (m *mistakes) err() error { return join([]*mistakes{m}) }

// join returns the mistakes of several files as [*Errors], or nil. Resemblances
// are looked for only in what is told.
func join(files []*mistakes) error {
	errs := &Errors{}
	for _, m := range files {
		slices.SortStableFunc(m.list, func(a, b mistake) int {
			return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.col, b.col))
		})
		told := m.list[:min(len(m.list), maxErrors-len(errs.List))]
		for _, x := range told {
			errs.List = append(errs.List, &SyntaxError{m.file, x.line, x.col, x.msg + x.hint()})
		}
		errs.Omitted += len(m.list) - len(told)
	}
	if len(errs.List) == 0 {
		return nil
	}
	return errs
}

func (x mistake) hint() string {
	if near, ok := nearest(x.got, x.among); ok {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return x.otherwise
}

// nearest returns the word that differs from got by the fewest letters, if these
// are few.
func nearest(got string, among []string) (string, bool) {
	limit := min(2, len(got)/2)
	best, found := "", false
	for _, word := range among {
		if len(got) > 64 || len(word) > 64 {
			continue
		}
		if d := distance([]rune(strings.ToLower(got)), []rune(strings.ToLower(word))); d <= limit && word != got {
			limit, best, found = d-1, word, true
		}
	}
	return best, found
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to turn a into b.
func distance(a, b []rune) int {
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
