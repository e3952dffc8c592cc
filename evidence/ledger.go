// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrStopped means that an append failed and that the ledger acknowledges nothing
// any more, because what the store holds is not known. Open it again: that reads
// everything from the start.
var ErrStopped = errors.New("the ledger has stopped")

// ErrReadOnly means that the ledger was opened without a key.
var ErrReadOnly = errors.New("the ledger was opened without its key, to read")

// A Ledger is an open ledger. Any number of goroutines may use it.
type Ledger struct {
	store  Store
	random io.Reader

	// gate lets appends pass side by side, and alone whoever first asks the history and
	// then acts on the answer.
	gate sync.RWMutex

	mu      sync.Mutex
	key     *Key
	tree    tree
	history *history
	head    []byte
	stopped error
	queue   []*waiter
	busy    bool
	idle    sync.WaitGroup
}

// Founding is what a new ledger is told about itself, for good.
type Founding struct {
	Origin  string         // its name, such as example.com/evidence
	Classes map[string]int // years per class; nil means [DefaultClasses]
	At      time.Time
}

func (f Founding) check() error {
	if err := checkOrigin(f.Origin); err != nil {
		return err
	}
	if f.Classes[ClassSox] < 8 {
		return fmt.Errorf("class %s: %d years, and 8 are the least", ClassSox, f.Classes[ClassSox])
	}
	for class, years := range f.Classes {
		if !isName(class) || years < 0 || years > 1000 {
			return fmt.Errorf("class %q with %d years: want small letters and 0 to 1000", class, years)
		}
	}
	return nil
}

// Create makes a ledger in an empty store, with its first record. Random is for
// salts.
func Create(ctx context.Context, s Store, f Founding, key Key, random io.Reader) (*Ledger, error) {
	if f.Classes == nil {
		f.Classes = DefaultClasses()
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	if key.Signer.Name() != f.Origin {
		return nil, fmt.Errorf("the key is of %s, not of %s", key.Signer.Name(), f.Origin)
	}
	head, err := s.Head(ctx)
	if err != nil {
		return nil, err
	}
	if len(head) > 0 {
		return nil, errors.New("there is a ledger already")
	}
	l := &Ledger{store: s, random: random, key: &key, history: newHistory()}
	body := encodeBody(ledgerBody{f.Origin, key.Public, maps.Clone(f.Classes)})
	_, err = l.enqueue(&waiter{records: []Record{{Kind: KindLedger, Time: whole(f.At), Class: ClassSox, Body: body}}})
	return l, err
}

func whole(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// Open reads a ledger from its first record on and holds it against its head. With a
// key it can be appended to; a nil key reads only. What a change of keys or an
// erasure left unfinished is finished.
func Open(ctx context.Context, s Store, key *Key, random io.Reader) (*Ledger, error) {
	l := &Ledger{store: s, random: random, key: key, history: newHistory()}
	if err := l.replay(ctx); err != nil {
		return nil, err
	}
	if key == nil {
		return l, nil
	}
	if current := l.history.keys[len(l.history.keys)-1].public; key.Public != current {
		return nil, fmt.Errorf("key %s is not the ledger's, which is %s", KeyID(key.Public), KeyID(current))
	}
	return l, l.finish(ctx)
}

func (l *Ledger) replay(ctx context.Context) error {
	head, err := l.store.Head(ctx)
	if err != nil {
		return err
	}
	if len(head) == 0 {
		return errors.New("there is no ledger: make one first")
	}
	for leaf, err := range l.store.Leaves(ctx, 0, math.MaxInt64) {
		if err != nil {
			return err
		}
		if err := l.take(leaf); err != nil {
			return &CorruptError{fmt.Sprintf("record %d", l.tree.size), err.Error()}
		}
	}
	l.head = head
	return l.checkHead()
}

func (l *Ledger) take(leaf []byte) error {
	r, err := ParseRecord(leaf)
	if err != nil {
		return err
	}
	if err := l.history.apply(l.tree.size, r); err != nil {
		return err
	}
	return l.tree.add(leaf)
}

func (l *Ledger) checkHead() error {
	s, err := OpenCheckpoint(l.head, l.history.keysAt(l.tree.size))
	if err != nil {
		return &CorruptError{"head", err.Error()}
	}
	root, err := l.tree.root()
	if err != nil {
		return err
	}
	if s.Origin != l.history.origin || s.Size != l.tree.size || s.Root != root {
		return &CorruptError{"head", fmt.Sprintf("it is of %d records, and what the %d records add up to is not what it says", s.Size, l.tree.size)}
	}
	return nil
}

// finish does what a process that died had begun.
func (l *Ledger) finish(ctx context.Context) error {
	for _, d := range slices.SortedFunc(maps.Keys(l.history.erased), compareDigests) {
		if err := l.store.DeleteObject(ctx, d); err != nil {
			return err
		}
	}
	if l.history.last == KindKey {
		_, err := l.enqueue(&waiter{records: []Record{l.transition()}})
		return err
	}
	return nil
}

func compareDigests(a, b Digest) int { return bytes.Compare(a[:], b[:]) }

// Head returns the checkpoint of all that was acknowledged, signed.
func (l *Ledger) Head() (*Signed, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return OpenCheckpoint(l.head, l.history.keysAt(l.history.size))
}

// Keys returns the public keys of the ledger, the current one last.
func (l *Ledger) Keys() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.history.publicKeys()
}

// Records yields the records from an index on, until the last that was acknowledged
// when it was called. An error is the last value.
func (l *Ledger) Records(ctx context.Context, from int64) iter.Seq2[Entry, error] {
	l.mu.Lock()
	size := l.tree.size
	l.mu.Unlock()
	return func(yield func(Entry, error) bool) {
		i := from
		for leaf, err := range l.store.Leaves(ctx, from, size) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			r, err := ParseRecord(leaf)
			if err != nil {
				yield(Entry{}, &CorruptError{fmt.Sprintf("record %d", i), err.Error()})
				return
			}
			if !yield(Entry{i, r}, nil) {
				return
			}
			i++
		}
	}
}

