// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

type shortfall struct {
	dataset graph.Dataset
	state   graph.State
	reason  string
}

// Shortfall records why a dataset is not complete. [graph.All] speaks of all that
// a directory has: accounts, groups, memberships and sign-ins.
func (r *Reading) Shortfall(d graph.Dataset, s graph.State, reason string) {
	f := shortfall{d, s, reason}
	if !slices.Contains(r.short, f) {
		r.short = append(r.short, f)
	}
}

// Shortfalls returns why what was read until now is not complete.
func (r *Reading) Shortfalls() []string {
	r.lookAtEntries()
	var reasons []string
	for _, f := range r.short {
		reasons = append(reasons, f.reason)
	}
	slices.Sort(reasons)
	return slices.Compact(reasons)
}

// Missing returns the ids of accounts and groups that the first pass saw and the
// later ones did not bring, at most this many.
func (r *Reading) Missing(most int) []string {
	var keys []string
	for _, rec := range r.index.records {
		if rec.missing() != 0 && len(keys) < most {
			keys = append(keys, rec.key)
		}
	}
	return keys
}

// Absent returns names that groups have for members, and SIDs that access lists
// have for somebody of this domain, to which no entry below the bases answered: at
// most so many of each. An entry that does after all was left out of the listing,
// or got its name since.
func (r *Reading) Absent(most int) (dns []string, sids [][]byte) {
	for _, s := range r.strangers[:min(most, len(r.strangers))] {
		sids = append(sids, []byte(s))
	}
	if left := max(0, len(r.absent)-most) + max(0, len(r.strangers)-most); left > 0 {
		r.Shortfall(graph.Memberships, graph.Partial, fmt.Sprintf("members that no entry answers to and that were not looked for once more: %d; one that was renamed meanwhile may be among them", left))
	}
	return r.absent[:min(most, len(r.absent))], sids
}

// Overlooked takes the entry of somebody who is named and was not listed, with
// [Reading.OverlookedAttributes]. One who is known by another name was renamed
// since, one who was made since could not be listed; anybody else shows that the
// listing is not complete.
func (r *Reading) Overlooked(e Entry) {
	folded, err := r.index.fold([]byte(e.DN))
	if err != nil {
		return
	}
	if _, known := r.index.byKey[r.key(e, folded)]; known {
		r.Shortfall(graph.Memberships, graph.Partial, fmt.Sprintf("renamed while this was read: %.200q; collect again", e.DN))
	} else if !r.isNew(e, r.account) {
		r.Shortfall(graph.All, graph.Partial, fmt.Sprintf("not listed, and there: %.200q; collect again", e.DN))
	}
}

// OverlookedAttributes are what [Reading.Overlooked] needs of an entry.
func (r *Reading) OverlookedAttributes() []string {
	names := slices.Clone(r.dialect.Keys)
	for _, f := range r.account {
		if f.Key == created {
			names = append(names, f.From...)
		}
	}
	return names
}

// missing returns as what an entry was seen and not read.
func (rec record) missing() class {
	return rec.class&isAccount&^(rec.class&readAccount>>2) | rec.class&isGroup&^(rec.class&readGroup>>2)
}

// Gone takes it that something that is missing was deleted while this was read.
func (r *Reading) Gone(key string) {
	i, ok := r.index.byKey[key]
	if !ok {
		return
	}
	was := r.index.records[i].missing()
	r.gone[isAccount] += was.one(isAccount)
	r.gone[isGroup] += was.one(isGroup)
}

// Counted returns how many entries, accounts and groups the first pass saw.
func (r *Reading) Counted() (entries, accounts, groups int) {
	return r.count.entries, r.count.accounts, r.count.groups
}

// Coverage ends the reading: one record per dataset. Method says how the first
// pass counted; details may add to a record what the connector knows.
func (r *Reading) Coverage(method string, details func(graph.Dataset) graph.Attrs) []graph.Coverage {
	r.lookAtEntries()
	r.lookAtCounts()
	r.lookAtMachines()
	var all []graph.Coverage
	for _, d := range graph.Datasets() {
		c := graph.Coverage{Source: r.source, Dataset: d, State: graph.Complete}
		if details != nil && r.lacks(d) == "" {
			c.Details = details(d)
		}
		r.fill(&c, method)
		r.judge(&c)
		all = append(all, c)
	}
	return all
}

