// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"

	"github.com/foureyes-iga/foureyes/reports"
)

// maxLate is how many accesses are told one by one.
const maxLate = 400

// lateness tells who left in the period, and how late that was recorded and their access
// ended.
func (d *doc) lateness() {
	l := d.packet.Lateness
	if l == nil {
		return
	}
	d.chapter("Leavers by lateness", true)
	d.say(fmt.Sprintf("Everybody who left from %s to %s, by three clocks: when the person left, when human resources recorded it, and when access ended. %s.",
		l.Since.Format("2 January 2006"), l.Until.Format("2 January 2006"), l.Headline()))
	d.skip(3)
	d.flow(0, span{"Access was to end within " + l.SLA + ".", d.note()})
	for _, s := range l.Beside() {
		d.flow(0, span{sentence(s), d.small().bold(d)})
	}
	d.skip(12)
	d.bars(l.Counts())
	d.leavers(l)
	d.lateAccess(l)
	d.skip(8)
	d.flow(0, span{"HR LATE: the end was recorded later after it than the time that is given. IT LATE: access ended later than that, or still lived when it was last read. Both may be. How late is the least that is certain. CANNOT TELL: a time is not known, or not exactly enough, or the data are from before the end; it is not the same as on time.", d.note()})
}

// bars draws a picture of counts: one bar each, with its number.
func (d *doc) bars(all []reports.LatenessCount) {
	const labels, high, step = 86.0, 11.0, 18.0
	most := 1
	for _, c := range all {
		most = max(most, c.Count)
	}
	d.need(step * float64(len(all)))
	room := min(d.width()-labels-60, 420)
	axis := left + labels
	y, h := d.y, step*float64(len(all))-4
	d.mark(func(p *pen) { p.line(axis, y-2, axis, y+h, 0.8, d.inks.soft) })
	for i, c := range all {
		y := d.y + step*float64(i)
		ink, style := d.inks.soft, d.small()
		if c.Late {
			ink, style = d.inks.ink, style.bold(d)
		}
		w := room * float64(c.Count) / float64(most)
		d.putRight(axis-8, y, style, c.Name)
		d.mark(func(p *pen) { p.fill(axis, y, w, high, ink) })
		d.put(axis+w+6, y, style, reports.Number(c.Count))
	}
	d.y += step*float64(len(all)) + 6
}

func (d *doc) leavers(l *reports.Lateness) {
	if len(l.People) == 0 {
		return
	}
	d.head("Who left", firstRow)
	t := d.table(column{"Person", 17, false}, column{"Left", 14, false}, column{"Recorded", 15, false}, column{"Access to end by", 15, false}, column{"Last access ended", 18, false}, column{"Result", 21, false})
	for _, x := range l.People {
		result := cell{{x.Verdicts(), d.small().bold(d)}}
		for _, why := range x.Whys() {
			result = append(result, span{"  " + why + ".", d.note()})
		}
		t.row(cell{{x.Person.Label() + "  ", d.small().bold(d)}, {x.Person.ID.Key, d.note()}}, cell{{reports.ClockText(x.Left), d.small()}}, cell{{reports.ClockText(x.Recorded), d.small()}},
			cell{{reports.ClockText(x.EndBy), d.small()}}, cell{{x.LastText(), d.small()}}, result)
	}
}

// lateAccess tells of each access that was late, or of which that cannot be told.
func (d *doc) lateAccess(l *reports.Lateness) {
	told, more := 0, 0
	var t *table
	for _, x := range l.Worst() {
		for _, a := range x.Open() {
			if told == maxLate {
				more++
				continue
			}
			if t == nil {
				d.head("Access that was not in time, or of which that cannot be told", firstRow)
				t = d.table(column{"Person", 15, false}, column{"Access", 25, false}, column{"Ended", 24, false}, column{"Result", 14, false}, column{"Why", 22, false})
			}
			told++
			t.row(cell{{x.Person.Label(), d.small()}}, cell{{a.Thing.Label() + "  ", d.small().bold(d)}, {a.Name(), d.code()}}, cell{{a.EndedText(), d.small()}}, cell{{x.Word(a), d.small().bold(d)}}, cell{{dash(a.Reason()), d.small()}})
		}
	}
	if more > 0 {
		d.skip(4)
		d.flow(0, span{fmt.Sprintf("… and %s more, in the JSON.", reports.Number(more)), d.note()})
	}
}
