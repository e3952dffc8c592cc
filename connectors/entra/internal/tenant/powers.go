// SPDX-License-Identifier: Apache-2.0

package tenant

// powers are the rights to change others, and who has which role.
type powers struct {
	held map[string]map[scopedRole]hold // by the id of an account
}

// A hold says how somebody has a role.
type hold struct{ active, eligible bool }

func (s *story) sets() *powers { return &powers{} }

func (s *story) powerNodes(teller) bool   { return true }
func (s *story) powerGrants(teller) bool  { return true }
func (s *story) scopedPowers(teller) bool { return true }

func powersOfPermission(string) []string { return nil }
