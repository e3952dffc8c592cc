// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/foureyes-iga/foureyes/graph"
)

// workers is how many scripts run at a time. Most of the time of some goes into
// waiting.
const workers = 16

func nightly() bool { return os.Getenv("FOUREYES_NIGHTLY") != "" }

// A tally counts what came of the scripts of one kind of fault.
type tally struct{ scripts, fired, errors, short, whole int }

// A campaign runs scripts and keeps count.
type campaign struct {
	t     *testing.T
	jobs  chan func()
	group sync.WaitGroup

	mu                       sync.Mutex
	nameless                 int
	kinds                    map[string]*tally
	pairs, stealth, stealth2 int
	wrong                    int
	wrongByFault             map[string]int
}

func newCampaign(t *testing.T) *campaign {
	c := &campaign{t: t, jobs: make(chan func()), kinds: map[string]*tally{}, wrongByFault: map[string]int{}}
	for range workers {
		c.group.Go(func() {
			for job := range c.jobs {
				job()
			}
		})
	}
	return c
}

// run queues a script.
func (c *campaign) run(j *judgement, sc script) {
	c.jobs <- func() {
		o := run(j.world, sc)
		c.count(sc, o, j.judge(c.t, o), j.world.hides())
	}
}

const eachTold = 2 // of one fault

func (c *campaign) count(sc script, o outcome, v verdict, hides bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name, _, _ := strings.Cut(sc.fault.name, ":")
	if strings.HasPrefix(name, "code") {
		name = "code"
	}
	k := c.kinds[name]
	if k == nil {
		k = &tally{}
		c.kinds[name] = k
	}
	k.scripts++
	if o.sim.fired || sc.fault.name == "none" || sc.fault.drip {
		k.fired++
	}
	switch {
	case v.err:
		k.errors++
	case v.whole:
		k.whole++
	default:
		k.short++
	}
	if sc.fault.harmless && (o.sim.fired || sc.fault.name == "none") && !hides && !v.whole {
		v.wrong = append(v.wrong, fmt.Sprintf("nothing is lost, and not all is whole: %v", o.err))
	}
	if sc.fault.told && o.sim.fired && v.whole {
		v.wrong = append(v.wrong, "all is said to be whole")
	}
	c.pairs += v.pairs
	c.nameless += v.nameless
	if v.stealth > 0 && len(v.wrong) == 0 {
		c.stealth++
	}
	if v.stealth2 > 0 && len(v.wrong) == 0 {
		c.stealth2++
	}
	if len(v.wrong) == 0 {
		return
	}
	c.wrongByFault[sc.fault.name]++
	c.wrong++
	if c.wrongByFault[sc.fault.name] <= eachTold {
		c.t.Errorf("%s: error %v\n\t%s", sc, o.err, strings.Join(v.wrong[:min(4, len(v.wrong))], "\n\t"))
	}
}

// end waits for all scripts, and reports.
func (c *campaign) end(floor int) {
	close(c.jobs)
	c.group.Wait()
	total := 0
	for _, name := range slices.Sorted(maps.Keys(c.kinds)) {
		k := c.kinds[name]
		total += k.scripts
		c.t.Logf("%-12s %6d scripts, %6d struck: %d errors, %d not whole, %d whole", name, k.scripts, k.fired, k.errors, k.short, k.whole)
		if k.fired == 0 {
			c.t.Errorf("no fault of the kind %s struck", name)
		}
	}
	c.t.Logf("%d scripts, %d pairs of a truth and a script, %d wrong", total, c.pairs, c.wrong)
	c.t.Logf("findings about somebody who has no entry and whom only a gap names: %d", c.nameless)
	c.t.Logf("where entries are hidden for good and leave no trace: %d scripts lack facts, %d lack findings", c.stealth, c.stealth2)
	for _, name := range slices.Sorted(maps.Keys(c.wrongByFault)) {
		c.t.Logf("wrong: %s: %d", name, c.wrongByFault[name])
	}
	if total < floor {
		c.t.Errorf("%d scripts, want %d or more", total, floor)
	}
	waitForGoroutines(c.t)
}

// places are where a fault may strike: at most so many answers, at random.
func places(r *rand.Rand, f simFault, log []step, most int) (all []point) {
	for i, st := range log {
		if f.can == nil || f.can(st) {
			all = append(all, point{answer: i, message: r.IntN(64)})
		}
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(most, len(all))]
}

