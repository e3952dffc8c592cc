// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// A Review is a campaign, or what of it is one reviewer's, resolved for readers.
type Review struct {
	ID, Name, Period string
	Snapshot, Policy string // digests
	AsOf, Begun      time.Time
	By               Thing // who began it
	Stages           []ReviewStage
	Accepted         []ReviewGap
	Independent      bool
	Reviewer         Thing  // zero: of all reviewers
	Application      string // only what leads to it; "" is to any
	Counts           campaign.Closed
	Lines            []ReviewLine
	SignOffs         []ReviewSignOff
	Closed           time.Time // zero while it runs
}

// A ReviewStage is one round.
type ReviewStage struct {
	Name string
	By   []string
	Due  time.Time
}

// A ReviewGap is something in scope that was not read, and who answers for it.
type ReviewGap struct {
	About, Why string
	By         Thing
}

// A ReviewLine is one line to decide, in plain words.
type ReviewLine struct {
	Number      int // the same in each format
	Item        string
	People      []Subject // whose access it is; none when nobody knows, or of a group or role
	Holder      Subject   // the account, group or role that has it
	MFA         string
	LastUse     string // in a band
	Verb        string // "is a member of"
	Holds       Thing
	Everybody   campaign.Everybody // of a birthright, whose Holder and Holds are what is given
	Description string
	Opens       []string // applications and duties that it leads to
	Ways        []ReviewWay
	Peers       string   // how many in the same place have it; "" is not known
	Removes     []string // of those, what would be gone without it
	Remains     []string // of those, what would stay by other ways
	Findings    []ReviewFinding
	Before      campaign.Answer
	Reviewer    Thing  // zero: nobody
	Obstacle    string // why nobody decides
	Stage       int    // from 1
	Trail       []ReviewStep
	Answer      campaign.Answer // "" is undecided
	Reason      string
	Decided     time.Time
	Source      campaign.Source
	Bulk        int
	Superseded  int // earlier answers
	Result      campaign.State
	ResultPath  []Thing
	ResultWhy   string
}

// A ReviewFinding is an open finding on whose path a line is.
type ReviewFinding struct {
	ID, Title string
	Severity  sod.Severity
}

// A ReviewWay is one path from what a line is about to something that it leads to; of
// several, one of the shortest.
type ReviewWay struct {
	Opens string
	Path  []Thing
}

// A ReviewStep is how a line came to somebody.
type ReviewStep struct {
	How    campaign.How
	By, To Thing
	At     time.Time
	Reason string
}

// A ReviewSignOff is a reviewer's statement.
type ReviewSignOff struct {
	By        Thing
	At        time.Time
	Stage     string
	Statement string
	Counts    campaign.Closed
	Source    campaign.Source
}

// NewReview resolves a campaign; reviewer is zero for all of it. The subject is what it
// was begun with.
func NewReview(c *campaign.Campaign, s campaign.Subject, reviewer graph.ID) *Review {
	b := newReviewBuilder(c, s)
	out := &Review{
		ID: c.Terms.ID, Name: c.Terms.Name, Period: c.Terms.Period, Snapshot: c.Snapshot, Policy: c.Policy, AsOf: c.AsOf, Begun: c.Begun,
		By: b.thing(c.By), Independent: c.Terms.Independent,
	}
	if !reviewer.IsZero() {
		out.Reviewer = b.thing(c.Crowd().Person(reviewer))
	}
	for _, st := range c.Terms.Stages {
		stage := ReviewStage{Name: st.Name, Due: st.Due}
		for _, w := range st.By {
			stage.By = append(stage.By, string(w))
		}
		out.Stages = append(out.Stages, stage)
	}
	for _, a := range c.Terms.Accepted {
		out.Accepted = append(out.Accepted, ReviewGap{a.About, a.Why, b.thing(a.By)})
	}
	var items []campaign.Item
	for i, l := range c.Lines() {
		if out.Reviewer.ID.IsZero() || l.Holder == out.Reviewer.ID || decidedBy(c, l, out.Reviewer.ID) {
			out.Lines, items = append(out.Lines, b.line(i+1, l)), append(items, l.Item)
		}
	}
	b.peers(out.Lines, items)
	out.Counts = countAnswers(out.Lines)
	for _, r := range c.SignOffs() {
		if out.Reviewer.ID.IsZero() || c.Crowd().Person(r.By) == out.Reviewer.ID {
			out.SignOffs = append(out.SignOffs, b.signOff(r))
		}
	}
	if r, over := c.Closing(); over {
		out.Closed = r.At
	}
	return out
}

