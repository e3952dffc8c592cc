// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// A Doubt is something that could not be told, so that something may live unseen.
type Doubt struct {
	Source  graph.Source // empty when it is of no source
	Dataset graph.Dataset
	Why     string
	About   []graph.ID // things that it is about, the first few in order; none for a whole dataset
	Count   int        // of all these things
}

// maxAbout is how many things a doubt names.
const maxAbout = 5

// mayHide lists the datasets behind which something may live unseen.
func mayHide() []graph.Dataset {
	return []graph.Dataset{graph.Identities, graph.Accounts, graph.Groups, graph.Memberships, graph.Assignments, graph.Eligibility, graph.Control}
}

// doubt gathers what could not be told.
func (l *leaving) doubt() {
	d := doubts{leaving: l, at: map[string]int{}}
	if l.Mode < reach.Attainable {
		d.add("", graph.All, fmt.Sprintf("access weaker than %s was not asked for", l.Mode))
	}
	for _, s := range l.g.Sources() {
		d.source(s)
	}
	for _, x := range l.Shrunk {
		d.add(x.Source, x.Dataset, x.Why)
	}
	for _, gap := range l.g.Gaps() {
		if l.concerns(gap) {
			d.add(gap.About.Source, gap.Dataset, gap.Reason, gap.About)
		}
	}
	for _, x := range l.answer.Logins {
		if x.Life == Unknown {
			d.add(x.ID.Source, graph.Accounts, "it is not known whether the account is enabled", x.ID)
		}
		if x.Use.Answer == "cannot-tell" {
			d.add(x.ID.Source, graph.SignIn, "whether it was used after the end: "+x.Use.Why, x.ID)
		}
	}
	d.undecided()
	d.unlinked()
	slices.SortFunc(d.all, func(a, b Doubt) int {
		return cmp.Or(strings.Compare(string(a.Source), string(b.Source)), cmp.Compare(rank(a.Dataset), rank(b.Dataset)), slices.CompareFunc(a.About, b.About, graph.ID.Compare), strings.Compare(a.Why, b.Why))
	})
	l.answer.CannotTell = d.all
}

func rank(d graph.Dataset) int { return slices.Index(graph.Datasets(), d) }

type doubts struct {
	*leaving
	all []Doubt
	at  map[string]int // by what is said of which dataset
}

// add says something of a whole dataset, or of one more thing.
func (d *doubts) add(s graph.Source, set graph.Dataset, why string, about ...graph.ID) {
	key := fmt.Sprintf("%s\n%s\n%s\n%t", s, set, why, len(about) > 0)
	i, known := d.at[key]
	if !known {
		i = len(d.all)
		d.at[key] = i
		d.all = append(d.all, Doubt{Source: s, Dataset: set, Why: why})
	}
	x := &d.all[i]
	x.Count += len(about)
	if len(x.About) < maxAbout {
		x.About = append(x.About, about...)
	}
}

// source says what of a source was not read, and what is from before the end.
func (d *doubts) source(s graph.Source) {
	for _, set := range mayHide() {
		if !d.whole(s, set) {
			d.add(s, set, reach.StateReason(d.g, s, set))
		}
	}
	if why := d.stale(s); why != "" && d.g.State(s, graph.Accounts) != graph.NotApplicable {
		d.add(s, graph.All, why)
	}
}

// whole reports whether nothing of the person is hidden in a dataset: all of it was
// read, or, by the source's own word, all of it that concerns exactly this person.
func (l *leaving) whole(s graph.Source, set graph.Dataset) bool {
	if l.g.State(s, set).Whole() {
		return true
	}
	told := false
	for _, c := range l.g.Coverage() {
		if c.Source != s || !c.Dataset.Includes(set) {
			continue
		}
		told = true
		about := c.Details.Values(graph.Concerning)
		if !c.State.Whole() && (c.State != graph.NotRequested || !slices.Equal(about, []string{l.EmployeeID})) {
			return false
		}
	}
	return told
}

// concerns reports whether something of the person may be hidden behind a gap: what is
// about the person's own things, and who holds or controls anything else.
func (l *leaving) concerns(gap graph.Gap) bool {
	if n, ok := l.g.Find(gap.About); ok {
		if _, tied := l.ties[n]; tied || n == l.who {
			return gap.Dataset == graph.All || slices.Contains(mayHide(), gap.Dataset)
		}
	}
	if gap.About.Kind == graph.Identity || gap.About.Kind == graph.Account {
		return gap.Dataset.Hides(graph.Controls)
	}
	return slices.ContainsFunc(graph.GrantKinds(), gap.Dataset.Hides)
}

// undecided adds the accounts that may be this person's or another's.
func (d *doubts) undecided() {
	for _, u := range d.Undecided {
		if !slices.Contains(u.Identities, d.answer.Identity) {
			continue
		}
		if n, ok := d.g.Find(u.Account); ok && d.life(n) != Ended {
			d.add(u.Account.Source, graph.Accounts, fmt.Sprintf("it may be this person's or another's: %d identities carry its %s", len(u.Identities), u.Key), u.Account)
		}
	}
}

// unlinked adds the accounts that nobody owns and that look like the person's, and
// counts the others.
func (d *doubts) unlinked() {
	looks := d.looks()
	lo, hi := d.g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		if !d.isLoose(n) {
			continue
		}
		all := d.marks(n)
		i := slices.IndexFunc(all, func(m mark) bool { return looks[m] })
		if i < 0 {
			d.answer.Unlinked++
			continue
		}
		d.add(d.g.ID(n).Source, graph.Accounts, "it may be this person's: it has the same "+all[i].what+" and is linked to nobody", d.g.ID(n))
	}
}

// isLoose reports whether an account may be used and nothing says whose it is. Of what
// correlation could not decide is told already.
func (d *doubts) isLoose(n uint32) bool {
	if _, tied := d.ties[n]; tied || !d.world.isLoose(n) {
		return false
	}
	return !slices.ContainsFunc(d.Undecided, func(u Undecided) bool {
		return u.Account == d.g.ID(n) && slices.Contains(u.Identities, d.answer.Identity)
	})
}

func (w *world) isLoose(n uint32) bool {
	_, declared := w.g.Attr(n, "owner")
	kind, _ := w.g.Word(n, "type")
	return !declared && len(w.owners[n]) == 0 && kind != "system" && w.life(n) != Ended && w.g.Described(n)
}

// A mark is something by which people take two accounts for one person's.
type mark struct{ what, value string }

// looks gathers the marks of the person and of the own accounts.
func (l *leaving) looks() map[mark]bool {
	all := map[mark]bool{}
	for _, m := range l.marks(l.who) {
		all[m] = true
	}
	for n, t := range l.ties {
		if t.tie.Own() {
			for _, m := range l.marks(n) {
				all[m] = true
			}
		}
	}
	return all
}

// marks returns the marks of a node, without letter case.
func (w *world) marks(n uint32) (all []mark) {
	add := func(what, value string) {
		if value = strings.ToLower(strings.TrimSpace(value)); value != "" {
			all = append(all, mark{what, value})
		}
	}
	attr := func(key string) string {
		v, _ := w.g.Attr(n, key)
		return v
	}
	add("employee id", attr("employee_id"))
	add("address", attr("mail"))
	add("address", attr("upn"))
	if w.g.ID(n).Kind == graph.Identity {
		add("name", w.g.Name(n))
	} else {
		add("login", w.g.Name(n))
	}
	add("name", attr("display_name"))
	return all
}