// TestCampaign lets every fault strike in many worlds, each time somewhere else.
// Nothing may be missing that is not said to be, nothing may be made up, and no
// finding of the truth may be passed over.
func TestCampaign(t *testing.T) {
	worlds, policies, floor := uint64(20), 2, 3000
	if nightly() {
		worlds, policies, floor = 160, 5, 25_000
	}
	c := newCampaign(t)
	faults := simFaults()
	for seed := range worlds {
		j := newJudgement(seed, policies)
		r := rand.New(rand.NewPCG(seed, 3))
		log := run(j.world, script{seed: seed, fault: simFault{name: "none"}}).sim.log
		for _, f := range faults {
			for _, at := range places(r, f, log, 1) {
				c.run(j, script{seed, f, at})
			}
		}
	}
	c.end(floor)
}

// TestCampaignAtEveryPage lets the faults of paging strike at every page of every
// search.
func TestCampaignAtEveryPage(t *testing.T) {
	faults, floor := slices.Concat(pagingFaults(), connectionFaults()[2:5]), 500
	if nightly() {
		faults, floor = slices.Concat(faults, codeFaults(), entryFaults(), rangeFaults(), changes()), 3000
	}
	c := newCampaign(t)
	for _, seed := range []uint64{0, 1, 5, 6} {
		j := newJudgement(seed, 2)
		r := rand.New(rand.NewPCG(seed, 4))
		log := run(j.world, script{seed: seed, fault: simFault{name: "none"}}).sim.log
		for _, f := range faults {
			for _, at := range places(r, f, log, len(log)) {
				c.run(j, script{seed, f, at})
			}
		}
	}
	c.end(floor)
}

// TestCampaignAtEveryByte cuts the answers off after every number of bytes, or
// after every few, and at some of them falls silent.
func TestCampaignAtEveryByte(t *testing.T) {
	stride := 17
	if nightly() {
		stride = 1
	}
	c := newCampaign(t)
	for _, seed := range []uint64{0, 1} {
		j := newJudgement(seed, 1)
		whole := run(j.world, script{seed: seed, fault: simFault{name: "none"}})
		if whole.sim.sent < 1000 {
			t.Fatalf("only %d bytes: the test tests nothing", whole.sim.sent)
		}
		for n := int(seed); n < whole.sim.sent; n += stride {
			c.run(j, script{seed, simFault{name: "byte: drop", cut: hangUp}, point{answer: -1, bytes: n}})
		}
		for n := int(seed); n < whole.sim.sent; n += 29 * stride {
			c.run(j, script{seed, simFault{name: "byte: stall", cut: stall}, point{answer: -1, bytes: n}})
		}
	}
	c.end(500)
}

// A mutant is a collector that is broken in one way.
type mutant func([]graph.Fact, error) ([]graph.Fact, error)

// mutants are what the judgement must notice.
func mutants() map[string]mutant {
	claim := func(is func(graph.Coverage) bool) mutant {
		return func(facts []graph.Fact, err error) ([]graph.Fact, error) {
			facts = slices.Clone(facts)
			for i, f := range facts {
				if c, ok := f.(graph.Coverage); ok && is(c) {
					c.State = graph.Complete
					facts[i] = c
				}
			}
			return facts, err
		}
	}
	drop := func(is func(graph.Fact) bool) mutant {
		return func(facts []graph.Fact, err error) ([]graph.Fact, error) {
			return slices.DeleteFunc(slices.Clone(facts), is), err
		}
	}
	says := func(words string) func(graph.Coverage) bool {
		return func(c graph.Coverage) bool { return c.State == graph.Partial && strings.Contains(c.Reason, words) }
	}
	grant := func(k graph.GrantKind, via string) func(graph.Fact) bool {
		return func(f graph.Fact) bool {
			g, ok := f.(graph.Grant)
			return ok && g.Kind == k && g.Via == via
		}
	}
	return map[string]mutant{
		"partial is complete":      claim(func(c graph.Coverage) bool { return c.State == graph.Partial }),
		"denied is complete":       claim(func(c graph.Coverage) bool { return c.State == graph.Denied }),
		"passes are not compared":  claim(says("counted")),
		"referrals do not count":   claim(says("referral")),
		"unnamed are not missed":   claim(says("do not show")),
		"limits do not count":      claim(says("limit")),
		"no look at who is absent": claim(says("collect again")),
		"gaps are dropped":         drop(func(f graph.Fact) bool { _, ok := f.(graph.Gap); return ok }),
		"primary groups are none":  drop(grant(graph.Member, "primary group")),
		"dynamic groups are empty": drop(grant(graph.Member, "rule")),
		"owners control nothing":   drop(grant(graph.Controls, "Owns")),
		"the last membership is cut": func(facts []graph.Fact, err error) ([]graph.Fact, error) {
			for i, f := range slices.Backward(facts) {
				if grant(graph.Member, "")(f) {
					return slices.Concat(facts[:i:i], facts[i+1:]), err
				}
			}
			return facts, err
		},
		"an error is the end": func(facts []graph.Fact, err error) ([]graph.Fact, error) {
			if err != nil {
				for _, d := range graph.Datasets() {
					facts = append(slices.Clip(facts), graph.Coverage{Source: "corp", Dataset: d, State: graph.Complete})
				}
			}
			return facts, nil
		},
		"everybody is enabled": func(facts []graph.Fact, err error) ([]graph.Fact, error) {
			facts = slices.Clone(facts)
			for i, f := range facts {
				if n, ok := f.(graph.Node); ok && n.ID.Kind == graph.Account {
					n.Attrs = slices.Clone(n.Attrs)
					n.Attrs.Set("status", "enabled")
					facts[i] = n
				}
			}
			return facts, err
		},
	}
}

