// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"errors"
	"fmt"

	"github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
)

// The operations of LDAP that concern us, and the elements in them: identifiers
// of BER.
const (
	opEntry      = 0x64 // searchResEntry
	opDone       = 0x65 // searchResDone
	opReference  = 0x73 // searchResRef
	opExtended   = 0x78 // extendedResp
	tagSequence  = 0x30
	tagSet       = 0x31
	tagBoolean   = 0x01
	tagInteger   = 0x02
	tagOctets    = 0x04
	tagEnum      = 0x0a
	tagControls  = 0xa0
	tagReferral  = 0xa3
	tagName      = 0x8a // of an extendedResp
	constructed  = 0x20
	manyOctets   = 0x1f
	longFormMask = 0x80
)

var errMalformed = errors.New("the server sent a malformed message")

// A packed is a run of BER elements, which is taken apart from the front. What it
// gives out lies in the same memory.
type packed []byte

// next takes the first element, which must have this tag, and returns what it
// holds.
func (p *packed) next(tag byte) (packed, error) {
	b := *p
	if len(b) < 2 || b[0] != tag {
		return nil, errMalformed
	}
	length, start := int(b[1]), 2
	if length >= longFormMask {
		long, n, err := berLength(b[1:])
		if err != nil {
			return nil, err
		}
		length, start = long, 1+n
	}
	if length > len(b)-start {
		return nil, errMalformed
	}
	end := start + length
	*p = b[end:]
	return b[start:end:end], nil
}

// optional is next where the element may be missing: then found is false.
func (p *packed) optional(tag byte) (contents packed, found bool, err error) {
	if len(*p) == 0 || (*p)[0] != tag {
		return nil, false, nil
	}
	contents, err = p.next(tag)
	return contents, err == nil, err
}

// integer takes an integer of at most four bytes.
func (p *packed) integer(tag byte) (int64, error) {
	b, err := p.next(tag)
	if err != nil || len(b) < 1 || len(b) > 4 {
		return 0, errMalformed
	}
	n := int64(int8(b[0]))
	for _, c := range b[1:] {
		n = n<<8 | int64(c)
	}
	return n, nil
}

// end is an error if anything is left.
func (p packed) end() error {
	if len(p) > 0 {
		return errMalformed
	}
	return nil
}

// berLength reads a definite length, and how many bytes it takes.
func berLength(b []byte) (length, n int, err error) {
	if len(b) == 0 {
		return 0, 0, errMalformed
	}
	if b[0]&longFormMask == 0 {
		return int(b[0]), 1, nil
	}
	count := int(b[0] &^ longFormMask)
	if count == 0 || count > 4 || len(b) < 1+count {
		return 0, 0, errMalformed
	}
	for _, c := range b[1 : 1+count] {
		length = length<<8 | int(c)
	}
	if length < 0 { // where an int has 32 bits
		return 0, 0, errMalformed
	}
	return length, 1 + count, nil
}

// operation splits what follows the number of a message: what the operation
// holds, and the controls.
func (m *message) operation() (op, controls packed, err error) {
	rest := m.body
	if op, err = rest.next(m.op); err != nil {
		return nil, nil, err
	}
	if controls, _, err = rest.optional(tagControls); err != nil {
		return nil, nil, err
	}
	return op, controls, rest.end()
}

// A decoder makes entries of messages. An entry is good until the next one: its
// values lie in the message, and its lists in the decoder.
type decoder struct {
	attrs  []directory.Attr
	values [][]byte
	names  map[string]string
}

// The bounds of what a decoder keeps from entry to entry.
const (
	maxNames      = 4096
	maxKeptValues = 16 << 10
)

// entry decodes a searchResEntry (RFC 4511, section 4.5.2).
func (d *decoder) entry(m *message) (directory.Entry, error) {
	var e directory.Entry
	op, controls, err := m.operation()
	if err != nil {
		return e, err
	}
	if _, err := parseControls(controls); err != nil {
		return e, err
	}
	dn, err := op.next(tagOctets)
	if err != nil {
		return e, err
	}
	list, err := op.next(tagSequence)
	if err != nil || op.end() != nil {
		return e, errMalformed
	}
	d.reset()
	for len(list) > 0 {
		if err := d.attribute(&list); err != nil {
			return e, err
		}
	}
	return directory.Entry{DN: string(dn), Attrs: d.attrs}, nil
}

func (d *decoder) reset() {
	if d.names == nil {
		d.names = map[string]string{}
	}
	if cap(d.values) > maxKeptValues {
		d.values = nil
	}
	d.attrs, d.values = d.attrs[:0], d.values[:0]
}

