// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// A simulation is a server of a world, and the connection to it: what is written
// is answered at once, in the goroutine of whoever writes. It needs no network, so
// that thousands of runs take seconds.
type simulation struct {
	world  *world
	fault  *simFault
	at     point
	before truth    // of the world, until the fault changed it
	most   truth    // of it
	past   []*thing // its things
	r      *rand.Rand

	mu      sync.Mutex
	came    *sync.Cond
	out     []byte
	sent    int // bytes
	in      []byte
	ended   bool // by the server
	closed  bool // by the client
	silent  bool
	dripped bool
	reads   int

	answers int // that were given, of any kind
	search  int // that was begun last
	cursors map[string]*cursor
	fired   bool
	drifted bool
	log     []step
}

// A step is one answer of a run without faults: where a fault may strike.
type step struct {
	op       byte // that ends it
	messages int
	search   int  // of paged searches
	paged    bool // there is a paging control
	last     bool // page
	bytes    int  // that were sent before
	page     int
	filter   string
	base     string
	attrs    []string // that its entries show; "member;range" for a range
	windows  bool
	number   int // of the answer, from 0
}

// A point is where a fault strikes: at an answer and a message in it, or after so
// many bytes.
type point struct{ answer, message, bytes int }

// A cursor is where a paged search stands.
type cursor struct {
	search int
	page   int
	rest   []shownEntry
	whole  []shownEntry
	filter string
	base   string
}

// A shownEntry is an entry as the server sends it.
type shownEntry struct {
	dn    string
	attrs []shownAttr
	of    *thing
}

type shownAttr struct {
	name   string
	values [][]byte
}

// An answer is the messages that answer one request, before they are encoded.
type answer struct {
	sim     *simulation
	id      int
	op      byte
	code    int
	entries []shownEntry
	refers  []string
	paged   bool
	cookie  string
	cursor  *cursor
	wanted  []string
	control []byte // another one, instead of the one for paging
	binding int    // the id that the messages carry, if not id
}

func simulate(w *world) *simulation {
	s := &simulation{world: w, search: -1, cursors: map[string]*cursor{}}
	s.came = sync.NewCond(&s.mu)
	return s
}

// Read implements [net.Conn].
func (s *simulation) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.out) == 0 && !s.ended && !s.closed {
		s.came.Wait()
	}
	switch {
	case s.closed:
		return 0, net.ErrClosed
	case len(s.out) == 0:
		return 0, io.EOF
	}
	if s.dripped {
		p = p[:min(len(p), 97)]
		if s.reads++; s.reads%8 == 0 {
			s.mu.Unlock()
			time.Sleep(time.Millisecond)
			s.mu.Lock()
		}
	}
	n := copy(p, s.out)
	s.out = s.out[n:]
	return n, nil
}

// Write implements [net.Conn].
func (s *simulation) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.ended {
		return 0, net.ErrClosed
	}
	s.in = append(s.in, p...)
	for len(s.in) > 0 && !s.ended {
		r := bytes.NewReader(s.in)
		packet, err := ber.ReadPacket(r)
		if err != nil {
			return 0, fmt.Errorf("a request that is no packet: %w", err)
		}
		s.in = s.in[len(s.in)-r.Len():]
		s.serve(packet)
	}
	s.came.Broadcast()
	return len(p), nil
}

// Close implements [net.Conn].
func (s *simulation) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.came.Broadcast()
	return nil
}

func (*simulation) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*simulation) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*simulation) SetDeadline(time.Time) error      { return nil }
func (*simulation) SetReadDeadline(time.Time) error  { return nil }
func (*simulation) SetWriteDeadline(time.Time) error { return nil }

// serve answers one request.
func (s *simulation) serve(p *ber.Packet) {
	if s.fault.drift != nil && s.fault.strikes(s) {
		s.fired, s.drifted = true, true
		s.before, s.most, s.past = truthOf(s.world), mostOf(s.world), s.world.clone().things
		s.fault.drift(s.r, s.world)
	}
	op := p.Children[1]
	a := &answer{sim: s, id: int(p.Children[0].Value.(int64))}
	switch op.Tag {
	case 0:
		a.op = 0x61
	case 2: // unbind
		s.ended = true
		return
	case 3:
		s.find(a, op, p)
	case 14:
		a.op = 0x6f
		s.compare(a, op)
	case 23:
		a.op = 0x78
	default:
		return
	}
	s.send(a)
}

