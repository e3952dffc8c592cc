// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/evidence"
)

const origin = "example.com/evidence"

func day(n int) time.Time {
	return time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, n)
}

// steady is the same random numbers each time.
func steady(seed uint64) io.Reader {
	var s [32]byte
	s[0], s[1] = byte(seed), byte(seed>>8)
	return rand.NewChaCha8(s)
}

func newKey(t testing.TB, seed uint64) evidence.Key {
	t.Helper()
	secret, err := evidence.GenerateKey(steady(seed), origin)
	if err != nil {
		t.Fatal(err)
	}
	k, err := evidence.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func create(t testing.TB, s evidence.Store) *evidence.Ledger {
	t.Helper()
	l, err := evidence.Create(t.Context(), s, evidence.Founding{Origin: origin, At: day(0)}, newKey(t, 1), steady(2))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func record(n int, objects ...evidence.Digest) evidence.Record {
	return evidence.Record{Kind: "decision", Time: day(1).Add(time.Duration(n) * time.Second), Class: "sox", Series: "campaign/q3", Objects: objects, Body: fmt.Appendf(nil, "line %d\n", n)}
}

func add(t testing.TB, l *evidence.Ledger, records ...evidence.Record) []int64 {
	t.Helper()
	at, err := l.Append(t.Context(), records...)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func head(t testing.TB, l *evidence.Ledger) *evidence.Signed {
	t.Helper()
	h, err := l.Head()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func said(by string, n int) evidence.Statement {
	return evidence.Statement{By: by, Reason: "asked for by the auditor", At: day(n)}
}

func fsck(t testing.TB, s evidence.Store, outside ...[]byte) *evidence.Verdict {
	t.Helper()
	v, err := evidence.Fsck(t.Context(), s, outside...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func wantSound(t testing.TB, s evidence.Store, anchor evidence.Anchor, outside ...[]byte) {
	t.Helper()
	if v := fsck(t, s, outside...); !v.Sound() || v.Anchor != anchor {
		t.Fatalf("anchor %v, want %v; problems: %v", v.Anchor, anchor, v.Problems)
	}
}

func TestLedgerIsReadBack(t *testing.T) {
	s := &evidence.Memory{}
	l := create(t, s)
	d, err := l.PutObject(t.Context(), strings.NewReader("a policy"))
	if err != nil {
		t.Fatal(err)
	}
	at := add(t, l, record(0, d), record(1))
	again, err := evidence.Open(t.Context(), s, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for e, err := range again.Records(t.Context(), at[0]) {
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(e.Body))
	}
	if got := strings.Join(bodies, ""); got != "line 0\nline 1\n" {
		t.Errorf("read back %q", got)
	}
	if !bytes.Equal(head(t, l).Note, head(t, again).Note) {
		t.Error("another head was read back")
	}
	if _, err := again.Append(t.Context(), record(2)); !errors.Is(err, evidence.ErrReadOnly) {
		t.Errorf("appended without a key: %v", err)
	}
	wantSound(t, s, evidence.Consistent, head(t, l).Note)
	wantSound(t, s, evidence.Unanchored)
}

func TestSameRecordsSameBytes(t *testing.T) {
	var heads [2][]byte
	for i := range heads {
		l := create(t, &evidence.Memory{})
		add(t, l, record(0), record(1))
		heads[i] = head(t, l).Note
	}
	if !bytes.Equal(heads[0], heads[1]) {
		t.Errorf("%s\n%s", heads[0], heads[1])
	}
}

func TestRefusedRecords(t *testing.T) {
	s := &evidence.Memory{}
	l := create(t, s)
	change := func(f func(*evidence.Record)) evidence.Record {
		r := record(0)
		f(&r)
		return r
	}
	for _, tt := range []struct {
		name string
		r    evidence.Record
		want string
	}{
		{"kind", change(func(r *evidence.Record) { r.Kind = "A b" }), "kind"},
		{"kind of ours", change(func(r *evidence.Record) { r.Kind = evidence.KindErased }), "by the ledger alone"},
		{"class", change(func(r *evidence.Record) { r.Class = "other" }), "no class"},
		{"series", change(func(r *evidence.Record) { r.Series = "a\nobject" }), "series"},
		{"no time", change(func(r *evidence.Record) { r.Time = time.Time{} }), "time"},
		{"parts of a second", change(func(r *evidence.Record) { r.Time = r.Time.Add(1) }), "second"},
		{"too long", change(func(r *evidence.Record) { r.Body = make([]byte, evidence.MaxRecord) }), "object"},
		{"dangling", record(0, evidence.DigestOf(nil)), "no such object"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := l.Append(t.Context(), record(1), tt.r); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if n := head(t, l).Size; n != 1 {
		t.Errorf("%d records, and none was to be added", n)
	}
}

func TestParseRecordTakesOneForm(t *testing.T) {
	leaf, err := record(7, evidence.DigestOf([]byte("x"))).Encode()
	if err != nil {
		t.Fatal(err)
	}
	text := string(leaf)
	for _, bad := range []string{
		strings.Replace(text, "record/1", "record/2", 1),
		strings.Replace(text, "kind decision\n", "", 1),
		strings.Replace(text, "class sox\n", "class sox\nclass sox\n", 1),
		strings.Replace(text, "09:00:07Z", "11:00:07+02:00", 1),
		strings.Replace(text, "sha256:2d", "sha256:2D", 1),
		strings.Replace(text, "series", "serie", 1),
		strings.Replace(text, "\n\n", "\n", 1),
		"",
	} {
		if bad == text {
			t.Fatal("the change did not take")
		}
		if _, err := evidence.ParseRecord([]byte(bad)); err == nil {
			t.Errorf("read %q", bad)
		}
	}
	if _, err := evidence.ParseRecord(leaf); err != nil {
		t.Error(err)
	}
}

// The order is the index; a clock that goes back is announced.
func TestClock(t *testing.T) {
	for _, tt := range []struct {
		name  string
		times []time.Duration
		want  int // announcements
	}{
		{"forward", []time.Duration{0, time.Hour, 24 * time.Hour}, 0},
		{"within the tolerance", []time.Duration{time.Hour, time.Hour - time.Minute, time.Hour}, 0},
		{"one second too far", []time.Duration{time.Hour, time.Hour - time.Minute - time.Second, time.Hour}, 1},
		{"ten years forward and back", []time.Duration{0, 10 * 365 * 24 * time.Hour, time.Second, 2 * time.Second}, 1},
		{"creeping back", []time.Duration{time.Hour, time.Hour - 50*time.Second, time.Hour - 100*time.Second}, 1},
		{"the same", []time.Duration{0, 0, 0}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &evidence.Memory{}
			l := create(t, s)
			last := int64(0)
			for _, d := range tt.times {
				r := record(0)
				r.Time = day(1).Add(d)
				at := add(t, l, r)
				if at[0] <= last {
					t.Errorf("index %d after %d", at[0], last)
				}
				last = at[0]
			}
			got := 0
			for e := range l.Records(t.Context(), 0) {
				if e.Kind == evidence.KindClock {
					got++
				}
			}
			if got != tt.want {
				t.Errorf("%d announcements, want %d", got, tt.want)
			}
			wantSound(t, s, evidence.Unanchored)
		})
	}
}

// Nothing is acknowledged any more after the store failed, even if it works again,
// until the ledger was opened again. What failed after it was written is there then.
func TestStopsAfterAFailure(t *testing.T) {
	for _, op := range []string{"append", "append-after"} {
		t.Run(op, func(t *testing.T) {
			s := &evidence.Memory{}
			l := create(t, s)
			add(t, l, record(0))
			broken := errors.New("input/output error")
			s.Fault = func(now string) error {
				if now == op {
					return broken
				}
				return nil
			}
			if _, err := l.Append(t.Context(), record(1)); !errors.Is(err, broken) {
				t.Fatalf("got %v", err)
			}
			s.Fault = nil
			if _, err := l.Append(t.Context(), record(2)); !errors.Is(err, evidence.ErrStopped) {
				t.Errorf("acknowledged after a failure: %v", err)
			}
			key := newKey(t, 1)
			again, err := evidence.Open(t.Context(), s, &key, steady(3))
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]int64{"append": 2, "append-after": 3}[op]
			if n := head(t, again).Size; n != want {
				t.Errorf("%d records, want %d", n, want)
			}
			add(t, again, record(3))
			wantSound(t, s, evidence.Unanchored)
		})
	}
}

// Two ledgers over one store: the second finds the head moved, and stops.
func TestTwoWriters(t *testing.T) {
	s := &evidence.Memory{}
	l := create(t, s)
	key := newKey(t, 1)
	other, err := evidence.Open(t.Context(), s, &key, steady(3))
	if err != nil {
		t.Fatal(err)
	}
	add(t, l, record(0))
	if _, err := other.Append(t.Context(), record(1)); !errors.Is(err, evidence.ErrMoved) {
		t.Errorf("both wrote: %v", err)
	}
	if _, err := other.Append(t.Context(), record(1)); !errors.Is(err, evidence.ErrStopped) {
		t.Errorf("it went on: %v", err)
	}
	wantSound(t, s, evidence.Unanchored)
}

func TestKeysChange(t *testing.T) {
	s := &evidence.Memory{}
	l := create(t, s)
	add(t, l, record(0))
	before := head(t, l).Note
	var between [][]byte
	for n := range uint64(5) {
		if err := l.Rotate(t.Context(), newKey(t, 10+n), n == 2, said("Ana Ruiz", int(2+n))); err != nil {
			t.Fatal(err)
		}
		add(t, l, record(100000+int(n)*86400))
		between = append(between, head(t, l).Note)
	}
	for _, c := range append(between, before) {
		v := fsck(t, s, c)
		if !v.Sound() || v.Anchor != evidence.Consistent || len(v.Keys) != 6 {
			t.Errorf("anchor %v, keys %d, problems %v", v.Anchor, len(v.Keys), v.Problems)
		}
	}
	if v := fsck(t, s); !strings.Contains(strings.Join(v.Notes, "\n"), "compromised, and no outside checkpoint") {
		t.Errorf("notes %q say nothing of the compromised key", v.Notes)
	}
	if v := fsck(t, s, before); !strings.Contains(strings.Join(v.Notes, "\n"), "those below 2 are proved") {
		t.Errorf("notes %q do not say what is still proved", v.Notes)
	}
	old := newKey(t, 1)
	if _, err := evidence.Open(t.Context(), s, &old, steady(1)); err == nil {
		t.Error("the first key still opens the ledger to write")
	}
	if err := l.Rotate(t.Context(), newKey(t, 1), false, said("Ana Ruiz", 9)); err == nil {
		t.Error("an old key took over again")
	}
}

// A process that died between the record of the new key and the checkpoint of both.
func TestChangeOfKeysIsFinished(t *testing.T) {
	s := &evidence.Memory{}
	l := create(t, s)
	appends := 0
	s.Fault = func(op string) error {
		if op == "append" {
			appends++
		}
		if appends == 2 {
			return errors.New("killed")
		}
		return nil
	}
	if err := l.Rotate(t.Context(), newKey(t, 10), false, said("Ana Ruiz", 1)); err == nil {
		t.Fatal("the second write was to fail")
	}
	s.Fault = nil
	wantSound(t, s, evidence.Unanchored)
	key := newKey(t, 10)
	again, err := evidence.Open(t.Context(), s, &key, steady(4))
	if err != nil {
		t.Fatal(err)
	}
	add(t, again, record(0))
	wantSound(t, s, evidence.Unanchored)
}

func TestRetention(t *testing.T) {
	s := &evidence.Memory{}
	l := create(t, s)
	put := func(text string) evidence.Digest {
		d, err := l.PutSalted(t.Context(), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	ana, notes := put("Ana Ruiz decided"), put("notes of a meeting")
	r := record(0, notes)
	r.Class, r.Series = "standard", ""
	add(t, l, record(0, ana), r)
	erase := func(d evidence.Digest, at time.Time) error {
		return l.Erase(t.Context(), d, evidence.Statement{By: "Kim Ito", Reason: "years are over", At: at})
	}
	refused := func(d evidence.Digest, at time.Time, want string) {
		t.Helper()
		if err := erase(d, at); !errors.Is(err, evidence.ErrRetained) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	refused(ana, day(100*365), "series campaign/q3 is not closed")
	if err := l.CloseSeries(t.Context(), "campaign/q3", said("Ana Ruiz", 30)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), record(5)); err == nil {
		t.Error("a closed series took another record")
	}
	end := day(30).AddDate(8, 0, 0)
	refused(ana, end.Add(-time.Second), "until 2034-10-31, as class sox")
	if err := l.PlaceHold(t.Context(), "case-1", "campaign/q3", said("Bo Lee", 31)); err != nil {
		t.Fatal(err)
	}
	refused(ana, end, "hold case-1")
	refused(notes, day(1).AddDate(3, 0, -1), "class standard")
	if err := erase(notes, day(1).AddDate(3, 0, 0)); err != nil {
		t.Error(err)
	}
	if err := l.LiftHold(t.Context(), "case-1", said("Bo Lee", 3000)); err != nil {
		t.Fatal(err)
	}
	if err := l.LiftHold(t.Context(), "case-1", said("Bo Lee", 3000)); err == nil {
		t.Error("lifted twice")
	}
	if err := erase(ana, end); err != nil {
		t.Error(err)
	}
	if _, err := l.Object(t.Context(), ana); !errors.Is(err, evidence.ErrNoObject) {
		t.Errorf("the object is still there: %v", err)
	}
	if _, err := l.Append(t.Context(), evidence.Record{Kind: "a", Class: "sox", Time: end, Objects: []evidence.Digest{ana}}); err == nil {
		t.Error("a record names an erased object")
	}
	v := fsck(t, s)
	if !v.Sound() || v.Erased != 2 {
		t.Errorf("%d erased, problems %v", v.Erased, v.Problems)
	}
	if got := l.Holds(); len(got) != 1 || got[0].Lifted == 0 {
		t.Errorf("holds %+v", got)
	}
}

// No name gets into a record: those who sign for something are in objects.
func TestNoNamesInRecords(t *testing.T) {
	s := &evidence.Memory{}
	l := create(t, s)
	add(t, l, record(0))
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(l.PlaceHold(ctx, "h", "", said("Ana Ruiz", 1)))
	must(l.LiftHold(ctx, "h", said("Ana Ruiz", 1)))
	must(l.Rotate(ctx, newKey(t, 5), false, said("Ana Ruiz", 1)))
	must(l.CloseSeries(ctx, "campaign/q3", said("Ana Ruiz", 1)))
	_, err := l.HoldDrill(ctx, 3, time.Time{}, said("Ana Ruiz", 1))
	must(err)
	statements := 0
	for e, err := range l.Records(ctx, 0) {
		must(err)
		leaf, err := e.Encode()
		must(err)
		if bytes.Contains(leaf, []byte("Ana")) || bytes.Contains(leaf, []byte("auditor")) {
			t.Errorf("record %d names a person or a reason", e.Index)
		}
		for _, d := range e.Objects {
			o, err := l.Object(ctx, d)
			must(err)
			by, reason, err := evidence.ParseStatement(o)
			must(err)
			if by == "Ana Ruiz" && reason != "" {
				statements++
			}
		}
	}
	if statements != 5 {
		t.Errorf("%d statements, want 5", statements)
	}
}

func TestDrill(t *testing.T) {
	s := &evidence.Memory{}
	l := create(t, s)
	for n := range 50 {
		d, err := l.PutObject(t.Context(), strings.NewReader(fmt.Sprint("object ", n)))
		if err != nil {
			t.Fatal(err)
		}
		add(t, l, record(n, d))
	}
	before := head(t, l)
	d, err := l.HoldDrill(t.Context(), 10, day(1).Add(30*time.Second), said("Ana Ruiz", 60))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Records) != 10 || len(d.Failed()) != 0 {
		t.Fatalf("drew %d, failed %v", len(d.Records), d.Failed())
	}
	var candidates []int64
	for e := range l.Records(t.Context(), 0) {
		if e.Index < before.Size && !e.Time.After(day(1).Add(30*time.Second)) {
			candidates = append(candidates, e.Index)
		}
	}
	for i, index := range evidence.Sample(before.Checkpoint, candidates, 10) {
		if d.Records[i].Index != index {
			t.Errorf("draw %d: got %d, and who draws again gets %d", i, d.Records[i].Index, index)
		}
	}
	// An object that was lost is found out.
	for e := range l.Records(t.Context(), 1) {
		for _, o := range e.Objects {
			_ = s.DeleteObject(t.Context(), o)
		}
	}
	d, err = l.HoldDrill(t.Context(), 10, time.Time{}, said("Ana Ruiz", 61))
	if err != nil || len(d.Failed()) == 0 {
		t.Errorf("nothing failed: %v", err)
	}
}

// 1,000 at once: none is lost, none is there twice, each gets its own index.
func TestManyAtOnce(t *testing.T) {
	const writers, each = 1000, 100
	s := &evidence.Memory{}
	l := create(t, s)
	got := make([][]int64, writers)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for n := range each {
				r := record(0)
				r.Body = fmt.Appendf(nil, "%d/%d", w, n)
				at, err := l.Append(context.Background(), r)
				if err != nil {
					t.Error(err)
					return
				}
				got[w] = append(got[w], at[0])
			}
		})
	}
	all.Wait()
	bodies := map[int64]string{}
	for e, err := range l.Records(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		bodies[e.Index] = string(e.Body)
	}
	if len(bodies) != writers*each {
		t.Fatalf("%d records, want %d", len(bodies), writers*each)
	}
	for w, indexes := range got {
		for n, at := range indexes {
			if want := fmt.Sprintf("%d/%d", w, n); bodies[at] != want {
				t.Fatalf("record %d holds %q, want %q", at, bodies[at], want)
			}
		}
	}
	wantSound(t, s, evidence.Consistent, head(t, l).Note)
}

func TestSaltHides(t *testing.T) {
	a, err := evidence.Salted(steady(1), []byte("Ana Ruiz"))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := evidence.Salted(steady(2), []byte("Ana Ruiz"))
	if evidence.DigestOf(a) == evidence.DigestOf(b) || evidence.DigestOf(a) == sha256.Sum256([]byte("Ana Ruiz")) {
		t.Error("who guesses the content can confirm it")
	}
	if c, err := evidence.Unsalted(a); err != nil || string(c) != "Ana Ruiz" {
		t.Errorf("%q, %v", c, err)
	}
}
