// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
)

// A scripted server answers the requests of one connection, one after the other.
type scripted func(nth int, request *ber.Packet, id int64) [][]byte

// connTo returns a connection to a scripted server.
func connTo(t *testing.T, script scripted) *conn {
	t.Helper()
	return connWith(t, func(server net.Conn) {
		for nth := 0; ; nth++ {
			p, err := ber.ReadPacket(server)
			if err != nil {
				return
			}
			for _, m := range script(nth, p, p.Children[0].Value.(int64)) {
				if _, err := server.Write(m); err != nil {
					return
				}
			}
		}
	})
}

// connWith returns a connection whose other end is served.
func connWith(t *testing.T, serve func(server net.Conn)) *conn {
	t.Helper()
	client, server := net.Pipe()
	served := make(chan struct{})
	go func() {
		defer close(served)
		defer server.Close()
		serve(server)
	}()
	cn := &conn{guard: newGuard(client), timeout: 2 * time.Second}
	cn.client = ldap.NewConn(cn.guard, false)
	cn.client.Start()
	t.Cleanup(func() {
		cn.close()
		<-served
	})
	return cn
}

// names takes the DNs of entries.
func names(to *[]string) func(directory.Entry) error {
	return func(e directory.Entry) error {
		*to = append(*to, e.DN)
		return nil
	}
}

func listing() *search {
	return &search{base: "dc=x", filter: "(objectClass=*)", attributes: []string{"uid"}, pageSize: 2}
}

// pages answers with pages of two entries.
func pages(n int) scripted {
	return func(nth int, _ *ber.Packet, id int64) [][]byte {
		cookie := ""
		if nth+1 < n {
			cookie = fmt.Sprint(nth + 1)
		}
		return [][]byte{
			envelope(id, searchEntry(fmt.Sprintf("uid=%d,dc=x", 2*nth), "uid", "u")),
			envelope(id, searchEntry(fmt.Sprintf("uid=%d,dc=x", 2*nth+1), "uid", "u")),
			envelope(id, searchDone(0), pagingControl(cookie)),
		}
	}
}

func TestAllPages(t *testing.T) {
	cn := connTo(t, pages(5))
	s := listing()
	var got []string
	if err := cn.all(t.Context(), s, names(&got)); err != nil {
		t.Fatal(err)
	}
	if len(got) != 10 || got[9] != "uid=9,dc=x" || s.pages != 5 || s.entries != 10 {
		t.Errorf("%d pages, %d entries: %q", s.pages, s.entries, got)
	}
}

// TestRequestOnWire: everything that is asked for arrives.
func TestRequestOnWire(t *testing.T) {
	deleted := ldap.NewControlMicrosoftShowDeleted()
	flags := ldap.NewControlString("1.2.840.113556.1.4.801", true, "\x30\x03\x02\x01\x07")
	tests := map[string]struct {
		s     search
		scope int64
		oids  []string
	}{
		"all":       {search{base: "dc=x", filter: "(uid=a)", pageSize: 7}, ldap.ScopeWholeSubtree, []string{oidPaging}},
		"one level": {search{base: "dc=x", filter: "(uid=a)", scope: oneLevel, pageSize: 7, controls: []ldap.Control{deleted, flags}}, ldap.ScopeSingleLevel, []string{ldap.ControlTypeMicrosoftShowDeleted, "1.2.840.113556.1.4.801", oidPaging}},
		"base":      {search{base: "dc=x", filter: "(uid=a)", scope: baseOnly}, ldap.ScopeBaseObject, nil},
	}
	for name, test := range tests {
		test.s.attributes = []string{"uid", "cn"}
		var asked *ber.Packet
		cn := connTo(t, func(_ int, p *ber.Packet, id int64) [][]byte {
			asked = p
			return [][]byte{envelope(id, searchDone(0), pagingControl(""))}
		})
		if err := cn.all(t.Context(), &test.s, names(new([]string))); err != nil {
			t.Fatal(err)
		}
		op := asked.Children[1]
		filter, err := ldap.DecompileFilter(op.Children[6])
		if err != nil {
			t.Fatal(err)
		}
		got := []any{op.Children[0].Value, op.Children[1].Value, op.Children[2].Value, op.Children[3].Value, op.Children[4].Value, op.Children[5].Value, filter, len(op.Children[7].Children)}
		want := []any{"dc=x", test.scope, int64(ldap.NeverDerefAliases), int64(0), int64(0), false, "(uid=a)", 2}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		var oids []string
		if len(asked.Children) > 2 {
			for _, c := range asked.Children[2].Children {
				oids = append(oids, c.Children[0].Value.(string))
			}
		}
		if diff := cmp.Diff(test.oids, oids); diff != "" {
			t.Errorf("%s: controls (-want +got):\n%s", name, diff)
		}
	}
}

