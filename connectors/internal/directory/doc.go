// SPDX-License-Identifier: Apache-2.0

// Package directory turns the entries of an LDAP directory into facts, wherever
// the entries come from: a server or an LDIF export.
//
// A [Reading] takes every entry three times, so that no entry has to be kept:
//
//  1. [Reading.Register] learns which DN is which thing,
//  2. [Reading.Account] gives the accounts,
//  3. [Reading.Group] gives the groups and their members, resolved by DN or SID,
//
// then [Reading.Rest], [Reading.Machine] for machines that something names,
// [Reading.PrimaryGroups] and [Reading.Coverage] end it. In between, whoever can
// ask the directory finishes groups of which only a range came, makes the searches
// of dynamic groups, and asks groups without members whether they have any. Per entry it
// remembers a hash of the DN and the entry's id. The first listing is also the
// second count: what it saw and steps 2 and 3 did not bring makes the dataset
// partial.
//
// # What becomes what
//
// The key of a thing is its entryUUID, nsUniqueId or objectGUID, else its folded
// DN; see [Dialect].
// Whatever [Dialect.AccountClasses] names is an account, whatever
// [Dialect.GroupClasses] names is a group; an entry may be both. Contacts are
// neither. A member that no entry under the bases answers to, that lies outside
// the bases, or that is neither account nor group becomes an unresolved thing;
// it is never assumed to be a person. Two entries that answer to one DN, or to
// one login for memberUid, answer to none.
//
// # Status
//
// A standard directory has no flag for "this account is switched on", and an
// entry that merely exists says nothing about it: sites switch accounts off by
// scrambling the password, by a login shell, by moving the entry. So the status
// stays unknown unless something proves it:
//
//   - a mapped attribute says so (attributes: {status: X}, with values: {status:
//     {A: enabled, …}}; the value "" stands for an entry without the attribute),
//   - nsAccountLock is true (disabled) or false (enabled),
//   - pwdAccountLockedTime is set (locked; 000001010000Z is for good),
//   - the entry shows other state of a password policy, such as pwdChangedTime,
//     and no lock (enabled): the policy governs this account and its state is
//     readable here.
//
// If several speak, disabled wins over expired, locked and enabled. The login
// shell is no status.
//
// In 389 Directory Server an account without nsAccountLock is enabled, if whoever
// reads may see locks. Active Directory has the flag; see [ActiveDirectory].
//
// # Limitations
//
// Entries that access control hides leave no trace. The traces that they may leave
// are looked for: an entry that says it has children of which none is seen, a
// member below an entry that is not seen, a group of a class that must have members
// and shows none, a back link to a group that is not seen or does not show as
// many members. Searches of dynamic groups and further ranges of members are gaps
// where nobody makes or asks for them, as in an LDIF export.
package directory
