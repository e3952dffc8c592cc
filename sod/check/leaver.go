// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Question asks what of one person's access is live.
type Question struct {
	EmployeeID string
	AsOf       time.Time
	Effective  time.Time  // the end of the employment; zero is not asked about
	Mode       reach.Mode // the weakest access to look at; zero is all

	// SLA asks by when access was to end, and whether it did; nil does not. Previous is
	// the graph of an earlier snapshot, which bounds what has no time; nil is none.
	SLA      *sod.SLA
	Previous *graph.Graph

	// Undecided are accounts that correlation could not link, because several
	// identities carry what the account carries, this person among them or not.
	Undecided []Undecided

	Shrunk []Doubt // of what much less came than the time before
}

// Undecided is an account of which correlation could not tell whose it is.
type Undecided struct {
	Account    graph.ID
	Key        string // the attribute by which it could not be told
	Identities []graph.ID
}

// A Leaver is what of one person's access lives, and what could not be told.
type Leaver struct {
	Identity   graph.ID
	Logins     []Login  // all accounts that concern the person, in the order of their IDs
	Held       []Access // what the person holds without any account
	More       int      // of Held: how much is left out
	CannotTell []Doubt  // in order; empty only when everything was read
	Timing     *Timing  // nil when no SLA was asked about
	Unlinked   int      // accounts that may be used and that nobody owns, and nothing says they are this person's
}

// Lives reports whether anything does.
func (l *Leaver) Lives() bool {
	return len(l.Held) > 0 || slices.ContainsFunc(l.Logins, func(x Login) bool { return x.Life.Lives() })
}

// A Tie says how an account concerns a person. The zero Tie is invalid.
type Tie uint8

// The ties.
const (
	_        Tie = iota
	Owned        // it was linked to the person
	Carried      // it is linked to nobody, and says by its employee id, owner or main account that it is the person's
	Declared     // it names the person, or an account of the person, as its owner
	Obtained     // the person or an account of the person controls it, and may know its secret
)

var tieNames = [...]string{"", "owned", "carried", "declared", "obtained"}

// String returns the tie's name, such as "owned".
func (t Tie) String() string { return tieNames[t] }

// Own reports whether the account is the person's, not one that the person answers
// for or may know the secret of.
func (t Tie) Own() bool { return t == Owned || t == Carried }

// A Life says whether an account can be used. The zero Life is invalid.
type Life uint8

// The lives.
const (
	_       Life = iota
	Live         // enabled
	Locked       // enabled, and locked for a while: it lives
	Ended        // disabled, expired, or locked for good by an administrator
	Unknown      // nothing tells
)

var lifeNames = [...]string{"", "live", "live-but-locked", "not-live", "cannot-tell"}

// String returns the life's name, such as "live-but-locked".
func (l Life) String() string { return lifeNames[l] }

// Lives reports whether the account is known to live.
func (l Life) Lives() bool { return l == Live || l == Locked }

// lifeOf reads a status. A word that is not known says nothing.
func lifeOf(status string) Life {
	switch status {
	case "enabled":
		return Live
	case "locked":
		return Locked
	case "disabled", "expired":
		return Ended
	}
	return Unknown
}

// A Login is an account that concerns the person.
type Login struct {
	ID       graph.ID
	Tie      Tie
	By       graph.ID // of Declared and Obtained: what ties it to the person
	Life     Life
	Outlives graph.ID      // an account of the person in another source that has ended; zero is none
	Access   []Access      // what it reaches, unless it has ended
	More     int           // of Access: how much is left out
	Grants   []graph.Grant // that it holds itself; when it has ended, they would count again
	Use      Use
}

// An Access is something that is reached, by the strongest and then the shortest path.
type Access struct {
	reach.Path
	First   graph.Terms // of the first grant; zero when it is implied
	Implied bool        // the first step is that of a population: no grant says so
}

