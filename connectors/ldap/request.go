// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// A scope says how much below the base is searched. The zero scope is all of it,
// so that a forgotten one leaves nothing out.
type scope uint8

const (
	subtree  scope = iota // the base and everything below it
	oneLevel              // what is directly below the base
	baseOnly              // the base
)

// onWire returns the number that LDAP has for it.
func (s scope) onWire() int64 {
	switch s {
	case baseOnly:
		return ldap.ScopeBaseObject
	case oneLevel:
		return ldap.ScopeSingleLevel
	}
	return ldap.ScopeWholeSubtree
}

// operation encodes the searchRequest of a search, which all its pages share. It
// asks for no limits of size and time.
func (s *search) operation() (*ber.Packet, error) {
	filter, err := ldap.CompileFilter(s.filter)
	if err != nil {
		return nil, err
	}
	attributes := ber.NewSequence("")
	for _, a := range s.attributes {
		attributes.AppendChild(octetString(a))
	}
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchRequest, nil, "")
	for _, part := range []*ber.Packet{
		octetString(s.base), number(ber.TagEnumerated, s.scope.onWire()), number(ber.TagEnumerated, ldap.NeverDerefAliases),
		number(ber.TagInteger, 0), number(ber.TagInteger, 0), boolean(false), filter, attributes,
	} {
		op.AppendChild(part)
	}
	return op, nil
}

// request encodes the request for one page.
func (s *search) request(id int64, op *ber.Packet, cookie []byte) []byte {
	controls := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	for _, c := range s.controls {
		controls.AppendChild(c.Encode())
	}
	if s.pageSize > 0 {
		paging := &criticalPaging{ldap.ControlPaging{PagingSize: s.pageSize, Cookie: cookie}}
		controls.AppendChild(paging.Encode())
	}
	message := ber.NewSequence("")
	message.AppendChild(number(ber.TagInteger, id))
	message.AppendChild(op)
	if len(controls.Children) > 0 {
		message.AppendChild(controls)
	}
	return message.Bytes()
}

func octetString(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func number(tag ber.Tag, n int64) *ber.Packet {
	return ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, tag, n, "")
}

func boolean(b bool) *ber.Packet {
	return ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, b, "")
}

// criticalPaging is the library's paging control, made critical: a server that
// cannot page must say so.
type criticalPaging struct{ ldap.ControlPaging }

// Encode implements [ldap.Control].
func (c *criticalPaging) Encode() *ber.Packet {
	plain := c.ControlPaging.Encode()
	packet := ber.NewSequence("")
	packet.AppendChild(plain.Children[0])
	packet.AppendChild(boolean(true))
	packet.AppendChild(plain.Children[1])
	return packet
}
