// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A history is what the ledger's own records add up to. It is never stored: it is
// replayed from the first record on.
type history struct {
	origin  string
	classes map[string]int
	keys    []keySpan
	high    time.Time // the latest time since the clock last went back
	last    string    // kind of the last record
	size    int64

	series map[string]int // how many records each has
	closed map[string]time.Time
	holds  map[string]*Hold
	named  map[Digest][]naming
	erased map[Digest]int64
	drills int
}

// A keySpan is a public key and the sizes of the ledger for which it signs; until
// is 0 for the last one.
type keySpan struct {
	public      string
	from, until int64
	compromised bool
}

// A naming is a record that names an object, as far as retention asks.
type naming struct {
	class, series string
	at            time.Time
}

// A Hold forbids that anything of a series is erased, whatever its years.
type Hold struct {
	ID        string
	Series    string // empty: everything
	Placed    int64  // index of the record
	Lifted    int64  // index of the record, 0 while it is in force
	Statement Digest // who placed it and why
}

func newHistory() *history {
	return &history{series: map[string]int{}, closed: map[string]time.Time{}, holds: map[string]*Hold{}, named: map[Digest][]naming{}, erased: map[Digest]int64{}}
}

// goneBack reports whether a record of that time needs an announcement.
func (h *history) goneBack(at time.Time) bool { return at.Before(h.high.Add(-Tolerance)) }

// apply takes the next record in. An error means that the ledger could not have
// written it.
func (h *history) apply(index int64, r Record) error {
	if index != h.size {
		return fmt.Errorf("record %d follows %d records", index, h.size)
	}
	if (r.Kind == KindLedger) != (index == 0) {
		return errors.New("the first record, and only the first, says what the ledger is")
	}
	if r.Kind != KindClock {
		if h.goneBack(r.Time) {
			h.high = r.Time
		} else if r.Time.After(h.high) {
			h.high = r.Time
		}
	}
	for _, d := range r.Objects {
		h.named[d] = append(h.named[d], naming{r.Class, r.Series, r.Time})
	}
	h.series[r.Series]++
	h.last = r.Kind
	h.size++
	return h.applyOwn(index, r)
}

func (h *history) applyOwn(index int64, r Record) error {
	switch r.Kind {
	case KindLedger:
		return h.found(r)
	case KindKey:
		return h.changeKey(index, r)
	case KindClosed:
		if _, already := h.closed[r.Series]; r.Series == "" || already {
			return fmt.Errorf("series %q cannot be closed", r.Series)
		}
		h.closed[r.Series] = r.Time
	case KindHold, KindLifted:
		return h.changeHold(index, r)
	case KindErased:
		var b erasedBody
		if err := decodeBody(r.Body, &b); err != nil {
			return err
		}
		d, err := ParseDigest(b.Object)
		if err != nil {
			return err
		}
		h.erased[d] = index
	case KindDrill:
		h.drills++
	}
	return nil
}

func (h *history) found(r Record) error {
	var b ledgerBody
	if err := decodeBody(r.Body, &b); err != nil {
		return err
	}
	h.origin, h.classes = b.Origin, b.Classes
	h.keys = []keySpan{{public: b.Key, from: 1}}
	return checkOrigin(b.Origin)
}

func (h *history) changeKey(index int64, r Record) error {
	var b keyBody
	if err := decodeBody(r.Body, &b); err != nil {
		return err
	}
	now := &h.keys[len(h.keys)-1]
	if KeyID(now.public) != b.Replaces {
		return fmt.Errorf("it replaces key %s, and the key is %s", b.Replaces, KeyID(now.public))
	}
	now.until, now.compromised = index+1, b.Compromised
	h.keys = append(h.keys, keySpan{public: b.Key, from: index + 1})
	return nil
}

func (h *history) changeHold(index int64, r Record) error {
	var b holdBody
	if err := decodeBody(r.Body, &b); err != nil {
		return err
	}
	hold := h.holds[b.Hold]
	if len(r.Objects) != 1 {
		return errors.New("a hold names one statement")
	}
	if r.Kind == KindHold {
		if hold != nil {
			return fmt.Errorf("hold %q was there before", b.Hold)
		}
		h.holds[b.Hold] = &Hold{ID: b.Hold, Series: r.Series, Placed: index, Statement: r.Objects[0]}
		return nil
	}
	if hold == nil || hold.Lifted != 0 {
		return fmt.Errorf("hold %q is not in force", b.Hold)
	}
	hold.Lifted = index
	return nil
}

// keysAt returns the keys of which each must sign a checkpoint of that size. Two do
// where one takes over from the other.
func (h *history) keysAt(size int64) []string {
	var keys []string
	for _, k := range h.keys {
		if k.from <= size && (k.until == 0 || size <= k.until) {
			keys = append(keys, k.public)
		}
	}
	return keys
}

func (h *history) publicKeys() []string {
	keys := make([]string, len(h.keys))
	for i, k := range h.keys {
		keys[i] = k.public
	}
	return keys
}

// ErrRetained means that an object must still be kept.
var ErrRetained = errors.New("it must be kept")

// erasable says why an object may not be erased at a moment: every record that names it
// has its say, and the latest date counts.
func (h *history) erasable(d Digest, at time.Time) error {
	names := h.named[d]
	if len(names) == 0 {
		return fmt.Errorf("object %s: %w: no record names it", d, ErrNoObject)
	}
	for _, id := range slices.Sorted(maps.Keys(h.holds)) {
		if hold := h.holds[id]; hold.Lifted == 0 && hold.covers(names) {
			return fmt.Errorf("object %s: %w: hold %s is in force", d, ErrRetained, id)
		}
	}
	for _, n := range names {
		until, known := h.keepUntil(n)
		if !known {
			return fmt.Errorf("object %s: %w: series %s is not closed", d, ErrRetained, n.series)
		}
		if at.Before(until) {
			return fmt.Errorf("object %s: %w until %s, as class %s", d, ErrRetained, until.Format(time.DateOnly), n.class)
		}
	}
	return nil
}

func (hold *Hold) covers(names []naming) bool {
	return hold.Series == "" || slices.ContainsFunc(names, func(n naming) bool { return n.series == hold.Series })
}

// keepUntil is when the years of a record are over; it is not known before its
// series has ended.
func (h *history) keepUntil(n naming) (time.Time, bool) {
	from := n.at
	if n.series != "" {
		closed, ok := h.closed[n.series]
		if !ok {
			return time.Time{}, false
		}
		from = closed
	}
	return from.AddDate(h.classes[n.class], 0, 0), true
}
