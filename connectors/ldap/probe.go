// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/graph"
)

// A Check is one thing that [Collector.Probe] looked at. Hint says what to do
// about it; it is empty where nothing is to be done.
type Check struct {
	What, Found, Hint string
}

// Probe connects, counts, and looks at one page of accounts and of groups. It
// returns what it found, in the order in which it looked, also when it ends with
// an error. It tells no facts.
func (c *Collector) Probe(ctx context.Context) ([]Check, error) {
	r := &run{Collector: c, done: map[graph.Dataset][]*search{}}
	p := &probe{run: r}
	err := p.look(ctx)
	r.hangUp()
	return p.checks, err
}

type probe struct {
	*run
	checks []Check
}

func (p *probe) add(what, found, hint string) {
	p.checks = append(p.checks, Check{what, found, hint})
}

func (p *probe) look(ctx context.Context) (err error) {
	if err := p.begin(ctx); err != nil {
		return err
	}
	p.addServer()
	if err := p.findBases(ctx); err != nil {
		return err
	}
	p.add("bases", strings.Join(p.cfg.Base, "; "), "")
	if err := p.head(ctx); err != nil {
		return err
	}
	if err := p.pass(ctx, p.registering()); err != nil {
		return err
	}
	entries, accounts, groups := p.reading.Counted()
	p.add("entries", strconv.Itoa(entries), "")
	p.add("accounts", strconv.Itoa(accounts), "")
	p.add("groups", strconv.Itoa(groups), "")
	for _, c := range p.singing {
		p.add("canary", c, "")
	}
	for _, reason := range p.reading.Shortfalls() {
		p.add("not complete", reason, "let the bind identity read what is missing, or expect PARTIAL datasets")
	}
	if err := p.sample(ctx, "accounts", p.accountFilter(), p.reading.AccountAttributes(), p.accountWishes()); err != nil {
		return err
	}
	return p.sample(ctx, "groups", anyOf(p.dialect.GroupClasses), p.reading.GroupAttributes(), p.groupWishes())
}

func (p *probe) addServer() {
	hint := ""
	if p.conn.tls == "none" {
		hint = "the password and the data cross the network in the clear"
	}
	p.add("server", p.conn.server.url, "")
	p.add("tls", p.conn.tls, hint)
	p.add("vendor", p.conn.root.vendor, "")
	p.add("dialect", p.dialect.Name, "")
	hint = ""
	if p.cfg.Bind == (Bind{}) {
		hint = "anonymous readers seldom see everything; configure bind"
	}
	p.add("bind identity", p.conn.identity, hint)
	p.add("naming contexts", strings.Join(p.conn.root.contexts, "; "), "")
}

// A wish is a group of attributes of which one should be seen.
type wish struct {
	what string
	any  []string
	hint string
}

func (p *probe) accountWishes() []wish {
	if p.dialect.IsActiveDirectory() {
		return p.windowsWishes()
	}
	d := p.dialect
	return []wish{
		{"immutable id", d.Keys, "let the bind identity read " + d.Keys[0] + "; without it a renamed account is a new account"},
		{"login", d.Logins[:1], "accounts are named by cn"},
		{"employee number", p.attributesOf("employee_id", "employeeNumber"), "map attributes: {employee_id: …}, so that accounts find their people"},
		{"status", append(p.attributesOf("status", d.Disabled, d.LockedAt), d.PolicyState...), "unknown status is not assessed; map attributes: {status: …} with values:"},
		{"last sign-in", p.signInAttributes(), "stale accounts cannot be told; let the server keep the last bind, and let the bind identity read it"},
		{"creation time", p.attributesOf("created", "createTimestamp"), "let the bind identity read createTimestamp"},
	}
}

