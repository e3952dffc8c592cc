// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"

	"github.com/foureyes-iga/foureyes/connectors/ldap"
	"github.com/foureyes-iga/foureyes/graph"
)

// A faultServer speaks as much LDAP as a collection needs, and at one place
// something else. It pages by three, whatever it is asked for.
type faultServer struct {
	fault fault
	place place
	limit int // bytes of search answers until it hangs up; 0 is none

	mu   sync.Mutex
	sent int
}

// A place is one page of one of the three searches of a collection.
type place struct{ search, page int }

// A fault changes the answer to one page. The messages are whole ones: entries or
// references, and last the result.
type fault func(id int, messages [][]byte) (changed [][]byte, then after)

type after int

const (
	goOn after = iota
	hangUp
	stall
)

const pageOf = 3

func tlv(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	n := len(body)
	switch {
	case n < 128:
		return append([]byte{tag, byte(n)}, body...)
	default:
		return append([]byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}, body...)
	}
}

func octets(s string) []byte { return tlv(0x04, []byte(s)) }

func message(id int, op []byte, controls ...[]byte) []byte {
	parts := [][]byte{tlv(0x02, []byte{byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)}), op}
	if len(controls) > 0 {
		parts = append(parts, tlv(0xa0, controls...))
	}
	return tlv(0x30, parts...)
}

func result(op byte, code int) []byte {
	return tlv(op, tlv(0x0a, []byte{byte(code)}), octets(""), octets("because"))
}

func paging(cookie string) []byte {
	return tlv(0x30, octets("1.2.840.113556.1.4.319"), octets(string(tlv(0x30, tlv(0x02, []byte{0}), octets(cookie)))))
}

// entry makes an entry of "name", value, "name", value …
func entry(dn string, attrs ...string) []byte {
	var list [][]byte
	for i := 0; i < len(attrs); i += 2 {
		var values [][]byte
		for v := range strings.SplitSeq(attrs[i+1], "|") {
			values = append(values, octets(v))
		}
		list = append(list, tlv(0x30, octets(attrs[i]), tlv(0x31, values...)))
	}
	return tlv(0x64, octets(dn), tlv(0x30, list...))
}

// sevenAndFour is what the server holds: seven accounts, four groups, and their base.
func sevenAndFour() (all, accounts, groups [][]byte) {
	all = append(all, entry("dc=x", "objectClass", "domain", "hasSubordinates", "TRUE"))
	for i := range 7 {
		accounts = append(accounts, entry(fmt.Sprintf("uid=u%d,dc=x", i), "objectClass", "account", "uid", fmt.Sprintf("u%d", i), "authTimestamp", "20261101000000Z", "hasSubordinates", "FALSE"))
	}
	for i := range 4 {
		groups = append(groups, entry(fmt.Sprintf("cn=g%d,dc=x", i), "objectClass", "groupOfNames", "cn", fmt.Sprintf("g%d", i), "member", fmt.Sprintf("uid=u%d,dc=x|cn=g%d,dc=x", i, (i+1)%4), "hasSubordinates", "FALSE"))
	}
	all = append(append(all, accounts...), groups...)
	return all, accounts, groups
}

func (s *faultServer) listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { s.serve(ctx, c) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = l.Close()
		open.Wait()
	})
	return "ldap://" + l.Addr().String()
}

func (s *faultServer) serve(ctx context.Context, c net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	defer c.Close()
	at := place{search: -1}
	for {
		p, err := ber.ReadPacket(c)
		if err != nil || len(p.Children) < 2 {
			return
		}
		id := int(p.Children[0].Value.(int64))
		op := p.Children[1]
		switch op.Tag {
		case 0: // bind
			_, _ = c.Write(message(id, result(0x61, 0)))
		case 3: // search
			if op.Children[1].Value.(int64) == 0 {
				_, _ = c.Write(s.base(id, op.Children[0].Value.(string)))
				continue
			}
			cookie := cookieOf(p)
			if cookie == "" {
				at.search++
			}
			if !s.answer(ctx, c, id, at.search, cookie) {
				return
			}
		case 14: // compare: it shows all that there is
			_, _ = c.Write(message(id, result(0x6f, 16)))
		default:
			return
		}
	}
}

