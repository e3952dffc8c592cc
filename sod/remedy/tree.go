// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"context"
	"math"
	"slices"
)

// What a branch says of a grant.
const (
	free int8 = iota
	revoked
	stays
)

// A draft is the proof of a piece as the search leaves it. See tidy.go for what becomes
// of it.
type draft struct {
	shares  map[int32]int64 // by grant that counts for a share of its cost
	weights [][]weight
	tree    []node // the first is the root
}

// A weight of a clause, in units of 1/[Scale].
type weight struct{ clause, units int }

// A node of a tree parts the plans by whether they revoke a grant, or bounds their cost.
type node struct {
	kind          nodeKind
	grant         int // of branches
	revoked, kept int // of branches: the nodes of plans that do and do not revoke it
	weights       int // of bounded: by place
	clause        int // of breaks: a clause of which every grant is kept
}

type nodeKind uint8

const (
	branches nodeKind = iota
	bounded
	breaks
)

// A tree finds the cheapest grants that hit all clauses of a piece by branch and bound,
// and writes down why nothing is cheaper.
type tree struct {
	ctx     context.Context
	cost    []int64 // by grant, in units of 1/[Scale]
	grain   int64   // of which all costs are multiples
	clauses [][]int32
	in      [][]int32 // by grant: its clauses
	state   []int8    // by grant
	hits    []int32   // by clause: grants of it that are revoked
	open    []int32   // by clause: grants of it that may be revoked
	spent   int64     // by what is revoked
	trail   []int32   // what is not free, in order
	load    []int64   // by grant; zero between calls

	bounder *bounder
	limit   int // of nodes; 0: none. Beyond it nodes are leaves, whatever they bound
	best    int64
	plan    []int32 // that costs best
	nodes   []node
	weights [][]weight
	first   *weighing // of all
	firstAt int       // its node
	least   int64     // that a leaf bounds
}

func newTree(ctx context.Context, cost []int64, clauses [][]int32) *tree {
	t := &tree{ctx: ctx, cost: cost, grain: grainOf(cost), clauses: clauses, in: make([][]int32, len(cost)), state: make([]int8, len(cost)), hits: make([]int32, len(clauses)), open: make([]int32, len(clauses)), load: make([]int64, len(cost)), best: math.MaxInt64, least: math.MaxInt64}
	for i, clause := range clauses {
		t.open[i] = int32(len(clause))
		for _, g := range clause {
			t.in[g] = append(t.in[g], int32(i))
		}
	}
	return t
}

const (
	rootSteps = 600 // of looking for weights
	nodeSteps = 60

	// maxUnproved is how many nodes a tree may have that does not prove its plan. What a
	// larger one bounds more than its root is not worth the nodes.
	maxUnproved = 4096
)

// solve leaves the best plan, the nodes of the proof, and what they bound.
func (t *tree) solve() {
	t.bounder = newBounder(t)
	t.offer(t.greedy(func(g int32) float64 { return float64(t.cost[g]) }))
	t.grow(t.node(), rootSteps)
	if t.least < t.best && len(t.nodes) > maxUnproved {
		t.cut()
	}
}

// cut leaves of a tree what is before its first branch.
func (t *tree) cut() {
	t.nodes = t.nodes[:t.firstAt+1]
	t.nodes[t.firstAt] = node{kind: bounded, weights: t.placeOf(t.first)}
	t.least = t.first.bound
}

func (t *tree) node() int {
	t.nodes = append(t.nodes, node{})
	return len(t.nodes) - 1
}

func (t *tree) set(g int32, to int8) {
	t.state[g] = to
	t.trail = append(t.trail, g)
	for _, i := range t.in[g] {
		if to == revoked {
			t.hits[i]++
		} else {
			t.open[i]--
		}
	}
	if to == revoked {
		t.spent += t.cost[g]
	}
}

// undo frees what was decided since the trail had this length.
func (t *tree) undo(length int) {
	for _, g := range t.trail[length:] {
		for _, i := range t.in[g] {
			if t.state[g] == revoked {
				t.hits[i]--
			} else {
				t.open[i]++
			}
		}
		if t.state[g] == revoked {
			t.spent -= t.cost[g]
		}
		t.state[g] = free
	}
	t.trail = t.trail[:length]
}

// grow proves that no plan is cheaper than the best one where things stand, or finds
// one. The proof begins at a node that is there.
func (t *tree) grow(at, steps int) {
	from := len(t.trail)
	defer t.undo(from)
	for {
		at = t.force(at)
		if at < 0 {
			return
		}
		w := t.weighing(steps)
		if t.first == nil {
			t.first, t.firstAt = w, at
		}
		if w.bound >= t.best || t.ctx.Err() != nil || t.limit > 0 && len(t.nodes) > t.limit {
			t.leaf(at, w)
			return
		}
		next, fixed := t.fix(at, w)
		if !fixed {
			t.branch(at)
			return
		}
		at, steps = next, nodeSteps
	}
}

