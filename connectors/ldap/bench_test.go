// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
)

const entriesOfPage = 250

// A recording is a page as a server sends it, for any request.
type recording struct {
	wire []byte
	ids  []int // where the number of each message stands
}

func (r *recording) add(op []byte, controls ...[]byte) {
	const beforeID = 8
	r.ids = append(r.ids, len(r.wire)+beforeID)
	r.wire = append(r.wire, envelope(0, op, controls...)...)
}

// play answers requests.
func (r *recording) play(server net.Conn) {
	for {
		p, err := ber.ReadPacket(server)
		if err != nil {
			return
		}
		for _, at := range r.ids {
			binary.BigEndian.PutUint32(r.wire[at:], uint32(p.Children[0].Value.(int64)))
		}
		if _, err := server.Write(r.wire); err != nil {
			return
		}
	}
}

func recordAccounts() (r recording) {
	for i := range entriesOfPage {
		uid := fmt.Sprintf("u%06d", i)
		r.add(searchEntry("uid="+uid+",ou=people,dc=example,dc=com", "objectClass", "inetOrgPerson|posixAccount", "uid", uid, "cn", "User "+uid,
			"mail", uid+"@example.com", "entryUUID", fmt.Sprintf("00000000-0000-4000-8000-%012d", i), "createTimestamp", "20240101000000Z"))
	}
	r.add(searchDone(0), pagingControl(""))
	return r
}

func recordGroups() (r recording) {
	var members strings.Builder
	for i := range 200 {
		fmt.Fprintf(&members, "|uid=u%06d,ou=people,dc=example,dc=com", i)
	}
	for i := range entriesOfPage {
		r.add(searchEntry(fmt.Sprintf("cn=g%06d,ou=groups,dc=example,dc=com", i), "objectClass", "groupOfNames", "member", members.String()[1:]))
	}
	r.add(searchDone(0), pagingControl(""))
	return r
}

// BenchmarkSearch reads the same pages with the library, which keeps a page whole,
// and with our own reader.
func BenchmarkSearch(b *testing.B) {
	library := func(cn *conn) (entries int, err error) {
		res, err := cn.client.Search(ldap.NewSearchRequest("dc=x", ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", nil, nil))
		return len(res.Entries), err
	}
	own := func(cn *conn) (entries int, err error) {
		err = cn.all(b.Context(), listing(), func(directory.Entry) error {
			entries++
			return nil
		})
		return entries, err
	}
	for kind, record := range map[string]func() recording{"accounts": recordAccounts, "groups of 200": recordGroups} {
		b.Run(kind+"/library", func(b *testing.B) {
			benchmarkSearch(b, record(), library, func(c net.Conn) net.Conn { return buffered{c, bufio.NewReaderSize(c, 32<<10)} })
		})
		b.Run(kind+"/own", func(b *testing.B) {
			benchmarkSearch(b, record(), own, func(c net.Conn) net.Conn { return newGuard(c) })
		})
	}
}

// buffered reads as much at a time as a guard does.
type buffered struct {
	net.Conn
	in *bufio.Reader
}

func (b buffered) Read(p []byte) (int, error) { return b.in.Read(p) }

func benchmarkSearch(b *testing.B, r recording, search func(*conn) (int, error), wrap func(net.Conn) net.Conn) {
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		r.play(server)
	}()
	cn := &conn{timeout: time.Minute}
	reader := wrap(client)
	cn.guard, _ = reader.(*guard)
	cn.client = ldap.NewConn(reader, false)
	cn.client.Start()
	defer client.Close()
	b.ReportAllocs()
	b.SetBytes(int64(len(r.wire)))
	for b.Loop() {
		if n, err := search(cn); err != nil || n != entriesOfPage {
			b.Fatalf("%d entries, %v", n, err)
		}
	}
	b.ReportMetric(float64(b.N)*entriesOfPage/b.Elapsed().Seconds(), "entries/s")
}
