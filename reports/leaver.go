// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// A Leaver says what of one person's access lives, resolved for readers. It tells of
// the employment no more than whether it is over.
type Leaver struct {
	EmployeeID string
	Person     Thing
	Employment string // "employed", "left", or "unknown"
	AsOf       time.Time
	Started    time.Time // when the sources began to be read; zero is unknown
	Ended      time.Time
	Effective  time.Time // zero when it was not asked about
	Mode       reach.Mode
	Sources    []LeaverSource
	Logins     []LeaverLogin
	Held       []LeaverGroup // by no account
	HeldMore   int
	CannotTell []LeaverDoubt
	Unlinked   int           // accounts that may be used and are linked to nobody
	SLA        string        // in words; empty when none was asked about
	Timing     *LeaverTiming // nil likewise
}

// A LeaverSource is one of the sources that were read.
type LeaverSource struct {
	Name      graph.Source
	Connector string
	Moment    time.Time // of when its data is; zero is unknown
}

// A LeaverLogin is an account that concerns the person.
type LeaverLogin struct {
	Thing
	Status, Type string // empty is unknown
	Tie          check.Tie
	By           Thing // what ties it, of an account that is not the person's own
	Life         check.Life
	Outlives     Thing // the account that has ended, although this one lives
	Access       []LeaverGroup
	More         int
	Grants       int // that it holds itself
	Use          check.Use
	End          Remedy   // how it ends
	Remove       []Remedy // how its grants go, unless it has ended
}

// A LeaverGroup is what is reached of one application, or of one source.
type LeaverGroup struct {
	Title string
	Rows  []LeaverRow
}

// A LeaverRow is one thing that is reached, and how.
type LeaverRow struct {
	Thing
	Mode    reach.Mode
	Path    []Thing // from the account to the thing
	Kinds   []graph.GrantKind
	Implied bool     // a population gives it to every account
	Ask     []Thing  // who answers for it; empty is unknown
	Remove  []Remedy // how the first grant of the path goes; none when it is implied
}

// A LeaverDoubt is something that could not be told.
type LeaverDoubt struct {
	check.Doubt
	Things []Thing
}

// A Remedy is a suggestion; foureyes itself changes nothing.
type Remedy struct {
	Text string
	LDIF string // a change record, lines with line feeds; empty when there is none
}

// LeaverInput is what a [Leaver] is made from. Policy may be nil.
type LeaverInput struct {
	Graph    *graph.Graph
	Policy   *sod.Policy
	Question check.Question
	Answer   *check.Leaver

	Started, Ended time.Time // of the reading
}

// NewLeaver resolves an answer.
func NewLeaver(in LeaverInput) (*Leaver, error) {
	if in.Graph == nil || in.Answer == nil {
		return nil, errors.New("leaver: graph and answer are both needed")
	}
	b := leaverBuilder{LeaverInput: in, changer: newChanger(in.Graph, in.Policy), own: map[graph.ID]bool{in.Answer.Identity: true}}
	for _, x := range in.Answer.Logins {
		if x.Tie.Own() {
			b.own[x.ID] = true
		}
	}
	q := in.Question
	out := &Leaver{
		EmployeeID: q.EmployeeID, Person: b.thing(in.Answer.Identity), Employment: b.employment(),
		AsOf: q.AsOf.UTC(), Started: in.Started.UTC(), Ended: in.Ended.UTC(), Effective: q.Effective.UTC(), Mode: cmp.Or(q.Mode, reach.Attainable), Sources: b.sources(),
		Held: b.groups(in.Answer.Held), HeldMore: in.Answer.More, Unlinked: in.Answer.Unlinked,
	}
	if t := in.Answer.Timing; t != nil {
		timing := timingOf(in.Graph, *t)
		out.SLA, out.Timing = q.SLA.String(), &timing
	}
	for _, x := range in.Answer.Logins {
		out.Logins = append(out.Logins, b.login(x))
	}
	for _, d := range in.Answer.CannotTell {
		out.CannotTell = append(out.CannotTell, LeaverDoubt{d, b.things(d.About)})
	}
	return out, nil
}

