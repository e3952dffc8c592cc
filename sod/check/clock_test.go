// SPDX-License-Identifier: Apache-2.0

package check

import (
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/sod"
)

// far stands for a bound that is none: beyond everything on the grid.
const far = 50

func at(hour int) time.Time {
	return time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(hour) * time.Hour)
}

// A grid interval is from lo to hi; -far and far are no bounds.
type grid struct{ lo, hi int }

func grids(n int) (all []grid) {
	for lo := -1; lo <= n; lo++ {
		for hi := max(lo, 0); hi <= n+1; hi++ {
			g := grid{lo, hi}
			if lo < 0 {
				g.lo = -far
			}
			if hi > n {
				g.hi = far
			}
			all = append(all, g)
		}
	}
	return all
}

func (g grid) clock() (c Clock) {
	if g.lo != -far {
		c.Earliest = at(g.lo)
	}
	if g.hi != far {
		c.Latest = at(g.hi)
	}
	return c
}

// hours are those that decide: on the grid each, and one beyond it.
func (g grid) hours() (all []int) {
	for h := -1; h <= 6; h++ {
		if h >= g.lo && h <= g.hi {
			all = append(all, h)
		}
	}
	if g.lo == -far {
		all = append(all, -far)
	}
	if g.hi == far {
		all = append(all, far)
	}
	return all
}

// slow asks of every choice of three moments whether that was late.
func slow(left, recorded, done grid, within int, from sod.Start) Lateness {
	late, inTime := false, false
	for _, l := range left.hours() {
		for _, r := range recorded.hours() {
			start := max(l, r)
			switch from {
			case sod.Left:
				start = l
			case sod.Recorded:
				start = r
			}
			for _, d := range done.hours() {
				late, inTime = late || d > start+within, inTime || d <= start+within
			}
		}
	}
	switch {
	case late && inTime:
		return CannotTell
	case late:
		return Late
	}
	return OnTime
}

// TestLatenessMatchesSlow holds verdicts on intervals against all moments in them.
func TestLatenessMatchesSlow(t *testing.T) {
	const within = 2
	add := func(t time.Time) time.Time { return t.Add(within * time.Hour) }
	all, counts := grids(4), map[Lateness]int{}
	for _, from := range []sod.Start{sod.Later, sod.Left, sod.Recorded} {
		for _, left := range all {
			for _, recorded := range all {
				for _, done := range all {
					tm := timer{clocks: &clocks{sla: &sod.SLA{From: from}}, out: &Timing{Left: left.clock(), Recorded: recorded.clock()}}
					got, want := judgeLate(done.clock(), tm.begins().moved(add)), slow(left, recorded, done, within, from)
					if got != want {
						t.Fatalf("from %s, left %v, recorded %v, ended %v: got %s, want %s", from, left, recorded, done, got, want)
					}
					counts[got]++
				}
			}
		}
	}
	if counts[OnTime] == 0 || counts[Late] == 0 || counts[CannotTell] == 0 {
		t.Errorf("the grid knows only %v", counts)
	}
}

// TestUntil: a clock that says that something happened after it was seen is not believed.
func TestUntil(t *testing.T) {
	for _, x := range []struct{ in, want grid }{
		{grid{1, 2}, grid{1, 2}}, {grid{1, 4}, grid{1, 3}}, {grid{1, far}, grid{1, 3}}, {grid{-far, far}, grid{-far, 3}},
		{grid{4, 5}, grid{-far, 3}}, {grid{4, far}, grid{-far, 3}}, {grid{3, 3}, grid{3, 3}}, {grid{3, 4}, grid{3, 3}},
	} {
		if got := x.in.clock().until(at(3)); got != x.want.clock() {
			t.Errorf("%v by 3: got %v", x.in, got)
		}
	}
}