func decidedBy(c *campaign.Campaign, l *campaign.Line, who graph.ID) bool {
	return slices.ContainsFunc(l.Decisions, func(r campaign.Record) bool { return c.Crowd().Person(r.By) == who })
}

func countAnswers(lines []ReviewLine) (n campaign.Closed) {
	for _, l := range lines {
		switch l.Answer {
		case campaign.Keep:
			n.Kept++
		case campaign.Revoke:
			n.Revoked++
		case campaign.CannotTell:
			n.CannotTell++
		default:
			n.Undecided++
		}
	}
	return n
}

type reviewBuilder struct {
	c       *campaign.Campaign
	s       campaign.Subject
	leads   map[uint32][]string // node → applications and duties that it belongs to
	views   map[bool]*reach.View
	opens   map[openKey][]ReviewWay
	results map[string]campaign.Result // the last of each line
}

// An openKey is a place, and whether control is followed from it.
type openKey struct {
	at      reach.Place
	control bool
}

func newReviewBuilder(c *campaign.Campaign, s campaign.Subject) *reviewBuilder {
	b := &reviewBuilder{c: c, s: s, leads: map[uint32][]string{}, opens: map[openKey][]ReviewWay{}, results: map[string]campaign.Result{}}
	b.views = map[bool]*reach.View{false: reach.At(s.Graph, s.AsOf, reach.Eligible), true: reach.At(s.Graph, s.AsOf, reach.Attainable)}
	for _, a := range s.Policy.Apps {
		for _, n := range sod.Match(s.Graph, a.Entitlements) {
			b.leads[n] = append(b.leads[n], applicationLabel(a))
		}
	}
	for i, nodes := range sod.DutyNodes(s.Graph, s.Policy) {
		d := s.Policy.Duties[i]
		for _, n := range nodes {
			b.leads[n] = append(b.leads[n], cmp.Or(d.Title, d.ID))
		}
	}
	for _, f := range c.FollowUps() {
		for _, r := range f.Followed.Results {
			b.results[r.Item] = r
		}
	}
	return b
}

func (b *reviewBuilder) thing(id graph.ID) Thing {
	if n, ok := b.s.Graph.Find(id); ok {
		return Thing{id, b.s.Graph.Name(n)}
	}
	return Thing{ID: id}
}

func (b *reviewBuilder) attr(id graph.ID, key string) string {
	n, ok := b.s.Graph.Find(id)
	if !ok {
		return ""
	}
	v, _ := b.s.Graph.Attr(n, key)
	return v
}

func (b *reviewBuilder) line(number int, l *campaign.Line) ReviewLine {
	out := ReviewLine{
		Number: number, Item: l.ID, Holder: b.subject(l.From), MFA: b.attr(l.From, "mfa"), Verb: itemVerb(l.Item), Everybody: l.Everybody, Holds: b.thing(l.To),
		Description: b.attr(l.To, "description"), Before: l.Before, Obstacle: l.Obstacle, Stage: l.Stage + 1, Answer: l.Final(),
	}
	for _, id := range l.People {
		out.People = append(out.People, b.subject(id))
	}
	if n, ok := b.s.Graph.Find(l.From); ok && l.From.Kind == graph.Account {
		out.LastUse = lastUseOf(b.s.Graph, n, b.s.AsOf).String()
	}
	if !l.Holder.IsZero() {
		out.Reviewer = b.thing(l.Holder)
	}
	b.consequences(&out, l.Item)
	b.found(&out, l.Item)
	b.decided(&out, l)
	b.followed(&out)
	return out
}

func (b *reviewBuilder) subject(id graph.ID) Subject {
	s := Subject{Thing: b.thing(id)}
	switch id.Kind {
	case graph.Identity:
		s.Title, s.Department = b.attr(id, "title"), b.attr(id, "department")
		if n, ok := b.s.Graph.Find(id); ok {
			s.Employment = employmentOf(b.s.Graph, n, b.s.AsOf)
		}
	case graph.Account:
		s.Status, s.Type = b.attr(id, "status"), b.attr(id, "type")
	}
	return s
}

func verb(k graph.GrantKind) string {
	switch k {
	case graph.Member:
		return "is a member of"
	case graph.Eligible:
		return "can activate"
	case graph.Controls:
		return "controls"
	case graph.Contains:
		return "contains"
	}
	return "has"
}