// PutObject keeps an object. Put it before the record that names it.
func (l *Ledger) PutObject(ctx context.Context, r io.Reader) (Digest, error) {
	return l.store.PutObject(ctx, r)
}

// PutSalted keeps an object that holds personal data.
func (l *Ledger) PutSalted(ctx context.Context, content []byte) (Digest, error) {
	object, err := Salted(l.random, content)
	if err != nil {
		return Digest{}, err
	}
	return l.store.PutObject(ctx, bytes.NewReader(object))
}

// PutAllSalted keeps objects that hold personal data, and returns their digests in the same
// order. They are written side by side: a disk makes many files durable in little more time
// than one. After an error some of them may be there, which no record names.
func (l *Ledger) PutAllSalted(ctx context.Context, contents [][]byte) ([]Digest, error) {
	var objects [][]byte
	for _, c := range contents {
		object, err := Salted(l.random, c)
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	const most = 64
	digests, errs := make([]Digest, len(objects)), make([]error, len(objects))
	var all sync.WaitGroup
	next := make(chan int)
	for range min(most, len(objects)) {
		all.Go(func() {
			for i := range next {
				digests[i], errs[i] = l.store.PutObject(ctx, bytes.NewReader(objects[i]))
			}
		})
	}
	for i := range objects {
		next <- i
	}
	close(next)
	all.Wait()
	return digests, errors.Join(errs...)
}

// Object returns an object whose bytes were held against its digest.
func (l *Ledger) Object(ctx context.Context, d Digest) ([]byte, error) {
	return ReadObject(ctx, l.store, d)
}

// leaf returns the bytes of one record.
func (l *Ledger) leaf(ctx context.Context, index int64) ([]byte, error) {
	for leaf, err := range l.store.Leaves(ctx, index, index+1) {
		return leaf, err
	}
	return nil, fmt.Errorf("there is no record %d", index)
}

// picture returns the tree and its signed head at one moment.
func (l *Ledger) picture() (tree, []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tree, l.head
}

// At returns what the checkpoint of the ledger said when it had so many records. It is not
// signed: what was signed then is wherever it was kept.
func (l *Ledger) At(size int64) (Checkpoint, error) {
	t, _ := l.picture()
	if size < 1 || size > t.size {
		return Checkpoint{}, fmt.Errorf("the ledger had never %d records: it has %d", size, t.size)
	}
	root, err := tlog.TreeHash(size, &t)
	return Checkpoint{l.history.origin, size, root}, err
}

// ProveRecord makes a proof that the record is in the ledger as the head has it.
func (l *Ledger) ProveRecord(ctx context.Context, index int64) (Inclusion, error) {
	t, head := l.picture()
	if index < 0 || index >= t.size {
		return Inclusion{}, fmt.Errorf("there is no record %d: the ledger has %d, from 0 on", index, t.size)
	}
	leaf, err := l.leaf(ctx, index)
	if err != nil {
		return Inclusion{}, err
	}
	hashes, err := tlog.ProveRecord(t.size, index, &t)
	return Inclusion{index, leaf, hashes, head}, err
}

// ProveConsistency makes a proof that the ledger continues that of an earlier
// checkpoint. Such a proof does not exist when it does not.
func (l *Ledger) ProveConsistency(old []byte) (Consistency, error) {
	t, head := l.picture()
	earlier, err := OpenCheckpoint(old, l.Keys())
	if err != nil {
		return Consistency{}, err
	}
	if earlier.Size < 1 || earlier.Size > t.size {
		return Consistency{}, fmt.Errorf("the checkpoint is of %d records, and the ledger has %d", earlier.Size, t.size)
	}
	hashes, err := tlog.ProveTree(t.size, earlier.Size, &t)
	if err != nil {
		return Consistency{}, err
	}
	now, err := WithoutTrust(head)
	if err != nil {
		return Consistency{}, err
	}
	return Consistency{hashes, old, head}, checkConsistency(hashes, earlier.Checkpoint, now)
}

// signers are those of which each signs the next head: two while keys change.
func (l *Ledger) signers(next *Key) []note.Signer {
	if next == nil {
		return []note.Signer{l.key.Signer}
	}
	return []note.Signer{l.key.Signer, next.Signer}
}