// Live counts the accounts that live.
func (l *Leaver) Live() int {
	n := 0
	for _, x := range l.Logins {
		if x.Life.Lives() {
			n++
		}
	}
	return n
}

// Lives reports whether anything does.
func (l *Leaver) Lives() bool { return l.Live() > 0 || len(l.Held) > 0 }

// Used counts the accounts that were used after the end.
func (l *Leaver) Used() int {
	n := 0
	for _, x := range l.Logins {
		if x.Use.Answer == "yes" {
			n++
		}
	}
	return n
}

// Verdict says in one sentence what lives and what could not be told.
func (l *Leaver) Verdict() string {
	var parts []string
	if n := l.Live(); n > 0 {
		parts = append(parts, Plural(n, "account")+" "+agree(n, "lives", "live"))
	}
	if n := len(rowsOf(l.Held)) + l.HeldMore; n > 0 {
		parts = append(parts, Plural(n, "right")+" held without an account")
	}
	if !l.Lives() {
		parts = append(parts, "nothing that was read lives")
	}
	if n := l.Used(); n > 0 {
		parts = append(parts, Plural(n, "account")+" "+agree(n, "was", "were")+" USED AFTER THE END")
	}
	if l.Timing != nil {
		parts = append(parts, l.Timing.Verdicts())
	}
	if n := len(l.CannotTell); n > 0 {
		parts = append(parts, "CANNOT TELL: "+Plural(n, "row"))
	} else {
		parts = append(parts, "everything was read")
	}
	return strings.Join(parts, "; ")
}

