// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
)

// element makes a BER element with a length of four bytes, as Active Directory
// does.
func element(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	n := len(body)
	return append([]byte{tag, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

func octets(s string) []byte { return element(tagOctets, []byte(s)) }

func envelope(id int64, op []byte, controls ...[]byte) []byte {
	parts := [][]byte{{tagInteger, 4, byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)}, op}
	if len(controls) > 0 {
		parts = append(parts, element(tagControls, controls...))
	}
	return element(tagSequence, parts...)
}

// searchEntry makes an entry of "name", "value|value" …
func searchEntry(dn string, attrs ...string) []byte {
	var list [][]byte
	for i := 0; i < len(attrs); i += 2 {
		var values [][]byte
		for v := range strings.SplitSeq(attrs[i+1], "|") {
			values = append(values, octets(v))
		}
		list = append(list, element(tagSequence, octets(attrs[i]), element(tagSet, values...)))
	}
	return element(opEntry, octets(dn), element(tagSequence, list...))
}

func searchDone(code byte, parts ...[]byte) []byte {
	head := [][]byte{{tagEnum, 1, code}, octets("dc=matched"), octets("because")}
	return element(opDone, append(head, parts...)...)
}

func pagingControl(cookie string) []byte {
	return element(tagSequence, octets(oidPaging), octets(string(element(tagSequence, []byte{tagInteger, 1, 0}, octets(cookie)))))
}

func messageOf(t testing.TB, b []byte) *message {
	t.Helper()
	var m message
	if err := m.read(bytes.NewReader(b)); err != nil {
		t.Fatalf("%x: %v", b, err)
	}
	return &m
}

func TestDecodeEntry(t *testing.T) {
	var d decoder
	want := directory.Entry{DN: "uid=ann,dc=x", Attrs: []directory.Attr{
		{Name: "uid", Values: [][]byte{[]byte("ann")}},
		{Name: "member;range=0-1", Values: [][]byte{[]byte("a"), {}, []byte("\xff\x00")}},
		{Name: "none", Values: nil},
	}}
	attrs := element(tagSequence,
		element(tagSequence, octets("uid"), element(tagSet, octets("ann"))),
		element(tagSequence, octets("member;range=0-1"), element(tagSet, octets("a"), octets(""), octets("\xff\x00"))),
		element(tagSequence, octets("none"), element(tagSet)))
	wire := envelope(firstSearch, element(opEntry, octets("uid=ann,dc=x"), attrs), element(tagSequence, octets("1.2.3")))
	for range 2 { // the second entry lies where the first one did
		got, err := d.entry(messageOf(t, wire))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, equalValues()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// equalValues compares lists of values without telling empty from nil.
func equalValues() cmp.Option {
	return cmp.Comparer(func(a, b [][]byte) bool {
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			if !bytes.Equal(a[i], b[i]) {
				return false
			}
		}
		return true
	})
}

// TestRefusedEntries: whatever is not exactly an entry is an error.
func TestRefusedEntries(t *testing.T) {
	seq, set := func(p ...[]byte) []byte { return element(tagSequence, p...) }, func(p ...[]byte) []byte { return element(tagSet, p...) }
	good := seq(seq(octets("uid"), set(octets("ann"))))
	tests := map[string][]byte{
		"nothing in it":             element(opEntry),
		"no attributes":             element(opEntry, octets("dc=x")),
		"no DN":                     element(opEntry, good),
		"something after":           element(opEntry, octets("dc=x"), good, octets("")),
		"attributes in a set":       element(opEntry, octets("dc=x"), set(octets("uid"))),
		"an attribute of no values": element(opEntry, octets("dc=x"), seq(seq(octets("uid")))),
		"a nameless attribute":      element(opEntry, octets("dc=x"), seq(seq(set(octets("ann"))))),
		"values in a sequence":      element(opEntry, octets("dc=x"), seq(seq(octets("uid"), seq(octets("ann"))))),
		"three parts":               element(opEntry, octets("dc=x"), seq(seq(octets("uid"), set(octets("ann")), set()))),
		"a value that is a number":  element(opEntry, octets("dc=x"), seq(seq(octets("uid"), set([]byte{tagInteger, 1, 1})))),
		"a constructed value":       element(opEntry, octets("dc=x"), seq(seq(octets("uid"), set(element(tagOctets|constructed, octets("ann")))))),
		"a value that is too long":  element(opEntry, octets("dc=x"), seq(seq(octets("uid"), set([]byte{tagOctets, 5, 'a'})))),
		"an indefinite length":      element(opEntry, octets("dc=x"), seq(seq(octets("uid"), set([]byte{tagOctets, 0x80, 0, 0})))),
		"a length of five bytes":    element(opEntry, octets("dc=x"), seq(seq(octets("uid"), set([]byte{tagOctets, 0x85, 0, 0, 0, 0, 0})))),
	}
	for name, op := range tests {
		var d decoder
		if e, err := d.entry(messageOf(t, envelope(firstSearch, op))); !errors.Is(err, errMalformed) {
			t.Errorf("%s: got %v, %v; want an error", name, e, err)
		}
	}
	var d decoder
	for name, wire := range map[string][]byte{
		"broken controls":      envelope(firstSearch, searchEntry("dc=x"), octets("1.2.3")),
		"two lists of control": element(tagSequence, []byte{tagInteger, 4, 0x40, 0, 0, 0}, searchEntry("dc=x"), element(tagControls), element(tagControls)),
	} {
		if e, err := d.entry(messageOf(t, wire)); !errors.Is(err, errMalformed) {
			t.Errorf("%s: got %v, %v; want an error", name, e, err)
		}
	}
}

func TestTooManyValues(t *testing.T) {
	values := bytes.Repeat([]byte{tagOctets, 0}, maxElements+1)
	op := element(opEntry, octets("dc=x"), element(tagSequence, element(tagSequence, octets("a"), element(tagSet, values))))
	var d decoder
	if _, err := d.entry(messageOf(t, envelope(firstSearch, op))); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("got %v", err)
	}
}

func TestDecodeDone(t *testing.T) {
	url := element(tagReferral, octets("ldap://a/dc=x"), octets("ldap://b/dc=x"))
	tests := map[string]struct {
		wire []byte
		want result // a matched of "" means an error
	}{
		"success": {envelope(firstSearch, searchDone(0)), result{matched: "dc=matched", diagnostic: "because"}},
		"paged": {envelope(firstSearch, searchDone(0), element(tagSequence, octets("1.2.3"), []byte{tagBoolean, 1, 0xff}), pagingControl("next")),
			result{matched: "dc=matched", diagnostic: "because", paged: true, cookie: []byte("next")}},
		"last page": {envelope(firstSearch, searchDone(0), pagingControl("")), result{matched: "dc=matched", diagnostic: "because", paged: true}},
		"referral": {envelope(firstSearch, searchDone(10, url)),
			result{code: 10, matched: "dc=matched", diagnostic: "because", referral: []string{"ldap://a/dc=x", "ldap://b/dc=x"}}},
		"empty referral":       {wire: envelope(firstSearch, searchDone(10, element(tagReferral)))},
		"something after":      {wire: envelope(firstSearch, searchDone(0, octets("")))},
		"two paging controls":  {wire: envelope(firstSearch, searchDone(0), pagingControl(""), pagingControl("next"))},
		"no code":              {wire: envelope(firstSearch, element(opDone, octets(""), octets("")))},
		"code below zero":      {wire: envelope(firstSearch, searchDone(0xff))},
		"a control of nothing": {wire: envelope(firstSearch, searchDone(0), element(tagSequence))},
		"a long boolean":       {wire: envelope(firstSearch, searchDone(0), element(tagSequence, octets("1.2.3"), []byte{tagBoolean, 2, 0, 0}))},
		"paging of nothing":    {wire: envelope(firstSearch, searchDone(0), element(tagSequence, octets(oidPaging)))},
		"paging and more":      {wire: envelope(firstSearch, searchDone(0), element(tagSequence, octets(oidPaging), octets(string(element(tagSequence, []byte{tagInteger, 1, 0}, octets(""), octets(""))))))},
	}
	for name, test := range tests {
		got, err := parseDone(messageOf(t, test.wire))
		if test.want.matched == "" {
			if !errors.Is(err, errMalformed) {
				t.Errorf("%s: got %+v, %v; want an error", name, got, err)
			}
			continue
		}
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(result{})); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestSplitMessages: it does not matter in which pieces messages come.
func TestSplitMessages(t *testing.T) {
	stream := bytes.Join([][]byte{
		envelope(firstSearch, searchEntry("uid=ann,dc=x", "uid", "ann", "mail", "a@x|b@x")),
		envelope(firstSearch, searchEntry("uid=bob,dc=x", "uid", strings.Repeat("b", 300))),
		envelope(firstSearch, searchDone(0), pagingControl("next")),
	}, nil)
	want := decodeAll(t, bytes.NewReader(stream))
	if strings.Count(want, "uid=") != 2 || !strings.Contains(want, "next") {
		t.Fatalf("decoded %s", want)
	}
	for at := range stream {
		if got := decodeAll(t, io.MultiReader(bytes.NewReader(stream[:at]), bytes.NewReader(stream[at:]))); got != want {
			t.Errorf("split at %d:\n%s\nwant:\n%s", at, got, want)
		}
	}
	if got := decodeAll(t, iotest.OneByteReader(bytes.NewReader(stream))); got != want {
		t.Errorf("byte by byte:\n%s\nwant:\n%s", got, want)
	}
}

// decodeAll tells what two entries and a result hold.
func decodeAll(t *testing.T, r io.Reader) string {
	t.Helper()
	var d decoder
	var m message
	var b strings.Builder
	for range 2 {
		err := m.read(r)
		e, err2 := d.entry(&m)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%q\n", e)
	}
	err := m.read(r)
	done, err2 := parseDone(&m)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "%d %q\n", done.code, done.cookie)
	return b.String()
}

// FuzzEntryMatchesLibrary: an entry that we accept is the one that the library
// finds in it, and what the library accepts we accept. We are stricter where the
// library takes elements by their place only, with any tag that gives text, lets
// others stand after them, and knows more kinds of lengths: what we refuse must
// differ from what it would be if the library's entry were written down again.
func FuzzEntryMatchesLibrary(f *testing.F) {
	for _, seed := range entrySeeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var m message
		if err := m.read(bytes.NewReader(in)); err != nil || m.op != opEntry {
			return
		}
		var d decoder
		ours, err := d.entry(&m)
		theirs, theirErr := libraryEntry(m.buf)
		switch {
		case err == nil && theirErr != nil:
			t.Fatalf("%x: only we accept it: %v", m.buf, theirErr)
		case err == nil:
			if diff := cmp.Diff(theirs, ours, equalValues()); diff != "" {
				t.Fatalf("%x (-library +ours):\n%s", m.buf, diff)
			}
		case theirErr == nil && bytes.Equal(canonical(t, m.buf), rewritten(m.id, theirs)):
			t.Fatalf("%x: only the library accepts it: %v", m.buf, err)
		}
	})
}

