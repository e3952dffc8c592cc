// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/graph"
)

// tells reports whether an entry shows an attribute.
func tells(e directory.Entry, name string) bool {
	return slices.ContainsFunc(e.Attrs, func(a directory.Attr) bool { return strings.EqualFold(a.Name, name) && len(a.Values) > 0 })
}

// derived counts entries that match the filter for a kind of thing, which servers
// let entries of derived classes do, and do not name any of its classes
// themselves: the listing took them for something else.
type derived struct {
	count int
	first string
}

func (d *derived) add(e directory.Entry, known ...[]string) {
	for _, a := range e.Attrs {
		if !strings.EqualFold(a.Name, "objectClass") {
			continue
		}
		for _, v := range a.Values {
			if isAnyOf(string(v), known) {
				return
			}
		}
	}
	if d.count++; d.count == 1 {
		d.first = e.DN
	}
}

func isAnyOf(class string, known [][]string) bool {
	return slices.ContainsFunc(known, func(list []string) bool {
		return slices.ContainsFunc(list, func(k string) bool { return strings.EqualFold(k, class) })
	})
}

func (r *run) tellDerived(d derived, of ...graph.Dataset) {
	if d.count > 0 {
		r.missing(of, graph.Partial, fmt.Sprintf("entries left out because their objectClass names only a derived class: %d, such as %.200s; add the class that it is derived from", d.count, d.first))
	}
}

// sightings are what the accounts show of sign-ins, and the names of some
// accounts: the first, the second, the fourth, and so on.
type sightings struct {
	accounts, signIns int
	some              []string
}

func (s *sightings) add(e directory.Entry, n graph.Node) {
	s.accounts++
	if s.accounts&(s.accounts-1) == 0 {
		s.some = append(s.some, e.DN)
	}
	if _, ok := n.Attrs.Get("last_sign_in"); ok {
		s.signIns++
	}
}

// askForSignIns finds out whether a directory in which no account shows when it
// signed in keeps no sign-ins, or hides them. A comparison tells: the server says
// that an account has no such attribute only to those who may compare it.
func (r *run) askForSignIns(ctx context.Context, seen sightings) error {
	if seen.signIns > 0 {
		return nil
	}
	for _, dn := range seen.some {
		for _, name := range r.signInAttributes() {
			there, err := r.conn.compare(ctx, dn, name, "20000101000000Z")
			switch {
			case err == nil && !there:
				continue
			case err == nil:
				r.reading.Shortfall(graph.SignIn, graph.Partial, fmt.Sprintf("accounts have %s, and it is not shown to %s", name, r.conn.identity))
			case ldap.IsErrorWithCode(err, ldap.ErrorNetwork) || ctx.Err() != nil:
				return fmt.Errorf("comparison of %s at %q: %w", name, dn, err)
			default:
				r.reading.Shortfall(graph.SignIn, graph.Partial, fmt.Sprintf("no account shows %s, and %s may not know whether it is there", name, r.conn.identity))
			}
			return nil
		}
	}
	return nil
}

// compare reports whether an entry has an attribute, whatever its value: this one
// or another.
func (cn *conn) compare(ctx context.Context, dn, name, value string) (there bool, err error) {
	err = cn.do(ctx, func() error {
		_, err := cn.client.Compare(dn, name, value)
		return err
	})
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchAttribute, ldap.LDAPResultUndefinedAttributeType) {
		return false, nil
	}
	return err == nil, err
}

func (r *run) signInAttributes() []string {
	for _, f := range r.dialect.Accounts {
		if f.Key == "last_sign_in" {
			return r.attributesOf("last_sign_in", f.From...)
		}
	}
	return r.attributesOf("last_sign_in")
}

// attributesOf returns the attributes that tell one of ours: the mapped one, else
// these.
func (c *Collector) attributesOf(key string, otherwise ...string) []string {
	if mapped := c.cfg.Attributes[key]; mapped != "" {
		return []string{mapped}
	}
	return otherwise
}