func agree(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func rowsOf(groups []LeaverGroup) (all []LeaverRow) {
	for _, g := range groups {
		all = append(all, g.Rows...)
	}
	return all
}

// RemoveHeld lists how what is held without an account goes.
func (l *Leaver) RemoveHeld() (all []Remedy) {
	for _, r := range rowsOf(l.Held) {
		for _, remedy := range r.Remove {
			all = appendNew(all, remedy)
		}
	}
	return all
}

func appendNew(all []Remedy, r Remedy) []Remedy {
	if slices.Contains(all, r) {
		return all
	}
	return append(all, r)
}

type leaverBuilder struct {
	LeaverInput
	changer
	own map[graph.ID]bool
}

func (b *leaverBuilder) employment() string {
	n, ok := b.Graph.Find(b.Answer.Identity)
	if !ok {
		return "unknown"
	}
	return employmentOf(b.Graph, n, b.Question.AsOf)
}

// employmentOf tells what a reader may know of what human resources know. Leave and
// notice given look like employment, and so does an end that is still to come or whose
// day is not told.
func employmentOf(g *graph.Graph, n uint32, at time.Time) string {
	switch left, known := diff.Left(g, n, at); {
	case !known:
		return "unknown"
	case left:
		return "left"
	}
	return "employed"
}

func (b *leaverBuilder) sources() (all []LeaverSource) {
	for _, s := range b.Graph.Sources() {
		out := LeaverSource{Name: s, Moment: check.Moment(b.Graph, s)}
		for _, r := range b.Graph.Runs() {
			if r.Source == s {
				out.Connector = r.Connector
			}
		}
		all = append(all, out)
	}
	return all
}

func (b *leaverBuilder) login(x check.Login) LeaverLogin {
	out := LeaverLogin{
		Thing: b.thing(x.ID), Status: b.attr(x.ID, "status"), Type: b.attr(x.ID, "type"), Tie: x.Tie, Life: x.Life,
		Access: b.groups(x.Access), More: x.More, Grants: len(x.Grants), Use: x.Use,
	}
	if !x.By.IsZero() {
		out.By = b.thing(x.By)
	}
	if !x.Outlives.IsZero() {
		out.Outlives = b.thing(x.Outlives)
	}
	if x.Life != check.Ended {
		out.End = b.end(x)
		for _, g := range x.Grants {
			out.Remove = appendNew(out.Remove, b.remove(g))
		}
	}
	return out
}

// groups sorts what is reached by application, and what is of none by source.
func (b *leaverBuilder) groups(all []check.Access) (groups []LeaverGroup) {
	at := map[string]int{}
	for _, a := range all {
		title := b.title(a.End())
		i, known := at[title]
		if !known {
			i = len(groups)
			at[title] = i
			groups = append(groups, LeaverGroup{Title: title})
		}
		groups[i].Rows = append(groups[i].Rows, b.row(a))
	}
	slices.SortFunc(groups, func(x, y LeaverGroup) int { return strings.Compare(x.Title, y.Title) })
	for _, g := range groups {
		slices.SortFunc(g.Rows, func(x, y LeaverRow) int { return cmp.Or(cmp.Compare(x.Mode, y.Mode), x.ID.Compare(y.ID)) })
	}
	return groups
}

// title names the application that a thing belongs to, or its source.
func (b *leaverBuilder) title(id graph.ID) string {
	if n, ok := b.Graph.Find(id); ok {
		if i, ok := b.apps[n]; ok {
			return "application " + labelled(b.Policy.Apps[i].ID, b.Policy.Apps[i].Title)
		}
	}
	if app := b.attr(id, "application"); app != "" {
		return "application " + app
	}
	return "source " + string(id.Source)
}

func (b *leaverBuilder) row(a check.Access) LeaverRow {
	out := LeaverRow{
		Thing: b.thing(a.End()), Mode: a.Mode(), Path: b.things(a.Nodes), Kinds: a.Kinds, Implied: a.Implied,
		Ask: b.ask(a.Nodes[1], a.End()),
	}
	if !a.Implied {
		out.Remove = append(out.Remove, b.remove(graph.Grant{From: a.Nodes[0], To: a.Nodes[1], Kind: a.Kinds[0], Terms: a.First}))
	}
	return out
}

// ask finds who answers for what is to be taken away: the owners of the first thing
// on the path, else of the last one, else of the application. The person who leaves is
// nobody to ask, and neither is who has left.
func (b *leaverBuilder) ask(first, last graph.ID) []Thing {
	for _, named := range [][]graph.ID{b.owners(first), b.owners(last), b.appOwner(last), b.appOwner(first)} {
		if named = slices.DeleteFunc(named, b.isNobodyToAsk); len(named) > 0 {
			return b.things(named)
		}
	}
	return nil
}

func (b *leaverBuilder) isNobodyToAsk(id graph.ID) bool {
	if id.IsZero() || b.own[id] {
		return true
	}
	n, ok := b.Graph.Find(id)
	return ok && employmentOf(b.Graph, n, b.Question.AsOf) == "left"
}

// Owners describes whom to ask: "unknown" when nobody is known.
func (r LeaverRow) Owners() string {
	if len(r.Ask) == 0 {
		return "unknown"
	}
	var names []string
	for _, t := range r.Ask {
		names = append(names, t.Label())
	}
	return strings.Join(names, ", ")
}

// SaidOf reports whether the same is said of another dataset of the same source, as a
// whole.
func (d LeaverDoubt) SaidOf(next LeaverDoubt) bool {
	return d.Count == 0 && next.Count == 0 && d.Source == next.Source && d.Why == next.Why
}

// Subject says what a doubt is about: "memberships of corp".
func (d LeaverDoubt) Subject() string {
	switch {
	case d.Source == "":
		return "weaker access"
	case d.Dataset == graph.All:
		return "everything of " + string(d.Source)
	}
	return fmt.Sprintf("%s of %s", d.Dataset, d.Source)
}

// Doubts tells what could not be told as pairs of what it is about and why, with what is
// said of several datasets of a source alike said once.
func (l *Leaver) Doubts() (all [][2]string) {
	for i := 0; i < len(l.CannotTell); i++ {
		s := ""
		for ; i+1 < len(l.CannotTell) && l.CannotTell[i].SaidOf(l.CannotTell[i+1]); i++ {
			s += string(l.CannotTell[i].Dataset) + ", "
		}
		d := l.CannotTell[i]
		why := d.Why
		if d.Count > 0 {
			why += ": " + d.Things[0].Label()
			if d.Count > 1 {
				why += fmt.Sprintf(" and %s more", Number(d.Count-1))
			}
		}
		all = append(all, [2]string{s + d.Subject(), why})
	}
	return all
}