// A weighing is weights, what they bound, and their place once a node names them.
type weighing struct {
	list  []weight
	bound int64
	place int
}

// weighing looks for weights where things stand, and for a plan by them.
func (t *tree) weighing(steps int) *weighing {
	if n := len(t.weights) - 1; n >= 0 {
		if bound := t.bounds(t.weights[n]); bound >= t.best {
			return &weighing{t.weights[n], bound, n}
		}
	}
	if t.ctx.Err() == nil {
		t.bounder.improve(steps, float64(t.best-t.grain)+float64(len(t.clauses)))
		t.round()
	}
	list := t.bounder.whole()
	return &weighing{list, t.bounds(list), -1}
}

// placeOf writes weights down.
func (t *tree) placeOf(w *weighing) int {
	if w.place < 0 {
		w.place = len(t.weights)
		t.weights = append(t.weights, w.list)
	}
	return w.place
}

// leaf closes a node with weights.
func (t *tree) leaf(at int, w *weighing) {
	t.nodes[at] = node{kind: bounded, weights: t.placeOf(w)}
	t.least = min(t.least, w.bound)
}

// force revokes what is the last grant of a clause, and returns the node where things
// go on; -1 when a clause cannot be hit, or all are.
func (t *tree) force(at int) int {
	for {
		last, all := int32(-1), true
		for i := range t.clauses {
			if t.hits[i] > 0 {
				continue
			}
			all = false
			if t.open[i] == 0 {
				t.nodes[at] = node{kind: breaks, clause: i}
				return -1
			}
			if t.open[i] == 1 {
				last = int32(i)
				break
			}
		}
		switch {
		case all:
			t.offer(t.trailPlan())
			t.leaf(at, &weighing{nil, t.bounds(nil), -1})
			return -1
		case last < 0:
			return at
		}
		clause := t.clauses[last]
		g := clause[slices.IndexFunc(clause, func(g int32) bool { return t.state[g] == free })]
		at = t.decide(at, g, revoked, node{kind: breaks, clause: int(last)})
	}
}

// decide makes a node a branch of which one side is closed by what is given, and goes on
// with the other.
func (t *tree) decide(at int, g int32, to int8, otherwise node) int {
	closed, next := t.node(), t.node()
	t.nodes[closed] = otherwise
	t.nodes[at] = node{kind: branches, grant: int(g), revoked: next, kept: closed}
	if to == stays {
		t.nodes[at].revoked, t.nodes[at].kept = closed, next
	}
	t.set(g, to)
	return next
}

// fix decides about grants of which weights prove that every plan that is cheaper than
// the best one does the same with them. That is known without weighing again: revoking
// a grant adds its cost and takes the weight of its clauses; keeping one that costs
// less than they weigh adds the difference.
func (t *tree) fix(at int, w *weighing) (next int, any bool) {
	units := t.weigh(w.list)
	for g := range t.cost {
		if t.state[g] != free {
			continue
		}
		left := t.cost[g] - t.load[g]
		bound := t.up(units + max(left, -left))
		if left == 0 || bound < t.best {
			continue
		}
		to := stays
		if left < 0 {
			to = revoked
		}
		t.least = min(t.least, bound)
		at, any = t.decide(at, int32(g), to, node{kind: bounded, weights: t.placeOf(w)}), true
		if to == revoked {
			units = t.weigh(w.list)
		}
	}
	return at, any
}

// branch tries both for the grant about which the weights say least.
func (t *tree) branch(at int) {
	g := t.choose()
	yes, no := t.node(), t.node()
	t.nodes[at] = node{kind: branches, grant: int(g), revoked: yes, kept: no}
	saved := slices.Clone(t.bounder.weight)
	for _, side := range []struct {
		to int8
		at int
	}{{revoked, yes}, {stays, no}} {
		length := len(t.trail)
		t.set(g, side.to)
		t.grow(side.at, nodeSteps)
		t.undo(length)
		copy(t.bounder.weight, saved)
	}
}

// choose returns a free grant that is in many clauses and costs about what they weigh.
func (t *tree) choose() int32 {
	best, most := int32(-1), math.Inf(-1)
	for g := range t.cost {
		if t.state[g] != free {
			continue
		}
		n := 0
		for _, i := range t.in[g] {
			if t.hits[i] == 0 {
				n++
			}
		}
		if n == 0 {
			continue
		}
		score := float64(n) / (1 + float64(4*math.Abs(t.bounder.reduced[g])/float64(max(t.cost[g], 1))))
		if score > most {
			best, most = int32(g), score
		}
	}
	return best
}