// lookAtEntries records what the entries show to be missing.
func (r *Reading) lookAtEntries() {
	n := r.count
	if hidden := r.hidden(); len(hidden) > 0 {
		r.Shortfall(graph.All, graph.Partial, fmt.Sprintf("entries whose children cannot be seen: %d, such as %.200s", len(hidden), hidden[0]))
	}
	if len(r.suspects) > 0 {
		r.Shortfall(graph.All, graph.Partial, fmt.Sprintf("members of groups lie below entries that cannot be seen: %d, such as %.200s; gone, or hidden by access control", len(r.suspects), slices.Sorted(maps.Keys(r.suspects))[0]))
	}
	if len(r.unseen) > 0 {
		r.Shortfall(graph.Groups, graph.Partial, fmt.Sprintf("members name groups that cannot be seen: %d, such as %.200s; hidden by access control, or made while this was read", len(r.unseen), slices.Sorted(maps.Keys(r.unseen))[0]))
		r.Shortfall(graph.Memberships, graph.Partial, "there are groups that cannot be seen")
	}
	if n.classless > 0 {
		r.Shortfall(graph.All, graph.Partial, fmt.Sprintf("entries without a readable objectClass: %d", n.classless))
	}
	r.lookAtNames()
	if n.clashes > 0 {
		r.Shortfall(graph.All, graph.Partial, fmt.Sprintf("entries left out for having the DN or the id of another: %d", n.clashes))
	}
}

// lookAtCounts compares the passes.
func (r *Reading) lookAtCounts() {
	n := &r.count
	n.lateAccounts, n.newAccounts, n.lateGroups, n.newGroups = 0, 0, 0, 0
	for _, rec := range r.index.records {
		late := rec.class&listed == 0
		if late && rec.class&isAccount != 0 && rec.class&readAccount != 0 {
			n.lateAccounts++
			n.newAccounts += rec.class.one(made)
		}
		if late && rec.class&isGroup != 0 && rec.class&readGroup != 0 {
			n.lateGroups++
			n.newGroups += rec.class.one(made)
		}
	}
	r.compare(n.accounts-r.gone[isAccount], n.lateAccounts, n.newAccounts, n.gotAccounts, graph.Accounts, graph.SignIn, graph.Control)
	r.compare(n.groups-r.gone[isGroup], n.lateGroups, n.newGroups, n.gotGroups, graph.Groups, graph.Memberships, graph.Control)
	if n.roles > 0 && n.rolesHeld == 0 {
		r.Shortfall(graph.Assignments, graph.Partial, fmt.Sprintf("there are roles and nobody shows any: %d; %s is not readable, or the server has only just started", n.roles, r.dialect.Roles))
	}
	if n.gotRoles != n.roles {
		r.Shortfall(graph.Assignments, graph.Partial, fmt.Sprintf("roles counted: %d, read: %d; collect again", n.roles, n.gotRoles))
	}
}

// lookAtMachines tells machines that are named and did not come, and those that
// only came later: somebody may have named them before they were known.
func (r *Reading) lookAtMachines() {
	missing, late := r.unreadMachines(), 0
	for _, rec := range r.index.records {
		if rec.class&isMachine != 0 && rec.class&readAccount != 0 && rec.class&(listed|made) == 0 {
			late++
		}
	}
	for _, d := range []graph.Dataset{graph.Accounts, graph.Memberships, graph.Control} {
		if missing > 0 {
			r.Shortfall(d, graph.Partial, fmt.Sprintf("computers that something names and that were not read: %d; collect again", missing))
		}
		if late > 0 {
			r.Shortfall(d, graph.Partial, fmt.Sprintf("computers read and not counted: %d; collect again", late))
		}
	}
}

