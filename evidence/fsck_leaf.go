// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// An audit reads a ledger with a reader of its own. What it shares with the rest of
// the package is the layout of types and the hash functions; a test says so.
type audit struct {
	v        Verdict
	peaks    []peak
	roots    []tlog.Hash // of the first 1, 2, 3 … records
	keys     []auditKey
	classes  map[string]int
	anchored int64 // how many records an outside checkpoint proves

	high      time.Time
	announced bool  // the record before said that the clock went back
	handover  int64 // the record that must hold the checkpoint of two keys; 0 for none

	order  []Digest
	named  map[Digest]int64
	duties map[Digest][]duty
	erased map[Digest]bool
	ended  map[string]time.Time
	holds  map[string]string // series by hold in force
}

type auditKey struct {
	public, id  string
	from, until int64
	compromised bool
}

// A duty is that an object is kept: for years, counted from the end of a series or,
// without one, from a moment.
type duty struct {
	series string
	since  time.Time
	years  int
}

func newAudit() *audit {
	return &audit{named: map[Digest]int64{}, duties: map[Digest][]duty{}, erased: map[Digest]bool{}, ended: map[string]time.Time{}, holds: map[string]string{}}
}

func (a *audit) problem(record int64, what string) {
	a.v.Problems = append(a.v.Problems, Problem{record, what})
}

func (a *audit) note(format string, args ...any) {
	a.v.Notes = append(a.v.Notes, fmt.Sprintf(format, args...))
}

// A line is the header of a record as the audit reads it.
type line struct {
	kind, class, series string
	at                  time.Time
	objects             []Digest
	body                []byte
}

// leaf takes the next record.
func (a *audit) leaf(raw []byte) {
	index := int64(len(a.roots))
	a.peaks = grow(a.peaks, tlog.RecordHash(raw))
	a.roots = append(a.roots, fold(a.peaks))
	l, err := readLine(raw)
	if err != nil {
		a.problem(index, err.Error())
		return
	}
	if err := a.judgeRecord(index, l); err != nil {
		a.problem(index, err.Error())
	}
}

// readLine takes the header apart field by field, in the order in which it must be.
func readLine(raw []byte) (l line, err error) {
	end := bytes.Index(raw, []byte("\n\n"))
	if end < 0 || len(raw) >= 1<<16 {
		return l, errors.New("it is no record: its header has no end, or it is too long")
	}
	fields := strings.Split(string(raw[:end]), "\n")
	l.body = raw[end+2:]
	next := func(name string) (string, bool) {
		if len(fields) == 0 || !strings.HasPrefix(fields[0], name) {
			return "", false
		}
		value := fields[0][len(name):]
		fields = fields[1:]
		return value, true
	}
	version, ok0 := next("foureyes/record/")
	kind, ok1 := next("kind ")
	at, ok2 := next("time ")
	class, ok3 := next("class ")
	l.kind, l.class = kind, class
	l.series, _ = next("series ")
	for {
		text, ok := next("object sha256:")
		if !ok {
			break
		}
		b, err := hex.DecodeString(text)
		if err != nil || len(b) != len(Digest{}) || strings.ToLower(text) != text {
			return l, fmt.Errorf("object %q is no digest", text)
		}
		l.objects = append(l.objects, Digest(b))
	}
	l.at, err = time.Parse("2006-01-02T15:04:05Z", at)
	if !ok0 || !ok1 || !ok2 || !ok3 || version != "1" || len(fields) > 0 || err != nil {
		return l, errors.New("its header is not that of a record")
	}
	return l, l.plausible()
}

func (l line) plausible() error {
	allowed := func(s, more string) bool {
		return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-"+more) == ""
	}
	if !allowed(l.kind, "") || !allowed(l.class, "") || l.series != "" && !allowed(l.series, "ABCDEFGHIJKLMNOPQRSTUVWXYZ._/") {
		return errors.New("kind, class or series has characters that they may not have")
	}
	return nil
}

// judgeRecord asks what must be true of every record, then what its kind asks.
func (a *audit) judgeRecord(index int64, l line) error {
	first := l.kind == "ledger"
	if first != (index == 0) {
		return errors.New("a ledger has one record of kind ledger, its first")
	}
	if a.handover == index && index > 0 && l.kind != "checkpoint" {
		a.problem(index, "it should hold the checkpoint at which both keys have signed")
	}
	a.judgeClock(index, l)
	if first {
		if err := a.found(l); err != nil {
			return err
		}
	}
	years, known := a.classes[l.class]
	if !known {
		return fmt.Errorf("the ledger has no class %q", l.class)
	}
	for _, d := range l.objects {
		if _, ok := a.named[d]; !ok {
			a.named[d] = index
			a.order = append(a.order, d)
		}
		if a.erased[d] {
			a.problem(index, fmt.Sprintf("it names object %s, which was erased before", d))
		}
		a.duties[d] = append(a.duties[d], duty{l.series, l.at, years})
	}
	return a.judgeKind(index, l)
}

