// SPDX-License-Identifier: Apache-2.0

// Package campaign runs a certification: who has to decide about which access, what
// they decided, and whether what was to go is gone.
//
// A campaign is fixed by a snapshot and a policy. All its state derives from records
// that are written one after the other and never changed: [Replay] reads them back and
// refuses any that should not have been written.
//
// Three things are never so. Nobody decides about access of their own, through whatever
// account, and whoever handed the line to them. Silence is never "keep". What cannot
// be told is not told as removed.
//
// Limitations: it sends nothing and stores nothing itself. Lines are about grants, not
// about what a grant gives through others; packets tell that beside each.
package campaign
