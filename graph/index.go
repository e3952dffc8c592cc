// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"hash/maphash"
	"math/bits"
)

// An index finds the numbers of IDs. It holds no IDs: who asks has them. It is a
// hash table with open addressing; a slot is the upper half of a hash above a
// number plus one, and zero is free. Equal IDs are found whatever the seed is.
type index struct {
	seed  maphash.Seed
	slots []uint64 // a power of two, at most three quarters of them taken
	taken int
}

// indexOf returns an index of all ids.
func indexOf(ids []ID) *index {
	x := &index{seed: maphash.MakeSeed(), slots: make([]uint64, 1024)}
	for n := range ids {
		x.add(ids, uint32(n))
	}
	return x
}

func (x *index) hash(id ID) uint64 {
	return maphash.String(x.seed, id.Key) ^ bits.RotateLeft64(maphash.String(x.seed, string(id.Source)), int(id.Kind))
}

// next is the slot that is looked at after slot i; home is the first.
func (x *index) next(i uint64) uint64    { return (i + 1) & uint64(len(x.slots)-1) }
func (x *index) home(hash uint64) uint64 { return hash >> 32 & uint64(len(x.slots)-1) }

func (x *index) find(ids []ID, id ID) (n uint32, ok bool) {
	hash := x.hash(id)
	for i := x.home(hash); x.slots[i] != 0; i = x.next(i) {
		if n := uint32(x.slots[i]) - 1; x.slots[i]>>32 == hash>>32 && ids[n] == id {
			return n, true
		}
	}
	return 0, false
}

// add takes in ids[n], which is not there.
func (x *index) add(ids []ID, n uint32) {
	if x.taken++; 4*x.taken > 3*len(x.slots) {
		x.double()
	}
	x.put(x.hash(ids[n])>>32<<32 | uint64(n+1))
}

func (x *index) put(slot uint64) {
	i := x.home(slot)
	for x.slots[i] != 0 {
		i = x.next(i)
	}
	x.slots[i] = slot
}

func (x *index) double() {
	was := x.slots
	x.slots = make([]uint64, 2*len(was))
	for _, slot := range was {
		if slot != 0 {
			x.put(slot)
		}
	}
}