// send lets the fault strike, and sends.
func (s *simulation) send(a *answer) {
	here := s.fault.strikes(s)
	if here && s.fault.edit != nil {
		s.fired = true
		s.fault.edit(a)
	}
	messages := a.encode()
	s.log = append(s.log, a.step(len(messages)))
	s.answers++
	then := goOn
	if here && s.fault.raw != nil {
		s.fired = true
		messages, then = s.fault.raw(a, messages, s.at.message%len(messages))
	}
	out := bytes.Join(messages, nil)
	if s.fault.cut != goOn && s.sent+len(out) > s.at.bytes {
		s.fired = true
		out, then = out[:max(0, s.at.bytes-s.sent)], s.fault.cut
	}
	if s.silent {
		return
	}
	s.sent += len(out)
	s.out = append(s.out, out...)
	s.ended = then == hangUp
	s.silent = then == stall
}

func (a *answer) step(messages int) step {
	st := step{number: a.sim.answers, windows: a.sim.world.windows, attrs: a.names(), op: a.op, messages: messages, paged: a.paged, last: a.cookie == "", search: -1, bytes: a.sim.sent}
	if a.cursor != nil {
		st.search, st.page, st.filter, st.base = a.cursor.search, a.cursor.page, a.cursor.filter, a.cursor.base
	}
	return st
}

func (a *answer) names() (all []string) {
	for _, e := range a.entries {
		for _, at := range e.attrs {
			name, options, _ := strings.Cut(at.name, ";")
			if options != "" {
				all = append(all, name+";range")
			}
			all = append(all, name)
		}
	}
	return all
}

func (a *answer) encode() (all [][]byte) {
	id := a.id
	if a.binding != 0 {
		id = a.binding
	}
	for _, e := range a.entries {
		var list [][]byte
		for _, at := range e.attrs {
			var values [][]byte
			for _, v := range at.values {
				values = append(values, tlv(0x04, v))
			}
			list = append(list, tlv(0x30, octets(at.name), tlv(0x31, values...)))
		}
		all = append(all, message(id, tlv(0x64, octets(e.dn), tlv(0x30, list...))))
	}
	for _, u := range a.refers {
		all = append(all, message(id, tlv(0x73, octets(u))))
	}
	var controls [][]byte
	switch {
	case a.control != nil:
		controls = append(controls, a.control)
	case a.paged:
		controls = append(controls, paging(a.cookie))
	}
	return append(all, message(a.id, result(a.op, a.code), controls...))
}

// find answers a search.
func (s *simulation) find(a *answer, op, p *ber.Packet) {
	a.op = 0x65
	base, scope := op.Children[0].Value.(string), op.Children[1].Value.(int64)
	for _, c := range op.Children[7].Children {
		a.wanted = append(a.wanted, c.Value.(string))
	}
	ask := query{base: plain(base), scope: scope, filter: op.Children[6], wanted: a.wanted}
	pagingAsked := false
	cookie := ""
	if len(p.Children) > 2 {
		for _, c := range p.Children[2].Children {
			switch oid := c.Children[0].Value.(string); oid {
			case "1.2.840.113556.1.4.319":
				if len(c.Children) != 3 || c.Children[1].Value != true {
					panic("the paging control is not critical")
				}
				pagingAsked = true
				cookie = ber.DecodePacket(c.Children[2].Data.Bytes()).Children[1].Data.String()
			case "1.2.840.113556.1.4.801":
				ask.descriptors = true
			case "1.2.840.113556.1.4.417":
				ask.deleted = true
			}
		}
	}
	if !pagingAsked {
		a.entries, a.code = s.world.find(ask)
		return
	}
	a.paged = true
	s.page(a, ask, cookie)
}

// page gives the page of a cookie, which the server made: any other one it
// refuses.
func (s *simulation) page(a *answer, ask query, cookie string) {
	c := s.cursors[cookie]
	switch {
	case cookie != "" && c == nil:
		a.code, a.paged = 53, false
		return
	case cookie == "":
		s.search++
		whole, code := s.world.find(ask)
		a.code = code
		c = &cursor{search: s.search, rest: whole, whole: whole, filter: textOf(ask.filter), base: ask.base}
	}
	n := min(s.world.pageOf, len(c.rest))
	a.entries, a.cursor = slices.Clone(c.rest[:n]), c
	if n < len(c.rest) {
		a.cookie = s.cookie(c, len(c.whole)-len(c.rest)+n)
	}
}

