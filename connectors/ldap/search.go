// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/graph"
)

// A search is one search, and what came of it.
type search struct {
	base, filter string
	scope        scope
	attributes   []string
	controls     []ldap.Control // besides the one for paging
	pageSize     uint32         // 0 is no paging: the server must give all at once
	sample       bool           // the first page is enough

	pages, entries int
	references     int        // places that the server pointed to
	referred       [][]string // the URLs of the first of them, any of which will do

	began, ended time.Time
}

// The bounds of one search.
const (
	maxPages      = 4_000_000
	maxEntries    = 50_000_000
	maxIdle       = 1000 // pages without an entry, one after the other
	maxReferences = 1000 // whose URLs are kept
	maxURLs       = 1 << 20
	maxTries      = 3
)

// A shortError says that a search ended early and what came is good.
type shortError struct {
	state  graph.State
	reason string
}

func (e *shortError) Error() string { return e.reason }

// all hands the entries of a search to take, as [together] does. Without an error
// the search is complete but for the references that s counts.
func (cn *conn) all(ctx context.Context, s *search, take func(directory.Entry) error) error {
	return together(ctx, part{conn: cn, search: s, take: take})
}

// read returns the entry of a DN: none, if the server shows none. It may be kept.
func (cn *conn) read(ctx context.Context, dn string, attributes []string, controls ...ldap.Control) ([]directory.Entry, error) {
	var entries []directory.Entry
	s := search{base: dn, scope: baseOnly, filter: "(objectClass=*)", attributes: attributes, controls: controls}
	err := cn.all(ctx, &s, func(e directory.Entry) error {
		if len(entries) > 0 {
			return fmt.Errorf("the server found two entries of the name %.200q", dn)
		}
		entries = append(entries, cloned(e))
		return nil
	})
	if err == nil && s.references > 0 {
		err = sorted(ldap.NewError(ldap.LDAPResultReferral, errors.New("a continuation")))
	}
	return entries, err
}

// cloned returns an entry that may be kept.
func cloned(e directory.Entry) directory.Entry {
	e.Attrs = slices.Clone(e.Attrs)
	for i, a := range e.Attrs {
		values := make([][]byte, len(a.Values))
		for j, v := range a.Values {
			values[j] = bytes.Clone(v)
		}
		e.Attrs[i].Values = values
	}
	return e
}

// texts returns the values of an attribute without options.
func texts(e directory.Entry, name string) (all []string) {
	for _, a := range e.Attrs {
		if strings.EqualFold(a.Name, name) {
			for _, v := range a.Values {
				all = append(all, string(v))
			}
		}
	}
	return all
}

// A part is a search to be run on a connection. An entry that take is given is
// good until it returns; an error of its own ends everything. How the search
// ended is told to end: nil, a [*shortError], or what else was wrong. What end
// returns ends everything, too; a nil end returns what it is told.
type part struct {
	conn   *conn
	search *search
	take   func(directory.Entry) error
	end    func(error) error
}

// together runs searches at the same time, each on a connection of its own, and
// takes their entries in this goroutine, as they come. While the entries of a page
// are taken the next one is on its way, so nothing else may be asked of the
// connections meanwhile; one whose search did not end is closed. A server may take
// as long as the timeout for any message, but not the time that entries take here.
func together(ctx context.Context, parts ...part) error {
	q := newQueue()
	all := make([]*running, len(parts))
	defer func() {
		close(q.over)
		for _, r := range all {
			r.giveUp()
		}
	}()
	for i, p := range parts {
		all[i] = &running{part: p, queue: q}
	}
	for _, r := range all {
		if err := r.start(ctx); err != nil {
			return r.wrong(err)
		}
	}
	var d decoder
	for left := len(all); left > 0; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		i, err := q.get(ctx, parts[0].conn.timeout)
		if err != nil {
			return waiting(all).wrong(err)
		}
		ended, err := i.of.accept(ctx, i, &d)
		if err != nil {
			return err
		}
		if ended {
			left--
		}
	}
	return nil
}

