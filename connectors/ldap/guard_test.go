// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"bytes"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// FuzzGuard: the guard reads exactly one message, hands it on unchanged, and what
// it lets through the library decodes, to the same length.
func FuzzGuard(f *testing.F) {
	f.Add([]byte{0x30, 0x0c, 0x02, 0x01, 0x01, 0x61, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00, 0x30})
	f.Add([]byte{0x30, 0x0b, 0x02, 0x01, 0x02, 0x64, 0x06, 0x04, 0x00, 0x30, 0x02, 0x30, 0x00})
	f.Add([]byte{0x30, 0x80, 0x02, 0x01, 0x01, 0x61, 0x00, 0x00})
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bytes.NewReader(in)
		var m message
		if err := m.read(r); err != nil || m.id >= firstSearch {
			return
		}
		message := m.buf
		if !bytes.Equal(message, in[:len(in)-r.Len()]) {
			t.Fatalf("read %x of %x, %d left", message, in, r.Len())
		}
		p, err := ber.DecodePacketErr(message)
		if err != nil {
			return // the library may refuse more, loudly
		}
		if got := elements(p); got > len(message) {
			t.Fatalf("%d elements in %d bytes", got, len(message))
		}
	})
}

func elements(p *ber.Packet) int {
	n := 1
	for _, c := range p.Children {
		n += elements(c)
	}
	return n
}
