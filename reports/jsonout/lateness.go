// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"time"

	"github.com/foureyes-iga/foureyes/reports"
)

type lateness struct {
	SLA    string         `json:"sla"`
	Since  string         `json:"since"`
	Until  string         `json:"until"`
	Counts latenessCounts `json:"counts"`
	People []timing       `json:"people"`
	Unread []string       `json:"people_not_read"`
}

type latenessCounts struct {
	People     int `json:"people"`
	OnTime     int `json:"on_time"`
	Due        int `json:"due"`
	HRLate     int `json:"hr_late"`
	ITLate     int `json:"it_late"`
	CannotTell int `json:"cannot_tell"`
	Undated    int `json:"left_on_an_unknown_day"`
	Unsure     int `json:"may_have_left"`
}

type timing struct {
	Identity leaverThing `json:"identity"`
	Over     bool        `json:"over"`
	Left     clock       `json:"left"`
	Recorded clock       `json:"recorded"`
	RecordBy clock       `json:"record_by"`
	EndBy    clock       `json:"end_by"`
	HR       string      `json:"hr"`
	HRLate   int64       `json:"hr_late_seconds,omitempty"`
	HRWhy    string      `json:"hr_why,omitempty"`
	IT       string      `json:"it"`
	ITWhy    string      `json:"it_why,omitempty"`
	Accesses []timed     `json:"accesses"`
}

type timed struct {
	leaverThing
	Tie      string       `json:"tie,omitempty"`
	By       *leaverThing `json:"by,omitempty"`
	Lives    string       `json:"lives"`
	Gone     bool         `json:"gone,omitempty"`
	Ended    clock        `json:"ended"`
	Outlives *leaverThing `json:"outlives,omitempty"`
	IT       string       `json:"it"`
	ITLate   int64        `json:"it_late_seconds,omitempty"`
	Why      string       `json:"why,omitempty"`
}

// A clock without a bound has no such key.
type clock struct {
	NotBefore string `json:"not_before,omitempty"`
	NotAfter  string `json:"not_after,omitempty"`
	Said      string `json:"said,omitempty"`
	Of        string `json:"of,omitempty"`
}

func latenessOf(l *reports.Lateness) *lateness {
	if l == nil {
		return nil
	}
	out := &lateness{
		SLA: l.SLA, Since: stamp(l.Since), Until: stamp(l.Until), People: []timing{}, Unread: some(l.Unread),
		Counts: latenessCounts{len(l.People), l.OnTime, l.Due, l.HRLate, l.ITLate, l.CannotTell, l.Undated, l.Unsure},
	}
	for _, t := range l.People {
		out.People = append(out.People, timingOf(t))
	}
	return out
}

func timingOf(t reports.LeaverTiming) timing {
	out := timing{
		Identity: leaverThing(t.Person), Over: t.Over, HR: t.HR.String(), HRLate: seconds(t.HRLateBy()), HRWhy: t.HRWhy, IT: t.IT.String(), ITWhy: t.ITWhy,
		Left: clock{stamp(t.Left.Earliest), stamp(t.Left.Latest), t.Left.Said, t.Left.Of}, Recorded: clock{stamp(t.Recorded.Earliest), stamp(t.Recorded.Latest), t.Recorded.Said, t.Recorded.Of},
		RecordBy: clock{NotBefore: stamp(t.RecordBy.Earliest), NotAfter: stamp(t.RecordBy.Latest)}, EndBy: clock{NotBefore: stamp(t.EndBy.Earliest), NotAfter: stamp(t.EndBy.Latest)},
		Accesses: []timed{},
	}
	for _, x := range t.Accesses {
		out.Accesses = append(out.Accesses, timed{
			leaverThing: leaverThing(x.Thing), Tie: x.Tie.String(), By: known(x.By), Lives: x.Life.String(), Gone: x.Gone,
			Ended:    clock{stamp(x.Ended.Earliest), stamp(x.Ended.Latest), x.Ended.Said, x.Ended.Of},
			Outlives: known(x.Outlives), IT: x.IT.String(), ITLate: seconds(t.ITLateBy(x)), Why: x.Why,
		})
	}
	return out
}

// seconds is how late something was at the least, rounded up: what is late is.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
