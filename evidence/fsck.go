// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"crypto/sha256"
)

// An Anchor is how a ledger stands to checkpoints that were kept outside of it.
type Anchor uint8

// The answers, from none to the worst.
const (
	Unanchored Anchor = iota + 1 // there was no outside checkpoint to hold it against
	Consistent                   // it continues every outside checkpoint
	Truncated                    // records that its own head counts are missing
	RolledBack                   // it is an older version of what an outside checkpoint saw
	Forked                       // it is another history than an outside checkpoint saw
)

func (a Anchor) String() string {
	names := [...]string{"", "UNANCHORED", "CONSISTENT", "TRUNCATED", "ROLLED BACK", "FORKED"}
	return names[a]
}

// A Problem is something in a ledger that is not as it must be.
type Problem struct {
	Record int64 // the record it is about, or -1
	What   string
}

func (p Problem) String() string {
	if p.Record < 0 {
		return p.What
	}
	return fmt.Sprintf("record %d: %s", p.Record, p.What)
}

// A Verdict is what [Fsck] found.
type Verdict struct {
	Origin   string
	Records  int64
	Root     string // of all records, in base64
	Objects  int    // named by records and there, with the right bytes
	Erased   int    // named by records, and gone as a record says
	Unnamed  int    // there, and named by no record
	Keys     []string
	Anchor   Anchor
	Problems []Problem
	// Notes are what is no breach and should be known.
	Notes []string
	// Proofs are pairs of signed checkpoints that cannot both be true: what is shown to
	// whoever asks.
	Proofs [][2]string
}

// Sound reports that nothing is wrong. An unanchored ledger can be sound: that it is
// not another history is then not proved.
func (v *Verdict) Sound() bool { return len(v.Problems) == 0 && v.Anchor <= Consistent }

// Fsck derives everything that a store claims from its raw leaves and objects, and
// holds it against signed checkpoints that were kept outside. It shares only the hash
// functions with what writes a ledger. An error means that the store could not be
// read; what is wrong in it are Problems.
func Fsck(ctx context.Context, s Store, outside ...[]byte) (*Verdict, error) {
	a := newAudit()
	for leaf, err := range s.Leaves(ctx, 0, math.MaxInt64) {
		if err != nil {
			a.problem(int64(len(a.roots)), err.Error())
			break
		}
		a.leaf(leaf)
	}
	head, err := s.Head(ctx)
	if err != nil {
		return nil, err
	}
	a.judgeHead(head)
	if err := a.judgeObjects(ctx, s); err != nil {
		return nil, err
	}
	for _, o := range outside {
		a.judgeOutside(o, head)
	}
	a.compromised()
	return a.verdict(), nil
}

// judgeObjects re-hashes every object and holds them against what records name.
func (a *audit) judgeObjects(ctx context.Context, s Store) error {
	there := map[Digest]bool{}
	for d, err := range s.ObjectNames(ctx) {
		if err != nil {
			a.problem(-1, err.Error())
			continue
		}
		there[d] = true
		sum, err := sumObject(ctx, s, d)
		if err != nil {
			return fmt.Errorf("object %s: %w", d, err)
		}
		if sum != d {
			a.problem(a.firstNaming(d), fmt.Sprintf("object %s has other bytes than its digest says", d))
			continue
		}
		a.count(d)
	}
	for _, d := range a.order {
		if !there[d] && !a.erased[d] {
			a.problem(a.firstNaming(d), fmt.Sprintf("object %s is missing, and no record says that it was erased", d))
		}
	}
	return nil
}

func (a *audit) count(d Digest) {
	_, named := a.named[d]
	switch {
	case a.erased[d]:
		a.v.Notes = append(a.v.Notes, fmt.Sprintf("object %s was erased and is still there: opening the ledger to write finishes it", d))
	case named:
		a.v.Objects++
	default:
		a.v.Unnamed++
	}
}

func sumObject(ctx context.Context, s Store, d Digest) (sum Digest, err error) {
	r, err := s.Object(ctx, d)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return sum, err
	}
	return Digest(h.Sum(nil)), nil
}

func (a *audit) firstNaming(d Digest) int64 {
	if at, ok := a.named[d]; ok {
		return at
	}
	return -1
}

// compromised says how far what a compromised key signed can still be trusted.
func (a *audit) compromised() {
	for _, k := range a.keys {
		if !k.compromised {
			continue
		}
		if a.anchored > 0 {
			a.note("key %s was compromised: of records before %d, those below %d are proved by an outside checkpoint", k.id, k.until, min(a.anchored, k.until))
		} else {
			a.note("key %s was compromised, and no outside checkpoint was given: its signatures prove nothing of the records before %d", k.id, k.until)
		}
	}
}

func (a *audit) verdict() *Verdict {
	v := a.v
	v.Records = int64(len(a.roots))
	if n := len(a.roots); n > 0 {
		v.Root = a.roots[n-1].String()
	}
	for _, k := range a.keys {
		v.Keys = append(v.Keys, k.public)
	}
	if v.Unnamed > 0 {
		a.note("%d objects are named by no record: left by a write that was not finished, or put there by somebody else", v.Unnamed)
	}
	v.Notes = a.v.Notes
	v.Anchor = max(v.Anchor, Unanchored)
	return &v
}