// lookAtNames tells entries that do not show by what others call them.
func (r *Reading) lookAtNames() {
	n := r.count
	if n.primaryless > 0 {
		r.Shortfall(graph.Memberships, graph.Partial, fmt.Sprintf("accounts and groups that do not show the number of their primary group, or their own: %d; let the bind identity read it", n.primaryless))
	}
	if n.twins > 0 {
		for _, d := range []graph.Dataset{graph.Memberships, graph.Control} {
			r.Shortfall(d, graph.Partial, fmt.Sprintf("accounts, groups and computers whose SID another one has: %d", n.twins))
		}
	}
	if n.sidless > 0 {
		for _, d := range []graph.Dataset{graph.Memberships, graph.Control} {
			r.Shortfall(d, graph.Partial, fmt.Sprintf("accounts, groups and computers that do not show their %s: %d; let the bind identity read it", r.dialect.SID, n.sidless))
		}
	}
	if n.noLogin > 0 && n.loginless > 0 {
		r.Shortfall(graph.Memberships, graph.Partial, fmt.Sprintf("members that are named by a login that no account shows: %d; accounts that show no %s: %d", n.noLogin, r.dialect.Logins[0], n.loginless))
	}
}

// compare holds what was counted in the first pass against what was read: of that
// late, which had not been counted, and of the late ones those made since. A late
// one that is old, or one that is missing, means that one of the passes missed
// something.
func (r *Reading) compare(counted, late, made, got int, of ...graph.Dataset) {
	for _, d := range of {
		if missing := counted + late - got; missing > 0 {
			r.Shortfall(d, graph.Partial, fmt.Sprintf("counted and not read: %d of %s; collect again", missing, of[0]))
		}
		if late > made {
			r.Shortfall(d, graph.Partial, fmt.Sprintf("read and not counted: %d of %s; collect again", late-made, of[0]))
		}
	}
}

// fill sets the numbers and what a directory of this kind does not have.
func (r *Reading) fill(c *graph.Coverage, method string) {
	n := r.count
	switch c.Dataset {
	case graph.Accounts:
		c.Received, c.Expected, c.Method = graph.CountOf(n.gotAccounts), graph.CountOf(n.accounts+n.newAccounts-r.gone[isAccount]), method
		r.detail(c, "contacts left out", n.contacts)
		r.detail(c, "computers left out, because nothing names them", n.machines-n.gotMachines)
		r.detail(c, "computers", n.gotMachines)
		r.detail(c, "status unknown", n.gotAccounts+n.gotMachines-n.statuses)
		r.detail(c, "system objects that do not show their class", n.furniture)
		r.detail(c, "conflicting names", n.conflicts)
		r.tellDrift(c, n.newAccounts, r.gone[isAccount])
		r.tellUnread(c)
	case graph.Groups:
		c.Received, c.Expected, c.Method = graph.CountOf(n.gotGroups), graph.CountOf(n.groups+n.newGroups-r.gone[isGroup]), method
		r.tellDrift(c, n.newGroups, r.gone[isGroup])
	case graph.Memberships:
		r.fillMemberships(c)
	case graph.SignIn:
		r.fillSignIn(c)
	default:
		if why := r.lacks(c.Dataset); why != "" {
			c.State, c.Reason = graph.NotApplicable, why
			return
		}
		r.fillRare(c)
	}
}

func (r *Reading) fillMemberships(c *graph.Coverage) {
	n := r.count
	c.Received = graph.CountOf(n.memberships)
	c.Method = "member values of every group; there is no second count"
	if r.dialect.BackLink != "" && n.backlinked > 0 {
		c.Method = "member values of every group, held against what accounts and groups say of themselves in " + r.dialect.BackLink
	}
	r.detail(c, "gaps", n.gaps)
	r.detail(c, "unresolved: no entry", n.dangling)
	r.detail(c, "unresolved: outside the bases", n.outside)
	r.detail(c, "unresolved: neither account nor group", n.noThing)
	r.detail(c, "left out: distribution groups in security groups", n.distribution)
	r.detail(c, "earlier SIDs", n.heirs)
	r.detail(c, "of known age", n.dated)
}