// TestBusyServer: a server that is busy is asked again, a few times, and not when
// something came already.
func TestBusyServer(t *testing.T) {
	busy := func(times int, code byte, first ...[]byte) scripted {
		return func(nth int, p *ber.Packet, id int64) [][]byte {
			if nth >= times {
				return pages(1)(0, p, id)
			}
			var answer [][]byte
			for _, op := range first {
				answer = append(answer, envelope(id, op))
			}
			return append(answer, envelope(id, searchDone(code)))
		}
	}
	tests := map[string]struct {
		script  scripted
		entries int
		wrong   bool
	}{
		"once":             {script: busy(1, 51), entries: 2},
		"twice":            {script: busy(2, 52), entries: 2},
		"for ever":         {script: busy(9, 51), wrong: true},
		"after an entry":   {script: busy(1, 51, searchEntry("uid=0,dc=x")), entries: 1, wrong: true},
		"after references": {script: busy(1, 51, element(opReference, octets("ldap://a/"))), entries: 2},
		"unwilling":        {script: busy(1, 53), wrong: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cn := connTo(t, test.script)
			cn.timeout = 200 * time.Millisecond
			s := listing()
			err := cn.all(t.Context(), s, names(new([]string)))
			if (err != nil) != test.wrong || s.entries != test.entries || s.references != 0 {
				t.Errorf("got %v, %d entries, %d references", err, s.entries, s.references)
			}
		})
	}
}

func TestBusyServerAndNoPatience(t *testing.T) {
	cn := connTo(t, func(_ int, _ *ber.Packet, id int64) [][]byte { return [][]byte{envelope(id, searchDone(51))} })
	cn.timeout = time.Hour
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("that is enough")
	time.AfterFunc(50*time.Millisecond, func() { cancel(enough) })
	if err := cn.all(ctx, listing(), names(new([]string))); !errors.Is(err, enough) {
		t.Errorf("got %v, want the cause", err)
	}
}

func TestReferencesAreKept(t *testing.T) {
	const many = maxReferences + 5
	cn := connTo(t, func(_ int, _ *ber.Packet, id int64) (answer [][]byte) {
		for i := range many {
			answer = append(answer, envelope(id, element(opReference, octets(fmt.Sprintf("ldap://a/ou=%d", i)), octets("ldap://b/"))))
		}
		return append(answer, envelope(id, searchDone(0), pagingControl("")))
	})
	s := listing()
	if err := cn.all(t.Context(), s, names(new([]string))); err != nil {
		t.Fatal(err)
	}
	if s.references != many || len(s.referred) != maxReferences || !cmp.Equal(s.referred[7], []string{"ldap://a/ou=7", "ldap://b/"}) {
		t.Errorf("%d references, the URLs of %d, %q", s.references, len(s.referred), s.referred[7])
	}
}

// TestBrokenDialogue: what does not belong to the search ends it with an error,
// and the connection with it.
func TestBrokenDialogue(t *testing.T) {
	notice := element(opExtended, []byte{tagEnum, 1, 52}, octets(""), octets("going down"), element(tagName, []byte("1.3.6.1.4.1.1466.20036")))
	tests := map[string]struct {
		answer func(id int64) []byte
		want   string
	}{
		"another search's entry":      {func(id int64) []byte { return envelope(id+1, searchEntry("dc=x")) }, "malformed"},
		"the library's entry":         {func(int64) []byte { return envelope(1, searchEntry("dc=x")) }, "malformed"},
		"the library's result":        {func(int64) []byte { return envelope(1, searchDone(0)) }, "malformed"},
		"an answer of another kind":   {func(id int64) []byte { return envelope(id, notice) }, "malformed"},
		"a farewell":                  {func(int64) []byte { return envelope(0, notice) }, "result code 52: going down"},
		"an entry that is none":       {func(id int64) []byte { return envelope(id, element(opEntry)) }, "malformed"},
		"a reference to nothing":      {func(id int64) []byte { return envelope(id, element(opReference)) }, "malformed"},
		"an answer that is too large": {func(id int64) []byte { return envelope(id, searchDone(0, make([]byte, maxResultBytes))) }, "more than"},
	}
	for name, test := range tests {
		cn := connTo(t, func(nth int, _ *ber.Packet, id int64) [][]byte {
			return [][]byte{envelope(id, searchEntry("dc=x")), test.answer(id), envelope(id, searchDone(0), pagingControl(""))}
		})
		err := cn.all(t.Context(), listing(), names(new([]string)))
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), `below "dc=x", page 1:`) {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
		if err := cn.all(t.Context(), listing(), names(new([]string))); err == nil {
			t.Errorf("%s: the connection lives on", name)
		}
	}
}