// TestJudgementNoticesMutants breaks what a collector tells. The facts are those of
// honest runs, so a judgement that notices nothing would be blind.
func TestJudgementNoticesMutants(t *testing.T) {
	noticed := map[string]int{}
	scripts := 0
	for _, seed := range []uint64{0, 1, 2, 5, 6, 7, 10, 11} {
		j := newJudgement(seed, 1)
		r := rand.New(rand.NewPCG(seed, 3))
		log := run(j.world, script{seed: seed, fault: simFault{name: "none"}}).sim.log
		for _, f := range simFaults() {
			if f.stalls || f.drip || strings.HasPrefix(f.name, "code 51") || strings.HasPrefix(f.name, "code 52") {
				continue // for they take time
			}
			for _, at := range places(r, f, log, 1) {
				o := run(j.world, script{seed, f, at})
				scripts++
				for name, m := range mutants() {
					broken := o
					if broken.facts, broken.err = m(o.facts, o.err); noticed[name] < 3 && len(j.judge(t, broken).wrong) > 0 {
						noticed[name]++
					}
				}
			}
		}
	}
	t.Logf("%d scripts, noticed (up to 3): %v", scripts, noticed)
	for name := range mutants() {
		if noticed[name] == 0 {
			t.Errorf("nobody noticed that %s", name)
		}
	}
	waitForGoroutines(t)
}

// believer is a connection through which a lost paging control looks like the end
// of the data, as some client libraries take it.
func believer() simFault {
	return simFault{name: "paging: no control, believed", can: goesOn, edit: func(a *answer) { a.cookie = "" }}
}

// TestJudgementNoticesBelievers: a client that takes a lost paging control for the
// end, and does not compare the passes, is noticed.
func TestJudgementNoticesBelievers(t *testing.T) {
	noticed := 0
	for seed := range uint64(8) {
		j := newJudgement(seed, 1)
		r := rand.New(rand.NewPCG(seed, 5))
		log := run(j.world, script{seed: seed, fault: simFault{name: "none"}}).sim.log
		for _, at := range places(r, believer(), log, len(log)) {
			o := run(j.world, script{seed, believer(), at})
			o.facts, o.err = mutants()["passes are not compared"](o.facts, o.err)
			if len(j.judge(t, o).wrong) > 0 {
				noticed++
			}
		}
	}
	if noticed == 0 {
		t.Error("nobody noticed")
	}
}

// TestHiddenEntries: of entries that are hidden for good the traces are noticed
// that package directory promises to look for. Those that leave none are counted.
func TestHiddenEntries(t *testing.T) {
	traces, stealthy := 0, 0
	for seed := range uint64(200) {
		j := newJudgement(seed, 1)
		if !j.world.hides() {
			continue
		}
		o := run(j.world, script{seed: seed, fault: simFault{name: "none"}})
		v := j.judge(t, o)
		switch trace := j.world.trace(); {
		case len(v.wrong) > 0:
			t.Errorf("seed %d: %s", seed, strings.Join(v.wrong, "\n\t"))
		case trace != "" && v.whole:
			t.Errorf("seed %d: %s, and all is said to be whole", seed, trace)
		case trace != "":
			traces++
		case v.stealth > 0:
			stealthy++
		}
	}
	t.Logf("hidden with a trace: %d worlds; without, so that facts are missing and all is whole or another dataset is not: %d", traces, stealthy)
	if traces == 0 || stealthy == 0 {
		t.Error("want worlds of both kinds")
	}
}
