// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"io"
	"time"

	"github.com/foureyes-iga/foureyes/reports"
)

// Receipt writes the receipt of a leaver: one page, whatever its size. What has no room
// is counted, and stands in the JSON.
func Receipt(w io.Writer, r *reports.Receipt) error { return (*Font)(nil).Receipt(w, r) }

// Receipt is [Receipt] with this font.
func (f *Font) Receipt(w io.Writer, r *reports.Receipt) error {
	d, err := newDoc(nil, f)
	if err != nil {
		return fmt.Errorf("pdf: %w", err)
	}
	d.receipt(r)
	name := "Leaver receipt, " + r.After.EmployeeID
	if err := d.draw(w, name, r.After.Person.Label(), r.Made); err != nil {
		return fmt.Errorf("pdf: %w", err)
	}
	return nil
}

// Where the parts of the page end at the latest.
const (
	receiptTop    = 46
	accessFloor   = 585
	doubtsFloor   = 678
	receiptsFloor = 786
)

func (d *doc) receipt(r *reports.Receipt) {
	d.y = receiptTop
	d.receiptHead(r)
	d.receiptVerdict(r)
	if r.After.Timing != nil {
		d.receiptClocks(r.After)
	}
	d.receiptAccess(r)
	d.receiptDoubts(r.After)
	d.receiptSources(r)
	d.receiptFoot(r)
}

// clip sets spans on at most n lines; what is cut ends with ….
func clip(spans []span, width float64, n int) []line {
	lines := set(spans, width)
	if len(lines) <= n {
		return lines
	}
	if n == 1 { // not broken at a space: what is cut may be one long word
		lines = set(spans, 1e9)
	}
	last := lines[n-1]
	s := spans[len(spans)-1]
	room := width - set([]span{{"…", s.style}}, width)[0].width
	for last.width > room && len(last.runs) > 0 {
		r := &last.runs[len(last.runs)-1]
		letters := []rune(r.text)
		if len(letters) == 0 {
			last.runs = last.runs[:len(last.runs)-1]
			continue
		}
		last.width -= r.style.face.width(letters[len(letters)-1], r.style.size)
		r.text = string(letters[:len(letters)-1])
	}
	last.runs = append(last.runs, run{"…", last.width, s.style})
	return append(lines[:n-1:n-1], last)
}

// clipped puts spans on at most n lines at x, and moves nothing.
func (d *doc) clipped(x, width float64, n int, spans ...span) float64 {
	return d.lines(x, d.y, clip(spans, width, n), spans[0].leading())
}

func (d *doc) receiptHead(r *reports.Receipt) {
	l := r.After
	d.y += d.clipped(left, d.width(), 1, span{"LEAVER RECEIPT", style{d.fonts.bold, 8, d.inks.accent}})
	d.y += d.clipped(left, d.width(), 1, span{l.Person.Label(), style{d.fonts.bold, 20, d.inks.ink}})
	d.y += d.clipped(left, d.width(), 1, span{"Employee id " + l.EmployeeID + "  ", d.body()}, span{l.Person.ID.String(), d.code()}) + 6
	d.rule()
	d.y += 8
	first, last := r.Before, r.After
	rounds := reports.Plural(len(r.Rounds), "round")
	if n := r.Missed(); n > 0 {
		rounds += fmt.Sprintf(", %s could not run", reports.Number(n))
	}
	d.columns(9,
		[2]string{"First answer", when(first.Ended)}, [2]string{"Last answer", when(last.Ended)},
		[2]string{"Asked", rounds}, [2]string{"By", stated(r.By)})
}

// columns sets pairs side by side.
func (d *doc) columns(gap float64, pairs ...[2]string) {
	w := (d.width() - gap*float64(len(pairs)-1)) / float64(len(pairs))
	high := 0.0
	for i, p := range pairs {
		x := left + float64(i)*(w+gap)
		d.put(x, d.y, d.label(), p[0])
		high = max(high, d.lines(x, d.y+11, clip([]span{{p[1], d.small()}}, w, 2), d.small().leading()))
	}
	d.y += high + 19
}

func (d *doc) receiptVerdict(r *reports.Receipt) {
	s := style{d.fonts.bold, 10.5, d.inks.ink}
	lines := clip([]span{{sentence(r.After.Verdict()), s}}, d.width()-34, 3)
	y, w, h := d.y, d.width(), s.leading()*float64(len(lines))+18
	d.mark(func(p *pen) { p.fill(left, y, w, h, d.inks.panel); p.fill(left, y, 3, h, d.inks.accent) })
	d.lines(left+17, y+9, lines, s.leading())
	d.y += h + 12
}