// TestUnknownNews: what nobody asked for and nobody knows is passed over.
func TestUnknownNews(t *testing.T) {
	news := element(opExtended, []byte{tagEnum, 1, 0}, octets(""), octets(""), element(tagName, []byte("1.2.3")))
	cn := connTo(t, func(nth int, p *ber.Packet, id int64) [][]byte {
		return append([][]byte{envelope(0, news)}, pages(1)(nth, p, id)...)
	})
	s := listing()
	if err := cn.all(t.Context(), s, names(new([]string))); err != nil || s.entries != 2 {
		t.Errorf("%v, %d entries", err, s.entries)
	}
}

func TestLaterEntriesAreMalformed(t *testing.T) {
	sent := make(chan struct{})
	cn := connTo(t, func(nth int, p *ber.Packet, id int64) [][]byte {
		defer close(sent)
		return append(pages(1)(nth, p, id), envelope(id, searchEntry("uid=late,dc=x")))
	})
	if err := cn.all(t.Context(), listing(), names(new([]string))); err != nil {
		t.Fatal(err)
	}
	<-sent
	for range 100 { // until the late entry was read
		if err := cn.all(t.Context(), listing(), names(new([]string))); err != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("an entry after the end was passed over")
}

// TestSlowConsumer: a consumer who takes his time makes the server wait, and not
// the memory grow.
func TestSlowConsumer(t *testing.T) {
	const entries, size = 400, 256 << 10
	value := strings.Repeat("v", size)
	var sent atomic.Int64
	cn := connWith(t, func(server net.Conn) {
		p, err := ber.ReadPacket(server)
		if err != nil {
			return
		}
		id := p.Children[0].Value.(int64)
		wire := envelope(id, searchEntry("uid=0,dc=x", "description", value))
		for range entries {
			if _, err := server.Write(wire); err != nil {
				return
			}
			sent.Add(1)
		}
		_, _ = server.Write(envelope(id, searchDone(0), pagingControl("")))
	})
	taken, ahead := int64(0), int64(0)
	err := cn.all(t.Context(), listing(), func(directory.Entry) error {
		taken++
		if taken%50 == 1 {
			time.Sleep(30 * time.Millisecond) // the server sends what it can
		}
		ahead = max(ahead, sent.Load()-taken)
		return nil
	})
	if err != nil || taken != entries {
		t.Fatalf("%v, %d taken", err, taken)
	}
	if bound := int64(maxQueued/size + 3); ahead > bound || ahead < bound/2 {
		t.Errorf("%d entries of %d bytes were read ahead, want at most %d, and some", ahead, size, bound)
	}
}

// TestNextPageIsOnItsWay: the second page is asked for before the first one is
// taken.
func TestNextPageIsOnItsWay(t *testing.T) {
	asked := make(chan struct{}, 10)
	cn := connTo(t, func(nth int, p *ber.Packet, id int64) [][]byte {
		if nth == 1 {
			close(asked)
		}
		return pages(2)(nth, p, id)
	})
	err := cn.all(t.Context(), listing(), func(directory.Entry) error {
		select {
		case <-asked:
			return nil
		case <-time.After(5 * time.Second):
			return errors.New("the second page was not asked for")
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// TestTogether: searches on several connections are taken by one goroutine, and
// each is told how it ended.
func TestTogether(t *testing.T) {
	limited := func(nth int, p *ber.Packet, id int64) [][]byte {
		m := pages(9)(nth, p, id)
		return append(m[:2:2], envelope(id, searchDone(4)))
	}
	var whole, short []string
	var ends []error
	end := func(err error) error {
		ends = append(ends, err)
		return nil
	}
	err := together(t.Context(),
		part{connTo(t, pages(200)), listing(), names(&whole), end},
		part{connTo(t, limited), listing(), names(&short), end})
	if err != nil || len(whole) != 400 || len(short) != 2 || len(ends) != 2 {
		t.Fatalf("%v: %d and %d entries, ends: %v", err, len(whole), len(short), ends)
	}
	var s *shortError
	if err := errors.Join(ends...); !errors.As(err, &s) || ends[0] != nil && ends[1] != nil {
		t.Errorf("ends: %v", ends)
	}
}

// TestTogetherEndsTogether: an error of one ends all, and all connections with
// them.
func TestTogetherEndsTogether(t *testing.T) {
	silent := func(int, *ber.Packet, int64) [][]byte { return nil }
	wrong := func(_ int, _ *ber.Packet, id int64) [][]byte { return [][]byte{envelope(id, searchDone(1))} }
	a, b := connTo(t, silent), connTo(t, wrong)
	err := together(t.Context(), part{a, listing(), names(new([]string)), nil}, part{b, listing(), names(new([]string)), nil})
	if !ldap.IsErrorWithCode(err, ldap.LDAPResultOperationsError) {
		t.Errorf("got %v", err)
	}
	if _, err := a.guard.Write([]byte{0}); err == nil {
		t.Error("a connection in the middle of a search lives on")
	}
}

// TestOneSearchAtATime: a connection is not asked two things at once.
func TestOneSearchAtATime(t *testing.T) {
	cn := connTo(t, pages(3))
	err := cn.all(t.Context(), listing(), func(directory.Entry) error {
		return cn.all(t.Context(), listing(), names(new([]string)))
	})
	if err == nil || !strings.Contains(err.Error(), "in the middle") {
		t.Errorf("got %v", err)
	}
}

// TestReadKeeps: what read returns is not overwritten, and there is one of it.
func TestReadKeeps(t *testing.T) {
	cn := connTo(t, func(nth int, _ *ber.Packet, id int64) [][]byte {
		m := [][]byte{envelope(id, searchEntry("dc=x", "o", string(rune('a'+nth)))), envelope(id, searchDone(0))}
		if nth == 2 {
			m = append(m[:1:1], m...)
		}
		return m
	})
	first, err := cn.read(t.Context(), "dc=x", []string{"o"})
	second, err2 := cn.read(t.Context(), "dc=x", []string{"o"})
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if got := append(texts(first[0], "O"), texts(second[0], "o")...); !cmp.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q", got)
	}
	if _, err := cn.read(t.Context(), "dc=x", []string{"o"}); err == nil {
		t.Error("two base entries passed")
	}
}

// TestClonedEntries: a clone outlives the message and the decoder's next entry.
func TestClonedEntries(t *testing.T) {
	var d decoder
	m := messageOf(t, envelope(firstSearch, searchEntry("dc=x", "o", "a|b", "dc", "x")))
	e, err := d.entry(m)
	if err != nil {
		t.Fatal(err)
	}
	kept := cloned(e)
	clear(m.buf)
	if _, err := d.entry(messageOf(t, envelope(firstSearch, searchEntry("dc=y", "cn", "c|d", "sn", "e")))); err != nil {
		t.Fatal(err)
	}
	want := directory.Entry{DN: "dc=x", Attrs: []directory.Attr{
		{Name: "o", Values: [][]byte{[]byte("a"), []byte("b")}}, {Name: "dc", Values: [][]byte{[]byte("x")}},
	}}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLargeEntries: memory for a message is asked for as it comes, and given
// back.
func TestLargeEntries(t *testing.T) {
	var m message
	head := []byte{tagSequence, 0x84, 0x07, 0xff, 0xff, 0xff}
	if err := m.read(bytes.NewReader(append(head, make([]byte, 100)...))); err == nil || cap(m.buf) > 1<<20 {
		t.Errorf("got %v, and %d bytes for 100", err, cap(m.buf))
	}
	g := newGuard(nil)
	g.recycle(&message{buf: make([]byte, 1<<20)})
	if got := g.free.Get(); got != nil {
		t.Error("a large buffer is kept")
	}
}