func (a *audit) judgeClock(index int64, l line) {
	if l.kind == "clock-anomaly" {
		if a.announced {
			a.problem(index, "two announcements that the clock went back follow each other")
		}
		a.announced = true
		return
	}
	back := a.high.Sub(l.at) > time.Minute
	if back != a.announced {
		a.problem(index, "the clock went back and nothing announces it, or it was announced and did not")
	}
	a.announced = false
	if back || l.at.After(a.high) {
		a.high = l.at
	}
}

func (a *audit) judgeKind(index int64, l line) error {
	switch l.kind {
	case "key":
		return a.changeKey(index, l)
	case "checkpoint":
		return a.keptCheckpoint(index, l)
	case "series-closed":
		if _, twice := a.ended[l.series]; twice || l.series == "" {
			return errors.New("a series ends once")
		}
		a.ended[l.series] = l.at
	case "hold-placed", "hold-lifted":
		return a.changeHold(l)
	case "erased":
		return a.judgeErasure(l)
	}
	return nil
}

func (a *audit) found(l line) error {
	var b struct {
		Origin, Key string
		Classes     map[string]int
	}
	if err := json.Unmarshal(l.body, &b); err != nil {
		return fmt.Errorf("it does not say what the ledger is: %v", err)
	}
	a.v.Origin, a.classes = b.Origin, b.Classes
	a.keys = []auditKey{{public: b.Key, id: shortID(b.Key), from: 1}}
	return nil
}

// shortID is the second part of a public key.
func shortID(public string) string {
	parts := strings.SplitN(public, "+", 3)
	if len(parts) < 3 {
		return "invalid"
	}
	return parts[1]
}

func (a *audit) changeKey(index int64, l line) error {
	var b struct {
		Key, Replaces string
		Compromised   bool
	}
	if err := json.Unmarshal(l.body, &b); err != nil || len(a.keys) == 0 {
		return errors.New("it does not say which key takes over")
	}
	now := &a.keys[len(a.keys)-1]
	if now.id != b.Replaces {
		return fmt.Errorf("it replaces key %s, and the key was %s", b.Replaces, now.id)
	}
	now.until, now.compromised = index+1, b.Compromised
	a.keys = append(a.keys, auditKey{public: b.Key, id: shortID(b.Key), from: index + 1})
	a.handover = index + 1
	return nil
}

func (a *audit) keptCheckpoint(index int64, l line) error {
	c, err := readClaim(l.body, a.keys)
	switch {
	case err != nil:
		return fmt.Errorf("the checkpoint in it: %v", err)
	case c.origin != a.v.Origin || c.size < 1 || c.size > index || a.roots[c.size-1] != c.root:
		return fmt.Errorf("the checkpoint in it, of %d records, is not of this ledger's past", c.size)
	case a.handover == index && c.size != index:
		return errors.New("it should hold the checkpoint at which both keys have signed")
	}
	a.signedBy(fmt.Sprintf("record %d: the checkpoint in it", index), c)
	return nil
}

func (a *audit) changeHold(l line) error {
	var b struct{ Hold string }
	if err := json.Unmarshal(l.body, &b); err != nil {
		return errors.New("it does not say which hold")
	}
	_, there := a.holds[b.Hold]
	if there != (l.kind == "hold-lifted") {
		return fmt.Errorf("hold %s is placed twice, or lifted and not in force", b.Hold)
	}
	if there {
		delete(a.holds, b.Hold)
	} else {
		a.holds[b.Hold] = l.series
	}
	return nil
}

// judgeErasure asks whether the object might go: the writer asked the same before.
func (a *audit) judgeErasure(l line) error {
	var b struct{ Object string }
	if err := json.Unmarshal(l.body, &b); err != nil {
		return errors.New("it does not say which object")
	}
	raw, err := hex.DecodeString(strings.TrimPrefix(b.Object, "sha256:"))
	if err != nil || len(raw) != len(Digest{}) {
		return fmt.Errorf("%q is no digest", b.Object)
	}
	d := Digest(raw)
	a.erased[d] = true
	a.v.Erased++
	for _, u := range a.duties[d] {
		since, over := u.since, true
		if u.series != "" {
			since, over = a.ended[u.series], !a.ended[u.series].IsZero()
		}
		if !over || l.at.Before(since.AddDate(u.years, 0, 0)) {
			return fmt.Errorf("object %s was erased before its years were over", d)
		}
		for _, hold := range slices.Sorted(maps.Keys(a.holds)) {
			if series := a.holds[hold]; series == "" || series == u.series {
				return fmt.Errorf("object %s was erased under hold %s", d, hold)
			}
		}
	}
	return nil
}
