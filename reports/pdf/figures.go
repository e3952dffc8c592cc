// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"

	"github.com/foureyes-iga/foureyes/reports"
)

// accountsInFigures draws what is counted of all enabled accounts.
func (d *doc) accountsInFigures() {
	all := d.packet.Figures
	if len(all) == 0 {
		return
	}
	d.chapter("Accounts in figures", false)
	for _, f := range all {
		d.figure(f)
	}
}

// figure draws one bar for each count, as long as its share of the largest one.
func (d *doc) figure(f reports.Figure) {
	const high, names, numbers = 15.0, 128.0, 96.0
	d.head(f.Title, 40+high*float64(len(f.Bars)))
	largest, total := 1, max(1, f.Total())
	for _, b := range f.Bars {
		largest = max(largest, b.Count)
	}
	room := d.width() - names - numbers
	for _, b := range f.Bars {
		y, long, ink := d.y, room*float64(b.Count)/float64(largest), d.inks.soft
		if b.Unknown {
			ink = d.inks.rule
		}
		d.put(left, y+2, d.small(), b.Label)
		d.mark(func(p *pen) { p.fill(left+names, y+2, max(long, 0.6), high-5, ink) })
		d.put(left+names+long+6, y+2, d.small().bold(d), reports.Number(b.Count))
		share := float64(b.Count) * 100 / float64(total)
		d.putRight(left+d.width(), y+2, d.note(), fmt.Sprintf("%.1f %%", share))
		d.y += high
	}
	d.y += 3
	d.flow(0, span{f.Note, d.note()})
}
