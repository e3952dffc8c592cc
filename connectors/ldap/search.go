// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/graph"
)

// A search is one paged search, and what came of it.
type search struct {
	base, filter string
	attributes   []string
	pageSize     uint32

	pages, entries, references int
}

// The bounds of one search.
const (
	maxPages   = 4_000_000
	maxEntries = 50_000_000
	maxIdle    = 1000 // pages without an entry, one after the other
)

// A shortError says that a search ended early and what came is good.
type shortError struct {
	state  graph.State
	reason string
}

func (e *shortError) Error() string { return e.reason }

// all yields the entries of a search. An error is the last value; without one the
// search is complete but for the references that s counts. While the entries of a
// page are taken the next one is on its way: nothing else may be asked of the
// connection meanwhile, and a consumer who stops early may leave it closed.
func (cn *conn) all(ctx context.Context, s *search) iter.Seq2[directory.Entry, error] {
	return func(yield func(directory.Entry, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		answers := make(chan answer, 1)
		ask := func(cookie []byte) { go func() { answers <- cn.answer(ctx, s, cookie) }() }
		p := pager{cookies: map[digest]bool{}, heads: map[digest]bool{}}
		for ask(nil); !p.done; {
			a := <-answers
			err := a.err
			if err == nil {
				err = p.advance(s, a.page, a.next)
			}
			if err != nil {
				err = fmt.Errorf("search %s below %q, page %d: %w", s.filter, s.base, s.pages, err)
			} else if !p.done {
				ask(p.cookie)
			}
			for i, e := range a.page {
				a.page[i] = nil // not needed twice, and large
				if !yield(entryOf(e), nil) {
					return
				}
			}
			if err != nil {
				yield(directory.Entry{}, err)
				return
			}
		}
	}
}

// An answer is what came of asking for a page.
type answer struct {
	page []*ldap.Entry
	next []byte
	err  error
}

func (cn *conn) answer(ctx context.Context, s *search, cookie []byte) (a answer) {
	a.page, a.next, a.err = cn.page(ctx, s, cookie)
	return a
}

type digest [sha256.Size]byte

// A pager holds where a search stands, and what shows that it goes round.
type pager struct {
	cookie  []byte
	done    bool
	idle    int
	cookies map[digest]bool
	heads   map[digest]bool // the first DN of every page
}

// advance takes the cookie of the next page. Some servers send one cookie all the
// time, so a repeated cookie is a loop only when its page brings nothing new.
func (p *pager) advance(s *search, page []*ldap.Entry, next []byte) error {
	if len(next) == 0 {
		p.done = true
		return nil
	}
	p.idle++
	stale := len(page) == 0
	if !stale {
		p.idle = 0
		head := digest(sha256.Sum256([]byte(page[0].DN)))
		stale = p.heads[head]
		p.heads[head] = true
	}
	cookie := digest(sha256.Sum256(next))
	if stale && p.cookies[cookie] {
		return errors.New("the server repeats a page for ever")
	}
	p.cookies[cookie] = true
	p.cookie = next
	if p.idle > maxIdle || s.pages > maxPages || s.entries > maxEntries {
		return errors.New("the server finds no end")
	}
	return nil
}

// page asks for one page and judges the answer.
func (cn *conn) page(ctx context.Context, s *search, cookie []byte) ([]*ldap.Entry, []byte, error) {
	paging := &criticalPaging{ldap.ControlPaging{PagingSize: s.pageSize, Cookie: cookie}}
	res, err := cn.search(ctx, ldap.NewSearchRequest(s.base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases,
		0, 0, false, s.filter, s.attributes, []ldap.Control{paging}))
	s.pages++
	s.entries += len(res.Entries)
	s.references += len(res.Referrals)
	if err != nil {
		return res.Entries, nil, err
	}
	answer, ok := ldap.FindControl(res.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
	if !ok {
		return res.Entries, nil, errors.New("the server answered without the paging control: what came may not be all")
	}
	return res.Entries, answer.Cookie, nil
}

// search runs one search request and compares what came out of the library with
// what went in. The result is never nil.
func (cn *conn) search(ctx context.Context, r *ldap.SearchRequest) (*ldap.SearchResult, error) {
	res := &ldap.SearchResult{}
	entries, references := cn.guard.entries.Load(), cn.guard.references.Load()
	err := cn.do(ctx, func() error {
		got, err := cn.client.Search(r)
		if got != nil {
			res = got
		}
		return err
	})
	if err != nil {
		return res, sorted(err)
	}
	if int64(len(res.Entries)) != cn.guard.entries.Load()-entries || int64(len(res.Referrals)) != cn.guard.references.Load()-references {
		return res, errMalformed
	}
	return res, nil
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

// read returns the base entry of a DN: none, if the server shows none.
func (cn *conn) read(ctx context.Context, dn string, attributes []string) ([]*ldap.Entry, error) {
	res, err := cn.search(ctx, ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases,
		0, 0, false, "(objectClass=*)", attributes, nil))
	if err == nil && len(res.Referrals) > 0 {
		err = sorted(ldap.NewError(ldap.LDAPResultReferral, errors.New("a continuation")))
	}
	return res.Entries, err
}

func entryOf(e *ldap.Entry) directory.Entry {
	out := directory.Entry{DN: e.DN, Attrs: make([]directory.Attr, len(e.Attributes))}
	for i, a := range e.Attributes {
		out.Attrs[i] = directory.Attr{Name: a.Name, Values: a.ByteValues}
	}
	return out
}

// criticalPaging is the library's paging control, made critical: a server that
// cannot page must say so.
type criticalPaging struct{ ldap.ControlPaging }

// Encode implements [ldap.Control].
func (c *criticalPaging) Encode() *ber.Packet {
	plain := c.ControlPaging.Encode()
	packet := ber.NewSequence("")
	packet.AppendChild(plain.Children[0])
	packet.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, true, ""))
	packet.AppendChild(plain.Children[1])
	return packet
}
