// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/ldap"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// A script is one run against a server that misbehaves in one way at one place.
// It is told by its seed, fault and point, and so repeated.
type script struct {
	seed  uint64
	fault simFault
	at    point
}

func (sc script) String() string {
	return fmt.Sprintf("seed %d, %s at answer %d, message %d, byte %d", sc.seed, sc.fault.name, sc.at.answer, sc.at.message, sc.at.bytes)
}

// An outcome is what came of a script.
type outcome struct {
	facts []graph.Fact
	err   error
	took  time.Duration
	sim   *simulation
	panic any
}

// patience is the timeout of one answer. What waits for it has little.
func (f simFault) patience() time.Duration {
	if f.stalls || f.cut == stall {
		return 200 * time.Millisecond
	}
	return 1500 * time.Millisecond
}

// run collects from a server with a fault.
func run(w *world, sc script) (o outcome) {
	w = w.clone()
	s := simulate(w)
	s.fault, s.at, s.dripped = &sc.fault, sc.at, sc.fault.drip
	s.r = rand.New(rand.NewPCG(sc.seed, uint64(sc.at.answer)<<32+uint64(sc.at.message)))
	if sc.fault.prepare != nil {
		sc.fault.prepare(s.r, w)
		s.fired = true
	}
	o.sim = s
	cfg := ldap.Config{URL: ldap.List{"ldap://server.invalid"}, Plaintext: true, Base: ldap.List{w.head.dn()}, Timeout: sc.fault.patience().String()}
	c, err := ldap.New(cfg, options())
	if err != nil {
		o.err = err
		return o
	}
	c.DialWith(func(context.Context, string, string) (net.Conn, error) {
		if sc.fault.refuse {
			s.fired = true
			return nil, errors.New("connection refused")
		}
		return s, nil
	})
	began := time.Now()
	defer func() {
		o.panic = recover()
		o.took = time.Since(began)
	}()
	for f, err := range c.Collect(context.Background(), connectors.Want{}) {
		if err != nil {
			o.err = err
			break
		}
		o.facts = append(o.facts, f)
	}
	return o
}

// recorded makes of an outcome what is kept of it: a run that ended in an error
// failed, whatever came before.
func recorded(o outcome) (*graph.Graph, error) {
	var b graph.Builder
	for _, f := range o.facts {
		if err := b.Add(f); err != nil {
			return nil, err
		}
	}
	if o.err != nil {
		if err := b.Add(graph.Coverage{Source: "corp", Dataset: graph.All, State: graph.Failed, Reason: o.err.Error()}); err != nil {
			return nil, err
		}
	}
	return b.Graph(), nil
}

// A verdict holds what is wrong with an outcome, and how it ended.
type verdict struct {
	wrong             []string
	err, whole        bool
	pairs             int
	nameless          int // findings about somebody whom only a gap names
	stealth, stealth2 int // facts and findings that only the hidden part of a world has, and that nothing betrays
}

// judgement is what outcomes of one world are held against.
type judgement struct {
	world *world // as it is at the start
	shown truth
	most  truth
	all   truth
	rules []*sod.Policy
}

func newJudgement(seed uint64, policies int) *judgement {
	w := randomWorld(seed)
	j := &judgement{world: w, shown: truthOf(w), most: mostOf(w), all: truthOf(w.everythingShown())}
	r := rand.New(rand.NewPCG(seed, 2))
	for range policies {
		j.rules = append(j.rules, policyFor(r, w))
	}
	return j
}

// policyFor makes a policy with two duties, which one must not hold both and of
// which one is critical.
func policyFor(r *rand.Rand, w *world) *sod.Policy {
	p := &sod.Policy{Name: "campaign", Mode: reach.Attainable}
	teams := w.of(team)
	r.Shuffle(len(teams), func(i, j int) { teams[i], teams[j] = teams[j], teams[i] })
	for i, g := range teams[:2] {
		id := g.id()
		p.Duties = append(p.Duties, sod.Duty{ID: fmt.Sprintf("d%d", i), Holds: []sod.Selector{{ID: &sod.IDPattern{Kind: id.Kind, Source: id.Source, Key: sod.Glob(id.Key)}}}})
	}
	p.Rules = []sod.Rule{
		{ID: "conflict", Kind: sod.ConflictRule, Severity: sod.High, Duties: []int{0, 1}},
		{ID: "critical", Kind: sod.CriticalRule, Severity: sod.High, Duties: []int{1}},
	}
	return p
}

