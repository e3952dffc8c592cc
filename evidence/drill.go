// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// A Drill is one trial that old records can still be retrieved and still hold.
type Drill struct {
	Checkpoint *Signed   // the ledger that was sampled, and the seed of the sample
	Before     time.Time // only records until then; zero means all
	Asked      int       // how many were to be drawn
	Records    []Retrieved
	Index      int64 // of the record that says that the drill was held
}

// A Retrieved is one record of the sample and what came of it.
type Retrieved struct {
	Index   int64
	Kind    string
	Time    time.Time
	Objects int // retrieved, and their digests held
	Erased  int // gone as a record says
	Problem string
}

// Failed returns the indexes of the records that could not be retrieved or do not hold.
func (d Drill) Failed() []int64 {
	failed := []int64{}
	for _, r := range d.Records {
		if r.Problem != "" {
			failed = append(failed, r.Index)
		}
	}
	return failed
}

// Sample draws n of the candidates. The checkpoint is the seed: whoever has it draws the
// same, and nobody who drew could choose.
func Sample(c Checkpoint, candidates []int64, n int) []int64 {
	type ticket struct {
		key   [sha256.Size]byte
		index int64
	}
	tickets := make([]ticket, len(candidates))
	for i, index := range candidates {
		b := append([]byte("foureyes/sample/1\n"+c.Text()), binary.BigEndian.AppendUint64(nil, uint64(index))...)
		tickets[i] = ticket{sha256.Sum256(b), index}
	}
	slices.SortFunc(tickets, func(a, b ticket) int { return slices.Compare(a.key[:], b.key[:]) })
	var drawn []int64
	for _, t := range tickets[:min(n, len(tickets))] {
		drawn = append(drawn, t.index)
	}
	slices.Sort(drawn)
	return drawn
}

// HoldDrill draws n records that are not younger than before, retrieves each with its
// objects, verifies it against the signed head, and records what came of it.
func (l *Ledger) HoldDrill(ctx context.Context, n int, before time.Time, s Statement) (*Drill, error) {
	if n < 1 {
		return nil, errors.New("a drill draws at least one record")
	}
	head, err := l.Head()
	if err != nil {
		return nil, err
	}
	candidates, err := l.until(ctx, head.Size, before)
	if err != nil {
		return nil, err
	}
	d := &Drill{Checkpoint: head, Before: before, Asked: n}
	drawn := Sample(head.Checkpoint, candidates, n)
	for _, index := range drawn {
		d.Records = append(d.Records, l.retrieve(ctx, head, index))
	}
	if len(drawn) == 0 {
		return nil, errors.New("no record is that old: nothing can be drawn")
	}
	b := drillBody{string(head.Note), "", n, drawn, d.Failed()}
	if !before.IsZero() {
		b.Before = before.UTC().Format(time.RFC3339)
	}
	l.gate.Lock()
	defer l.gate.Unlock()
	d.Index, err = l.ownRecord(ctx, KindDrill, "", b, s, nil)
	return d, err
}

func (l *Ledger) until(ctx context.Context, size int64, before time.Time) ([]int64, error) {
	var candidates []int64
	for e, err := range l.Records(ctx, 0) {
		if err != nil {
			return nil, err
		}
		if e.Index < size && (before.IsZero() || !e.Time.After(before)) {
			candidates = append(candidates, e.Index)
		}
	}
	return candidates, nil
}

// retrieve reads one record as an auditor would: from the store, with a proof.
func (l *Ledger) retrieve(ctx context.Context, head *Signed, index int64) Retrieved {
	got := Retrieved{Index: index}
	if err := l.retrieveInto(ctx, head, &got); err != nil {
		got.Problem = err.Error()
	}
	return got
}

func (l *Ledger) retrieveInto(ctx context.Context, head *Signed, got *Retrieved) error {
	leaf, err := l.leaf(ctx, got.Index)
	if err != nil {
		return err
	}
	t, _ := l.picture()
	proof, err := tlog.ProveRecord(head.Size, got.Index, &t)
	if err != nil {
		return err
	}
	if tlog.CheckRecord(proof, head.Size, head.Root, got.Index, tlog.RecordHash(leaf)) != nil {
		return errors.New("its bytes are not those that the checkpoint was signed over")
	}
	r, err := ParseRecord(leaf)
	if err != nil {
		return err
	}
	got.Kind, got.Time = r.Kind, r.Time
	for _, d := range r.Objects {
		if err := l.present(ctx, d); err != nil && l.Retained(d, got.Time).Erased {
			got.Erased++
			continue
		}
		if _, err := l.Object(ctx, d); err != nil {
			return fmt.Errorf("object: %w", err)
		}
		got.Objects++
	}
	return nil
}