// fillRare sets the numbers of the datasets that only some directories have.
func (r *Reading) fillRare(c *graph.Coverage) {
	switch c.Dataset {
	case graph.Assignments:
		c.Received, c.Method = graph.CountOf(r.count.rolesHeld), "roles that the server works out for every account"
		r.detail(c, "roles", r.count.roles)
	case graph.Control:
		c.Received, c.Method = graph.CountOf(r.count.control), "the access list of every account and group"
		r.detail(c, "gaps", len(r.access.undescribed)+r.access.bad)
		r.detail(c, "different access lists", len(r.access.known))
	case graph.MFA:
		c.Received = graph.CountOf(r.count.mfa)
	}
}

// tellDrift says what changed while it was read.
func (r *Reading) tellDrift(c *graph.Coverage, made, gone int) {
	r.detail(c, "made while this was read", made)
	r.detail(c, "gone while this was read", gone)
	r.detail(c, "renamed while this was read", r.count.moved)
}

func (r *Reading) fillSignIn(c *graph.Coverage) {
	c.Received = graph.CountOf(r.count.signIns)
	if r.domain.off {
		c.State, c.Reason = graph.NotApplicable, "the domain does not keep lastLogonTimestamp: msDS-LogonTimeSyncInterval is 0"
		return
	}
	if r.count.signIns > 0 || r.count.gotAccounts == 0 {
		return
	}
	i := slices.IndexFunc(r.account, func(f Field) bool { return f.Key == lastSignIn })
	from := strings.Join(r.account[i].From, " or ")
	c.State, c.Reason = graph.NotApplicable, "no account shows "+from+": the directory does not keep it, or does not show it"
	if r.dialect.does(activeDirectory) {
		c.State = graph.Denied // every domain keeps it
	}
}

// lacks says why this directory has nothing of a dataset; empty when it has.
func (r *Reading) lacks(d graph.Dataset) string {
	switch d {
	case graph.Identities:
		return "the directory holds accounts; people come from an HR source"
	case graph.Assignments:
		if r.count.roles+r.count.unseenRoles == 0 {
			return "the directory grants by groups; it has no roles and no entitlements"
		}
	case graph.Eligibility:
		return "the directory has no grants that must be activated first"
	case graph.Control:
		if r.dialect.Descriptor == "" {
			return "who may change entries stands in the server's access rules, not in the directory's data"
		}
	case graph.MFA:
		if r.count.mfa == 0 && r.mapped[mfa] == "" {
			return "the directory keeps no second factors"
		}
	}
	return ""
}

// lacksByLooks reports whether that there is nothing of a dataset is only what was
// seen: what was hidden may be otherwise.
func (r *Reading) lacksByLooks(d graph.Dataset) bool {
	switch d {
	case graph.Assignments:
		return len(r.dialect.RoleClasses) > 0
	case graph.MFA:
		return len(r.dialect.TokenClasses) > 0
	}
	return false
}

// judge lets the shortfalls speak: the worst state, and every reason.
func (r *Reading) judge(c *graph.Coverage) {
	if r.lacks(c.Dataset) != "" && !r.lacksByLooks(c.Dataset) {
		return
	}
	var reasons []string
	worst := graph.State(0)
	for _, f := range r.short {
		if f.dataset.Includes(c.Dataset) {
			worst = max(worst, f.state)
			reasons = append(reasons, f.reason)
		}
	}
	if worst == 0 {
		return
	}
	const most = 5
	slices.Sort(reasons)
	reasons = slices.Compact(reasons)
	if n := len(reasons); n > most {
		reasons = append(reasons[:most], fmt.Sprintf("and %d more reasons", n-most))
	}
	c.State, c.Reason = max(c.State, worst), strings.Join(reasons, "; ")
}

func (r *Reading) detail(c *graph.Coverage, key string, n int) {
	if n > 0 {
		c.Details.Set(key, strconv.Itoa(n))
	}
}

func (r *Reading) tellUnread(c *graph.Coverage) {
	var vs []string
	for _, name := range slices.Sorted(maps.Keys(r.unread)) {
		vs = append(vs, fmt.Sprintf("%s: %d", name, r.unread[name]))
	}
	if len(vs) > 0 {
		c.Details.Set("values that could not be told", vs...)
	}
}