// judge holds an outcome against the truth.
func (j *judgement) judge(t testing.TB, o outcome) (v verdict) {
	if o.panic != nil {
		v.wrong = append(v.wrong, fmt.Sprintf("panic: %v", o.panic))
		return v
	}
	if limit := 5*time.Second + 10*o.sim.fault.patience(); o.took > limit {
		v.wrong = append(v.wrong, fmt.Sprintf("it took %s", o.took))
	}
	g, err := recorded(o)
	if err != nil {
		v.wrong = append(v.wrong, "facts contradict each other: "+err.Error())
		return v
	}
	v.err, v.whole = o.err != nil, wholly(g)
	must, may := j.shown, j.most
	if o.sim.drifted {
		must, _ = o.sim.before.both(truthOf(o.sim.world))
		_, may = o.sim.most.both(mostOf(o.sim.world))
	}
	v.wrong = append(v.wrong, missing(g, must)...)
	v.wrong = append(v.wrong, invented(g, may, o.sim)...)
	v.wrong = append(v.wrong, j.findings(t, g, must, &v)...)
	if !o.sim.drifted {
		v.stealth = len(missing(g, j.all))
		if hidden := j.findings(t, g, j.all, &verdict{}); len(hidden) > 0 {
			v.stealth2 = len(hidden)
		}
	}
	return v
}

func wholly(g *graph.Graph) bool {
	return !slices.ContainsFunc(graph.Datasets(), func(d graph.Dataset) bool { return !g.State("corp", d).Whole() }) && len(g.Gaps()) == 0
}

// missing lists what is true, was not told, and is not said to be unread.
func missing(g *graph.Graph, must truth) (all []string) {
	whole := func(d graph.Dataset) bool { return g.State("corp", d).Whole() }
	told := func(id graph.ID) bool {
		n, ok := g.Find(id)
		return ok && g.Described(n)
	}
	datasets := map[graph.Kind]graph.Dataset{graph.Account: graph.Accounts, graph.Group: graph.Groups, graph.Unresolved: graph.Memberships}
	for id := range must.nodes {
		if d := datasets[id.Kind]; !told(id) && whole(d) && id.Kind != graph.Unresolved && !strings.HasPrefix(id.Key, "~") {
			all = append(all, fmt.Sprintf("%s is not told, and %s are whole", id, d))
		}
	}
	gaps := map[graph.ID][]graph.Dataset{}
	for _, x := range g.Gaps() {
		gaps[x.About] = append(gaps[x.About], x.Dataset)
	}
	have := map[edge]bool{}
	for x := range g.Grants() {
		have[edge{x.From, x.To, x.Kind}] = true
	}
	for e := range must.grants {
		d := graph.Memberships
		if e.kind == graph.Controls {
			d = graph.Control
		}
		excused := have[e] || strings.HasPrefix(e.to.Key, "~") && !told(e.from) || !whole(d) || slices.ContainsFunc(gaps[e.to], func(of graph.Dataset) bool { return of.Includes(d) })
		for _, end := range []graph.ID{e.from, e.to} {
			excused = excused || !told(end) && !whole(datasets[end.Kind])
		}
		if !excused {
			all = append(all, fmt.Sprintf("%s %s %s is not told, and %s is whole", e.from, e.kind, e.to, d))
		}
	}
	slices.Sort(all)
	return all
}

