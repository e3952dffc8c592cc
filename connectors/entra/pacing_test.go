// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"
)

// A clock moves when somebody sleeps.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return context.Cause(ctx)
}

func pacerOf(most int) (*pacer, *clock) {
	c := &clock{now: time.Unix(1000, 0)}
	p := newPacer(most)
	p.now, p.sleep, p.deadline = c.time, c.sleep, c.now.Add(time.Hour)
	return p, c
}

// TestRates counts how many requests go in any ten seconds.
func TestRates(t *testing.T) {
	for c, most := range map[class]int{classReports: 5, classPolicies: 10, classDirectory: 1200} {
		p, clock := pacerOf(4)
		var went []time.Time
		for range 3 * most {
			if err := p.enter(t.Context(), c, 1); err != nil {
				t.Fatal(err)
			}
			went = append(went, clock.time())
			p.leave(c, 0)
		}
		for i, first := range went {
			n := 0
			for _, at := range went[i:] {
				if at.Sub(first) < 10*time.Second {
					n++
				}
			}
			if n > most {
				t.Fatalf("class %d: %d requests in ten seconds, want at most %d", c, n, most)
			}
		}
	}
}

func TestBatchesCountAsTheirQuestions(t *testing.T) {
	p, clock := pacerOf(4)
	start := clock.time()
	for range 50 {
		if err := p.enter(t.Context(), classDirectory, 20); err != nil {
			t.Fatal(err)
		}
		p.leave(classDirectory, 0)
	}
	if took := clock.time().Sub(start); took < 8*time.Second || took > 10*time.Second {
		t.Errorf("1000 questions took %v", took)
	}
}

func TestAdapts(t *testing.T) {
	p, _ := pacerOf(8)
	pass := func(times int, load float64) int {
		for range times {
			if err := p.enter(t.Context(), classDirectory, 1); err != nil {
				t.Fatal(err)
			}
			p.leave(classDirectory, load)
		}
		return p.lanes[classDirectory].limit
	}
	for i, step := range []struct {
		times int
		load  float64
		want  int
	}{
		{20, 0, 8}, {1, 2, 4}, {2, 2, 1}, {1, 2, 1}, {9, 0, 1}, {1, 0.9, 1}, {9, 0, 1}, {1, 0, 2}, {10, 0.79, 3}, {200, 0, 8},
	} {
		if got := pass(step.times, step.load); got != step.want {
			t.Errorf("step %d: %d at a time, want %d", i, got, step.want)
		}
	}
}

func TestNoMoreThanConfigured(t *testing.T) {
	p, _ := pacerOf(2)
	for range 2 {
		if err := p.enter(t.Context(), classDirectory, 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []class{classDirectory, classReports} {
		if delay, freed := p.admit(c, 1); delay != 0 || freed == nil {
			t.Errorf("class %d: a third went", c)
		}
	}
	p.leave(classDirectory, 0)
	if delay, freed := p.admit(classReports, 1); delay != 0 || freed != nil {
		t.Error("nothing went although one had left")
	}
}

func TestWaitsForAnEnd(t *testing.T) {
	p, _ := pacerOf(1)
	if err := p.enter(t.Context(), classDirectory, 1); err != nil {
		t.Fatal(err)
	}
	went := make(chan error)
	go func() { went <- p.enter(context.Background(), classReports, 1) }()
	p.leave(classDirectory, 0)
	if err := <-went; err != nil {
		t.Error(err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() { went <- p.enter(ctx, classReports, 1) }()
	cancel(stop)
	if err := <-went; !errors.Is(err, stop) {
		t.Errorf("enter = %v", err)
	}
}

func TestHold(t *testing.T) {
	p, clock := pacerOf(1)
	start := clock.time()
	p.hold(classReports, time.Minute)
	p.hold(classReports, time.Second) // shortens nothing
	if err := p.enter(t.Context(), classDirectory, 1); err != nil || clock.time() != start {
		t.Errorf("another class waited: %v", err)
	}
	p.leave(classDirectory, 0)
	if err := p.enter(t.Context(), classReports, 1); err != nil || clock.time().Sub(start) != time.Minute {
		t.Errorf("waited %v, %v", clock.time().Sub(start), err)
	}
	p.leave(classReports, 0)
	p.hold(classReports, time.Hour)
	if err := p.enter(t.Context(), classReports, 1); !errors.Is(err, errTooLate) {
		t.Errorf("enter = %v", err)
	}
}

func TestBackoff(t *testing.T) {
	for try := 1; try < 100; try++ {
		whole := min(firstBackoff<<(min(try, 20)-1), mostBackoff)
		if got := backoff(try, "/users"); got > whole || got < whole/2 || got != backoff(try, "/users") {
			t.Errorf("try %d: %v of %v", try, got, whole)
		}
	}
	if backoff(3, "/users") == backoff(3, "/groups") {
		t.Error("two questions wait alike")
	}
}

func TestSleep(t *testing.T) {
	if err := sleep(t.Context(), 0); err != nil {
		t.Error(err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(stop)
	if err := sleep(ctx, time.Hour); !errors.Is(err, stop) {
		t.Errorf("sleep = %v", err)
	}
}

func TestLoad(t *testing.T) {
	for _, tt := range []struct {
		status int
		header string
		want   float64
	}{{200, "", 0}, {200, "0.85", 0.85}, {200, "1.3", 1.3}, {200, "much", 0}, {429, "", 2}, {503, "0.1", 2}} {
		resp := &http.Response{StatusCode: tt.status, Header: http.Header{}}
		resp.Header.Set("x-ms-throttle-limit-percentage", tt.header)
		if got := loadOf(resp); got != tt.want {
			t.Errorf("load of %d %q = %v, want %v", tt.status, tt.header, got, tt.want)
		}
	}
}