func (s *faultServer) base(id int, dn string) []byte {
	e := entry(dn, "objectClass", "domain")
	if dn == "" {
		e = entry("", "supportedControl", "1.2.840.113556.1.4.319")
	}
	return append(message(id, e), message(id, result(0x65, 0))...)
}

// cookieOf returns the cookie of a request, which must carry a critical paging
// control.
func cookieOf(p *ber.Packet) string {
	if len(p.Children) < 3 {
		return ""
	}
	control := p.Children[2].Children[0]
	if len(control.Children) != 3 || control.Children[1].Value != true {
		panic("the paging control is not critical")
	}
	value := ber.DecodePacket(control.Children[2].Data.Bytes())
	return value.Children[1].Data.String()
}

// answer sends one page, and reports whether the connection lives on.
func (s *faultServer) answer(ctx context.Context, c net.Conn, id, search int, cookie string) bool {
	all, accounts, groups := sevenAndFour()
	entries := [][][]byte{all, accounts, groups}[search]
	page := 0
	_, _ = fmt.Sscanf(cookie, "page %d", &page)
	part := entries[min(page*pageOf, len(entries)):min((page+1)*pageOf, len(entries))]
	next := ""
	if (page+1)*pageOf < len(entries) {
		next = fmt.Sprintf("page %d", page+1)
	}
	var messages [][]byte
	for _, e := range part {
		messages = append(messages, message(id, e))
	}
	messages = append(messages, message(id, result(0x65, 0), paging(next)))
	then := goOn
	if s.fault != nil && s.place == (place{search, page}) {
		messages, then = s.fault(id, messages)
	}
	out := bytes.Join(messages, nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limit > 0 && s.sent+len(out) >= s.limit {
		out, then = out[:s.limit-s.sent], hangUp
	}
	s.sent += len(out)
	_, _ = c.Write(out)
	if then == stall {
		<-ctx.Done()
	}
	return then == goOn
}

func faultConfig(url string) ldap.Config {
	return ldap.Config{URL: ldap.List{url}, Plaintext: true, Base: ldap.List{"dc=x"}, Timeout: "10s"}
}

// done replaces the result of a page.
func done(code int, controls ...[]byte) fault {
	return func(id int, m [][]byte) ([][]byte, after) {
		return append(m[:len(m)-1:len(m)-1], message(id, result(0x65, code), controls...)), goOn
	}
}

// instead replaces the first entry of a page by another message.
func instead(make func(id int) []byte) fault {
	return func(id int, m [][]byte) ([][]byte, after) {
		return append([][]byte{make(id)}, m[1:]...), goOn
	}
}

func faults() map[string]fault {
	deep := octets("x")
	for range 40 {
		deep = tlv(0x30, deep)
	}
	all := map[string]fault{
		"no paging control":      done(0),
		"another control":        done(0, tlv(0x30, octets("1.2.3"))),
		"broken paging control":  done(0, tlv(0x30, octets("1.2.840.113556.1.4.319"), octets("x"))),
		"paging without a value": done(0, tlv(0x30, octets("1.2.840.113556.1.4.319"))),
		"early end":              done(0, paging("")),
		"the first page again and again": func(id int, m [][]byte) ([][]byte, after) {
			return append(m[:len(m)-1:len(m)-1], message(id, result(0x65, 0), paging("page 0"))), goOn
		},
		"the same page again and again": func(id int, m [][]byte) ([][]byte, after) {
			return append(m[:len(m)-1:len(m)-1], message(id, result(0x65, 0), paging(sameCookie))), goOn
		},
		"no entries at all": func(id int, m [][]byte) ([][]byte, after) {
			return [][]byte{message(id, result(0x65, 0), paging(""))}, goOn
		},
		"only a referral": func(id int, m [][]byte) ([][]byte, after) {
			return [][]byte{message(id, tlv(0x73, octets("ldap://elsewhere/dc=x"))), message(id, result(0x65, 0), paging(""))}, goOn
		},
		"a referral besides":                  instead(func(id int) []byte { return message(id, tlv(0x73, octets("ldap://elsewhere/dc=x"))) }),
		"hang up in mid-page":                 func(id int, m [][]byte) ([][]byte, after) { return m[:1], hangUp },
		"hang up in mid-entry":                func(id int, m [][]byte) ([][]byte, after) { return [][]byte{m[0][:9]}, hangUp },
		"hang up at once":                     func(id int, m [][]byte) ([][]byte, after) { return nil, hangUp },
		"stall in mid-page":                   func(id int, m [][]byte) ([][]byte, after) { return m[:1], stall },
		"stall at once":                       func(id int, m [][]byte) ([][]byte, after) { return nil, stall },
		"an entry of nothing":                 instead(func(id int) []byte { return message(id, tlv(0x64)) }),
		"an entry without attributes element": instead(func(id int) []byte { return message(id, tlv(0x64, octets("uid=u0,dc=x"))) }),
		"an entry with a broken attribute":    instead(func(id int) []byte { return message(id, tlv(0x64, octets("uid=u0,dc=x"), tlv(0x30, tlv(0x30)))) }),
		"an entry of another request":         instead(func(id int) []byte { return message(id+77, entry("uid=u0,dc=x", "objectClass", "account")) }),
		"a message without a number":          instead(func(int) []byte { return tlv(0x30, octets("?"), entry("uid=u0,dc=x")) }),
		"a message that is too deep":          instead(func(id int) []byte { return message(id, tlv(0x64, octets("uid=u0,dc=x"), deep)) }),
		"a message of 2 GiB":                  instead(func(int) []byte { return []byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x02} }),
		"a message of no definite length":     instead(func(int) []byte { return []byte{0x30, 0x80, 0x02, 0x01, 0x02} }),
		"an element that is too long":         instead(func(id int) []byte { return message(id, []byte{0x64, 0x10, 0x04, 0x01}) }),
		"HTTP":                                instead(func(int) []byte { return []byte("HTTP/1.1 400 Bad Request\r\n\r\n") }),
		"an entry whose DN is no DN":          instead(func(id int) []byte { return message(id, entry("what", "objectClass", "account")) }),
	}
	for _, code := range []int{1, 2, 3, 4, 7, 8, 10, 11, 12, 32, 50, 51, 52, 53, 80} {
		all[fmt.Sprintf("result code %d", code)] = done(code)
		all[fmt.Sprintf("result code %d with a paging control", code)] = done(code, paging("page 1"))
	}
	return all
}

