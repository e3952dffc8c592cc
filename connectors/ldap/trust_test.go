// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"errors"
	"net"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// A deadConn fails to read, as told.
type deadConn struct {
	net.Conn
	err error
}

func (d deadConn) Read([]byte) (int, error) { return 0, d.err }

// TestEarKeepsTheReason: what ended a connection is told where the library says
// only that it is closed, and never in place of an answer.
func TestEarKeepsTheReason(t *testing.T) {
	alert := errors.New("remote error: tls: certificate required")
	closed, refused := ldap.NewError(ldap.ErrorNetwork, errors.New("closed")), ldap.NewError(ldap.LDAPResultBusy, errors.New("no"))
	unreadable := errors.New("unable to read")
	tests := map[string]struct{ heard, err, want error }{
		"closed":        {alert, closed, alert},
		"unreadable":    {alert, unreadable, alert},
		"refused":       {alert, refused, refused},
		"no error":      {alert, nil, nil},
		"nothing heard": {nil, closed, closed},
		"closed by us":  {net.ErrClosed, unreadable, unreadable},
	}
	for name, test := range tests {
		e := &ear{Conn: deadConn{err: test.heard}}
		_, _ = e.Read(nil)
		e.Conn = deadConn{err: errors.New("later")}
		if test.heard != nil {
			_, _ = e.Read(nil)
		}
		if got := e.reason(test.err); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}
