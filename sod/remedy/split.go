// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"cmp"
	"slices"
)

// A split looks for the cheapest plan of a group subject by subject. What only one
// subject comes to counts for it alone; what several come to costs each a share. With
// any shares the cheapest plans of all subjects together bound what a plan costs, and
// they are easily found. Shares for which they bound most are looked for by moving them
// to those whose plans revoke the grant (Lagrangian decomposition, Guignard and Kim,
// 1987). Where the subjects do not come to agree, some are taken together.
type split struct {
	*search
	g       *group
	members []*member
	of      map[int32]*member   // by target
	known   int                 // witnesses of the group that members have
	users   map[int32][]*member // by grant that several come to
	order   []int32             // these grants, in order
	value   int64               // of all members, in units
	best    int64
}

// A member is some of the group's subjects.
type member struct {
	targets   []int32
	witnesses []int
	comes     map[int32]bool // grants that it can come to
	share     map[int32]int64
	pieces    []*solved
	revokes   map[int32]bool
	value     int64
	dirty     bool
}

func newSplit(s *search, g *group) *split {
	x := &split{search: s, g: g, of: map[int32]*member{}}
	at := map[int32]*member{}
	for _, t := range g.targets {
		start := s.m.targets[t].start
		if at[start] == nil {
			at[start] = &member{share: map[int32]int64{}, comes: s.comesTo(start), dirty: true}
			x.members = append(x.members, at[start])
		}
		at[start].targets = append(at[start].targets, t)
		x.of[t] = at[start]
	}
	x.hand()
	x.meetUsers()
	for _, i := range x.order {
		x.deal(i, func(*member) float64 { return 1 })
	}
	return x
}

// comesTo lists the grants that a path from a state may have.
func (s *search) comesTo(start int32) map[int32]bool {
	all := map[int32]bool{}
	s.w.spread(start)
	for _, at := range s.w.reached {
		for _, a := range s.m.net.out(at) {
			if !s.m.kept(a) {
				all[a.grant] = true
			}
		}
	}
	return all
}

// meetUsers finds out who shares what.
func (x *split) meetUsers() {
	x.users, x.order = map[int32][]*member{}, nil
	for _, m := range x.members {
		for i := range m.comes {
			x.users[i] = append(x.users[i], m)
		}
	}
	for i, users := range x.users {
		if len(users) < 2 {
			delete(x.users, i)
		} else {
			x.order = append(x.order, i)
		}
	}
	slices.Sort(x.order)
	for _, m := range x.members { // in the order of members, not of a map
		for i := range m.comes {
			if x.users[i] == nil {
				delete(m.share, i)
			}
		}
	}
}

// deal gives the users of a grant their shares of its cost.
func (x *split) deal(i int32, claim func(*member) float64) {
	total := 0.0
	for _, m := range x.users[i] {
		total += claim(m)
	}
	grains := float64(x.whole(i) / shareGrain)
	so, dealt := 0.0, int64(0)
	for n, m := range x.users[i] {
		so += claim(m)
		upTo := int64(float64(grains*so) / max(total, 1e-9))
		if n == len(x.users[i])-1 {
			upTo = int64(grains)
		}
		units := max(upTo-dealt, 0) * shareGrain
		dealt = max(dealt, upTo)
		if m.share[i] != units {
			m.share[i], m.dirty = units, true
		}
	}
}

// shareGrain is what shares are multiples of, in units.
const shareGrain = Scale / 64

func (x *split) price(m *member) func(i int32) int64 {
	return func(i int32) int64 {
		if x.users[i] != nil {
			return m.share[i]
		}
		return x.whole(i)
	}
}

func (x *split) shared(i int32) bool { return x.users[i] != nil }

// solve finds the cheapest plans of the members whose shares changed, and what they
// bound together.
func (x *split) solve() {
	x.value = 0
	for _, m := range x.members {
		if m.dirty && x.ctx.Err() == nil {
			x.solveMember(m)
		}
		x.value += m.value
	}
}

// solveMember finds a plan that costs a member least, and looks for witnesses that it
// does not hit until it clears all targets.
func (x *split) solveMember(m *member) {
	for fresh := true; fresh; {
		m.pieces, m.value, m.revokes = x.pieces(x.g, m.witnesses, x.price(m), x.shared), 0, map[int32]bool{}
		for _, p := range m.pieces {
			m.value += p.bound
			for _, i := range p.plan {
				m.revokes[i] = true
				x.w.gone[i] = true
			}
		}
		fresh = false
		for _, t := range m.targets {
			for _, w := range x.w.all(t, 1<<20) {
				fresh = x.add(x.g, w) || fresh
			}
		}
		for i := range m.revokes {
			x.w.gone[i] = false
		}
		x.hand()
		fresh = fresh && x.ctx.Err() == nil
	}
	m.dirty = false
}

// run looks for shares, and takes subjects together and looks again, until they prove the
// plan.
func (x *split) run() {
	x.hand()
	if len(x.members) < 2 || x.agree() {
		return
	}
	for len(x.members) > 1 && x.isOpen(x.g) && x.join() && !x.agree() {
	}
}

const (
	splitRounds = 60
	maxJoined   = 400 // witnesses of a member that are not too many to be solved at once
)

