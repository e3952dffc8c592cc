// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// ownRecord writes a record of the ledger's own, with who answers for it.
func (l *Ledger) ownRecord(ctx context.Context, kind, series string, body any, s Statement, next *Key) (int64, error) {
	if l.key == nil {
		return 0, ErrReadOnly
	}
	by, err := l.state(ctx, s)
	if err != nil {
		return 0, err
	}
	r := Record{Kind: kind, Time: whole(s.At), Class: ClassSox, Series: series, Objects: []Digest{by}, Body: encodeBody(body)}
	if err := l.admit(ctx, r); err != nil {
		return 0, err
	}
	at, err := l.enqueue(&waiter{records: []Record{r}, nextKey: next})
	if err != nil {
		return 0, err
	}
	return at[0], nil
}

// Rotate lets another key take over. Both sign the checkpoint at which it does, which is
// kept in the record that follows. With compromised, what the old key signed proves
// nothing by itself any more; [Fsck] says from where on.
func (l *Ledger) Rotate(ctx context.Context, next Key, compromised bool, s Statement) error {
	l.gate.Lock()
	defer l.gate.Unlock()
	keys := l.Keys()
	if slices.Contains(keys, next.Public) {
		return fmt.Errorf("key %s was the ledger's before", KeyID(next.Public))
	}
	if next.Signer.Name() != l.history.origin {
		return fmt.Errorf("the key is of %s, not of %s", next.Signer.Name(), l.history.origin)
	}
	b := keyBody{next.Public, KeyID(keys[len(keys)-1]), compromised}
	if _, err := l.ownRecord(ctx, KindKey, "", b, s, &next); err != nil {
		return err
	}
	_, err := l.enqueue(&waiter{records: []Record{l.transition()}})
	return err
}

// transition keeps the head that both keys have signed.
func (l *Ledger) transition() Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Record{Kind: KindCheckpoint, Time: l.history.high, Class: ClassSox, Body: l.head}
}

// CloseSeries says that a series has ended. The years of its classes count from
// here, and nothing can be added to it.
func (l *Ledger) CloseSeries(ctx context.Context, series string, s Statement) error {
	l.gate.Lock()
	defer l.gate.Unlock()
	if !isSeries(series) {
		return fmt.Errorf("series %q: want letters, digits and . _ / -", series)
	}
	if _, already := l.history.closed[series]; already {
		return fmt.Errorf("series %s is closed already", series)
	}
	if l.history.series[series] == 0 {
		return fmt.Errorf("series %s has no record", series)
	}
	_, err := l.ownRecord(ctx, KindClosed, series, struct{}{}, s, nil)
	return err
}

// PlaceHold forbids to erase anything of a series; of the empty one, anything at all.
func (l *Ledger) PlaceHold(ctx context.Context, id, series string, s Statement) error {
	l.gate.Lock()
	defer l.gate.Unlock()
	if !isName(id) {
		return fmt.Errorf("hold %q: want small letters, digits and hyphens", id)
	}
	if l.history.holds[id] != nil {
		return fmt.Errorf("hold %s was there before: take another name", id)
	}
	_, err := l.ownRecord(ctx, KindHold, series, holdBody{id}, s, nil)
	return err
}

// LiftHold ends a hold.
func (l *Ledger) LiftHold(ctx context.Context, id string, s Statement) error {
	l.gate.Lock()
	defer l.gate.Unlock()
	hold := l.history.holds[id]
	if hold == nil || hold.Lifted != 0 {
		return fmt.Errorf("hold %q is not in force", id)
	}
	_, err := l.ownRecord(ctx, KindLifted, hold.Series, holdBody{id}, s, nil)
	return err
}

// Holds returns all holds, in the order in which they were placed.
func (l *Ledger) Holds() []Hold {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Hold
	for _, h := range l.history.holds {
		all = append(all, *h)
	}
	slices.SortFunc(all, func(a, b Hold) int { return cmp.Compare(a.Placed, b.Placed) })
	return all
}

// Erase removes an object when its years are over and no hold is in force; else it
// is [ErrRetained]. The record that says so is durable before the object goes.
func (l *Ledger) Erase(ctx context.Context, d Digest, s Statement) error {
	l.gate.Lock()
	defer l.gate.Unlock()
	if _, already := l.history.erased[d]; already {
		return fmt.Errorf("object %s is erased already", d)
	}
	if err := l.history.erasable(d, s.At); err != nil {
		return err
	}
	if _, err := l.ownRecord(ctx, KindErased, "", erasedBody{d.String()}, s, nil); err != nil {
		return err
	}
	return l.store.DeleteObject(ctx, d)
}

// A Retention is what holds of one object.
type Retention struct {
	Erased  bool
	Until   time.Time // zero when it is not known yet
	Why     error     // why it cannot be erased at the moment asked for; nil when it can
	Records int       // how many records name it
}

// Retained says what holds of an object at a moment.
func (l *Ledger) Retained(d Digest, at time.Time) Retention {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, gone := l.history.erased[d]
	r := Retention{Erased: gone, Records: len(l.history.named[d])}
	if gone {
		return r
	}
	r.Why = l.history.erasable(d, at)
	for _, n := range l.history.named[d] {
		until, known := l.history.keepUntil(n)
		if !known {
			return Retention{Why: r.Why, Records: r.Records}
		}
		if until.After(r.Until) {
			r.Until = until
		}
	}
	return r
}

// A Status is how a ledger stands.
type Status struct {
	Origin  string
	Size    int64
	Classes map[string]int
	Objects int // named by records
	Erased  int
	Drills  int
	Last    time.Time // the latest time of a record
}

// Status tells how the ledger stands.
func (l *Ledger) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.history
	return Status{h.origin, h.size, h.classes, len(h.named), len(h.erased), h.drills, h.high}
}
