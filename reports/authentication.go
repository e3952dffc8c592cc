// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// maxTold is how many accounts stand beside a tally.
const maxTold = 20

// An Authentication is what one source tells of how its accounts prove who they
// are: the policies that are configured, and for how many accounts something is
// left out. It says nothing of what happens when somebody signs in.
type Authentication struct {
	Source        graph.Source
	Policies      []AuthPolicy
	NotRead       []string // why policies could not be read, as their reader says
	Enabled       int      // accounts of the source
	Others        int      // that are disabled, locked or expired, or whose status is unknown
	StatusUnknown int      // of the others
	Tallies       []Tally  // nil: no account of the source tells any of it
}

// Told reports whether the source tells anything, be it only that its policies
// could not be read.
func (a Authentication) Told() bool {
	return len(a.Policies)+len(a.NotRead)+len(a.Tallies) > 0
}

// An AuthPolicy is one policy as its source has it, in its source's order.
type AuthPolicy struct {
	Name     string
	Settings []Setting
}

// String tells the policy on one line.
func (p AuthPolicy) String() string {
	var all []string
	for _, s := range p.Settings {
		if s.Label == "" {
			all = append(all, s.Text())
			continue
		}
		all = append(all, s.Label+" "+s.Text())
	}
	if len(all) == 0 {
		all = []string{"no setting is told"}
	}
	return p.Name + ": " + strings.Join(all, ", ")
}

// A Setting is one line of a policy. Label is empty where the line has none; Name
// is what the thing is called whose ID the value is.
type Setting struct{ Label, Value, Name string }

// Text returns the value, behind the name of what it is about.
func (s Setting) Text() string {
	if s.Name == "" {
		return s.Value
	}
	return s.Name + " (" + s.Value + ")"
}

// A Tally counts the accounts of one source with one value of one attribute.
type Tally struct {
	Name             string // such as "password never expires"
	Attribute, Value string
	Told             bool // some account of the source tells the attribute; if none does, all are unknown
	Enabled, Others  Tallied
	Examples         []Thing // enabled ones, the first in ID order
}

// A Tallied is how many accounts are so, and of how many that is unknown. All
// further ones are known not to be so.
type Tallied struct{ Count, Unknown int }

func tallies() []Tally {
	return []Tally{
		{Name: "password never expires", Attribute: "password_expires", Value: "never"},
		{Name: "no password required", Attribute: "password_required", Value: "false"},
		{Name: "no pre-authentication required", Attribute: "preauthentication", Value: "false"},
		{Name: "trusted for unconstrained delegation", Attribute: "delegation", Value: "unconstrained"},
	}
}

// AuthenticationOf takes out of a run's details what they tell of authentication,
// and returns the rest. A detail "authentication: NAME" is a policy with its
// settings, "authentication" why policies could not be read.
func AuthenticationOf(details graph.Attrs) (told Authentication, rest graph.Attrs) {
	for _, d := range details {
		name, isPolicy := strings.CutPrefix(d.Key, "authentication: ")
		switch {
		case isPolicy:
			told.Policies = append(told.Policies, policyOf(name, d.Values))
		case d.Key == "authentication" && len(d.Values) == 0:
			told.NotRead = append(told.NotRead, "not read; no reason is given")
		case d.Key == "authentication":
			told.NotRead = append(told.NotRead, d.Values...)
		default:
			rest = append(rest, d)
		}
	}
	return told, rest
}

func policyOf(name string, lines []string) AuthPolicy {
	p := AuthPolicy{Name: name}
	for _, l := range lines {
		s := Setting{Value: l}
		if label, value, ok := strings.Cut(l, ": "); ok {
			s = Setting{Label: label, Value: value}
		}
		p.Settings = append(p.Settings, s)
	}
	return p
}

// authentication tells of every source with accounts, if any source tells
// something: those that do not must be seen not to.
func (b *builder) authentication() {
	g := b.in.Graph
	at := map[graph.Source]int{}
	var all []Authentication
	for i, s := range g.Sources() {
		at[s] = i
		all = append(all, Authentication{Source: s, Tallies: tallies()})
	}
	for _, r := range g.Runs() {
		told, _ := AuthenticationOf(r.Details)
		all[at[r.Source]].join(told)
	}
	lo, hi := g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		b.tally(&all[at[g.ID(n).Source]], n)
	}
	for i := range all {
		all[i].settle()
		b.nameSettings(all[i].Policies)
	}
	all = slices.DeleteFunc(all, func(a Authentication) bool { return !a.Told() && a.Enabled+a.Others == 0 })
	if slices.ContainsFunc(all, Authentication.Told) {
		b.packet.Authentication = all
	}
}

// join adds what another run of the same source tells besides.
func (a *Authentication) join(told Authentication) {
	for _, p := range told.Policies {
		same := func(q AuthPolicy) bool { return q.Name == p.Name && slices.Equal(q.Settings, p.Settings) }
		if !slices.ContainsFunc(a.Policies, same) {
			a.Policies = append(a.Policies, p)
		}
	}
	a.NotRead = append(a.NotRead, told.NotRead...)
}

func (b *builder) tally(a *Authentication, n uint32) {
	g := b.in.Graph
	status, known := g.Word(n, "status")
	enabled := status == "enabled"
	switch {
	case enabled:
		a.Enabled++
	case !known:
		a.StatusUnknown++
		fallthrough
	default:
		a.Others++
	}
	for i := range a.Tallies {
		t := &a.Tallies[i]
		of := &t.Others
		if enabled {
			of = &t.Enabled
		}
		values := g.AttrValues(n, t.Attribute)
		switch {
		case values == nil:
			of.Unknown++
			continue
		case slices.Contains(values, t.Value):
			of.Count++
			if enabled && len(t.Examples) < maxTold {
				t.Examples = append(t.Examples, Thing{ID: g.ID(n), Name: g.Name(n)})
			}
		}
		t.Told = true
	}
}

// settle drops the tallies of a source of which no account tells any of it.
func (a *Authentication) settle() {
	if !slices.ContainsFunc(a.Tallies, func(t Tally) bool { return t.Told }) {
		a.Tallies = nil
	}
}

func (b *builder) nameSettings(policies []AuthPolicy) {
	for _, p := range policies {
		for i := range p.Settings {
			if id, err := graph.ParseID(p.Settings[i].Value); err == nil {
				p.Settings[i].Name = b.thing(id).Name
			}
		}
	}
}
