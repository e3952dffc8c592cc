// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"crypto/sha256"
)

// A digest stands for a folded DN or a login. It is half a SHA-256: nobody who
// may write to the directory can make two names meet.
type digest [16]byte

func digestOf(b []byte) digest {
	sum := sha256.Sum256(b)
	return digest(sum[:16])
}

// A class says what an entry is. An entry may be an account and a group.
type class uint8

const (
	isAccount class = 1 << iota
	isGroup
	readAccount // the entry came in the second pass
	readGroup   // the entry came in the third pass
)

// A record is what is remembered of one entry.
type record struct {
	key   string
	class class
}

// ambiguous stands for a name that more than one entry answers to.
const ambiguous = ^uint32(0)

// An index finds entries by DN, key and login.
type index struct {
	records []record
	byDN    map[digest]uint32
	byKey   map[string]uint32
	byLogin map[digest]uint32
	scratch []byte
}

func newIndex() index {
	return index{byDN: map[digest]uint32{}, byKey: map[string]uint32{}, byLogin: map[digest]uint32{}}
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
	clash       // another entry has its DN or its key: this one has no record
)

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

func loginDigest(login []byte) digest { return digestOf(bytes.ToLower(login)) }

// login remembers that an account has this login.
func (x *index) login(name []byte, account uint32) {
	d := loginDigest(name)
	if was, known := x.byLogin[d]; known && was != account {
		account = ambiguous
	}
	x.byLogin[d] = account
}
