// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
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
	s, ok := f.text[name]
	if !ok {
		return 0
	}
	var n uint32
	if _, err := fmt.Sscanf(s, "%d", &n); err != nil || fmt.Sprint(n) != s {
		f.fail(fmt.Errorf("%s %.32q is no number", name, s))
	}
	return n
}

// time reads an element. The start of FILETIME, 1601, stands for none, and so
// does its absence.
func (f *metaField) time(name string) time.Time {
	s, ok := f.text[name]
	if !ok {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1601 {
		f.fail(fmt.Errorf("%s %.40q is no time", name, s))
		return time.Time{}
	}
	if t.Unix() == -epochGap {
		return time.Time{}
	}
	return t.UTC()
}

// metaFields reads one flat element and nothing else. A server ends the value
// with a NUL. Declarations are refused, so there are no entities but XML's own.
func metaFields(v []byte, root string) (*metaField, error) {
	v = bytes.TrimRight(v, "\x00")
	if len(v) > maxMeta {
		return nil, fmt.Errorf("replication metadata of %d bytes is too long", len(v))
	}
	f := &metaField{text: map[string]string{}}
	d := xml.NewDecoder(bytes.NewReader(v))
	if err := f.read(d, root); err != nil {
		return nil, fmt.Errorf("replication metadata: %w", err)
	}
	return f, nil
}

func (f *metaField) read(d *xml.Decoder, root string) error {
	var open []string
	var text strings.Builder
	seen := false
	for {
		token, err := d.Token()
		if err == io.EOF && seen && len(open) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) == 0 && (seen || t.Name.Local != root) || len(open) == 2 {
				return fmt.Errorf("unexpected element %.60q", t.Name.Local)
			}
			seen = true
			open = append(open, t.Name.Local)
			text.Reset()
		case xml.EndElement:
			if len(open) == 2 {
				if err := f.set(t.Name.Local, text.String()); err != nil {
					return err
				}
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) == 2 {
				text.Write(t)
			} else if len(bytes.TrimSpace(t)) > 0 {
				return fmt.Errorf("unexpected text %.60q", t)
			}
		default:
			return errors.New("a comment or a declaration")
		}
	}
}

func (f *metaField) set(name, text string) error {
	if _, ok := f.text[name]; ok {
		return fmt.Errorf("element %.60q comes twice", name)
	}
	f.text[name] = strings.TrimSpace(text)
	return nil
}