// windowsWishes are what a reader of Active Directory should see. What every
// authenticated user may read by default is missing only where it was taken away.
func (p *probe) windowsWishes() []wish {
	const taken = "every user may read it by default: somebody took that right away; give it back to the bind identity"
	return []wish{
		{"immutable id", []string{"objectGUID"}, taken},
		{"SID", []string{"objectSid"}, taken + "; without it primary groups and access lists cannot be resolved"},
		{"status", []string{"userAccountControl"}, taken + " (property set User-Account-Restrictions); without it the status is unknown"},
		{"lock", []string{"msDS-User-Account-Control-Computed"}, "without it a locked account counts as enabled"},
		{"primary group", []string{"primaryGroupID"}, taken + "; without it members of Domain Admins may be missed"},
		{"employee number", p.attributesOf("employee_id", "employeeID"), "map attributes: {employee_id: extensionAttribute7} or the like, so that accounts find their people"},
		{"last sign-in", p.signInAttributes(), "stale accounts cannot be told; let the bind identity read lastLogonTimestamp"},
		{"access list", []string{"nTSecurityDescriptor"}, "who could take over accounts is NOT ASSESSED; let the bind identity read permissions (READ_CONTROL) below the base"},
	}
}

func (p *probe) groupWishes() []wish {
	d := p.dialect
	all := []wish{
		{"immutable id", d.Keys, "let the bind identity read " + d.Keys[0] + "; without it a renamed group is a new group"},
		{"members", append([]string{d.MemberLogins}, d.MemberDNs...), "let the bind identity read " + strings.Join(d.MemberDNs, ", ")},
		{"owner", []string{d.Owner}, ""},
	}
	if d.Descriptor != "" {
		all = append(all, wish{"access list", []string{d.Descriptor}, "who could add members is NOT ASSESSED; let the bind identity read permissions (READ_CONTROL) below the base"})
	}
	return all
}

// Cure says which right lets a dataset of a directory be read, in the words of its
// administrators. It is empty where nothing is to be done.
func Cure(dialect string, d graph.Dataset) string {
	cures := map[graph.Dataset]string{
		graph.Accounts:    "let the bind identity read every entry below the base, with objectClass, hasSubordinates and entryUUID, and lift its size limit",
		graph.Groups:      "let the bind identity read every entry below the base, with objectClass, hasSubordinates and entryUUID, and lift its size limit",
		graph.Memberships: "let the bind identity read member, uniqueMember and memberUid of every group",
		graph.SignIn:      "let the bind identity read, or compare, pwdLastSuccess and authTimestamp",
	}
	switch dialect {
	case "ad":
		cures[graph.Accounts] = "let the bind identity list contents and read all properties below the base; see the guide to Active Directory"
		cures[graph.Groups] = cures[graph.Accounts]
		cures[graph.Memberships] = "let the bind identity read member of every group; add the domain's head to base"
		cures[graph.SignIn] = "let the bind identity read lastLogonTimestamp"
		cures[graph.Control] = "let the bind identity read permissions (READ_CONTROL) of users and groups"
	case "389ds":
		cures[graph.Assignments] = "let the bind identity read the role definitions (ldapsubentry) and nsRole of accounts"
		cures[graph.SignIn] = "turn on the plug-in Account Policy, and let the bind identity read lastLoginTime"
	}
	return cures[d]
}

// sample reads one page and says which attributes it shows.
func (p *probe) sample(ctx context.Context, what, filter string, attributes []string, wishes []wish) error {
	s := search{base: p.cfg.Base[0], filter: filter, attributes: attributes, pageSize: pageOfGroups, sample: true, controls: p.descriptors()}
	seen := make([]int, len(wishes))
	err := p.conn.all(ctx, &s, func(e directory.Entry) error {
		for i, w := range wishes {
			if slices.ContainsFunc(w.any, func(name string) bool { return tells(e, name) }) {
				seen[i]++
			}
		}
		return nil
	})
	var short *shortError
	if err != nil && !errors.As(err, &short) {
		return fmt.Errorf("sample of %s: %w", what, err)
	}
	if s.entries == 0 {
		return nil
	}
	for i, w := range wishes {
		if seen[i] > 0 {
			w.hint = ""
		}
		p.add(what+": "+w.what, fmt.Sprintf("at %d of the first %d", seen[i], s.entries), w.hint)
	}
	return nil
}
