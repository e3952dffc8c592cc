// SPDX-License-Identifier: Apache-2.0

package policysheet

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// Suggest makes a worksheet of every group, role and entitlement of g. What the
// policy's duties match is mapped; for the rest a duty is proposed when the name or
// description shares words with it that few duties have.
func Suggest(p *sod.Policy, g *graph.Graph, asOf time.Time) *Sheet {
	s := &suggester{
		p: p, g: g, asOf: asOf, members: make([]int, g.NumNodes()), unread: map[graph.ID]bool{},
		duties: make(map[uint32][]string),
	}
	s.words, s.spread = dutyWords(p)
	s.closure = reach.At(g, asOf, reach.Attainable).Close(sod.DutyNodes(g, p))
	s.count()
	for i, nodes := range sod.DutyNodes(g, p) {
		for _, n := range nodes {
			s.duties[n] = append(s.duties[n], p.Duties[i].ID)
		}
	}
	sheet := &Sheet{Duties: p.Duties}
	for _, kind := range []graph.Kind{graph.Group, graph.Role, graph.Entitlement} {
		lo, hi := g.Range(kind)
		for n := lo; n < hi; n++ {
			sheet.Rows = append(sheet.Rows, s.row(n))
		}
	}
	return sheet
}

type suggester struct {
	p       *sod.Policy
	g       *graph.Graph
	asOf    time.Time
	closure *reach.Closure
	words   [][]string          // by duty
	spread  map[string]int      // by word: how many duties have it
	duties  map[uint32][]string // by node that they match
	members []int               // by node: grants into it that hold at the moment
	unread  map[graph.ID]bool   // things with a gap
}

func (s *suggester) count() {
	for n := range uint32(s.g.NumNodes()) {
		for _, e := range s.g.Out(n) {
			if s.g.Terms(e).Holds(s.asOf) && e.Kind() != graph.Controls {
				s.members[e.To]++
			}
		}
	}
	for _, gap := range s.g.Gaps() {
		s.unread[gap.About] = true
	}
}

func (s *suggester) row(n uint32) Row {
	r := Row{ID: s.g.ID(n), Name: s.g.Name(n), Members: s.memberText(n), Reaches: s.reaches(n), State: Unreviewed}
	r.Description, _ = s.g.Attr(n, "description")
	r.Owner = s.owner(n)
	if duties := s.duties[n]; duties != nil {
		r.InPolicy, r.Duties, r.State = duties, duties, Mapped
		return r
	}
	if on := s.onTheWay(n); on != nil {
		r.Why = "it gives " + strings.Join(on, ", ") + ", and counts there without a row"
		return r
	}
	r.Proposed, r.Why = s.propose(r.Name + " " + r.Description)
	return r
}

// memberText says how many hold a thing. What was not read is not none.
func (s *suggester) memberText(n uint32) string {
	id := s.g.ID(n)
	whole := !s.unread[id]
	for _, d := range []graph.Dataset{graph.Memberships, graph.Assignments} {
		switch st := s.g.State(id.Source, d); st {
		case graph.Complete, graph.NotApplicable:
		default:
			whole = false
		}
	}
	if whole {
		return fmt.Sprint(s.members[n])
	}
	return fmt.Sprintf("%d read, may be more", s.members[n])
}

const namedReached = 5

func (s *suggester) reaches(n uint32) string {
	var names []string
	more := 0
	for _, e := range s.g.Out(n) {
		if !s.g.Terms(e).Holds(s.asOf) {
			continue
		}
		if len(names) == namedReached {
			more++
			continue
		}
		name := s.g.Name(e.To)
		if name == "" {
			name = s.g.ID(e.To).String()
		}
		if e.Kind() == graph.Controls || e.Kind() == graph.Eligible {
			name += " (" + e.Kind().String() + ")"
		}
		names = append(names, name)
	}
	if more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, between)
}

func (s *suggester) owner(n uint32) string {
	text, ok := s.g.Attr(n, "owner")
	if id, err := graph.ParseID(text); ok && err == nil {
		if o, found := s.g.Find(id); found && s.g.Name(o) != "" {
			return s.g.Name(o) + " (" + text + ")"
		}
	}
	return text
}

// onTheWay returns the duties that n leads to.
func (s *suggester) onTheWay(n uint32) []string {
	var ids []string
	for i, d := range s.p.Duties {
		if s.closure.Has(n, i) {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// propose returns the duty with which a text shares the rarest words.
func (s *suggester) propose(text string) (duty, why string) {
	have := wordsOf(text)
	best := 0.0
	var shared []string
	for i, d := range s.p.Duties {
		score := 0.0
		var both []string
		for _, w := range s.words[i] {
			if slices.Contains(have, w) {
				score += weight(w) / float64(s.spread[w])
				both = append(both, w)
			}
		}
		if score > best {
			best, duty, shared = score, d.ID, both
		}
	}
	if best < 1 { // only words that several duties have
		return "", ""
	}
	return duty, "name or description has " + strings.Join(spelled(text, shared), ", ")
}

// dutyWords returns the words of each duty's id and title, and in how many duties
// each word is. Unnamed duties have none.
func dutyWords(p *sod.Policy) (words [][]string, spread map[string]int) {
	words, spread = make([][]string, len(p.Duties)), map[string]int{}
	for i, d := range p.Duties {
		if strings.Contains(d.ID, ":") {
			continue
		}
		words[i] = wordsOf(d.ID + " " + d.Title)
		for _, w := range words[i] {
			spread[w]++
		}
	}
	return words, spread
}

// wordsOf returns the stems of the words of a text that mean something, in order.
func wordsOf(text string) []string {
	var words []string
	for _, w := range fields(text) {
		if w = stem(w); len(w) >= 3 && !slices.Contains(idle(), w) {
			words = append(words, w)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func fields(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// stem cuts the end that tells forms of a word apart.
func stem(word string) string {
	for _, end := range []string{"ments", "ment", "ings", "ing", "ers", "ies", "es", "ed", "er", "e", "s", "y"} {
		if short, ok := strings.CutSuffix(word, end); ok && len(short) >= 3 {
			return short
		}
	}
	return word
}

// spelled returns the words of a text that have these stems.
func spelled(text string, stems []string) []string {
	var words []string
	for _, w := range fields(text) {
		if slices.Contains(stems, stem(w)) && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return words
}

// weight makes little of what can be done with anything.
func weight(word string) float64 {
	if slices.Contains([]string{"chang", "ent", "giv", "maintain", "mak", "open", "post", "read", "run", "set", "view", "writ"}, word) {
		return 0.5
	}
	return 1
}

// idle words are in too many names to say anything.
func idle() []string {
	return []string{"the", "and", "for", "all", "that", "their", "with", "without", "who", "other", "group", "rol", "us", "account", "access", "right", "what", "may", "can", "not", "being", "prod"}
}
