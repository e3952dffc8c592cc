// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"index/suffixarray"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/seal"
)

// otherWay says why something of a packet cannot be compared.
func otherWay(drawing int) string {
	other := "an older"
	if drawing > pdf.Drawing {
		other = "a newer"
	}
	return fmt.Sprintf("%s version wrote it in way %d, and this one writes in way %d; a version of way %d compares all of it", other, drawing, pdf.Drawing, drawing)
}

// sameFindings says which finding lines do not name, or name although it is not in p.
func sameFindings(file []byte, p *reports.Packet) error {
	lines, known := string(file), told(p)
	for _, f := range p.Findings {
		if !strings.Contains(lines, f.ID) || !strings.Contains(lines, string(f.Status)) {
			return fmt.Errorf("it lacks finding %s, which is %s", f.ID, f.Status)
		}
	}
	for _, id := range findingIDs(lines, "F-") {
		if !known[id] {
			return fmt.Errorf("it names finding %s", id)
		}
	}
	return nil
}

func findingIDs(text, begin string) []string {
	return regexp.MustCompile(begin+`[0-9a-f]{16}`).FindAllString(text, -1)
}

// sameAnswers reads of JSON what every version writes in the same way.
func sameAnswers(file []byte, p *reports.Packet) error {
	var got struct {
		Findings []struct{ ID, Status string }
		Review   struct {
			Lines []struct{ Item, Answer string }
		}
	}
	if err := json.Unmarshal(file, &got); err != nil {
		return errors.New("it is no JSON")
	}
	if len(got.Findings) != len(p.Findings) {
		return fmt.Errorf("it has %s", reports.Plural(len(got.Findings), "finding"))
	}
	for i, f := range p.Findings {
		if g := got.Findings[i]; g.ID != f.ID || g.Status != string(f.Status) {
			return fmt.Errorf("it says that finding %s is %s", g.ID, g.Status)
		}
	}
	var lines []reports.ReviewLine
	if p.Review != nil {
		lines = p.Review.Lines
	}
	if len(got.Review.Lines) != len(lines) {
		return fmt.Errorf("it has %s of a review", reports.Plural(len(got.Review.Lines), "line"))
	}
	for i, l := range lines {
		answer := string(l.Answer)
		if answer == "" {
			answer = "undecided"
		}
		if g := got.Review.Lines[i]; g.Item != l.Item || g.Answer != answer {
			return fmt.Errorf("it says %q of line %s", g.Answer, g.Item)
		}
	}
	return nil
}

// told returns the ids of findings that a packet speaks of: its own, those of its review,
// and those of earlier reports.
func told(p *reports.Packet) map[string]bool {
	ids := map[string]bool{}
	for _, f := range p.Findings {
		ids[f.ID] = true
		for _, id := range f.Continues {
			ids[id] = true
		}
	}
	if p.Changes != nil {
		for _, g := range slices.Concat(p.Changes.Gone, p.Changes.Before) {
			ids[g.ID] = true
		}
	}
	if p.Review != nil {
		for _, l := range p.Review.Lines {
			for _, f := range l.Findings {
				ids[f.ID] = true
			}
		}
	}
	return ids
}

// cannotDraw tells why the pages of p cannot be drawn again; "" is that they can.
func (a *assay) cannotDraw(p *reports.Packet, drawing int) string {
	if drawing != pdf.Drawing {
		return otherWay(drawing)
	}
	return a.fontMissing(p)
}