// consequences tells what the line leads to, and what would be gone and what would stay
// if it were revoked.
func (b *reviewBuilder) consequences(out *ReviewLine, item campaign.Item) {
	v := b.views[item.Kind == graph.Controls]
	out.Ways = b.opened(v, item)
	out.Opens = opensOf(out.Ways)
	if len(out.Opens) == 0 {
		return
	}
	var starts []reach.Place
	for _, n := range b.holders(item) {
		starts = append(starts, v.Start(n))
	}
	stays := opensOf(b.led(v, starts, &item))
	for _, o := range out.Opens {
		if slices.Contains(stays, o) {
			out.Remains = append(out.Remains, o)
		} else {
			out.Removes = append(out.Removes, o)
		}
	}
}

// opensOf lists what ways lead to, in order.
func opensOf(ways []ReviewWay) (all []string) {
	for _, w := range ways {
		all = append(all, w.Opens)
	}
	return all
}

// oncePer keeps, of several ways to one thing, one of the shortest.
func oncePer(ways []ReviewWay) []ReviewWay {
	slices.SortStableFunc(ways, func(x, y ReviewWay) int {
		return cmp.Or(strings.Compare(x.Opens, y.Opens), cmp.Compare(len(x.Path), len(y.Path)))
	})
	return slices.CompactFunc(ways, func(x, y ReviewWay) bool { return x.Opens == y.Opens })
}

// opened lists what the grant of a line leads to.
func (b *reviewBuilder) opened(v *reach.View, item campaign.Item) (all []ReviewWay) {
	if item.IsBirthright() {
		return b.led(v, b.heldBy(v, item), nil)
	}
	from, ok := b.s.Graph.Find(item.From)
	if !ok {
		return nil
	}
	for _, p := range v.Places(from) {
		for s := range v.Steps(p) {
			if !b.isGrant(&item, from, v.Node(s.To), s.Kind) {
				continue
			}
			key := openKey{s.To, item.Kind == graph.Controls}
			if _, known := b.opens[key]; !known {
				b.opens[key] = b.led(v, []reach.Place{s.To}, nil)
			}
			all = append(all, b.opens[key]...)
		}
	}
	return oncePer(all)
}

// holders are whoever has the line: the account, group or role, and all that is of the
// same people.
func (b *reviewBuilder) holders(item campaign.Item) (all []uint32) {
	own := []graph.ID{item.From}
	if item.IsBirthright() {
		own = b.everybody(item)
	}
	for _, id := range item.People {
		own = append(own, b.c.Crowd().Own(id)...)
	}
	for _, id := range own {
		if n, ok := b.s.Graph.Find(id); ok {
			all = append(all, n)
		}
	}
	return all
}

// led lists what places lead to, in order, without the grant of a line.
func (b *reviewBuilder) led(v *reach.View, queue []reach.Place, without *campaign.Item) (all []ReviewWay) {
	from := map[reach.Place]int{} // the place before it in the queue; -1 is none
	for _, p := range queue {
		from[p] = -1
	}
	for i := 0; i < len(queue); i++ {
		n := v.Node(queue[i])
		for _, label := range b.leads[n] {
			all = append(all, ReviewWay{label, b.wayTo(v, queue, from, i)})
		}
		for s := range v.Steps(queue[i]) {
			if _, seen := from[s.To]; !seen && !b.isGrant(without, n, v.Node(s.To), s.Kind) {
				from[s.To] = i
				queue = append(queue, s.To)
			}
		}
	}
	return oncePer(all)
}

// wayTo is the way to a place of the queue, from where it began.
func (b *reviewBuilder) wayTo(v *reach.View, queue []reach.Place, from map[reach.Place]int, i int) (path []Thing) {
	for ; i >= 0; i = from[queue[i]] {
		path = append(path, b.thing(b.s.Graph.ID(v.Node(queue[i]))))
	}
	slices.Reverse(path)
	return path
}

// peers asks for all lines at once, so that everybody is looked at once.
func (b *reviewBuilder) peers(lines []ReviewLine, items []campaign.Item) {
	paths := make([]reach.Path, len(lines))
	for i, l := range lines {
		if len(l.People) != 1 {
			continue
		}
		who, item := l.People[0].ID, items[i]
		paths[i] = reach.Path{Nodes: []graph.ID{item.From, item.To}, Kinds: []graph.GrantKind{item.Kind}}
		if who != item.From {
			paths[i] = reach.Path{Nodes: []graph.ID{who, item.From, item.To}, Kinds: []graph.GrantKind{graph.Owns, item.Kind}}
		}
	}
	for i, all := range check.PeersOn(b.s.Graph, b.s.AsOf, paths) {
		lines[i].Peers = Witness{Peers: all}.Rarity()
	}
}