func entrySeeds() [][]byte {
	return [][]byte{
		envelope(firstSearch, searchEntry("uid=ann,dc=x", "uid", "ann", "mail", "a@x|b@x")),
		envelope(firstSearch, searchEntry("")),
		envelope(firstSearch, searchEntry("dc=x", "member;range=0-1", "a|")),
		envelope(2, searchEntry("dc=x", "o", "Example")),
		envelope(firstSearch, searchEntry("dc=x", "o", "x"), element(tagSequence, octets("1.2.3"), []byte{tagBoolean, 1, 1}, octets("v"))),
		rewritten(firstSearch, directory.Entry{DN: "dc=y", Attrs: []directory.Attr{{Name: "o", Values: [][]byte{[]byte("y")}}}}),
		envelope(firstSearch, element(opEntry, octets("dc=x"), element(tagSequence, element(tagSequence, octets("o"), element(tagSequence, octets("v")))))),
	}
}

// TestEntrySeeds: the seeds of the fuzz test are entries.
func TestEntrySeeds(t *testing.T) {
	accepted := 0
	for _, seed := range entrySeeds() {
		var d decoder
		if _, err := d.entry(messageOf(t, seed)); err == nil {
			accepted++
		}
	}
	if accepted != 6 {
		t.Errorf("%d of the seeds are entries, want 6", accepted)
	}
}

