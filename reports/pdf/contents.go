// SPDX-License-Identifier: Apache-2.0

package pdf

import "fmt"

// contentsPage keeps a page for the contents and returns its number.
func (d *doc) contentsPage() int {
	d.turn(false)
	d.chapter("Contents", false)
	d.chapters = d.chapters[:len(d.chapters)-1]
	at := len(d.pages)
	d.turn(false)
	return at
}

// contents fills the page that was kept.
func (d *doc) contents(at int) {
	all := d.pages
	d.pages = all[:at:at]
	d.y, d.fresh = top+44, 0
	for _, c := range d.chapters {
		y := d.y
		x := d.put(left, y, d.body(), c.title) + left
		d.putRight(left+d.width(), y, d.body(), fmt.Sprint(c.page))
		end := left + d.width() - 24
		d.mark(func(p *pen) { p.line(x+8, y+9, end, y+9, 0.4, d.inks.rule) })
		d.y += 19
	}
	d.y += 16
	d.head("How to read this packet", 60)
	for _, s := range []string{
		"Every finding has a line number, which is the same in the PDF, the CSV and the JSON of one evaluation, and an id, which stays the same from one report to the next.",
		"An access path is the proof of a finding: the grants that lead from the subject to the duty, in order. It is printed by what decided, not by a second search.",
		"NOT ASSESSED is not an absence of findings: nothing was proved there, and something may be hidden by what could not be read. The reason stands beside it.",
		"Acceptances, owners, approvals and compensating controls are printed as the policy declares them. This document does not show that they were carried out.",
	} {
		d.say(s)
		d.y += 5
	}
	d.pages = all
}