func (b *reviewBuilder) isGrant(item *campaign.Item, from, to uint32, k graph.GrantKind) bool {
	return item != nil && item.IsGrant(b.s.Graph.ID(from), b.s.Graph.ID(to), k)
}

func (b *reviewBuilder) found(out *ReviewLine, item campaign.Item) {
	for _, id := range item.Findings {
		i := slices.IndexFunc(b.s.Report.Findings, func(f sod.Finding) bool { return f.ID == id })
		if i < 0 {
			continue
		}
		f := b.s.Report.Findings[i]
		title := f.Rule
		for _, r := range b.s.Policy.Rules {
			if r.ID == f.Rule {
				title = cmp.Or(r.Title, r.ID)
			}
		}
		out.Findings = append(out.Findings, ReviewFinding{id, title, f.Severity})
	}
}

// decided tells the answer that counts, and how it came about.
func (b *reviewBuilder) decided(out *ReviewLine, l *campaign.Line) {
	for _, r := range l.Trail {
		out.Trail = append(out.Trail, ReviewStep{r.Assigned.How, b.thing(r.By), b.thing(r.Assigned.To), r.At, r.Assigned.Reason})
	}
	n := len(l.Decisions)
	if n == 0 {
		return
	}
	out.Superseded = n
	if out.Answer == "" {
		return
	}
	last := l.Decisions[n-1]
	out.Superseded, out.Reason, out.Decided, out.Source, out.Bulk = n-1, last.Decided.Reason, last.At, last.Decided.Source, last.Decided.Bulk
}

func (b *reviewBuilder) followed(out *ReviewLine) {
	r, ok := b.results[out.Item]
	if !ok {
		return
	}
	out.Result, out.ResultWhy = r.State, r.Why
	for _, id := range r.Path {
		out.ResultPath = append(out.ResultPath, b.thing(id))
	}
}

func (b *reviewBuilder) signOff(r campaign.Record) ReviewSignOff {
	s := r.SignedOff
	return ReviewSignOff{
		By: b.thing(r.By), At: r.At, Stage: b.c.Terms.Stages[s.Stage].Name, Statement: s.Statement, Source: s.Source,
		Counts: campaign.Closed{Kept: s.Kept, Revoked: s.Revoked, CannotTell: s.CannotTell, Undecided: s.Undecided},
	}
}

// A Removals counts what later snapshots show of revoked lines. Those of which no later
// snapshot was looked at are not known.
type Removals struct{ Gone, Remain, NotKnown int }

// Removals counts the revoked lines by what became of them.
func (r *Review) Removals() (n Removals) {
	for _, l := range r.Lines {
		switch {
		case l.Answer != campaign.Revoke:
		case l.Result == campaign.Gone:
			n.Gone++
		case l.Result == campaign.Remains:
			n.Remain++
		default:
			n.NotKnown++
		}
	}
	return n
}

// Late reports whether a line was decided after its stage was due.
func (r *Review) Late(l ReviewLine) bool {
	return l.Answer != "" && l.Decided.After(r.Stages[l.Stage-1].Due)
}

// Answered counts all answers that the line has had.
func (l ReviewLine) Answered() int {
	if l.Answer == "" {
		return l.Superseded
	}
	return l.Superseded + 1
}

// Sentence tells the line as one: "aruiz (Ana Ruiz) is a member of ledger-dev".
func (l ReviewLine) Sentence() string {
	if l.Everybody != (campaign.Everybody{}) {
		return birthrightSentence(l.Holder.Label(), l.Everybody)
	}
	who := l.Holder.Label()
	var names []string
	for _, p := range l.People {
		names = append(names, p.Label())
	}
	if len(names) > 0 {
		who += " (" + strings.Join(names, ", ") + ")"
	}
	return who + " " + l.Verb + " " + l.Holds.Label()
}

// CameBy tells how an answer came in, which is what it can prove.
func CameBy(s campaign.Source) string {
	switch s.Kind {
	case campaign.ByKey:
		return "signed by key " + s.Of
	case campaign.ByAddress:
		return "returned from " + s.Of
	}
	return "entered by " + s.Of
}

// Outcome tells of a revoked line what later snapshots show.
func (l ReviewLine) Outcome() string {
	switch l.Result {
	case campaign.Gone:
		return "gone on every path"
	case campaign.Remains:
		var path []string
		for _, t := range l.ResultPath {
			path = append(path, t.Label())
		}
		return "REMAINS: " + strings.Join(path, " → ")
	case campaign.NotKnown:
		return "cannot tell: " + l.ResultWhy
	}
	return "no later snapshot was looked at"
}