// receiptClocks draws the three clocks side by side.
func (d *doc) receiptClocks(l *reports.Leaver) {
	t := l.Timing
	if !t.Over {
		d.y += d.clipped(left, d.width(), 2, span{"By when access had to end cannot be told: " + t.ITWhy + ".", d.small()}) + 10
		return
	}
	const gap = 12
	w := (d.width() - 2*gap) / 3
	high := 0.0
	for i, x := range [][4]string{
		{"1  LEFT", reports.ClockText(t.Left), "by " + t.Left.Of, ""},
		{"2  RECORDED", reports.ClockText(t.Recorded), "due by " + reports.ClockText(t.RecordBy), t.HRWord()},
		{"3  LAST ACCESS ENDED", t.LastText(), "due by " + reports.ClockText(t.EndBy), t.ITWord()},
	} {
		at, y := left+float64(i)*(w+gap), d.y
		d.mark(func(p *pen) { p.line(at, y, at+w, y, 1.2, d.inks.accent) })
		d.put(at, y+5, d.label(), x[0])
		h := 17 + d.lines(at, y+17, clip([]span{{x[1], d.body().bold(d)}}, w, 2), d.body().leading())
		h += 1 + d.lines(at, y+h+1, clip([]span{{x[2], d.note()}}, w, 2), d.note().leading())
		if x[3] != "" {
			h += 2 + d.lines(at, y+h+2, clip([]span{{x[3], d.small().bold(d)}}, w, 1), d.small().leading())
		}
		high = max(high, h)
	}
	d.y += high + 6
	d.y += d.clipped(left, d.width(), 2, span{"Access was to end within " + l.SLA + ".", d.note()}) + 8
}

// A sheet is rows that end before a floor: what has no room is counted.
type sheet struct {
	*doc
	widths []float64
	floor  float64
}

func (d *doc) sheet(floor float64, heads []string, shares ...float64) *sheet {
	s := &sheet{doc: d, floor: floor}
	total := 0.0
	for _, x := range shares {
		total += x
	}
	free := d.width() - cellGap*float64(len(shares)-1)
	for _, x := range shares {
		s.widths = append(s.widths, x/total*free)
	}
	var cells []cell
	for _, h := range heads {
		cells = append(cells, cell{{h, d.label()}})
	}
	s.cells(cells, 1)
	d.y += 2
	d.rule()
	return s
}

func (s *sheet) cells(cells []cell, lines int) {
	x, high := float64(left), 0.0
	for i, c := range cells {
		high = max(high, s.lines(x, s.y, clip(c, s.widths[i], lines), c[0].leading()))
		x += s.widths[i] + cellGap
	}
	s.y += high
}

// rows sets n rows, as far as there is room, and counts the rest.
func (s *sheet) rows(n int, what string, row func(i int) []cell) {
	const high = 2*1.38*8 + 5 // of a row of two lines
	for i := range n {
		if left := s.floor - s.y; left < 2*high && i+1 < n || left < high {
			s.y += 3
			s.clipped(54, s.width(), 1, span{fmt.Sprintf("… and %s, in the JSON", reports.Plural(n-i, "more "+what)), s.note()})
			s.y += 11
			return
		}
		s.y += 2
		s.cells(row(i), 2)
		s.y += 2
		s.rule()
	}
}

func (d *doc) receiptAccess(r *reports.Receipt) {
	d.section("Before and after")
	all := r.Accounts()
	if len(all) == 0 {
		d.y += d.clipped(left, d.width(), 1, span{"No account of the person was found.", d.small()}) + 8
		return
	}
	s := d.sheet(accessFloor, []string{"Account", "First answer", "Last answer", "Reached, left", "Seen gone"}, 27, 10, 11, 13, 24)
	s.rows(len(all), "account", func(i int) []cell {
		a := all[i]
		state := d.small()
		if a.After == "LIVES" {
			state = state.bold(d)
		}
		return []cell{
			{{a.Label() + "  ", d.small().bold(d)}, {a.ID.String(), d.code()}}, {{a.Before, d.small()}}, {{a.After, state}},
			{{fmt.Sprintf("%s, %s left", reports.Number(a.Reached), reports.Number(a.Left)), d.small()}}, {{dash(a.Gone), d.small()}},
		}
	})
	d.y += 10
}

func (d *doc) section(title string) {
	d.y += d.clipped(left, d.width(), 1, span{title, style{d.fonts.bold, 10.5, d.inks.ink}}) + 4
}

func (d *doc) receiptDoubts(l *reports.Leaver) {
	d.section("What could not be told")
	all := l.Doubts()
	if len(all) == 0 {
		d.y += d.clipped(left, d.width(), 1, span{"Everything was read.", d.small()}) + 10
		return
	}
	s := d.sheet(doubtsFloor, []string{"Of", "Why"}, 24, 50)
	s.rows(len(all), "row", func(i int) []cell {
		return []cell{{{all[i][0], d.small()}}, {{all[i][1], d.small()}}}
	})
	d.y += 10
}

func (d *doc) receiptSources(r *reports.Receipt) {
	d.section("Sources, and of when their data is")
	all := r.After.Sources
	first := map[string]time.Time{}
	for _, x := range r.Before.Sources {
		first[string(x.Name)] = x.Moment
	}
	s := d.sheet(receiptsFloor-14, []string{"Source", "Read by", "In the first answer", "In the last answer"}, 20, 12, 22, 22)
	s.rows(len(all), "source", func(i int) []cell {
		x := all[i]
		return []cell{{{string(x.Name), d.small().bold(d)}}, {{known(x.Connector), d.small()}}, {{moment(first[string(x.Name)]), d.small()}}, {{moment(x.Moment), d.small()}}}
	})
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return when(t)
}

func (d *doc) receiptFoot(r *reports.Receipt) {
	_, h := d.page().size()
	w := d.width()
	d.mark(func(p *pen) { p.line(left, h-44, left+w, h-44, 0.5, d.inks.rule) })
	d.y = h - 39
	d.clipped(left, w, 1, span{"Made by foureyes at " + when(r.Made) + ". What was read is told as the sources tell it; this page is not sealed.", d.note()})
	d.y += 11
	d.clipped(left, w, 1, span{"JSON " + stated(r.Digest), d.code()})
}