// waiting returns the first of the searches that did not end.
func waiting(all []*running) *running {
	return all[slices.IndexFunc(all, func(r *running) bool { return r.active })]
}

// A running search belongs to two goroutines: the one that reads the connection
// turns the pages, and the one that takes entries keeps the counts.
type running struct {
	part
	queue *queue

	op    *ber.Packet // of the request
	id    int64       // of the answers to come
	pager pager

	page   int // that is being taken
	tries  int
	active bool
}

// start sends the first request.
func (r *running) start(ctx context.Context) (err error) {
	if r.op, err = r.search.operation(); err != nil {
		return err
	}
	r.tries++
	r.page = 1
	r.pager = pager{paging: r.search.pageSize > 0, sample: r.search.sample, cookies: map[digest]bool{}, heads: map[digest]bool{}}
	r.id = r.conn.guard.nextID()
	if err := r.conn.guard.begin(r); err != nil {
		return err
	}
	r.active = true
	return r.conn.do(ctx, func() error { return r.ask(r.id) })
}

// ask sends a request for the page where the pager stands.
func (r *running) ask(id int64) error {
	if _, err := r.conn.guard.Write(r.search.request(id, r.op, r.pager.cookie)); err != nil {
		return lost(err)
	}
	return nil
}

// giveUp closes the connection of a search that did not end.
func (r *running) giveUp() {
	if r != nil && r.active {
		_ = r.conn.guard.Conn.Close()
	}
}

// deliver puts a message in the queue. After the last one of a page the next page
// is asked for at once. An error breaks the connection.
func (r *running) deliver(m *message) error {
	if m.id != r.id {
		return errMalformed
	}
	switch m.op {
	case opEntry:
		if err := r.pager.entry(m); err != nil {
			return err
		}
		return r.queue.put(item{of: r, m: m})
	case opReference:
		return r.queue.put(item{of: r, m: m})
	case opDone:
		return r.turn(m)
	}
	return errMalformed
}

// turn ends a page.
func (r *running) turn(m *message) error {
	res, err := parseDone(m)
	if err != nil {
		return err
	}
	end := item{of: r, m: m, err: r.pager.advance(res)}
	if end.last = end.err != nil || r.pager.done; end.last {
		r.conn.guard.end()
		return r.queue.put(end)
	}
	r.id = r.conn.guard.nextID()
	if err := r.ask(r.id); err != nil {
		return err
	}
	return r.queue.put(end)
}

// accept takes what came, and reports whether the search is at its end.
func (r *running) accept(ctx context.Context, i item, d *decoder) (ended bool, err error) {
	if i.m != nil {
		if err := r.open(i, d); err != nil {
			return false, err
		}
		r.conn.guard.recycle(i.m)
	}
	if !i.last {
		return false, nil
	}
	r.active = false
	r.conn.guard.release()
	if r.again(i.err) {
		return false, r.restart(ctx)
	}
	if i.err != nil {
		i.err = r.wrong(i.err)
	}
	if r.end != nil {
		return true, r.end(i.err)
	}
	return true, i.err
}

// open counts what came and takes it, if it is an entry.
func (r *running) open(i item, d *decoder) error {
	switch i.m.op {
	case opEntry:
		e, err := d.entry(i.m)
		if err != nil {
			return r.wrong(err)
		}
		r.search.entries++
		return r.take(e)
	case opReference:
		urls, err := parseReference(i.m)
		if err != nil {
			return r.wrong(err)
		}
		r.search.refer(urls)
	case opDone:
		r.search.pages++
		if !i.last {
			r.page++
		}
	}
	return nil
}