// words looks for what the packet says on pages that cannot be drawn again here: why says
// why not.
func (a *assay) words(s *seal.Sealed, p *reports.Packet, why string) {
	pages, err := s.Text()
	if err != nil {
		a.fails("pages", "%v", err)
		return
	}
	a.part = true
	text, running := readText(strings.Join(pages, "")), readText(withoutFrames(pages, p))
	wrong, skipped := a.wrong, 0
	for _, w := range shownBy(p) {
		switch {
		case strings.ContainsFunc(w, shownOtherwise):
			skipped++
		case !text.says(w) && !running.says(w):
			a.fails("pages", "they do not say %q, which is attached", w)
		}
	}
	if skipped > 0 {
		a.unknown("pages", "%s in scripts that fonts lack or that run from right to left were not looked for", reports.Plural(skipped, "text"))
	}
	ids := told(p)
	for _, id := range findingIDs(text.cased, "F") {
		if id = "F-" + id[1:]; !ids[id] {
			a.fails("pages", "they name finding %s, which is not attached", id)
		}
	}
	what, which := "the verdict, the digests and each finding with its rule and subjects", ""
	if p.Review != nil {
		what, which = what+", each line of the review with whose it is, who answers and why", ", or which answer stands at which line"
	}
	if a.wrong == wrong {
		a.holds("pages", "they say, as attached, %s; and they name no other finding", what)
	}
	a.unknown("pages", "whether they say something else besides%s: %s", which, why)
}

// shownOtherwise reports whether versions may show a character in several ways: written
// out, as a glyph, or in another order.
func shownOtherwise(r rune) bool { return r >= 0x590 && unicode.IsLetter(r) }

// shownBy lists words that every version shows of a packet.
func shownBy(p *reports.Packet) []string {
	all := []string{p.Verdict(), p.Snapshot.Digest, p.Policy.Digest, p.Snapshot.Content}
	for _, f := range p.Findings {
		all = append(all, f.ID, f.Rule)
		for _, subject := range f.Subjects {
			all = append(all, subject.Label())
		}
	}
	if r := p.Review; r != nil {
		all = append(all, r.ID, r.Name, r.Snapshot, r.Policy)
		for _, l := range r.Lines {
			all = append(all, l.Holder.Label(), l.Holds.Label(), l.Reason)
			if !l.Reviewer.ID.IsZero() {
				all = append(all, l.Reviewer.Label())
			}
			for _, who := range l.People {
				all = append(all, who.Label())
			}
		}
		for _, o := range r.SignOffs {
			all = append(all, o.By.Label(), o.Statement)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A pageText is what pages say, without what lines are broken with.
type pageText struct {
	cased, lower string
	at           *suffixarray.Index // of the text in lower case
}

func readText(s string) pageText {
	s = squeeze(s)
	t := pageText{cased: s, lower: strings.ToLower(s)}
	t.at = suffixarray.New([]byte(t.lower))
	return t
}

// says looks for words, in whatever case; a number is not found in the end of a longer
// one.
func (t pageText) says(words string) bool {
	words = strings.ToLower(squeeze(reports.Display(words)))
	switch {
	case words == "":
		return true
	case !isDigit(words[0]):
		return len(t.at.Lookup([]byte(words), 1)) > 0
	}
	return slices.ContainsFunc(t.at.Lookup([]byte(words), -1), func(i int) bool { return i == 0 || !isDigit(t.lower[i-1]) })
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// withoutFrames joins pages without what stands on each of them: its head, which begins
// with the entity, is drawn last. So what goes over pages is found.
func withoutFrames(pages []string, p *reports.Packet) string {
	begin := []rune(reports.Display(p.Entity))
	if len(begin) == 0 {
		begin = []rune("Entity not stated")
	}
	var out strings.Builder
	for _, page := range pages {
		at := strings.LastIndex(page, "\n"+string(begin[:min(20, len(begin))]))
		if at < 0 {
			at = len(page)
		}
		out.WriteString(page[:at])
	}
	return out.String()
}

// squeeze takes away what lines are broken with, and turns back what was written out
// for lack of a shape.
func squeeze(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	return regexp.MustCompile(`⟨U\+[0-9A-F]{4,6}⟩`).ReplaceAllStringFunc(s, func(out string) string {
		n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimPrefix(out, "⟨U+"), "⟩"), 16, 32)
		if err != nil || reports.Hidden(rune(n)) {
			return out
		}
		return strings.TrimSpace(string(rune(n)))
	})
}
