// SPDX-License-Identifier: Apache-2.0

// Package ldap reads accounts, groups and memberships from an LDAPv3 server:
// OpenLDAP, 389 Directory Server with FreeIPA, Active Directory with Samba. The
// root DSE tells which; package directory knows the dialects.
//
// It reads the tree three times, as package directory wants it, from one server,
// which the coverage names; then it finishes what one reading cannot: ranges of
// members, the searches of dynamic groups, machines that something names. It
// chases no referrals: what lies behind them is told as missing, unless it is a
// base of its own or a part of the forest that holds no accounts.
//
// # A search that ended is not a search that is complete
//
// The LDAP library sends the paging control uncritical, takes a lost control for
// the end of the data, has no default timeout and drops a message that it cannot
// decode. So this package searches by itself and believes a search only when the
// server said success, the paging control was in every answer, the last cookie
// was empty, and every message was exactly what RFC 4511 says. Limits of the
// server make the dataset partial; anything else that is wrong is an error. A
// server that is busy before it said anything is asked again, twice.
//
// What is not shown is not taken for absent. Entries that do not say whether they
// have children, entries whose class only the server knows to be an account's or
// a group's, sign-ins that nobody may see, a canary that is not seen make datasets
// partial. A group that shows no members is asked whether it has any, or held
// against what its members say.
//
// # Who reads what
//
// Everything that the server sends passes a guard. Answers to searches it puts in
// a queue, from where entries are taken one by one, decoded in the memory in which
// they came; the queue is bounded by bytes, and a full one makes the server wait.
// Everything else goes to the library, which binds, compares and asks who we are.
// The guard bounds size, depth and number of elements of what the library gets, so
// that no global variable of its BER package needs to be set.
//
// # Limitations
//
// Only simple binds and client certificates are supported. A lost connection
// ends the collection with an error; nothing is resumed.
package ldap
