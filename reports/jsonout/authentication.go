// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
)

type authentication struct {
	Source   string       `json:"source"`
	Policies []authPolicy `json:"policies"`
	NotRead  []string     `json:"not_read,omitempty"`
	Accounts accountCount `json:"accounts"`
	Tallies  []tally      `json:"tallies"`
}

type authPolicy struct {
	Name     string    `json:"name"`
	Settings []setting `json:"settings"`
}

type setting struct {
	Label string `json:"label,omitempty"`
	Value string `json:"value"`
	Name  string `json:"name,omitempty"`
}

type accountCount struct {
	Enabled       int `json:"enabled"`
	Others        int `json:"others"`
	StatusUnknown int `json:"status_unknown"`
}

type tally struct {
	Name      string     `json:"name"`
	Attribute string     `json:"attribute"`
	Value     string     `json:"value"`
	Told      bool       `json:"told"`
	Enabled   tallied    `json:"enabled"`
	Others    tallied    `json:"others"`
	Examples  []graph.ID `json:"examples"`
	Names     []string   `json:"names"`
}

// A tallied has no count when no account tells.
type tallied struct {
	Count   *int `json:"count,omitempty"`
	Unknown int  `json:"unknown"`
}

func authenticationOf(a reports.Authentication) authentication {
	out := authentication{
		Source: string(a.Source), Policies: []authPolicy{}, NotRead: a.NotRead,
		Accounts: accountCount{a.Enabled, a.Others, a.StatusUnknown}, Tallies: []tally{},
	}
	for _, p := range a.Policies {
		policy := authPolicy{p.Name, []setting{}}
		for _, s := range p.Settings {
			policy.Settings = append(policy.Settings, setting(s))
		}
		out.Policies = append(out.Policies, policy)
	}
	for _, t := range a.Tallies {
		out.Tallies = append(out.Tallies, tally{
			t.Name, t.Attribute, t.Value, t.Told, talliedOf(t, t.Enabled), talliedOf(t, t.Others), ids(t.Examples), names(t.Examples),
		})
	}
	return out
}

func talliedOf(t reports.Tally, n reports.Tallied) tallied {
	if !t.Told {
		return tallied{nil, n.Unknown}
	}
	return tallied{&n.Count, n.Unknown}
}
