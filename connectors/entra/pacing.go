// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"sync"
	"time"
)

// A pace is what one class of questions may do.
type pace struct {
	every  time.Duration // between requests in the long run
	burst  float64       // at once
	most   int           // at a time; 0 is as many as are configured
	window time.Duration // in which at most burst requests may go; 0 is no such rule
}

// paceOf stays below what Graph documents: for the smallest tenants 3,500 units in
// 10 seconds, of which the list of a group's members takes 3, and 5 reports in 10
// seconds, and one request for policies in a second. Graph says when that is too
// fast.
func paceOf(c class) pace {
	switch c {
	case classReports:
		return pace{every: time.Millisecond, burst: 5, most: 1, window: 10500 * time.Millisecond}
	case classPolicies:
		return pace{every: 1100 * time.Millisecond, burst: 1, most: 1}
	default:
		return pace{every: 10 * time.Millisecond, burst: 100}
	}
}

const (
	growAfter = 10  // answers without a warning, before one more is asked at a time
	warned    = 0.8 // of what is allowed: Graph begins to warn there
)

// A lane is the traffic of one class.
type lane struct {
	pace
	saved   float64 // requests that may go at once
	at      time.Time
	until   time.Time // nothing goes before
	limit   int       // at a time, now
	running int
	streak  int         // of answers without a warning
	recent  []time.Time // when requests of the window went
}

// full is how long to wait until the window has room.
func (l *lane) full(now time.Time) time.Duration {
	if l.window == 0 {
		return 0
	}
	l.recent = slices.DeleteFunc(l.recent, func(t time.Time) bool { return !now.Before(t.Add(l.window)) })
	if len(l.recent) < int(l.burst) {
		return 0
	}
	return l.recent[0].Add(l.window).Sub(now)
}

// A pacer lets requests go when their class and the number of connections allow.
// Throttling halves what a class asks at a time; success slowly widens it again.
type pacer struct {
	*clock
	most     int
	deadline time.Time

	mu      sync.Mutex
	lanes   map[class]*lane
	running int
	freed   chan struct{} // closed and replaced when something ends
}

func newPacer(most int, c *clock) *pacer {
	return &pacer{clock: c, most: most, lanes: map[class]*lane{}, freed: make(chan struct{})}
}

// A clock tells the time: no less than what was slept, as the clock of whoever
// collects may stand still.
type clock struct {
	read  func() time.Time
	pause func(context.Context, time.Duration) error

	mu    sync.Mutex
	floor time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.read(); t.After(c.floor) {
		return t
	}
	return c.floor
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	end := c.now().Add(d)
	err := c.pause(ctx, d)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && end.After(c.floor) {
		c.floor = end
	}
	return err
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Waits end early when the timeout of the source has passed, and do not begin
// when they would outlast it.
var (
	errTimeout = errors.New("the timeout of the source has passed; give it more time")
	errTooLate = errors.New("told to wait beyond the timeout of the source")
)

// wait sleeps, but not beyond the deadline.
func (p *pacer) wait(ctx context.Context, d time.Duration) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if d >= p.left() { // at the deadline there is no time to ask
		return errTooLate
	}
	return p.sleep(ctx, d)
}

// enter waits until a request may go that counts as so many.
func (p *pacer) enter(ctx context.Context, c class, cost int) error {
	for {
		if p.left() <= 0 {
			return errTimeout
		}
		delay, freed := p.admit(c, float64(cost))
		switch {
		case delay == 0 && freed == nil:
			return context.Cause(ctx)
		case delay > 0:
			if err := p.wait(ctx, delay); err != nil {
				return err
			}
			continue
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// admit counts the request in, or returns what to wait for: a while, or an end.
func (p *pacer) admit(c class, cost float64) (time.Duration, chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, now := p.lane(c), p.now()
	l.saved = min(l.burst, l.saved+float64(now.Sub(l.at))/float64(l.every))
	l.at = now
	delay := max(l.until.Sub(now), l.full(now), 0)
	if l.saved < 1 { // a large request may overdraw; what follows pays
		delay = max(delay, time.Duration((1-l.saved)*float64(l.every))+1)
	}
	switch {
	case delay > 0:
		return delay, nil
	case l.running >= l.limit || p.running >= p.most:
		return 0, p.freed
	}
	l.saved -= cost
	if l.window > 0 {
		l.recent = append(l.recent, now)
	}
	l.running++
	p.running++
	return 0, nil
}

func (p *pacer) lane(c class) *lane {
	l := p.lanes[c]
	if l == nil {
		l = &lane{pace: paceOf(c), at: p.now()}
		if l.most == 0 {
			l.most = p.most
		}
		l.saved, l.limit = l.burst, l.most
		p.lanes[c] = l
	}
	return l
}

// leave counts a request out again. load is the part of the allowance that Graph
// says is used up.
func (p *pacer) leave(c class, load float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lane(c)
	l.running--
	p.running--
	if l.streak++; load >= warned {
		l.streak = 0
	}
	if l.streak >= growAfter {
		l.limit, l.streak = min(l.limit+1, l.most), 0
	}
	close(p.freed)
	p.freed = make(chan struct{})
}

// hold lets no request of the class go for a while, because Graph was asked too
// much. What throttles while the class waits already had been asked before.
func (p *pacer) hold(c class, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, now := p.lane(c), p.now()
	if !l.until.After(now) {
		l.limit, l.streak = max(l.limit/2, 1), 0
	}
	if until := now.Add(d); until.After(l.until) {
		l.until = until
	}
}

const (
	firstBackoff = time.Second
	mostBackoff  = 5 * time.Minute
)

// backoff is how long to wait before another try when Graph did not say: twice as
// long each time, less a part that differs between questions but not between runs.
func backoff(try int, path string) time.Duration {
	d := min(firstBackoff<<(min(try, 10)-1), mostBackoff)
	h := fnv.New32a()
	_, _ = h.Write([]byte{byte(try)})
	_, _ = h.Write([]byte(path))
	return d - d/2*time.Duration(h.Sum32()%1000)/1000
}

// left is the time until the deadline.
func (p *pacer) left() time.Duration { return p.deadline.Sub(p.now()) }