// attribute decodes one partialAttribute. Values that were decoded before stay
// where they are, even when the list of all values moves.
func (d *decoder) attribute(list *packed) error {
	a, err := list.next(tagSequence)
	if err != nil {
		return err
	}
	name, err := a.next(tagOctets)
	if err != nil {
		return err
	}
	values, err := a.next(tagSet)
	if err != nil || a.end() != nil {
		return errMalformed
	}
	start := len(d.values)
	for len(values) > 0 {
		v, err := values.next(tagOctets)
		if err != nil {
			return err
		}
		if d.values = append(d.values, v); len(d.values) > maxElements {
			return fmt.Errorf("the server sent an entry of more than %d values", maxElements)
		}
	}
	if len(d.attrs) >= maxElements {
		return fmt.Errorf("the server sent an entry of more than %d attributes", maxElements)
	}
	d.attrs = append(d.attrs, directory.Attr{Name: d.name(name), Values: d.values[start:len(d.values):len(d.values)]})
	return nil
}

// name returns the name of an attribute, of which there are few.
func (d *decoder) name(b []byte) string {
	if name, known := d.names[string(b)]; known {
		return name
	}
	name := string(b)
	if len(d.names) < maxNames {
		d.names[name] = name
	}
	return name
}

// A result is an LDAPResult, and what the control for paging says.
type result struct {
	code                uint16
	matched, diagnostic string
	referral            []string
	paged               bool
	cookie              []byte
}

// err is nil for success.
func (r result) err() error {
	if r.code == ldap.LDAPResultSuccess {
		return nil
	}
	text := r.diagnostic
	if len(r.referral) > 0 {
		text += " (" + r.referral[0] + ")"
	}
	return &ldap.Error{ResultCode: r.code, MatchedDN: r.matched, Err: errors.New(text)}
}

// parseDone decodes a searchResDone. The result keeps nothing of the message.
func parseDone(m *message) (result, error) {
	op, controls, err := m.operation()
	if err != nil {
		return result{}, err
	}
	r, err := parseResult(&op)
	if err != nil || op.end() != nil {
		return result{}, errMalformed
	}
	c, err := parseControls(controls)
	r.paged, r.cookie = c.paged, append([]byte(nil), c.cookie...)
	return r, err
}

// parseResult takes the components of an LDAPResult.
func parseResult(op *packed) (r result, err error) {
	code, err := op.integer(tagEnum)
	if err != nil || code < 0 || code > 1<<16-1 {
		return r, errMalformed
	}
	matched, err := op.next(tagOctets)
	if err != nil {
		return r, err
	}
	diagnostic, err := op.next(tagOctets)
	if err != nil {
		return r, err
	}
	r = result{code: uint16(code), matched: string(matched), diagnostic: string(diagnostic)}
	urls, found, err := op.optional(tagReferral)
	if found {
		r.referral, err = parseURLs(urls)
	}
	return r, err
}

// parseReference decodes a searchResRef: the URLs, any of which will do.
func parseReference(m *message) ([]string, error) {
	op, controls, err := m.operation()
	if err != nil {
		return nil, err
	}
	if _, err := parseControls(controls); err != nil {
		return nil, err
	}
	return parseURLs(op)
}

// parseURLs decodes one URL or more.
func parseURLs(p packed) (urls []string, err error) {
	for more := true; more; more = len(p) > 0 {
		url, err := p.next(tagOctets)
		if err != nil {
			return nil, err
		}
		urls = append(urls, string(url))
	}
	return urls, nil
}

// An answered is what the controls of a message say.
type answered struct {
	paged  bool
	cookie []byte
}

// parseControls checks all controls and reads the one for paging, which may be
// there once.
func parseControls(p packed) (a answered, err error) {
	for len(p) > 0 {
		oid, value, err := parseControl(&p)
		switch {
		case err != nil || a.paged && string(oid) == oidPaging:
			return a, errMalformed
		case string(oid) != oidPaging:
			continue
		}
		a.paged = true
		if a.cookie, err = parsePaging(value); err != nil {
			return a, err
		}
	}
	return a, nil
}

func parseControl(p *packed) (oid, value packed, err error) {
	control, err := p.next(tagSequence)
	if err != nil {
		return nil, nil, err
	}
	if oid, err = control.next(tagOctets); err != nil {
		return nil, nil, err
	}
	if critical, found, err := control.optional(tagBoolean); err != nil || found && len(critical) != 1 {
		return nil, nil, errMalformed
	}
	if value, _, err = control.optional(tagOctets); err != nil {
		return nil, nil, err
	}
	return oid, value, control.end()
}

// parsePaging decodes the value of the control for paging (RFC 2696).
func parsePaging(value packed) (cookie []byte, err error) {
	p, err := value.next(tagSequence)
	if err != nil || value.end() != nil {
		return nil, errMalformed
	}
	if _, err := p.integer(tagInteger); err != nil {
		return nil, err
	}
	if cookie, err = p.next(tagOctets); err != nil {
		return nil, err
	}
	return cookie, p.end()
}