// LeaverOf answers a question. An error says that the person cannot be found, or that
// several carry the employee id.
func LeaverOf(g *graph.Graph, q Question) (*Leaver, error) {
	if q.Mode == 0 {
		q.Mode = reach.Attainable
	}
	l := leaving{world: newWorld(g, q.AsOf), Question: q, answer: &Leaver{}, ties: map[uint32]tied{}}
	if err := l.find(); err != nil {
		return nil, err
	}
	l.tieAccounts()
	l.look()
	l.answer.Held, l.answer.More = l.reached(l.who)
	l.outlive()
	l.doubt()
	if q.SLA != nil {
		return l.answer, l.time()
	}
	return l.answer, nil
}

// A leaving is the work of one LeaverOf.
type leaving struct {
	*world
	Question
	answer *Leaver
	who    uint32 // the person
	ties   map[uint32]tied
	views  []*reach.View // from standing to the mode that is asked for
	looked bool          // only are all accounts that may concern the person
	only   []uint32
}

type tied struct {
	tie Tie
	by  uint32
}

// find looks for the one identity that carries the employee id, letter by letter.
func (l *leaving) find() error {
	found := l.carriers[l.EmployeeID]
	if len(found) == 1 {
		l.who = found[0]
		l.answer.Identity = l.g.ID(l.who)
		return nil
	}
	if len(found) == 0 {
		return fmt.Errorf("employee %q: no identity that was read carries this employee id%s", l.EmployeeID, l.unreadPeople())
	}
	var ids []string
	for _, n := range found {
		ids = append(ids, l.g.ID(n).String())
	}
	return fmt.Errorf("employee %q: %d identities carry this employee id, and foureyes does not choose: %s", l.EmployeeID, len(found), strings.Join(ids, ", "))
}

// unreadPeople says why nobody is told to be absent.
func (l *leaving) unreadPeople() string {
	var words []string
	for _, s := range l.g.Sources() {
		if !l.g.State(s, graph.Identities).Whole() {
			words = append(words, fmt.Sprintf("identities of %s (%s)", s, reach.StateReason(l.g, s, graph.Identities)))
		}
	}
	switch {
	case len(words) > 0:
		return "; whether there is one cannot be told, for not everything was read: " + strings.Join(words, "; ")
	case !l.people:
		return "; no source says who the people are"
	}
	return "; it is compared letter by letter, with leading zeros"
}

// tieAccounts finds the accounts that concern the person: first the own ones, then
// those that name one of them or are controlled by one.
func (l *leaving) tieAccounts() {
	all := l.candidates()
	for _, n := range all {
		switch owners := l.owners[n]; {
		case slices.Contains(owners, l.who):
			l.tie(n, Owned, l.who)
		case len(owners) == 0 && l.carries(n):
			l.tie(n, Carried, l.who)
		}
	}
	for _, n := range all {
		if main := l.main(n); main != n && len(l.owners[n]) == 0 && l.own(main) {
			l.tie(n, Carried, main)
		}
	}
	own := l.tiedNodes()
	for _, n := range all {
		if by, ok := l.declaredBy(n); ok {
			l.tie(n, Declared, by)
		}
	}
	for _, n := range append(own, l.who) {
		l.tieControlled(n)
	}
}

// candidates lists the accounts that may concern the person: all, unless somebody
// looked already.
func (l *leaving) candidates() []uint32 {
	if l.looked {
		return l.only
	}
	var all []uint32
	lo, hi := l.g.Range(graph.Account)
	for n := lo; n < hi; n++ {
		all = append(all, n)
	}
	return all
}

// carries reports whether an account itself says that it is the person's.
func (l *leaving) carries(n uint32) bool {
	if id, ok := l.g.Attr(n, "employee_id"); ok && id == l.EmployeeID {
		return true
	}
	kind, _ := l.g.Word(n, "type")
	by, ok := l.declaredBy(n)
	return ok && by == l.who && kind == "person"
}

// tie keeps what ties more closely.
func (l *leaving) tie(n uint32, t Tie, by uint32) {
	if _, known := l.ties[n]; !known {
		l.ties[n] = tied{t, by}
	}
}

