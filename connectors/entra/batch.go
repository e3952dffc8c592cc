// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"
)

// batchSize is the most questions that Graph takes in one batch.
const batchSize = 20

// A sub is one of many questions; key names the object that it is about.
type sub struct {
	key string
	q   query
}

// A handler hears the answers to many questions, one call at a time. Answers to
// different questions mix, in no order.
type handler struct {
	begin func(key string)                                    // as of list; may be nil
	take  func(key string, item serialization.Parsable) error // its error ends this question
	done  func(key string, err error) error                   // once for each question, last; its error ends everything
}

// each asks many questions, in batches. The error that done gets is nil only when
// every page came and was taken. Its own error is one that ends everything: of
// questions that were not done by then nothing is known.
func (c *client) each(ctx context.Context, subs iter.Seq[sub], h handler) (tally, error) {
	return c.run(ctx, subs, reader{
		begin: h.begin,
		read:  func(j *job, root *node) (bool, *fault, error) { return j.read(root, h) },
		done:  h.done,
	})
}

// counts asks of many lists how many items they have. It works as each does.
func (c *client) counts(ctx context.Context, subs iter.Seq[sub], done func(key string, n int, err error) error) (tally, error) {
	found := map[string]int{}
	return c.run(ctx, counting(subs), reader{
		read: func(j *job, root *node) (bool, *fault, error) {
			p := page{}
			if !root.child("value").is(arrayForm) {
				return false, malformed("an answer without a list"), nil
			}
			if f := p.readEnds(root); f != nil {
				return false, f, nil
			}
			n, known := p.count.Get()
			if !known {
				return false, untrusted("an answer without the count that was asked for"), nil
			}
			found[j.key] = int(n)
			return false, nil, nil
		},
		done: func(key string, err error) error {
			n := found[key]
			delete(found, key)
			return done(key, n, err)
		},
	})
}

// counting turns questions for lists into questions for their lengths. In a batch
// a bare number would not do.
func counting(subs iter.Seq[sub]) iter.Seq[sub] {
	return func(yield func(sub) bool) {
		for s := range subs {
			s.q.eventual = true
			s.q.params = append([]param{{"$count", "true"}, {"$top", "1"}, {"$select", "id"}}, s.q.params...)
			if !yield(s) {
				return
			}
		}
	}
}

// A reader takes the answers that a batch brought.
type reader struct {
	begin func(key string)
	read  func(j *job, root *node) (more bool, f *fault, err error)
	done  func(key string, err error) error
}

// A job is a question under way.
type job struct {
	sub
	walk    *walk
	try     int // of the page at which the walk is
	renewed bool
	due     time.Time // not to be asked before
}

// read hands on the items of one page, or the object.
func (j *job) read(root *node, h handler) (more bool, _ *fault, _ error) {
	if j.q.object {
		object, f := readObject(root, j.q)
		if f != nil {
			return false, f, nil
		}
		j.walk.tally.items++
		return false, nil, h.take(j.key, object)
	}
	p, f := readPage(root, j.q)
	if f != nil {
		return false, f, nil
	}
	if more, f = j.walk.accept(p); f != nil {
		return false, f, nil
	}
	for _, item := range p.items {
		if err := h.take(j.key, item); err != nil {
			return false, nil, err
		}
	}
	return more, nil, nil
}

// A round is one batch, and what became of it.
type round struct {
	jobs    []*job
	token   string
	answers []inner // of the jobs, in their order
	answer  answer
	fault   *fault // of the whole batch
	err     error  // that ends everything
}

// A run asks many questions. Only the goroutine that called run works on it;
// others put the batches and bring back rounds.
type run struct {
	*client
	reader
	next    func() (sub, bool)
	more    bool // next may have more
	ready   []*job
	waiting []*job
	rounds  chan *round
	flying  int
	tally   tally
}

func (c *client) run(ctx context.Context, subs iter.Seq[sub], h reader) (tally, error) {
	next, stop := iter.Pull(subs)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	r := &run{client: c, reader: h, next: next, more: true, rounds: make(chan *round)}
	err := r.work(ctx)
	cancel()
	for ; r.flying > 0; r.flying-- {
		<-r.rounds
	}
	return r.tally, err
}

