// SPDX-License-Identifier: Apache-2.0

// Package remedy finds the grants that cost least to revoke so that no open finding of
// kind sod or critical is left, and proves that nothing cheaper does.
//
// It looks for a set of grants that hits every witness. A witness of a finding is one
// path for each duty that breaks the rule; whatever plan clears the finding revokes a
// grant on one of them. Witnesses come one after the other: the cheapest set that hits
// those that are known is tried, and whoever still breaks a rule without it has a
// witness that nobody knew. When nobody has, the set is a plan, and the cheapest
// there is. That it is the cheapest follows from the witnesses alone, and package
// sod/remedy/proof checks it without any of this code.
//
// Limitations: of acceptances only those are looked at that count before anything is
// revoked. One that approves of exactly what somebody held may lapse when they hold less.
package remedy
