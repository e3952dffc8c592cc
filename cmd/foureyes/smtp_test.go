// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"net"
	"net/smtp"
	"strings"
	"testing"
)

// mailbox is a server on this machine that takes messages for everybody but nobody@, and
// offers no STARTTLS. It sends what it took when a connection ends.
func mailbox(t *testing.T) (address string, took <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	out := make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			out <- converse(conn)
		}
	}()
	return l.Addr().String(), out
}

func converse(conn net.Conn) (took string) {
	defer func() { _ = conn.Close() }()
	say := func(s string) { _, _ = fmt.Fprintf(conn, "%s\r\n", s) }
	say("220 here")
	in, data := bufio.NewScanner(conn), false
	for in.Scan() {
		line := in.Text()
		switch {
		case data && line == ".":
			data = false
			say("250 taken")
		case data:
			took += line + "\n"
		case strings.HasPrefix(line, "RCPT TO:<nobody@"):
			say("550 nobody is here")
		case line == "DATA":
			data = true
			say("354 go on")
		case line == "QUIT":
			say("221 bye")
			return took
		default:
			took += line + "\n"
			say("250 ok")
		}
	}
	return took
}

func TestMailServer(t *testing.T) {
	address, took := mailbox(t)
	s := &mailServer{address: address}
	if err := s.send(t.Context(), "iam@acme.example", "dana@acme.example", []byte("Subject: x\r\n\r\n.dot\r\n")); err != nil {
		t.Fatal(err)
	}
	got := <-took
	for _, want := range []string{"MAIL FROM:<iam@acme.example>", "RCPT TO:<dana@acme.example>", "Subject: x", "..dot"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in what was sent:\n%s", want, got)
		}
	}
	if err := s.send(t.Context(), "iam@acme.example", "nobody@acme.example", []byte("x")); err == nil || !strings.Contains(err.Error(), "nobody is here") {
		t.Errorf("the server refused it: %v", err)
	}
	<-took
	s.user, s.password = "iam", "secret" // it knows no way to take it
	if err := s.send(t.Context(), "iam@acme.example", "dana@acme.example", []byte("x")); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

// Over a network nothing goes in the clear.
func TestMailServerWithoutTLS(t *testing.T) {
	address, _ := mailbox(t)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	c, err := smtp.NewClient(conn, "mail.acme.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := (&mailServer{address: address}).greet(c, "mail.acme.example", false); err == nil || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("got %v", err)
	}
}