// tiedNodes lists the accounts so far, in order.
func (l *leaving) tiedNodes() []uint32 {
	var all []uint32
	for n := range l.ties {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// own reports whether a node is the person, or an account of the person's own.
func (l *leaving) own(n uint32) bool { return n == l.who || l.ties[n].tie.Own() }

// declaredBy returns which of the person's things an account names as its owner.
func (l *leaving) declaredBy(account uint32) (by uint32, ok bool) {
	for _, text := range l.g.AttrValues(account, "owner") {
		id, err := graph.ParseID(text)
		if err != nil {
			continue
		}
		if n, found := l.g.Find(id); found && l.own(n) {
			return n, true
		}
	}
	return 0, false
}

// tieControlled ties the accounts that one of the person's things controls itself,
// and whose secret is not a person's: what was taken note of while the control lasted
// outlives the account. Accounts of persons count as what is reached.
func (l *leaving) tieControlled(n uint32) {
	for _, e := range l.g.Out(n) {
		if e.Kind() != graph.Controls || l.g.ID(e.To).Kind != graph.Account || !l.g.Terms(e).Holds(l.AsOf) {
			continue
		}
		switch kind, _ := l.g.Word(e.To, "type"); kind {
		case "person", "guest", "system":
		default:
			l.tie(e.To, Obtained, n)
		}
	}
}

// look tells of each account whether it lives, and what it reaches.
func (l *leaving) look() {
	for _, n := range l.tiedNodes() {
		x := l.login(n)
		x.Grants = l.grants(n)
		if x.Life != Ended {
			x.Access, x.More = l.reached(n)
		}
		l.answer.Logins = append(l.answer.Logins, x)
	}
}

// login tells of an account what ties it, whether it lives, and whether it was used.
func (l *leaving) login(n uint32) Login {
	x := Login{ID: l.g.ID(n), Tie: l.ties[n].tie, Life: l.life(n)}
	if x.Tie.Own() {
		x.Use = l.use(n)
	} else {
		x.By = l.g.ID(l.ties[n].by)
	}
	return x
}

// life tells whether an account lives. OpenLDAP knows no other way to disable one than
// the lock for good, which it never sets by itself; elsewhere such a lock comes of
// passwords that were wrong, and whoever asks nicely gets it lifted.
func (w *world) life(n uint32) Life {
	status, _ := w.g.Word(n, "status")
	if lock, _ := w.g.Attr(n, "lock"); status == "locked" && lock == "permanent" && w.isOpenLDAP(w.g.ID(n).Source) {
		return Ended
	}
	return lifeOf(status)
}

func (w *world) isOpenLDAP(s graph.Source) bool {
	return slices.ContainsFunc(w.g.Runs(), func(r graph.SourceRun) bool {
		family, _ := r.Details.Get("dialect")
		return r.Source == s && family == "openldap"
	})
}

// grants lists those of an account that hold.
func (l *leaving) grants(n uint32) (all []graph.Grant) {
	for _, e := range l.g.Out(n) {
		if l.g.Terms(e).Holds(l.AsOf) {
			all = append(all, l.g.Grant(n, e))
		}
	}
	return all
}

// outlive marks accounts of applications that live on although another account of the
// person has ended.
func (l *leaving) outlive() {
	for i := range l.answer.Logins {
		x := &l.answer.Logins[i]
		if !x.Tie.Own() || !x.Life.Lives() || l.isDirectory(x.ID.Source) {
			continue
		}
		for _, y := range l.answer.Logins {
			if y.Tie.Own() && y.Life == Ended && y.ID.Source != x.ID.Source {
				x.Outlives = y.ID
				break
			}
		}
	}
}

// isDirectory reports whether a source is known to be one by which people sign in.
func (w *world) isDirectory(s graph.Source) bool {
	return slices.ContainsFunc(w.g.Runs(), func(r graph.SourceRun) bool {
		return r.Source == s && slices.Contains([]string{"ldap", "ldif", "entra"}, r.Connector)
	})
}