// agree moves shares; true when the plan is proved.
func (x *split) agree() bool {
	pace, stale := 1.0, 0
	for round := range splitRounds {
		x.solve()
		if x.ctx.Err() != nil {
			return false
		}
		if x.value > x.best {
			x.best, stale = x.value, 0
			x.keep()
		} else if stale++; stale > 4 {
			pace, stale = pace/2, 0
		}
		if round%10 == 0 {
			x.propose()
		}
		if x.g.bound >= x.g.cost {
			return true
		}
		if !x.move(pace) {
			break
		}
	}
	x.propose()
	return x.g.bound >= x.g.cost
}

// keep takes what the members bound for a proof.
func (x *split) keep() {
	var family []*solved
	for _, m := range x.members {
		family = append(family, m.pieces...)
	}
	x.g.prove(boundOf(family), [][]*solved{family})
}

// move takes one step towards the users that revoke what they share; false when all of
// them agree about everything.
func (x *split) move(pace float64) bool {
	norm := 0.0
	var split []int32
	for _, i := range x.order {
		if n := x.votes(i); n > 0 && n < len(x.users[i]) {
			split = append(split, i)
			part := float64(n) / float64(len(x.users[i]))
			norm += float64(float64(n) * (1 - part))
		}
	}
	gap := float64(x.g.cost*Scale - x.value)
	if norm == 0 || gap <= 0 {
		return false
	}
	step := max(float64(pace*gap/norm), shareGrain)
	for _, i := range split {
		part := float64(x.votes(i)) / float64(len(x.users[i]))
		x.deal(i, func(m *member) float64 {
			to := -part
			if m.revokes[i] {
				to = 1 - part
			}
			return max(0, float64(m.share[i])+float64(step*to))
		})
	}
	return true
}

// votes counts the users of a grant that revoke it.
func (x *split) votes(i int32) (n int) {
	for _, m := range x.users[i] {
		if m.revokes[i] {
			n++
		}
	}
	return n
}

// propose makes a plan of the members': what is shared is revoked when those who want it
// would pay half of its cost. Then each member in turn finds the cheapest way with what
// is revoked already.
func (x *split) propose() {
	gone := map[int32]bool{}
	for _, i := range x.order {
		paid := int64(0)
		for _, m := range x.users[i] {
			if m.revokes[i] {
				paid += m.share[i]
			}
		}
		if x.votes(i) > 0 && 2*paid >= x.whole(i) {
			gone[i] = true
		}
	}
	x.fill(gone)
	x.fill(map[int32]bool{})
}

// fill completes a plan member by member.
func (x *split) fill(gone map[int32]bool) {
	price := func(i int32) int64 {
		if gone[i] {
			return 0
		}
		return x.whole(i)
	}
	for _, m := range x.members {
		for _, p := range x.pieces(x.g, m.witnesses, price, x.shared) {
			for _, i := range p.plan {
				gone[i] = true
			}
		}
	}
	var set []int32
	for i := range gone {
		set = append(set, i)
	}
	slices.Sort(set)
	x.complete(x.g, set)
	x.hand()
}

// hand gives witnesses that were met in passing to their members.
func (x *split) hand() {
	for ; x.known < len(x.g.witnesses); x.known++ {
		m := x.of[x.g.witnesses[x.known].target]
		m.witnesses = append(m.witnesses, x.known)
		m.dirty = true
	}
}

// join takes members together that do not agree; false when none can be.
func (x *split) join() bool {
	u := newUnion(len(x.members))
	place, size := map[*member]int32{}, make([]int, len(x.members))
	for n, m := range x.members {
		place[m], size[n] = int32(n), len(m.witnesses)
	}
	any := false
	for _, i := range x.disputed() {
		first := int32(-1)
		for _, m := range x.users[i] {
			if m.share[i] == 0 && !m.revokes[i] {
				continue
			}
			root := u.root(place[m])
			switch {
			case first < 0:
				first = root
			case u.root(first) != root && size[u.root(first)]+size[root] <= maxJoined:
				total := size[u.root(first)] + size[root]
				u.join(first, root)
				size[u.root(first)], any = total, true
			}
		}
	}
	if !any {
		return false
	}
	x.regroup(u)
	return true
}

// disputed lists the grants about which users do not agree, those that cost most first.
func (x *split) disputed() (all []int32) {
	for _, i := range x.order {
		if n := x.votes(i); n > 0 && n < len(x.users[i]) {
			all = append(all, i)
		}
	}
	slices.SortStableFunc(all, func(a, b int32) int {
		return cmp.Or(cmp.Compare(len(x.users[a]), len(x.users[b])), cmp.Compare(x.whole(b), x.whole(a)))
	})
	return all[:(len(all)+1)/2]
}

// regroup makes one member of those that belong together. It has all their shares.
func (x *split) regroup(u union) {
	var members []*member
	at := map[int32]*member{}
	for n, m := range x.members {
		root := u.root(int32(n))
		into := at[root]
		if into == nil {
			at[root] = m
			members = append(members, m)
			continue
		}
		into.targets = append(into.targets, m.targets...)
		for _, t := range m.targets {
			x.of[t] = into
		}
		into.witnesses = append(into.witnesses, m.witnesses...)
		for i := range m.comes {
			into.comes[i] = true
		}
		for i, units := range m.share {
			into.share[i] += units
		}
		into.dirty = true
	}
	x.members = members
	x.meetUsers()
}
