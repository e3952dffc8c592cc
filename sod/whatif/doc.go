// SPDX-License-Identifier: Apache-2.0

// Package whatif says which findings a change to a graph adds, removes and alters,
// before anybody makes the change.
//
// Limitations: a change speaks of nodes and grants. What was not read, the policy
// and the moment stay as they are.
package whatif
