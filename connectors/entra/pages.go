// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"hash/fnv"
	"net/url"
	"slices"

	"github.com/microsoft/kiota-abstractions-go/serialization"

	"github.com/foureyes-iga/foureyes/graph"
)

// The bounds of one list.
const (
	maxPages    = 200_000
	maxEmpty    = 1000 // pages in a row without an item
	maxRestarts = 3
)

// A page is one answer of a list.
type page struct {
	items []serialization.Parsable
	ids   []string
	next  string // link to the next page; empty at the end
	delta string // link to what changes from here on
	count graph.Count
}

// readPage takes a page whole, or not at all.
func readPage(root *node, q query) (page, *fault) {
	value := root.child("value")
	if !value.is(arrayForm) {
		return page{}, malformed("an answer without a list")
	}
	p := page{}
	for _, item := range value.array {
		id, f := checkItem(item, q.types)
		if f != nil {
			return page{}, f
		}
		p.ids = append(p.ids, id)
	}
	if f := p.readEnds(root); f != nil {
		return page{}, f
	}
	var f *fault
	p.items, f = readItems(value, q.factory, q.item)
	return p, f
}

// checkItem looks at what every item must have.
func checkItem(item *node, types []string) (id string, _ *fault) {
	if !item.is(objectForm) {
		return "", untrusted("a list with something that is no object")
	}
	id, ok := item.child("id").text()
	if !ok || id == "" {
		return "", untrusted("an item without id")
	}
	return id, checkType(item, types)
}

// checkType allows an item that does not say its type where there is only one.
func checkType(item *node, types []string) *fault {
	if item.child("@odata.type") == nil && len(types) <= 1 {
		return nil
	}
	t, ok := item.child("@odata.type").text()
	if !ok {
		return untrusted("an item without type in a list of several")
	}
	if len(types) > 0 && !slices.Contains(types, baseOf(t)) {
		return untrusted("an item of type %s", clean(t, maxCode))
	}
	return nil
}

// readEnds reads what stands beside the items.
func (p *page) readEnds(root *node) *fault {
	if link := root.child("@odata.nextLink"); link != nil {
		text, ok := link.text()
		if !ok || text == "" {
			return untrusted("a link to the next page that is no text")
		}
		p.next = text
	}
	if link, ok := root.child("@odata.deltaLink").text(); ok {
		p.delta = link
	}
	if count := root.child("@odata.count"); count != nil {
		n, ok := count.number()
		if !ok || n < 0 {
			return untrusted("a count that is no number")
		}
		p.count = graph.CountOf(n)
	}
	return nil
}

// A list of the answer, as a collection's model reads it: the items it makes are
// what we want, and no model has a common way to give them.
type spy struct {
	*node
	item  serialization.ParsableFactory // instead of the model's; may be nil
	items []serialization.Parsable
}

// GetCollectionOfObjectValues implements [serialization.ParseNode].
func (s *spy) GetCollectionOfObjectValues(make serialization.ParsableFactory) ([]serialization.Parsable, error) {
	if s.item != nil {
		make = s.item
	}
	items, err := s.node.GetCollectionOfObjectValues(make)
	s.items = items
	return items, err
}

func readItems(value *node, collection, item serialization.ParsableFactory) (_ []serialization.Parsable, f *fault) {
	defer recovered(&f)
	model, err := collection(value)
	if err != nil {
		return nil, untrusted("%v", err)
	}
	set := model.GetFieldDeserializers()["value"]
	if set == nil {
		return nil, untrusted("%T is not the model of a list", model)
	}
	s := &spy{node: value, item: item}
	if err := set(s); err != nil {
		return nil, untrusted("%v", err)
	}
	return s.items, nil
}

// readObject reads an answer that is one object.
func readObject(root *node, q query) (_ serialization.Parsable, f *fault) {
	defer recovered(&f)
	if !root.is(objectForm) {
		return nil, malformed("an answer that is no object")
	}
	if f := checkType(root, q.types); f != nil {
		return nil, f
	}
	object, err := root.GetObjectValue(q.factory)
	if err != nil {
		return nil, untrusted("%v", err)
	}
	return object, nil
}

// recovered makes a fault of a panic of the SDK's models, which convert types
// without looking.
func recovered(f **fault) {
	if r := recover(); r != nil {
		*f = untrusted("an answer that the models do not take: %v", r)
	}
}

// A mark stands for a link or an id that was seen.
type mark [16]byte

func markOf(s string) (m mark) {
	h := fnv.New128a()
	_, _ = h.Write([]byte(s))
	h.Sum(m[:0])
	return m
}

// A walk is the way through the pages of one list.
type walk struct {
	q        query
	endpoint endpoint
	first    *url.URL
	at       *url.URL // the page to ask for
	links    map[mark]bool
	ids      map[mark]bool
	pages    int // since the start, or the last restart
	empty    int // in a row
	restarts int
	doubts   int // of the page at which it is
	tally    tally
}

func newWalk(e endpoint, q query) (*walk, *fault) {
	first, err := e.address(q.path, q.params)
	if q.link != "" {
		first, err = e.follow(q.link)
	}
	if err != nil {
		return nil, untrusted("%v", err)
	}
	return &walk{q: q, endpoint: e, first: first, at: first}, nil
}

// accept takes a page to be part of the list, and turns to the next one.
//
// A page that it refuses leaves the walk where it was, to ask for the page again.
func (w *walk) accept(p page) (more bool, _ *fault) {
	if w.pages == 0 {
		w.links, w.ids = map[mark]bool{markOf(w.first.String()): true}, map[mark]bool{}
	}
	more, f := w.turn(p)
	if f != nil {
		return false, f
	}
	w.pages++
	w.tally.pages++
	if w.pages == 1 {
		w.tally.count = p.count
	}
	w.doubts = 0
	w.note(p.ids)
	w.tally.delta = p.delta
	return more, nil
}

// doubt reports whether to ask again for a page that cannot be right.
func (w *walk) doubt(f *fault) bool {
	w.doubts++
	return w.doubts < f.tries
}

// note counts items, and those that came before.
func (w *walk) note(ids []string) {
	w.tally.items += len(ids)
	for _, id := range ids {
		m := markOf(id)
		if w.ids[m] {
			w.tally.duplicates++
		}
		w.ids[m] = true
	}
}

func (w *walk) turn(p page) (more bool, _ *fault) {
	empty := w.empty + 1
	if len(p.items) > 0 {
		empty = 0
	}
	if p.next == "" {
		return false, nil
	}
	next, err := w.endpoint.follow(p.next)
	if err != nil {
		return false, untrusted("%v", err)
	}
	m := markOf(next.String())
	switch {
	case w.links[m]:
		return false, untrusted("pages that lead back to an earlier page")
	case w.pages+1 >= maxPages:
		return false, untrusted("a list of more than %d pages", maxPages)
	case empty >= maxEmpty:
		return false, untrusted("%d empty pages in a row", maxEmpty)
	}
	w.links[m] = true
	w.at, w.empty = next, empty
	return true, nil
}

// restart begins the list again, when it was under way and not too often.
func (w *walk) restart(f *fault) bool {
	if !f.restart || w.pages == 0 {
		return false
	}
	if w.restarts >= maxRestarts {
		f.kind = unavailable // it is the page that is gone, not the object
		return false
	}
	w.restarts++
	w.tally.restarts++
	w.at, w.pages, w.empty = w.first, 0, 0
	w.tally.items, w.tally.duplicates = 0, 0
	return true
}