// wrong says in which search something was wrong; whoever reads a single entry
// says so himself.
func (r *running) wrong(err error) error {
	if r.search.scope == baseOnly {
		return err
	}
	return fmt.Errorf("search %s below %q, page %d: %w", r.search.filter, r.search.base, r.page, err)
}

// refer counts a reference and keeps its URLs, if they are not too many.
func (s *search) refer(urls []string) {
	s.references++
	size := 0
	for _, u := range urls {
		size += len(u)
	}
	if len(s.referred) < maxReferences && size <= maxURLs/maxReferences {
		s.referred = append(s.referred, urls)
	}
}

// again reports whether a search is to be tried once more: the server was busy,
// and nothing was taken yet.
func (r *running) again(err error) bool {
	busy := ldap.IsErrorAnyOf(err, ldap.LDAPResultBusy, ldap.LDAPResultUnavailable)
	return busy && r.tries < maxTries && r.search.entries == 0
}

// restart waits a little, longer every time, and begins again.
func (r *running) restart(ctx context.Context) error {
	wait := time.NewTimer(r.conn.timeout / 10 * time.Duration(r.tries))
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-wait.C:
	}
	r.search.pages, r.search.references, r.search.referred = 0, 0, nil
	if err := r.start(ctx); err != nil {
		return r.wrong(err)
	}
	return nil
}

type digest [sha256.Size]byte

// A pager holds where a search stands, and what shows that it goes round.
type pager struct {
	paging, sample bool
	cookie         []byte
	done           bool

	pages, entries, idle int
	onPage               int // entries
	head                 digest
	cookies              map[digest]bool
	heads                map[digest]bool // the first DN of every page
}

// entry counts an entry, and remembers the first DN of a page.
func (p *pager) entry(m *message) error {
	p.entries++
	p.onPage++
	if p.onPage > 1 {
		return nil
	}
	op, _, err := m.operation()
	if err != nil {
		return err
	}
	dn, err := op.next(tagOctets)
	p.head = sha256.Sum256(dn)
	return err
}

// advance judges the end of a page and takes the cookie of the next one. Only a
// server that says success in every answer, pages, and comes to an end by itself
// is believed to have told all.
func (p *pager) advance(res result) error {
	p.pages++
	if err := res.err(); err != nil {
		return sorted(err)
	}
	if p.paging && !res.paged {
		return errors.New("the server answered without the paging control: what came may not be all")
	}
	if !p.paging || p.sample || len(res.cookie) == 0 {
		p.done = true
		return nil
	}
	return p.goOn(res.cookie)
}

// goOn takes a cookie. Some servers send one cookie all the time, so a repeated
// cookie is a loop only when its page brings nothing new.
func (p *pager) goOn(next []byte) error {
	p.idle++
	stale := p.onPage == 0
	if !stale {
		p.idle = 0
		stale = p.heads[p.head]
		p.heads[p.head] = true
	}
	cookie := digest(sha256.Sum256(next))
	if stale && p.cookies[cookie] {
		return errors.New("the server repeats a page for ever")
	}
	p.cookies[cookie] = true
	p.cookie, p.onPage = next, 0
	if p.idle > maxIdle || p.pages > maxPages || p.entries > maxEntries {
		return errors.New("the server finds no end")
	}
	return nil
}

// sorted tells limits and refusals of the server from everything else.
func sorted(err error) error {
	switch {
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultSizeLimitExceeded):
		return &shortError{graph.Partial, "the server's size limit for this bind identity ended the search: raise it (OpenLDAP: limits … size.prtotal=unlimited)"}
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultTimeLimitExceeded, ldap.LDAPResultAdminLimitExceeded):
		return &shortError{graph.Partial, "a limit of the server for this bind identity ended the search: " + err.Error()}
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultReferral):
		return &shortError{graph.Partial, "the server refers to another one, which is not asked: name its base as a source of its own"}
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultInsufficientAccessRights):
		return &shortError{graph.Denied, "the bind identity may not search here"}
	}
	return err
}
