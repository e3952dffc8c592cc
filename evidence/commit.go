// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// maxBatch bounds how many callers share one write, and so how long any of them waits
// for the disk.
const maxBatch = 4096

// A waiter is one call of Append: records that become durable together.
type waiter struct {
	records []Record
	nextKey *Key // it takes over with these records

	indexes []int64
	err     error
	done    chan struct{}
}

// Append adds records, all or none, and returns their indexes. It returns when they are
// durable. Calls at the same time share one write. Once it has begun it is not
// cancelled: ctx is asked before. After an error of the store the ledger has stopped
// ([ErrStopped]), and whether the records are in it tells the next [Open].
func (l *Ledger) Append(ctx context.Context, records ...Record) ([]int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.gate.RLock()
	defer l.gate.RUnlock()
	for _, r := range records {
		if isOurs(r.Kind) {
			return nil, fmt.Errorf("record: kind %s is written by the ledger alone", r.Kind)
		}
		if err := l.admit(ctx, r); err != nil {
			return nil, err
		}
	}
	return l.enqueue(&waiter{records: records})
}

// admit refuses a record that cannot be written or names what is not there.
func (l *Ledger) admit(ctx context.Context, r Record) error {
	if _, err := r.Encode(); err != nil {
		return err
	}
	l.mu.Lock()
	_, known := l.history.classes[r.Class]
	_, over := l.history.closed[r.Series]
	l.mu.Unlock()
	if !known {
		return fmt.Errorf("record %s: the ledger has no class %q", r.Kind, r.Class)
	}
	if over && !isOurs(r.Kind) {
		return fmt.Errorf("record %s: series %s is closed", r.Kind, r.Series)
	}
	for _, d := range r.Objects {
		if err := l.present(ctx, d); err != nil {
			return fmt.Errorf("record %s: %w", r.Kind, err)
		}
	}
	return nil
}

func (l *Ledger) present(ctx context.Context, d Digest) error {
	l.mu.Lock()
	_, erased := l.history.erased[d]
	l.mu.Unlock()
	if erased {
		return fmt.Errorf("object %s was erased", d)
	}
	r, err := l.store.Object(ctx, d)
	if err != nil {
		return err
	}
	return r.Close()
}

// enqueue hands records to the one who writes, and waits. Whoever finds nobody
// writing starts to.
func (l *Ledger) enqueue(w *waiter) ([]int64, error) {
	if l.key == nil {
		return nil, ErrReadOnly
	}
	if len(w.records) == 0 {
		return nil, errors.New("there is nothing to append")
	}
	w.done = make(chan struct{})
	l.mu.Lock()
	if l.stopped != nil {
		defer l.mu.Unlock()
		return nil, fmt.Errorf("%w: %w", ErrStopped, l.stopped)
	}
	l.queue = append(l.queue, w)
	if !l.busy {
		l.busy = true
		l.idle.Add(1)
		go l.drain()
	}
	l.mu.Unlock()
	<-w.done
	return w.indexes, w.err
}

// Close waits for what is being written. It does not close the store.
func (l *Ledger) Close() { l.idle.Wait() }

func (l *Ledger) drain() {
	defer l.idle.Done()
	for {
		batch := l.nextBatch()
		if len(batch) == 0 {
			return
		}
		err := l.commit(batch)
		for _, w := range batch {
			w.err = err
			close(w.done)
		}
	}
}

// nextBatch takes who waits, but a change of keys alone.
func (l *Ledger) nextBatch() []*waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for n < len(l.queue) && n < maxBatch && l.queue[n].nextKey == nil {
		n++
	}
	n = max(n, min(1, len(l.queue)))
	batch := l.queue[:n:n]
	l.queue = l.queue[n:]
	l.busy = n > 0
	return batch
}

// commit makes one batch durable. Only one goroutine is ever in it, and only it
// changes tree, history, head and key; the mutex is for those who read them.
func (l *Ledger) commit(batch []*waiter) error {
	if l.stopped != nil {
		return fmt.Errorf("%w: %w", ErrStopped, l.stopped)
	}
	err := l.write(batch)
	if err != nil {
		l.mu.Lock()
		l.stopped = err
		l.mu.Unlock()
	}
	return err
}

func (l *Ledger) write(batch []*waiter) error {
	next, leaves, err := l.plan(batch)
	if err != nil {
		return err
	}
	root, err := next.root()
	if err != nil {
		return err
	}
	l.mu.Lock()
	history, origin := l.history, l.history.origin
	l.mu.Unlock()
	if origin == "" {
		origin = l.key.Signer.Name()
	}
	taking := batch[0].nextKey
	head, err := Checkpoint{origin, next.size, root}.Sign(l.signers(taking)...)
	if err != nil {
		return err
	}
	if err := l.store.Append(context.Background(), l.head, head, l.tree.size, leaves); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, leaf := range leaves {
		r, err := ParseRecord(leaf)
		if err != nil {
			return err
		}
		if err := history.apply(l.tree.size+int64(i), r); err != nil {
			return err
		}
	}
	l.tree, l.head = next, head
	if taking != nil {
		l.key = taking
	}
	return nil
}

// plan says which leaves a batch becomes, and gives each record its index. Where
// the clock went back, a leaf says so first.
func (l *Ledger) plan(batch []*waiter) (next tree, leaves [][]byte, err error) {
	next = l.tree
	clock := history{high: l.history.high}
	add := func(r Record) error {
		leaf, err := r.Encode()
		if err != nil {
			return err
		}
		leaves = append(leaves, leaf)
		return next.add(leaf)
	}
	for _, w := range batch {
		w.indexes = w.indexes[:0]
		for _, r := range w.records {
			if clock.goneBack(r.Time) {
				if err := add(wentBack(clock.high, r.Time)); err != nil {
					return next, nil, err
				}
				clock.high = r.Time
			} else if r.Time.After(clock.high) {
				clock.high = r.Time
			}
			w.indexes = append(w.indexes, next.size)
			if err := add(r); err != nil {
				return next, nil, err
			}
		}
	}
	return next, leaves, nil
}

func wentBack(was, is time.Time) Record {
	b := clockBody{was.UTC().Format(time.RFC3339), is.UTC().Format(time.RFC3339)}
	return Record{Kind: KindClock, Time: is, Class: ClassSox, Body: encodeBody(b)}
}

// state puts a statement into an object.
func (l *Ledger) state(ctx context.Context, s Statement) (Digest, error) {
	if err := s.check(); err != nil {
		return Digest{}, err
	}
	return l.PutSalted(ctx, bytes.Clone(encodeBody(statementBody{statementFormat, s.By, s.Reason})))
}
