// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// An attid is the short number by which a replica knows an attribute ([MS-DRSR]
// 5.16.4): the upper half stands for the prefix of its OID, the lower half ends
// the OID. The numbers below are of prefixes that every forest has.
type attid uint32

const (
	attidMember             attid = 0x0000001f // 2.5.4.31; a linked value is told elsewhere
	attidUserAccountControl attid = 0x00090008 // 1.2.840.113556.1.4.8
	attidPwdLastSet         attid = 0x00090060 // 1.2.840.113556.1.4.96
	attidAccountExpires     attid = 0x0009009f // 1.2.840.113556.1.4.159
	attidLockoutTime        attid = 0x00090296 // 1.2.840.113556.1.4.662
)

const (
	metaHead  = 16
	metaEntry = 48
)

// changedAt returns when an attribute was last changed by somebody, in contrast
// to having been replicated, by the binary value of replPropertyMetaData: the
// stored form of an AttributeStamp for each attribute ([MS-DRSR] 5.11, which
// leaves the form open; version 1 is what every release has written). It is
// false where the attribute has no stamp: it was never set.
//
// The change may have been to any bit of the value: a time for userAccountControl
// is when an account was disabled at the latest, not that it was disabled then.
func changedAt(blob []byte, attribute attid) (time.Time, bool, error) {
	entries, err := metaEntries(blob)
	if err != nil {
		return time.Time{}, false, err
	}
	for ; len(entries) > 0; entries = entries[metaEntry:] {
		if attid(binary.LittleEndian.Uint32(entries)) != attribute {
			continue
		}
		seconds := binary.LittleEndian.Uint64(entries[8:])
		t, ok := timeAt(int64(min(seconds, 1<<62)), 0)
		if !ok {
			return time.Time{}, false, fmt.Errorf("change of attribute %#x: %d seconds are after the year 9999", attribute, seconds)
		}
		return t, seconds != 0, nil
	}
	return time.Time{}, false, nil
}

// metaEntries returns the entries after the head: a version and its padding, a
// count and its padding.
func metaEntries(blob []byte) ([]byte, error) {
	if len(blob) < metaHead {
		return nil, fmt.Errorf("replication metadata of %d bytes: %w", len(blob), errCut)
	}
	if v := binary.LittleEndian.Uint32(blob); v != 1 {
		return nil, fmt.Errorf("replication metadata of version %d", v)
	}
	count := uint64(binary.LittleEndian.Uint32(blob[8:]))
	if count*metaEntry != uint64(len(blob)-metaHead) {
		return nil, fmt.Errorf("replication metadata of %d entries in %d bytes: %w", count, len(blob), errCut)
	}
	return blob[metaHead:], nil
}

// An attributeChange is one value of msDS-ReplAttributeMetaData
// (DS_REPL_ATTR_META_DATA).
type attributeChange struct {
	attribute string // as the schema spells it
	version   uint32
	changed   time.Time // by whom it originates; zero where the server does not tell
}

// A valueChange is one value of msDS-ReplValueMetaData (DS_REPL_VALUE_META_DATA):
// one link, such as one member of a group, that is or was there.
type valueChange struct {
	attribute string
	dn        string // the other end of the link
	version   uint32
	created   time.Time
	deleted   time.Time // zero where the link is there
	changed   time.Time
}

// maxMeta is the longest value that is read: a DN and some numbers.
const maxMeta = 256 << 10

func parseAttributeChange(v []byte) (attributeChange, error) {
	f, err := metaFields(v, "DS_REPL_ATTR_META_DATA")
	if err != nil {
		return attributeChange{}, err
	}
	a := attributeChange{attribute: f.text["pszAttributeName"], version: f.number("dwVersion"), changed: f.time("ftimeLastOriginatingChange")}
	if a.attribute == "" {
		f.fail(errors.New("no pszAttributeName"))
	}
	return a, f.err
}

func parseValueChange(v []byte) (valueChange, error) {
	f, err := metaFields(v, "DS_REPL_VALUE_META_DATA")
	if err != nil {
		return valueChange{}, err
	}
	c := valueChange{
		attribute: f.text["pszAttributeName"], dn: f.text["pszObjectDn"], version: f.number("dwVersion"),
		created: f.time("ftimeCreated"), deleted: f.time("ftimeDeleted"), changed: f.time("ftimeLastOriginatingChange"),
	}
	if c.attribute == "" || c.dn == "" {
		f.fail(errors.New("no pszAttributeName or no pszObjectDn"))
	}
	return c, f.err
}

// metaField holds the text of the elements of one value, and the first thing that
// was wrong with them.
type metaField struct {
	text map[string]string
	err  error
}

func (f *metaField) fail(err error) {
	if f.err == nil {
		f.err = fmt.Errorf("replication metadata: %w", err)
	}
}

// number reads an element; an absent one is 0.
func (f *metaField) number(name string) uint32 {
	s := f.text[name]
	if s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		f.fail(fmt.Errorf("%s %.32q is no number", name, s))
	}
	return uint32(n)
}

// time reads an element. The start of FILETIME, 1601, stands for none, and so
// does its absence.
func (f *metaField) time(name string) time.Time {
	s := f.text[name]
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.UTC().Year() < 1601 || t.UTC().Year() > 9999 {
		f.fail(fmt.Errorf("%s %.40q is no time", name, s))
		return time.Time{}
	}
	if t.Unix() == -epochGap {
		return time.Time{}
	}
	return t.UTC()
}

// metaFields reads one flat element.
//
// It looks like XML and is not: Active Directory writes the text as it is, so
// that a DN with an ampersand or a control character is no XML. Text is taken as
// it stands, up to its closing tag. No DN holds such a tag: < and > are escaped by
// a backslash in its text form ([RFC 4514] 2.4). There are no attributes,
// entities, comments or declarations. A server ends the value with a line feed
// and a NUL.
func metaFields(v []byte, root string) (*metaField, error) {
	if len(v) > maxMeta {
		return nil, fmt.Errorf("replication metadata of %d bytes is too long", len(v))
	}
	rest, ok := strings.CutPrefix(strings.Trim(string(v), metaSpace+"\x00"), "<"+root+">")
	rest, closed := strings.CutSuffix(rest, "</"+root+">")
	if !ok || !closed {
		return nil, fmt.Errorf("replication metadata is no %s: %.60q", root, v)
	}
	f := &metaField{text: map[string]string{}}
	for rest = strings.TrimLeft(rest, metaSpace); rest != ""; rest = strings.TrimLeft(rest, metaSpace) {
		var err error
		if rest, err = f.element(rest); err != nil {
			return nil, fmt.Errorf("replication metadata: %w", err)
		}
	}
	return f, nil
}

const metaSpace = " \t\r\n"

// element reads the element that s starts with and returns what follows it.
func (f *metaField) element(s string) (rest string, err error) {
	name, text, ok := strings.Cut(strings.TrimPrefix(s, "<"), ">")
	if !ok || s[0] != '<' || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || name == "" {
		return "", fmt.Errorf("no element at %.60q", s)
	}
	text, rest, ok = strings.Cut(text, "</"+name+">")
	if !ok {
		return "", fmt.Errorf("element %.60q does not end", name)
	}
	if _, ok := f.text[name]; ok {
		return "", fmt.Errorf("element %.60q comes twice", name)
	}
	f.text[name] = text
	return rest, nil
}
