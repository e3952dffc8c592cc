// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"crypto/sha256"

	"github.com/foureyes-iga/foureyes/graph"
)

// A digest stands for a folded DN or a login. It is half a SHA-256: nobody who
// may write to the directory can make two names meet.
type digest [16]byte

func digestOf(b []byte) digest {
	sum := sha256.Sum256(b)
	return digest(sum[:16])
}

// A class says what an entry is. An entry may be an account and a group.
type class uint16

const (
	isAccount class = 1 << iota
	isGroup
	readAccount // the entry came in the second pass
	readGroup   // the entry came in the third pass
	isMachine
	isForeign // a stand-in for something of another directory
	isRole
	isContact
	wanted // a machine that something names
	listed // the entry came in the first pass
	made   // the entry was made after the reading began
)

// one is 1 when c has a class, to be added up.
func (c class) one(of class) int {
	if c&of != 0 {
		return 1
	}
	return 0
}

// holders are the classes of what may hold something.
const holders = isAccount | isGroup | isMachine

// A record is what is remembered of one entry.
type record struct {
	key   string
	class class
}

// ambiguous stands for a name that more than one entry answers to.
const ambiguous = ^uint32(0)

// An index finds entries by DN, key, login and SID.
type index struct {
	records []record
	byDN    map[digest]uint32
	byKey   map[string]uint32
	byLogin map[digest]uint32
	bySID   map[sid]uint32
	foreign map[uint32]sid   // of stand-ins
	heirs   map[sid][]uint32 // who has a SID as one of its earlier ones
	scratch []byte
}

func newIndex() index {
	return index{
		byDN: map[digest]uint32{}, byKey: map[string]uint32{}, byLogin: map[digest]uint32{},
		bySID: map[sid]uint32{}, foreign: map[uint32]sid{}, heirs: map[sid][]uint32{},
	}
}

// fold returns the folded DN, which is good until the next call.
func (x *index) fold(dn []byte) (folded []byte, err error) {
	x.scratch, err = appendFoldedDN(x.scratch[:0], dn)
	return x.scratch, err
}

// at returns the record of a DN, and whether exactly one entry has it.
func (x *index) at(d digest) (*record, bool) {
	i, ok := x.byDN[d]
	if !ok || i == ambiguous {
		return nil, false
	}
	return &x.records[i], true
}

// A claim is what became of an entry that was added to an index.
type claim uint8

const (
	fresh claim = iota
	again       // the entry was told before
	moved       // the entry was told before under another DN
	clash       // another entry has its DN or its key: this one has no record
)

// move lets an entry that is known answer to a new DN, too. It is false for an
// entry that is not known, or when its DN is taken.
func (x *index) move(d digest, key string) bool {
	i, known := x.byKey[key]
	if _, taken := x.byDN[d]; !known || taken {
		return false
	}
	x.byDN[d] = i
	return true
}

func (x *index) add(d digest, key string, c class) claim {
	if was, known := x.byDN[d]; known {
		if was != ambiguous && x.records[was].key == key {
			x.records[was].class |= c
			return again
		}
		x.byDN[d] = ambiguous
		return clash
	}
	if _, taken := x.byKey[key]; taken {
		x.byDN[d] = ambiguous
		return clash
	}
	i := uint32(len(x.records))
	x.records = append(x.records, record{key, c})
	x.byDN[d], x.byKey[key] = i, i
	return fresh
}

// loginDigest compares logins without letter case, and without taking look-alikes for
// ASCII letters.
func loginDigest(login []byte) digest { return digestOf(bytes.Map(graph.FoldRune, login)) }

// login remembers that an account has this login.
func (x *index) login(name []byte, account uint32) {
	d := loginDigest(name)
	if was, known := x.byLogin[d]; known && was != account {
		account = ambiguous
	}
	x.byLogin[d] = account
}
