// SPDX-License-Identifier: Apache-2.0

// Package directory turns the entries of an LDAP directory into facts, wherever
// the entries come from: a server or an LDIF export.
//
// A [Reading] takes every entry three times, so that no entry has to be kept:
//
//  1. [Reading.Register] learns which DN is which thing,
//  2. [Reading.Account] gives the accounts,
//  3. [Reading.Group] gives the groups and their members, resolved by DN,
//
// then [Reading.PrimaryGroups] and [Reading.Coverage] end it. Per entry it
// remembers a hash of the DN and the entry's id. The first listing is also the
// second count: what it saw and steps 2 and 3 did not bring makes the dataset
// partial.
//
// # What becomes what
//
// The key of a thing is its entryUUID, else its nsUniqueId, else its folded DN.
// Whatever [Dialect.AccountClasses] names is an account, whatever
// [Dialect.GroupClasses] names is a group; an entry may be both. Contacts are
// neither. A member that no entry under the bases answers to, that lies outside
// the bases, or that is neither account nor group becomes an unresolved thing;
// it is never assumed to be a person. Two entries that answer to one DN, or to
// one login for memberUid, answer to none.
//
// # Status
//
// A directory of this kind has no flag for "this account is switched on", and an
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
// # Limitations
//
// Entries that access control hides leave no trace. Three traces they may leave
// are looked for: an entry that says it has children of which none is seen, a
// member below an entry that is not seen, and a group of a class that must have
// members and shows none. Dynamic groups are a Gap: their URL is not evaluated.
package directory
