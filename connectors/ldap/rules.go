// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/graph"
)

// dynamics makes the searches of dynamic groups and tells what they find as
// members by rule. A search that this server cannot answer whole is a gap.
func (r *run) dynamics(ctx context.Context) error {
	for _, d := range r.reading.Dynamics() {
		if len(d.URLs) == 0 {
			if !r.reading.Hides(d.Group, "a dynamic group that shows no search", r.tell) {
				return nil
			}
			continue
		}
		for _, u := range d.URLs {
			if err := r.dynamic(ctx, d, u); err != nil || r.stopped {
				return err
			}
		}
	}
	return nil
}

func (r *run) dynamic(ctx context.Context, d directory.Dynamic, text string) error {
	s, err := searchOf(text)
	if err == nil && !r.within(s.base) {
		err = fmt.Errorf("%q lies outside the bases", s.base)
	}
	if err != nil {
		r.reading.Hides(d.Group, fmt.Sprintf("its search is not evaluated: %v", err), r.tell)
		return nil
	}
	if why, err := r.mayFilter(ctx, s); err != nil || why != "" {
		if why != "" {
			r.reading.Hides(d.Group, why, r.tell)
		}
		return err
	}
	found := map[string]bool{}
	err = r.conn.all(ctx, &s, r.untilStopped(func(e directory.Entry) error {
		found[folded(e.DN)] = true
		r.reading.Derived(d, e.DN, r.tell)
		return nil
	}))
	if err == nil {
		err = r.findsAgain(ctx, s, found)
	}
	switch {
	case errors.Is(err, errStopped):
		return nil
	case isShort(err), isAnswer(err):
		r.reading.Hides(d.Group, fmt.Sprintf("its search ended early: %v", err), r.tell)
		return nil
	case err != nil:
		return fmt.Errorf("search of the dynamic group %q: %w", d.DN, err)
	}
	r.settleReferrals(&s, []graph.Dataset{graph.Memberships})
	return nil
}

// isAnswer reports whether an error is a server's answer, and not a lost connection.
func isAnswer(err error) bool {
	var answer *ldap.Error
	return errors.As(err, &answer) && answer.ResultCode < ldap.ErrorNetwork && answer.ResultCode > 0
}

// mayFilter says why the filter of a dynamic group cannot be trusted: it asks for
// an attribute that the reader may not search for, which finds nobody and is no
// error. The first account of each container below the base stands for the others.
func (r *run) mayFilter(ctx context.Context, s search) (why string, err error) {
	for _, name := range filterAttributes(s.filter) {
		if strings.EqualFold(name, "objectClass") {
			continue // without it nothing is listed
		}
		for _, dn := range r.reading.Sample() {
			if !directory.IsWithin(dn, s.base) {
				continue
			}
			if why, err := r.hides(ctx, dn, name, false); err != nil || why != "" {
				return "its search may find nobody: " + why, err
			}
		}
	}
	return "", nil
}

// filterAttributes returns the attributes that a filter asks for, each once (RFC
// 4511, section 4.5.1.7).
func filterAttributes(filter string) []string {
	packet, err := ldap.CompileFilter(filter)
	if err != nil {
		return nil
	}
	names := map[string]bool{}
	collectAttributes(packet, names)
	return slices.Sorted(maps.Keys(names))
}

func collectAttributes(p *ber.Packet, names map[string]bool) {
	switch p.Tag {
	case ldap.FilterAnd, ldap.FilterOr, ldap.FilterNot:
		for _, c := range p.Children {
			collectAttributes(c, names)
		}
	case ldap.FilterPresent:
		names[p.Data.String()] = true
	case ldap.FilterExtensibleMatch:
		for _, c := range p.Children {
			if c.Tag == ldap.MatchingRuleAssertionType {
				names[c.Data.String()] = true
			}
		}
	default:
		if len(p.Children) > 0 {
			names[p.Children[0].Data.String()] = true
		}
	}
}

// findsAgain makes the search of a dynamic group once more: nothing else counts
// what it finds.
func (r *run) findsAgain(ctx context.Context, s search, found map[string]bool) error {
	s.pages, s.entries, s.references, s.referred = 0, 0, 0, nil
	again := map[string]bool{}
	err := r.conn.all(ctx, &s, r.untilStopped(func(e directory.Entry) error {
		again[folded(e.DN)] = true
		return nil
	}))
	if err == nil && !maps.Equal(found, again) {
		err = &shortError{graph.Partial, "asked again it found others"}
	}
	return err
}

// folded is a DN as it can be compared; what is no DN stays as it is.
func folded(dn string) string {
	if f, err := directory.FoldDN(dn); err == nil {
		return f
	}
	return dn
}

// searchOf reads the URL of a dynamic group: ldap:///base??scope?filter, of this
// server (RFC 4516). Its text is a stranger's: it is parsed, and parsed again by
// the library when it is sent, so it can ask for other entries and nothing else.
func searchOf(text string) (search, error) {
	s := search{attributes: []string{"1.1"}, pageSize: pageOfEntries}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps" {
		return s, fmt.Errorf("%.200q is no LDAP URL", text)
	}
	if u.Host != "" {
		return s, fmt.Errorf("%.200q asks another server", text)
	}
	s.base = strings.TrimPrefix(u.Path, "/")
	parts := strings.Split(u.RawQuery, "?")
	for len(parts) < 3 {
		parts = append(parts, "")
	}
	if s.filter, err = url.PathUnescape(parts[2]); err != nil {
		return s, fmt.Errorf("%.200q: the filter is not escaped well", text)
	}
	if s.filter == "" {
		s.filter = "(objectClass=*)"
	}
	switch strings.ToLower(parts[1]) {
	case "", "base":
		s.scope = baseOnly
	case "one":
		s.scope = oneLevel
	case "sub":
		s.scope = subtree
	default:
		return s, fmt.Errorf("%.200q: unknown scope %q", text, parts[1])
	}
	if _, err := ldap.CompileFilter(s.filter); err != nil {
		return s, fmt.Errorf("%.200q: %v", text, err)
	}
	return s, nil
}
