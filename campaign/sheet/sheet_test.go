// SPDX-License-Identifier: Apache-2.0

package sheet_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/campaign/sheet"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

var start = time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)

type noLedger struct{}

func (noLedger) Append(context.Context, ...[]byte) error { return nil }

func id(t testing.TB, s string) graph.ID {
	t.Helper()
	x, err := graph.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// begun is a campaign of four lines for one manager; the names are what a directory may
// hold.
func begun(t testing.TB) (*campaign.Campaign, campaign.Subject) {
	t.Helper()
	var b graph.Builder
	add := func(f graph.Fact) {
		t.Helper()
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	node := func(s, name string, pairs ...string) {
		n := graph.Node{ID: id(t, s), Name: name}
		for i := 0; i < len(pairs); i += 2 {
			n.Attrs.Set(pairs[i], pairs[i+1])
		}
		add(n)
	}
	node("identity:hr/E0", "The Boss", "status", "active")
	node("identity:hr/E8", "Admin", "status", "active")
	node("group:corp/pay", "=cmd|'/c calc'!A1", "description", "+Pay\nwhoever")
	for i, name := range []string{"Ana Ruiz", "Ben \u202eokafor", "@Cem", "山田太郎"} {
		who, account := fmt.Sprintf("identity:hr/E1%d", i), fmt.Sprintf("account:corp/a%d", i)
		node(who, name, "status", "leave", "manager", "identity:hr/E0", "leave_start", "2026-09-07", "leave_reason", "SECRET", "end_date", "2026-12-24", "last_day_worked", "2026-12-18")
		node(account, name, "status", "enabled")
		add(graph.Grant{From: id(t, who), To: id(t, account), Kind: graph.Owns})
		add(graph.Grant{From: id(t, account), To: id(t, "group:corp/pay"), Kind: graph.Member})
	}
	for _, s := range []graph.Source{"hr", "corp"} {
		add(graph.Coverage{Source: s, Dataset: graph.All, State: graph.Complete})
	}
	s := campaign.Subject{Graph: b.Graph(), Policy: &sod.Policy{}, Report: &sod.Report{}, AsOf: start}
	x := campaign.Terms{ID: "Q3", Name: "Third quarter\r\nBcc: x@y", Admins: []graph.ID{id(t, "identity:hr/E8")},
		Stages: []campaign.Stage{{Name: "managers", By: []campaign.Way{campaign.Manager}, Due: start.AddDate(0, 0, 14)}}}
	c, err := campaign.Open(t.Context(), noLedger{}, s, x, campaign.Origin{Snapshot: "sha256:s", Policy: "sha256:p"}, id(t, "identity:hr/E8"), start)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

func review(t testing.TB, c *campaign.Campaign, s campaign.Subject) *reports.Review {
	return reports.NewReview(c, s, id(t, "identity:hr/E0"))
}

func written(t testing.TB, r *reports.Review) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := sheet.Write(&b, r, 1); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// edited does to a workbook what a reviewer does.
func edited(t testing.TB, src []byte, change func(f *excelize.File)) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	change(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(t testing.TB, pairs ...string) func(f *excelize.File) {
	return func(f *excelize.File) {
		for i := 0; i < len(pairs); i += 2 {
			if err := f.SetCellStr("lines", pairs[i], pairs[i+1]); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What human resources know of a leave or an end that is still to come is for no reviewer:
// not in a cell, a hidden sheet, a property, or the message around it.
func TestSecretsStay(t *testing.T) {
	c, s := begun(t)
	r := review(t, c, s)
	var mail bytes.Buffer
	if err := (sheet.Mail{Review: r, Stage: 1, Date: start}).Write(&mail); err != nil {
		t.Fatal(err)
	}
	all := mail.String()
	book, err := zip.NewReader(bytes.NewReader(written(t, r)), int64(len(written(t, r))))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range book.File {
		part, err := book.Open(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	if !strings.Contains(all, "Ana Ruiz") {
		t.Fatal("the workbook was not read")
	}
	for _, secret := range []string{"SECRET", "2026-09-07", "2026-12-24", "2026-12-18", ">leave<", "on leave"} {
		if strings.Contains(all, secret) {
			t.Errorf("a reviewer is told %q", secret)
		}
	}
}

// What a reviewer fills in comes back, line by line, and the campaign takes it.
func TestRoundTrip(t *testing.T) {
	c, s := begun(t)
	r := review(t, c, s)
	sent := written(t, r)
	if !bytes.Equal(sent, written(t, review(t, c, s))) {
		t.Error("equal reviews have different bytes")
	}
	back := edited(t, sent, set(t, "N2", "keep", "N3", " revoke ", "O3", "left the team", "N5", "not-mine", "P5", "identity:hr/E8"))
	answers, err := sheet.Read(back, r, 1)
	if err != nil {
		t.Fatal(err)
	}
	boss := id(t, "identity:hr/E0")
	if err := c.Send(t.Context(), campaign.Sent{To: boss, Address: "boss@example.com", Object: "sha256:m"}, boss, start); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range answers {
		got = append(got, fmt.Sprintf("%s %s %q %s", lineOf(c, d.Item), d.Answer, d.Reason, d.To.Key))
		d.Source = campaign.Source{Kind: campaign.ByAddress, Of: "boss@example.com"}
		if err := c.Decide(t.Context(), d, id(t, "identity:hr/E0"), start); err != nil {
			t.Error(err)
		}
	}
	want := []string{`a0 keep "" `, `a1 revoke "left the team" `, `a3 not-mine "" E8`}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("answers (-want +got):\n%s", d)
	}
	if _, err := sheet.Read(back, review(t, c, s), 1); err == nil || !strings.Contains(err.Error(), "send it again") {
		t.Errorf("the same sheet once more: %v, want that it is stale", err)
	}
}

func lineOf(c *campaign.Campaign, item string) string {
	l, _ := c.Line(item)
	return l.From.Key
}

// Nothing of a sheet is taken when anything in it is not what was sent.
func TestRefused(t *testing.T) {
	c, s := begun(t)
	r := review(t, c, s)
	sent := written(t, r)
	for name, tt := range map[string]struct {
		change func(f *excelize.File)
		want   string
	}{
		"another name":     {set(t, "N2", "keep", "C3", "Somebody else"), `row 3: column "whose" was changed`},
		"another line":     {set(t, "B2", "I-0000000000000000"), "row 2: line"},
		"a line twice":     {func(f *excelize.File) { _ = f.DuplicateRow("lines", 2) }, "stands here twice"},
		"a line left out":  {func(f *excelize.File) { _ = f.RemoveRow("lines", 3) }, "is not in the sheet"},
		"another answer":   {set(t, "N2", "approve"), `row 2: decision "approve": want keep, revoke, cannot-tell or not-mine`},
		"a reason alone":   {set(t, "O2", "because"), "row 2: it has a reason and no decision"},
		"a formula":        {func(f *excelize.File) { _ = f.SetCellFormula("lines", "N2", `IF(TODAY()>1,"keep","revoke")`) }, "cell N2 is a formula"},
		"no ID":            {set(t, "N2", "not-mine", "P2", "Admin"), "row 2: who should decide"},
		"more columns":     {set(t, "R2", "x"), "row 2: something stands beside"},
		"another header":   {set(t, "N1", "verdict"), "row 1"},
		"another digest":   {func(f *excelize.File) { _ = f.SetCellStr("about", "B8", "sha256:00") }, "digest"},
		"another reviewer": {func(f *excelize.File) { _ = f.SetCellStr("about", "B4", "identity:hr/E8") }, "its reviewer is"},
		"another campaign": {func(f *excelize.File) { _ = f.SetCellStr("about", "B2", "Q2") }, "its campaign is"},
		"no about":         {func(f *excelize.File) { _ = f.DeleteSheet("about") }, "no sheet of a campaign"},
		"a long reason":    {set(t, "N2", "keep", "O2", strings.Repeat("x", 5000)), "row 2: its reason is longer"},
	} {
		t.Run(name, func(t *testing.T) {
			answers, err := sheet.Read(edited(t, sent, tt.change), r, 1)
			if err == nil || answers != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %d answers and %v, want an error with %q", len(answers), err, tt.want)
			}
		})
	}
	for i := 0; i < len(sent); i += 97 { // cut anywhere
		if _, err := sheet.Read(sent[:i], r, 1); err == nil {
			t.Fatalf("the first %d of %d bytes were taken", i, len(sent))
		}
	}
}

// Rows may be sorted, and hostile names are no formulas.
func TestSortedAndSafe(t *testing.T) {
	c, s := begun(t)
	r := review(t, c, s)
	sent := written(t, r)
	f, err := excelize.OpenReader(bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows("lines")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "+") || strings.HasPrefix(cell, "@") || strings.ContainsAny(cell, "\u202e\n") {
				t.Errorf("cell %q came out raw", cell)
			}
		}
	}
	swapped := edited(t, sent, func(f *excelize.File) {
		for i, column := range "ABCDEFGHIJKLMNOP" {
			_, _ = i, f.SetCellStr("lines", string(column)+"2", at(rows[2], i))
			_ = f.SetCellStr("lines", string(column)+"3", at(rows[1], i))
		}
		_ = f.SetCellStr("lines", "N2", "keep")
	})
	answers, err := sheet.Read(swapped, r, 1)
	if err != nil || len(answers) != 1 || lineOf(c, answers[0].Item) != "a1" {
		t.Errorf("got %+v, %v", answers, err)
	}
}

func at(row []string, i int) string {
	if i < len(row) {
		return row[i]
	}
	return ""
}

// A mail goes out with the sheet and comes back with it.
func TestMail(t *testing.T) {
	c, s := begun(t)
	r := review(t, c, s)
	m := sheet.Mail{From: mail.Address{Name: "Ide\u202entity", Address: "iam@example.com"}, To: mail.Address{Name: "Böss", Address: "boss@example.com"}, Date: start, Review: r, Stage: 1}
	var b, again bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	if err := m.Write(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("equal mails have different bytes: %v", err)
	}
	msg, err := mail.ReadMessage(bytes.NewReader(b.Bytes()))
	if err != nil || msg.Header.Get("Bcc") != "" || !strings.Contains(msg.Header.Get("Subject"), "Third") {
		t.Fatalf("got %v, %v", msg, err)
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > 1000 || !strings.HasSuffix(line, "\r\n") {
			t.Fatalf("line %q", line[:min(80, len(line))])
		}
	}
	back, err := sheet.ParseMail(b.Bytes())
	if err != nil || back.From != "iam@example.com" {
		t.Fatalf("got %+v, %v", back, err)
	}
	if _, err := sheet.Read(back.Sheet, r, 1); err != nil {
		t.Error(err)
	}
	text := b.String()
	for name, src := range map[string]string{
		"no mail": "nothing", "two senders": strings.Replace(text, "From: ", "From: a@b.c, ", 1), "two From lines": "From: a@b.c\r\n" + text,
		"no sheet": strings.ReplaceAll(text, "spreadsheetml", "other"), "empty": "",
	} {
		if _, err := sheet.ParseMail([]byte(src)); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}