// cookie makes a cookie for the place in a search where so many entries are told.
func (s *simulation) cookie(c *cursor, told int) string {
	name := fmt.Sprintf("%d:%d", c.search, told)
	s.cursors[name] = &cursor{search: c.search, page: c.page + 1, rest: c.whole[min(told, len(c.whole)):], whole: c.whole, filter: c.filter, base: c.base}
	return name
}

// plain undoes the spellings of a DN that faults use.
func plain(dn string) string {
	dn = strings.ToLower(strings.ReplaceAll(dn, " ,  ", ","))
	if before, after, ok := strings.Cut(dn, `\`); ok && len(after) > 2 {
		if c, err := strconv.ParseUint(after[:2], 16, 8); err == nil {
			return before + string(rune(c)) + after[2:]
		}
	}
	return dn
}

// A query is what a search asks for.
type query struct {
	base                 string
	scope                int64
	filter               *ber.Packet
	wanted               []string
	descriptors, deleted bool
}

func (w *world) find(q query) (all []shownEntry, code int) {
	switch {
	case q.base == "":
		return []shownEntry{w.show(shownEntry{attrs: w.rootDSE()}, q)}, 0
	case w.windows && q.base == "cn=partitions,cn=configuration,dc=corp,dc=x":
		return w.partitions(q), 0
	}
	i := slices.IndexFunc(w.things, func(t *thing) bool { return t.shown() && t.folded() == q.base })
	if i < 0 {
		return nil, 32
	}
	for _, t := range w.things {
		inside := t.folded() == q.base || q.scope == 2 && strings.HasSuffix(t.folded(), ","+q.base) || q.scope == 1 && t.under == w.things[i]
		if q.scope == 1 && t == w.things[i] {
			inside = false
		}
		if q.scope == 0 {
			inside = t == w.things[i]
		}
		if !inside || !t.shown() {
			continue
		}
		e := shownEntry{dn: t.dn(), attrs: w.attrs(t), of: t}
		if matches(t.visible(e, t.blind), q.filter) {
			all = append(all, w.show(t.visible(e, true), q))
		}
	}
	if q.deleted {
		all = append(all, w.tombstones(q)...)
	}
	return all, 0
}

// visible leaves out what a thing does not show, if it is to.
func (t *thing) visible(e shownEntry, leaveOut bool) shownEntry {
	if leaveOut && len(t.mute) > 0 {
		e.attrs = slices.DeleteFunc(slices.Clone(e.attrs), func(a shownAttr) bool {
			return slices.ContainsFunc(t.mute, func(m string) bool { return strings.EqualFold(m, a.name) })
		})
	}
	return e
}

func (w *world) tombstones(q query) (all []shownEntry) {
	for _, t := range w.dead {
		e := shownEntry{dn: t.name + `\0ADEL:` + t.key() + ",CN=Deleted Objects," + w.head.dn(), attrs: []shownAttr{
			text("objectClass", t.classes...), text("isDeleted", "TRUE"), text("lastKnownParent", t.under.dn()), {"objectGUID", [][]byte{t.raw()}},
		}}
		e.dn = "CN=" + e.dn
		if matches(e, q.filter) {
			all = append(all, w.show(e, q))
		}
	}
	return all
}

func (w *world) partitions(q query) (all []shownEntry) {
	for name, flags := range map[string]string{"DC=corp,DC=x": "3", "CN=Configuration,DC=corp,DC=x": "1"} {
		e := shownEntry{dn: "CN=p" + flags + ",CN=Partitions,CN=Configuration,DC=corp,DC=x", attrs: []shownAttr{text("objectClass", "top", "crossRef"), text("nCName", name), text("systemFlags", flags)}}
		if matches(e, q.filter) {
			all = append(all, w.show(e, q))
		}
	}
	slices.SortFunc(all, func(a, b shownEntry) int { return strings.Compare(a.dn, b.dn) })
	return all
}

func (w *world) rootDSE() []shownAttr {
	all := []shownAttr{text("objectClass", "top"), text("supportedControl", "1.2.840.113556.1.4.319", "1.2.840.113556.1.4.801", "1.2.840.113556.1.4.417")}
	if !w.windows {
		return append(all, text("structuralObjectClass", "OpenLDAProotDSE"), text("namingContexts", w.head.dn()))
	}
	return append(all, text("supportedCapabilities", "1.2.840.113556.1.4.800"), text("namingContexts", w.head.dn(), "CN=Configuration,DC=corp,DC=x"),
		text("defaultNamingContext", w.head.dn()), text("configurationNamingContext", "CN=Configuration,DC=corp,DC=x"),
		text("dnsHostName", w.host), text("highestCommittedUSN", "1000"))
}

// compare answers whether an entry has a value: it knows also what it does not
// show.
func (s *simulation) compare(a *answer, op *ber.Packet) {
	dn, name := plain(op.Children[0].Value.(string)), op.Children[1].Children[0].Value.(string)
	a.code = 32
	for _, t := range s.world.things {
		if t.folded() != dn || !t.shown() {
			continue
		}
		a.code = 16
		for _, at := range s.world.attrs(t) {
			if strings.EqualFold(at.name, name) {
				a.code = 5
			}
		}
	}
}

// show leaves what was asked for, a range of what has many values.
func (w *world) show(e shownEntry, q query) shownEntry {
	out := shownEntry{dn: e.dn, of: e.of}
	for _, want := range q.wanted {
		name, options, _ := strings.Cut(want, ";")
		for _, a := range e.attrs {
			if !strings.EqualFold(a.name, name) || a.name == "nTSecurityDescriptor" && !q.descriptors {
				continue
			}
			out.attrs = append(out.attrs, w.ranged(a, options)...)
		}
	}
	return out
}

// ranged gives a range of the values, and beside the first an empty attribute, as
// Active Directory does.
func (w *world) ranged(a shownAttr, options string) []shownAttr {
	first := 0
	if from, ok := strings.CutPrefix(options, "range="); ok {
		text, _, _ := strings.Cut(from, "-")
		first, _ = strconv.Atoi(text)
	}
	if !w.windows || a.name != "member" && a.name != "msDS-ReplValueMetaData" || len(a.values) <= w.rangeOf && options == "" {
		return []shownAttr{a}
	}
	end := min(first+w.rangeOf, len(a.values))
	if first >= end {
		return nil
	}
	last := strconv.Itoa(end - 1)
	if end == len(a.values) {
		last = "*"
	}
	all := []shownAttr{{fmt.Sprintf("%s;range=%d-%s", a.name, first, last), a.values[first:end]}}
	if options == "" {
		all = append([]shownAttr{{a.name, nil}}, all...)
	}
	return all
}

// matches evaluates a filter (RFC 4511, section 4.5.1.7).
func matches(e shownEntry, f *ber.Packet) bool {
	switch f.Tag {
	case 0:
		return !slices.ContainsFunc(f.Children, func(c *ber.Packet) bool { return !matches(e, c) })
	case 1:
		return slices.ContainsFunc(f.Children, func(c *ber.Packet) bool { return matches(e, c) })
	case 2:
		return !matches(e, f.Children[0])
	case 3:
		want := f.Children[1].Data.String()
		return slices.ContainsFunc(e.values(f.Children[0].Data.String()), func(v []byte) bool { return strings.EqualFold(string(v), want) })
	case 7:
		return len(e.values(f.Data.String())) > 0
	case 9:
		return bitsOf(e, f)
	}
	panic(fmt.Sprintf("a filter of kind %d", f.Tag))
}

// bitsOf evaluates the matching rule for bits that are all set.
func bitsOf(e shownEntry, f *ber.Packet) bool {
	var rule, name, value string
	for _, c := range f.Children {
		switch c.Tag {
		case 1:
			rule = c.Data.String()
		case 2:
			name = c.Data.String()
		case 3:
			value = c.Data.String()
		}
	}
	if rule != "1.2.840.113556.1.4.803" {
		panic("the matching rule " + rule)
	}
	want, _ := strconv.Atoi(value)
	return slices.ContainsFunc(e.values(name), func(v []byte) bool {
		have, _ := strconv.Atoi(string(v))
		return have&want == want
	})
}

func (e shownEntry) values(name string) [][]byte {
	for _, a := range e.attrs {
		if strings.EqualFold(a.name, name) {
			return a.values
		}
	}
	return nil
}

// textOf tells a filter apart from others; it is not its text form.
func textOf(f *ber.Packet) string { return hex.EncodeToString(f.Bytes()) }