// invented lists what was told and is not true. Somebody who is not read is told
// as what is known of him: a name.
func invented(g *graph.Graph, may truth, s *simulation) (all []string) {
	stands := standIns(s)
	mail := map[string]bool{} // groups that are left out of others
	for _, t := range s.world.things {
		mail[t.folded()] = t.mail
	}
	for n := range uint32(g.NumNodes()) {
		id := g.ID(n)
		d, ok := may.nodes[id]
		if !ok && g.Described(n) && (id.Kind != graph.Unresolved && !strings.HasPrefix(id.Key, "~")) && !s.fault.invents {
			all = append(all, fmt.Sprintf("%s is told, and does not exist", id))
		}
		if st, known := g.Attr(n, "status"); known && ok && st != d.status && !s.fault.invents {
			all = append(all, fmt.Sprintf("%s is said to be %s, and is %q", id, st, d.status))
		}
	}
	for x := range g.Grants() {
		since, ok := may.grants[edge{x.From, x.To, x.Kind}]
		for _, from := range stands[x.From.Key] {
			if x.From.Kind == graph.Unresolved && !ok {
				since, ok = may.grants[edge{from, x.To, x.Kind}]
			}
			ok = ok || from == x.To // that it holds itself need not be told
		}
		switch {
		case s.fault.invents || strings.HasPrefix(x.To.Key, "~") || mail[x.From.Key]:
		case !ok:
			all = append(all, fmt.Sprintf("%s %s %s is told, and is not true", x.From, x.Kind, x.To))
		case !x.Since.IsZero() && !x.Since.Equal(since) && !s.drifted:
			all = append(all, fmt.Sprintf("%s %s %s is said to be so since %s, and is since %s", x.From, x.Kind, x.To, x.Since, since))
		}
	}
	slices.Sort(all)
	return all
}

// standIns returns what the names stand for under which somebody may be told who
// was not read.
func standIns(s *simulation) map[string][]graph.ID {
	to := map[string][]graph.ID{}
	for _, t := range slices.Concat(s.world.things, s.world.dead, s.past) {
		for _, name := range []string{t.folded(), "memberuid=" + t.name, t.sidText()} {
			to[name] = append(to[name], t.id())
			if t.kind == foreigner {
				to[name] = append(to[name], unresolved(t.sid))
			}
			to[name] = append(to[name], unresolved(t.folded()), unresolved("memberuid="+t.name), graph.ID{Kind: graph.Group, Source: "corp", Key: "~authenticated"})
		}
	}
	return to
}

// findings lists the findings of the truth that are neither found nor told as not
// assessed.
func (j *judgement) findings(t testing.TB, g *graph.Graph, must truth, v *verdict) (all []string) {
	asOf := options().Now
	real := must.graph(t)
	for i, p := range j.rules {
		v.pairs++
		want, got := sod.Evaluate(real, p, asOf), sod.Evaluate(g, p, asOf)
		named := 0
		for _, f := range want.Findings {
			switch {
			case covered(g, p, got, f):
				named++
			case j.isNameless(g, f.Subjects[0]):
				v.nameless++
			default:
				named++
				all = append(all, fmt.Sprintf("policy %d: %s of %s (%s) is neither found nor told as not assessed", i, f.Rule, f.Subjects[0], f.Mode))
			}
		}
		if got.Clean() && len(got.NotAssessed) == 0 && named > 0 {
			all = append(all, fmt.Sprintf("policy %d: all is clear, and there are %d findings", i, len(want.Findings)))
		}
	}
	return all
}

// isNameless reports whether somebody has no entry that is shown, and his name stood
// only in what is told as unread. The engine judges whom the snapshot names: a
// limit, counted.
func (j *judgement) isNameless(g *graph.Graph, id graph.ID) bool {
	_, named := g.Find(id)
	listed := slices.ContainsFunc(j.world.things, func(t *thing) bool { return t.shown() && t.sid == id.Key })
	return id.Kind == graph.Unresolved && !listed && !named && !wholly(g)
}

// covered reports whether a report contains a finding, as firm or firmer, or says
// that it was not assessed.
func covered(g *graph.Graph, p *sod.Policy, r *sod.Report, f sod.Finding) bool {
	found := slices.ContainsFunc(r.Findings, func(h sod.Finding) bool {
		return h.Rule == f.Rule && slices.Equal(h.Subjects, f.Subjects) && h.Mode <= f.Mode
	})
	unread := slices.ContainsFunc(r.NotAssessed, func(n sod.NotAssessed) bool { return n.Rule == f.Rule && n.Subjects == 0 })
	return found || unread || slices.ContainsFunc(sod.Doubts(g, p, r.AsOf, f.Subjects[0]), func(n sod.NotAssessed) bool { return n.Rule == f.Rule && n.Mode <= f.Mode })
}
