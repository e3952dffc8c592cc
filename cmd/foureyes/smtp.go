// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"time"

	"github.com/urfave/cli/v2"
)

// A mailServer takes messages (RFC 5321). What goes over a network goes through TLS.
type mailServer struct {
	address, user, password string
}

func smtpFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "smtp", Usage: "also send the messages by the server at `HOST:PORT`, through STARTTLS unless it is this machine"},
		&cli.StringFlag{Name: "smtp-user", Usage: "the `NAME` by which the server knows us; its password is in FOUREYES_SMTP_PASSWORD"},
	}
}

// smtpFrom reads the flags; nil is no server.
func smtpFrom(c *cli.Context, env func(string) string) (*mailServer, error) {
	s := &mailServer{address: c.String("smtp"), user: c.String("smtp-user")}
	if s.address == "" {
		if s.user != "" {
			return nil, usagef("--smtp-user needs --smtp")
		}
		return nil, nil
	}
	if _, _, err := net.SplitHostPort(s.address); err != nil {
		return nil, usagef("--smtp %q: want HOST:PORT", s.address)
	}
	if s.user != "" {
		if s.password = env("FOUREYES_SMTP_PASSWORD"); s.password == "" {
			return nil, usagef("--smtp-user needs the password in FOUREYES_SMTP_PASSWORD")
		}
	}
	return s, nil
}

// send hands over one message. After an error the server has not taken it.
func (s *mailServer) send(ctx context.Context, from, to string, text []byte) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s, message to %s: %w", s.address, to, err)
		}
	}()
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // after Quit there is nothing left to close
	if err := errors.Join(c.Mail(from), c.Rcpt(to)); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil { // taken, once this returns without an error
		return err
	}
	_ = c.Quit() // it was taken
	return nil
}

func (s *mailServer) dial(ctx context.Context) (*smtp.Client, error) {
	host, _, err := net.SplitHostPort(s.address)
	if err != nil {
		return nil, err
	}
	const patience = time.Minute
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := s.greet(c, host, isLoopback(conn.RemoteAddr())); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// greet turns on TLS and says who we are.
func (s *mailServer) greet(c *smtp.Client, host string, here bool) error {
	offered, _ := c.Extension("STARTTLS")
	switch {
	case offered:
		if err := c.StartTLS(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}); err != nil {
			return err
		}
	case !here:
		return errors.New("it offers no STARTTLS, and who may have what goes over no network in the clear")
	}
	if s.user == "" {
		return nil
	}
	return c.Auth(smtp.PlainAuth("", s.user, s.password, host))
}

func isLoopback(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	return ok && t.IP.IsLoopback()
}
