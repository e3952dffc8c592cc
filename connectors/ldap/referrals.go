// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/graph"
)

// settleReferrals looks at where a search was pointed to. Nothing is asked there.
// A place that is a base of its own is read anyway, and a part of the forest that
// is no domain holds nothing of ours; whatever else it is, it is missing.
func (r *run) settleReferrals(s *search, of []graph.Dataset) {
	open := s.references - len(s.referred) // those beyond what is remembered
	first := ""
	for _, urls := range s.referred {
		if len(urls) > 0 && !slices.ContainsFunc(urls, func(u string) bool { return !r.isElsewhere(u, s.base) }) {
			continue
		}
		if open++; first == "" {
			first = strings.Join(urls, " ")
		}
	}
	if settled := s.references - open; settled > 0 {
		r.note("referrals to what is a base of its own, or holds no accounts and groups", strconv.Itoa(settled))
	}
	if open > 0 {
		r.missing(of, graph.Partial, fmt.Sprintf("referrals below %q that were not followed: %d, such as %.200q; add the place to base if this server has it, else name it as a source of its own", s.base, open, first))
	}
}

// isElsewhere reports whether what lies at a URL is read by another search, or is a
// naming context without accounts and groups. A server that points to the very
// base that was asked for does not have it.
func (r *run) isElsewhere(u, base string) bool {
	dn, ok := placeOf(u)
	if !ok || directory.IsSame(dn, base) {
		return false
	}
	same := func(other string) bool { return directory.IsSame(dn, other) }
	return slices.ContainsFunc(r.cfg.Base, same) || slices.ContainsFunc(r.partitions, same)
}

// placeOf returns the DN of an LDAP URL (RFC 4516).
func placeOf(text string) (dn string, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps" {
		return "", false
	}
	dn = strings.TrimPrefix(u.Path, "/")
	return dn, dn != ""
}