func (r *run) work(ctx context.Context) error {
	for {
		if err := r.launch(ctx); err != nil {
			return err
		}
		switch {
		case r.flying > 0:
			b := <-r.rounds
			r.flying--
			if err := r.land(ctx, b); err != nil {
				return err
			}
		case len(r.waiting) > 0:
			if err := r.nap(ctx); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// launch puts batches while there is something to ask.
func (r *run) launch(ctx context.Context) error {
	for r.flying < r.batches {
		jobs, err := r.gather()
		if err != nil || len(jobs) == 0 {
			return err
		}
		r.flying++
		go func() { r.rounds <- r.put(ctx, jobs) }()
	}
	return nil
}

// gather takes questions of one class: what is under way before what is new.
func (r *run) gather() ([]*job, error) {
	r.wake()
	var jobs []*job
	for len(jobs) < batchSize {
		if len(r.ready) == 0 {
			if err := r.pull(); err != nil {
				return nil, err
			}
		}
		if len(r.ready) == 0 || len(jobs) > 0 && r.ready[0].q.class != jobs[0].q.class {
			break
		}
		jobs, r.ready = append(jobs, r.ready[0]), r.ready[1:]
	}
	return jobs, nil
}

// wake makes ready what has waited long enough.
func (r *run) wake() {
	now, rest := r.pacer.now(), r.waiting[:0]
	for _, j := range r.waiting {
		if j.due.After(now) {
			rest = append(rest, j)
			continue
		}
		r.ready = append(r.ready, j)
	}
	r.waiting = rest
}

// pull makes the next new question ready.
func (r *run) pull() error {
	for r.more {
		s, ok := r.next()
		if !ok {
			r.more = false
			return nil
		}
		w, f := newWalk(r.endpoint, s.q)
		if f != nil {
			if err := r.done(s.key, r.refuse(f, s.q.path)); err != nil {
				return err
			}
			continue
		}
		r.begun(s.key)
		r.ready = append(r.ready, &job{sub: s, walk: w})
		return nil
	}
	return nil
}

func (r *run) begun(key string) {
	if r.begin != nil {
		r.begin(key)
	}
}

// nap waits for the first question that is due. What is due beyond the timeout
// never waits.
func (r *run) nap(ctx context.Context) error {
	first := r.waiting[0].due
	for _, j := range r.waiting {
		if j.due.Before(first) {
			first = j.due
		}
	}
	return r.pacer.wait(ctx, max(first.Sub(r.pacer.now()), 0))
}

// land goes through what a batch brought.
func (r *run) land(ctx context.Context, b *round) error {
	r.tally.requests += b.answer.tries
	r.tally.bytes += b.answer.bytes
	if b.err != nil {
		return b.err
	}
	for i, j := range b.jobs {
		f := b.fault
		if f == nil {
			f = b.answers[i].fault
		}
		var err error
		if f == nil {
			err = r.hear(ctx, j, b.answers[i].body, b.token)
		} else {
			err = r.settle(ctx, j, f, b.token, b.fault != nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hear takes one good answer.
func (r *run) hear(ctx context.Context, j *job, root *node, token string) error {
	more, f, err := r.read(j, root)
	switch {
	case f != nil:
		return r.settle(ctx, j, f, token, false)
	case err == nil && more:
		j.try, j.renewed = 0, false
		r.ready = append(r.ready, j)
		return nil
	}
	return r.finish(j, err)
}

func (r *run) finish(j *job, err error) error {
	t := j.walk.tally
	r.tally.pages += t.pages
	r.tally.items += t.items
	r.tally.restarts += t.restarts
	r.tally.duplicates += t.duplicates
	return r.done(j.key, err)
}

// settle decides what becomes of a question whose answer has a fault. The fault of
// a whole batch has been retried already.
func (r *run) settle(ctx context.Context, j *job, f *fault, token string, whole bool) error {
	j.try++
	wait := f.pause(j.try, j.q.path)
	switch {
	case f.kind == expired && !j.renewed && !whole:
		j.renewed = true
		j.try--
		r.ready = append(r.ready, j)
		return r.tokens.renew(ctx, token, f.challenge)
	case f.kind == expired: // and stays so: every other question would end alike
		return r.refuse(f, j.q.path)
	case j.walk.restart(f):
		r.begun(j.key)
		j.try = 0
		r.ready = append(r.ready, j)
		return nil
	case whole && f.kind == gone: // it is the batch that was not found, not the object
		f := *f
		f.kind = unavailable
		return r.finish(j, r.refuse(&f, j.q.path))
	case whole || j.try >= f.tries || wait >= r.pacer.left():
		return r.finish(j, r.refuse(f, j.q.path))
	}
	if f.busy() {
		r.pacer.hold(j.q.class, wait)
	}
	j.due = r.pacer.now().Add(wait)
	r.waiting = append(r.waiting, j)
	return nil
}

// put asks one batch.
func (r *run) put(ctx context.Context, jobs []*job) *round {
	b := &round{jobs: jobs}
	body, err := batchOf(jobs)
	if err != nil {
		b.err = err
		return b
	}
	address, err := r.endpoint.address("/$batch", nil)
	if err != nil {
		b.err = err
		return b
	}
	q := request{name: "/$batch", address: address, body: body, class: jobs[0].q.class, cost: len(jobs), media: jsonMedia}
	b.answer, b.fault, b.err = r.ask(ctx, q, func(body []byte) (f *fault) {
		b.answers, f = r.innerAnswers(body, jobs)
		return f
	})
	b.token = b.answer.token
	return b
}

// batchOf writes the questions of a batch; the place of a job is its id.
func batchOf(jobs []*job) ([]byte, error) {
	type question struct {
		ID      string            `json:"id"`
		Method  string            `json:"method"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers,omitempty"`
	}
	var all struct {
		Requests []question `json:"requests"`
	}
	for i, j := range jobs {
		q := question{ID: strconv.Itoa(i + 1), Method: "GET", URL: relative(j.walk.at)}
		if j.q.eventual {
			q.Headers = map[string]string{"ConsistencyLevel": "eventual"}
		}
		all.Requests = append(all.Requests, q)
	}
	return json.Marshal(all)
}

// An inner is the answer to one question of a batch.
type inner struct {
	body  *node
	fault *fault
}

// innerAnswers reads a batch's answer. One that answers what was not asked, or
// twice, is not taken at all; a question without an answer is put again.
func (r *run) innerAnswers(body []byte, jobs []*job) ([]inner, *fault) {
	root, err := parseJSON(body)
	if err != nil {
		return nil, malformed("%v", err)
	}
	list := root.child("responses")
	if !list.is(arrayForm) {
		return nil, malformed("a batch without answers")
	}
	all := make([]inner, len(jobs))
	for _, n := range list.array {
		id, _ := n.child("id").text()
		i, err := strconv.Atoi(id)
		if err != nil || i < 1 || i > len(jobs) || strconv.Itoa(i) != id {
			return nil, malformed("a batch with an answer to nothing that was asked")
		}
		if all[i-1] != (inner{}) {
			return nil, malformed("a batch with two answers to one question")
		}
		all[i-1] = innerAnswer(n, jobs[i-1].q.class, r.pacer.now())
	}
	for i := range all {
		if all[i] == (inner{}) {
			all[i].fault = malformed("a batch without the answer to this question")
		}
	}
	return all, nil
}

func innerAnswer(n *node, c class, now time.Time) inner {
	header := func(name string) string { return innerHeader(n.child("headers"), name) }
	status, ok := n.child("status").number()
	body := n.child("body")
	media, _, _ := strings.Cut(header("Content-Type"), ";")
	switch {
	case !ok || status < 100 || status > 599:
		return inner{fault: malformed("an answer without status")}
	case status != 200:
		return inner{fault: saying(status, header, body, now).reporting(c)}
	case media != "" && !strings.EqualFold(strings.TrimSpace(media), jsonMedia):
		return inner{fault: malformed("an answer of type %q", clean(media, maxCode))}
	case body == nil:
		return inner{fault: malformed("an empty answer")}
	}
	return inner{body: body}
}

// innerHeader finds a header, in whatever letters.
func innerHeader(headers *node, name string) string {
	if !headers.is(objectForm) {
		return ""
	}
	for _, key := range headers.keys {
		if strings.EqualFold(key, name) {
			value, _ := headers.object[key].text()
			return value
		}
	}
	return ""
}