// libraryEntry decodes an entry with the library, which does that for a search
// only.
func libraryEntry(wire []byte) (e directory.Entry, err error) {
	packet, err := ber.DecodePacketErr(wire)
	if err != nil {
		return e, err
	}
	packet.Children[0] = number(ber.TagInteger, 1) // what the library counts from
	answer := ber.NewSequence("")
	for _, c := range packet.Children {
		answer.AppendChild(c)
	}
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		if _, err := ber.ReadPacket(server); err != nil {
			return
		}
		_, _ = server.Write(append(answer.Bytes(), envelope(1, searchDone(0))...))
	}()
	c := ldap.NewConn(client, false)
	c.SetTimeout(5 * time.Second)
	c.Start()
	defer c.Close()
	res, err := c.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", nil, nil))
	if err == nil && len(res.Entries) != 1 {
		err = errors.New("dropped")
	}
	if err != nil {
		return e, err
	}
	e.DN = res.Entries[0].DN
	for _, a := range res.Entries[0].Attributes {
		e.Attrs = append(e.Attrs, directory.Attr{Name: a.Name, Values: a.ByteValues})
	}
	return e, nil
}

// rewritten is a message with an entry and no controls, with the shortest lengths.
func rewritten(id int64, e directory.Entry) []byte {
	list := ber.NewSequence("")
	for _, a := range e.Attrs {
		values := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, v := range a.Values {
			values.AppendChild(octetString(string(v)))
		}
		attr := ber.NewSequence("")
		attr.AppendChild(octetString(a.Name))
		attr.AppendChild(values)
		list.AppendChild(attr)
	}
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	op.AppendChild(octetString(e.DN))
	op.AppendChild(list)
	m := ber.NewSequence("")
	m.AppendChild(number(ber.TagInteger, id))
	m.AppendChild(op)
	return m.Bytes()
}

// canonical is a message with the shortest lengths and numbers.
func canonical(t *testing.T, wire []byte) []byte {
	t.Helper()
	packet, err := ber.DecodePacketErr(wire)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := packet.Children[0].Value.(int64)
	packet.Children[0] = number(ber.TagInteger, id)
	return again(packet).Bytes()
}

func again(p *ber.Packet) *ber.Packet {
	if p.TagType != ber.TypeConstructed {
		return p
	}
	out := ber.Encode(p.ClassType, p.TagType, p.Tag, nil, "")
	for _, c := range p.Children {
		out.AppendChild(again(c))
	}
	return out
}