const sameCookie = "page 0 and page 0"

func TestServerWithoutFaults(t *testing.T) {
	g, err := collect(t.Context(), t, newCollector(t, faultConfig((&faultServer{}).listen(t))))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []graph.Dataset{graph.Accounts, graph.Groups, graph.Memberships, graph.SignIn} {
		if got := g.State("corp", d); got != graph.Complete {
			t.Errorf("%s: %s, want complete", d, got)
		}
	}
	if g.NumNodes() != 11 || g.NumGrants() != 8 {
		t.Errorf("%d nodes and %d grants, want 11 and 8", g.NumNodes(), g.NumGrants())
	}
}

// TestNeverCompleteWhenMissing puts every fault at every page. A collection may
// end with an error, or with datasets that are not complete; if the data is not
// all there, no dataset it belongs to may be complete.
func TestNeverCompleteWhenMissing(t *testing.T) {
	all := faults()
	places := []place{{0, 0}, {0, 1}, {0, 3}, {1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 1}}
	for name, f := range all {
		for _, at := range places {
			t.Run(fmt.Sprintf("%s at %v", name, at), func(t *testing.T) {
				t.Parallel()
				s := &faultServer{fault: f, place: at}
				judge(t, s, last(at) && strings.HasPrefix(name, "early end"))
			})
		}
	}
}

