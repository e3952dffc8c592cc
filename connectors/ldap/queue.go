// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"context"
	"errors"
	"sync"
	"time"
)

// maxQueued is how many bytes of answers may wait to be taken. One message is let
// in however large it is.
const maxQueued = 4 << 20

// A queue holds answers between the goroutines that read connections and the one
// that takes entries. Who finds it full waits, and the server with it.
type queue struct {
	mu    sync.Mutex
	items []item
	bytes int

	ready chan struct{} // something was put
	space chan struct{} // something was got
	over  chan struct{} // nothing is taken any more
}

// An item is one message of a running search, or why there is none.
type item struct {
	of   *running
	m    *message // nil if the connection broke
	last bool     // the search is at its end, for err if that is not nil
	err  error
}

func (i item) size() int {
	const overhead = 256
	if i.m == nil {
		return overhead
	}
	return overhead + cap(i.m.buf)
}

func newQueue() *queue {
	return &queue{ready: make(chan struct{}, 1), space: make(chan struct{}, 1), over: make(chan struct{})}
}

var errNotTaken = errors.New("the search was given up")

// put waits for room and adds an item.
func (q *queue) put(i item) error {
	for !q.offer(i) {
		select {
		case <-q.space:
		case <-q.over:
			return errNotTaken
		}
	}
	signal(q.ready)
	return nil
}

func (q *queue) offer(i item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) > 0 && q.bytes+i.size() > maxQueued {
		return false
	}
	q.items = append(q.items, i)
	q.bytes += i.size()
	if q.bytes < maxQueued {
		signal(q.space) // for the next one who waits
	}
	return true
}

// signal wakes one who waits, now or later.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// get takes the next item, waiting for it no longer than ctx and the timeout
// allow.
func (q *queue) get(ctx context.Context, timeout time.Duration) (item, error) {
	if i, ok := q.poll(); ok {
		return i, nil
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return item{}, context.Cause(ctx)
		case <-timer.C:
			return item{}, noAnswer(timeout)
		case <-q.ready:
		}
		if i, ok := q.poll(); ok {
			return i, nil
		}
	}
}

func (q *queue) poll() (item, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return item{}, false
	}
	i := q.items[0]
	q.items[0] = item{}
	q.items = q.items[1:]
	q.bytes -= i.size()
	signal(q.space)
	return i, true
}
