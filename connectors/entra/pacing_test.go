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

// A handClock moves when somebody sleeps.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return context.Cause(ctx)
}

func pacerOf(most int) (*pacer, *handClock) {
	c := &handClock{now: time.Unix(1000, 0)}
	p := newPacer(most, &clock{read: c.time, pause: c.sleep})
	p.deadline = c.now.Add(time.Hour)
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
	p, clock := pacerOf(8)
	const c = classDirectory
	for i, step := range []struct {
		held, times int
		load        float64
		want        int
	}{
		{0, 20, 0, 8}, {1, 0, 0, 4}, {20, 0, 0, 2}, {1, 0, 0, 1}, {1, 0, 0, 1}, {0, 9, 0, 1}, {0, 1, 0.9, 1}, {0, 9, 0, 1}, {0, 1, 0, 2}, {0, 10, 0.79, 3}, {0, 200, 0, 8},
	} {
		for range step.held { // together: they were asked before the first was heard
			p.hold(c, time.Second)
		}
		_ = clock.sleep(t.Context(), time.Second)
		for range step.times {
			if err := p.enter(t.Context(), c, 1); err != nil {
				t.Fatal(err)
			}
			p.leave(c, step.load)
		}
		if got := p.lane(c).limit; got != step.want {
			t.Errorf("step %d: %d at a time, want %d", i, got, step.want)
		}
	}
}

// TestClockThatStandsStill is what a test may pass: time then moves by sleeping.
func TestClockThatStandsStill(t *testing.T) {
	start := time.Unix(1000, 0)
	c := &clock{read: func() time.Time { return start }, pause: func(context.Context, time.Duration) error { return nil }}
	p := newPacer(4, c)
	p.deadline = start.Add(time.Minute)
	for range 10 {
		if err := p.enter(t.Context(), classReports, 1); err != nil {
			t.Fatal(err)
		}
		p.leave(classReports, 0)
	}
	if took := c.now().Sub(start); took < 10*time.Second || took > 11*time.Second {
		t.Errorf("ten reports took %v", took)
	}
	for range 30 {
		if err := p.enter(t.Context(), classReports, 1); err != nil {
			return
		}
		p.leave(classReports, 0)
	}
	t.Error("forty reports took no minute")
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

func TestPause(t *testing.T) {
	if err := pause(t.Context(), 0); err != nil {
		t.Error(err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(stop)
	if err := pause(ctx, time.Hour); !errors.Is(err, stop) {
		t.Errorf("pause = %v", err)
	}
}

func TestLoad(t *testing.T) {
	for _, tt := range []struct {
		status int
		header string
		want   float64
	}{{200, "", 0}, {200, "0.85", 0.85}, {200, "1.3", 1.3}, {200, "much", 0}, {429, "1.8", 1.8}} {
		resp := &http.Response{StatusCode: tt.status, Header: http.Header{}}
		resp.Header.Set("x-ms-throttle-limit-percentage", tt.header)
		if got := loadOf(resp); got != tt.want {
			t.Errorf("load of %d %q = %v, want %v", tt.status, tt.header, got, tt.want)
		}
	}
}