// last reports whether a page is the last of its search.
func last(at place) bool { return at == place{0, 3} || at == place{1, 2} || at == place{2, 1} }

func judge(t *testing.T, s *faultServer, harmless bool) {
	t.Helper()
	cfg := faultConfig(s.listen(t))
	cfg.Timeout = "300ms"
	began := time.Now()
	g, err := collect(t.Context(), t, newCollector(t, cfg))
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	whole := g.NumNodes() == 11 && g.NumGrants() == 8
	switch {
	case err != nil && (errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "panic")):
		t.Errorf("unexpected error %v", err)
	case err != nil:
		return
	case harmless && !whole:
		t.Errorf("%d nodes and %d grants, want 11 and 8", g.NumNodes(), g.NumGrants())
	case harmless:
		return
	}
	accounts, groups, memberships := g.State("corp", graph.Accounts), g.State("corp", graph.Groups), g.State("corp", graph.Memberships)
	if accounts == graph.Complete && groups == graph.Complete && memberships == graph.Complete {
		t.Errorf("everything is complete, with %d nodes and %d grants", g.NumNodes(), g.NumGrants())
	}
	counts := map[graph.Kind]int{}
	for n := range uint32(g.NumNodes()) {
		counts[g.ID(n).Kind]++
	}
	if accounts == graph.Complete && counts[graph.Account] != 7 {
		t.Errorf("accounts are complete, and %d of 7 are there", counts[graph.Account])
	}
	if groups == graph.Complete && counts[graph.Group] != 4 {
		t.Errorf("groups are complete, and %d of 4 are there", counts[graph.Group])
	}
	if memberships == graph.Complete && g.NumGrants() != 8 {
		t.Errorf("memberships are complete, and %d of 8 are there", g.NumGrants())
	}
}

// TestHangUpAtEveryByte cuts the answers off after every number of bytes.
func TestHangUpAtEveryByte(t *testing.T) {
	whole := &faultServer{}
	if _, err := collect(t.Context(), t, newCollector(t, faultConfig(whole.listen(t)))); err != nil {
		t.Fatal(err)
	}
	if whole.sent < 1000 {
		t.Fatalf("only %d bytes: the test tests nothing", whole.sent)
	}
	for limit := 1; limit < whole.sent; limit += 7 {
		s := &faultServer{limit: limit}
		if _, err := collect(t.Context(), t, newCollector(t, faultConfig(s.listen(t)))); err == nil {
			t.Errorf("cut off after %d of %d bytes, and no error", limit, whole.sent)
		}
	}
	waitForGoroutines(t)
}

// TestCancelWhileStalled: Ctrl-C does not wait for a server that has gone silent.
func TestCancelWhileStalled(t *testing.T) {
	for _, at := range []place{{0, 0}, {1, 1}, {2, 1}} {
		s := &faultServer{fault: faults()["stall in mid-page"], place: at}
		cfg := faultConfig(s.listen(t))
		cfg.Timeout = "1m"
		ctx, cancel := context.WithCancelCause(t.Context())
		interrupt := errors.New("interrupted")
		time.AfterFunc(100*time.Millisecond, func() { cancel(interrupt) })
		began := time.Now()
		_, err := collect(ctx, t, newCollector(t, cfg))
		if !errors.Is(err, interrupt) || time.Since(began) > 5*time.Second {
			t.Errorf("at %v: got %v after %s, want the cause at once", at, err, time.Since(began))
		}
	}
	waitForGoroutines(t)
}
