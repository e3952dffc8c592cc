// SPDX-License-Identifier: Apache-2.0

package reportstest

import "github.com/foureyes-iga/foureyes/graph"

// directoryRun is what a directory's connector tells of its reading: hostile text,
// a long list, and two policies, one of which names a group.
func directoryRun() graph.Attrs {
	a := attrs("server", "dc1.corp.example:636", "server identity", "CN=dc1.corp.example, issued by Corp CA 3, SHA-256 7f0c…e2",
		"bind identity", "cn=reader,ou=service,dc=corp,dc=example", "tls", "1.3, verified against ca.pem",
		"started", "2026-09-30T18:00:00Z", "ended", "2026-09-30T18:01:30Z", "bytes", "48210533", "changed during the run", "no")
	a.Set("canaries", "cn=canary-1,ou=hidden,dc=corp,dc=example: seen", "cn=canary-2,ou=hidden,dc=corp,dc=example: seen")
	a.Set("permission probes", "read of userAccountControl: answered", "read of msDS-ResultantPSO: refused", "read of nTSecurityDescriptor: answered")
	a.Set("authentication", "not read: cn=config is not shown to the reader")
	a.Set("authentication: default domain policy", "minimum length: 7", "complexity: required", "history: 24", "maximum age: 42d",
		"minimum age: 1d", "lockout after: 5", "lockout for: 30m", "lockout window: 30m", "reversible encryption: no")
	a.Set("authentication: fine-grained policy Admins \u202esnimdA", "precedence: 10", "applies to: group:corp/g2", "applies to: group:corp/unknown", "minimum length: 15", "no label")
	return a
}

// query is what a directory's connector tells of one search.
func query(filter, attributes, pages, entries string) graph.Attrs {
	a := attrs("server", "dc1.corp.example:636", "bind identity", "cn=reader,ou=service,dc=corp,dc=example", "filter", filter, "attributes", attributes,
		"pages", pages, "entries", entries, "second count", "a listing of every entry, by another bind", "referrals", "0")
	a.Set("base", "ou=people,dc=corp,dc=example", "ou=service,dc=corp,dc=example")
	return a
}

// secrets are what the directory tells of how accounts prove who they are.
func secrets(account int) []string {
	switch account {
	case 1:
		return []string{"password_expires", "never", "password_required", "true", "preauthentication", "true", "password_set", "2019-02-01T00:00:00Z"}
	case 2:
		return []string{"password_required", "false", "password_set", "never", "preauthentication", "false"}
	case 3:
		return []string{"password_expires", "never", "password_required", "true", "password_policy", "Admins"}
	}
	return nil
}
