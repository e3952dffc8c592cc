// SPDX-License-Identifier: Apache-2.0

package tenant

type demand struct{}

func (s *story) demand() []demand { return nil }

func (s *story) tellMFA(a *attributes, id string, u User) {}
