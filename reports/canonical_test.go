// SPDX-License-Identifier: Apache-2.0

package reports_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
)

func packets(t testing.TB) map[string]*reports.Packet {
	t.Helper()
	compared := reportstest.Company(t)
	compared.Baseline, compared.Forward = reportstest.Earlier(t), reportstest.Forward(compared)
	return map[string]*reports.Packet{
		"company":  reportstest.Packet(t, reportstest.Company(t)),
		"compared": reportstest.Packet(t, compared),
		"clean":    reportstest.Packet(t, reportstest.Clean(t)),
		"many":     reportstest.Packet(t, reportstest.Many(t, 300)),
		"reviewed": reportstest.Packet(t, reviewedInput(t)),
	}
}

func reviewedInput(t testing.TB) reports.Input {
	in := reportstest.Company(t)
	in.Review = reportstest.Reviewed(t, in)
	return in
}

// TestCanonical also proves that the numbers of these packets add up.
func TestCanonical(t *testing.T) {
	for name, p := range packets(t) {
		t.Run(name, func(t *testing.T) {
			b, err := p.Canonical(7)
			if err != nil {
				t.Fatal(err)
			}
			got, drawing, err := reports.ReadCanonical(b)
			if err != nil || drawing != 7 {
				t.Fatal(drawing, err)
			}
			if diff := cmp.Diff(p, got, cmp.AllowUnexported(graph.Count{})); diff != "" {
				t.Errorf("what comes back is not what was written (-written +read):\n%s", diff)
			}
			if wrong := got.Recount(); len(wrong) > 0 {
				t.Errorf("the numbers do not add up: %q", wrong)
			}
		})
	}
}

// TestCanonicalKeepsEverything fills every field there is, so that one that is
// added and cannot be kept, or is left out, fails.
func TestCanonicalKeepsEverything(t *testing.T) {
	var p reports.Packet
	n := 0
	fill(t, reflect.ValueOf(&p).Elem(), &n)
	if n < 300 {
		t.Fatalf("only %d values were filled", n)
	}
	b, err := p.Canonical(1)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := reports.ReadCanonical(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&p, got, cmp.AllowUnexported(graph.Count{})); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
}

// fill puts something into every value, a different number into each.
func fill(t *testing.T, v reflect.Value, n *int) {
	*n++
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Date(2026, 1, 1, 0, 0, *n, *n, time.UTC)
		return
	case *graph.Count:
		*x = graph.CountOf(0)
		return
	case *graph.ID:
		*x = reportstest.ID(t, "group:corp/\u202e\"\\é\U0001F512")
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n)
		fill(t, v.Index(1), n)
	case reflect.String:
		v.SetString(strings.Repeat("a\"\\\n\u2028", *n%3+1))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n%12 + 1))
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Bool:
		v.SetBool(true)
	default:
		t.Fatalf("no value for a %s", v.Type())
	}
}

// TestCanonicalIsOneWay changes every byte: what is read is what was written, or
// nothing is.
func TestCanonicalIsOneWay(t *testing.T) {
	b, err := packets(t)["clean"].Canonical(1)
	if err != nil {
		t.Fatal(err)
	}
	long, err := packets(t)["many"].Canonical(1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(b) + len(long)/20011 {
		changed := bytes.Clone(b)
		if i >= len(b) {
			changed, i = bytes.Clone(long), (i-len(b))*20011
		}
		changed[i] ^= 1
		p, drawing, err := reports.ReadCanonical(changed)
		if err != nil {
			continue
		}
		if again, err := p.Canonical(drawing); err != nil || !bytes.Equal(again, changed) {
			t.Fatalf("byte %d: read in another way than written", i)
		}
	}
	for _, bad := range []string{"", "{}", "[]", "{}\n", string(b[:len(b)-1]), string(long[:len(long)-1]), string(b) + "\n", string(long) + "\n", " " + string(b), strings.Replace(string(b), ":", ": ", 1),
		strings.Replace(string(b), `"format":"foureyes/packet/1"`, `"format":"foureyes/packet/2"`, 1), strings.Replace(string(b), "{", `{"new":1,`, 1)} {
		if _, _, err := reports.ReadCanonical([]byte(bad)); err == nil {
			t.Errorf("%.40q was read", bad)
		}
	}
}

// TestRecount changes numbers that a reader believes.
func TestRecount(t *testing.T) {
	for name, change := range map[string]func(*reports.Packet){
		"open":       func(p *reports.Packet) { p.Summary.Open-- },
		"accepted":   func(p *reports.Packet) { p.Summary.Accepted++ },
		"severity":   func(p *reports.Packet) { p.Summary.Severities[0].Open-- },
		"rows":       func(p *reports.Packet) { p.Summary.NotAssessedRows-- },
		"subjects":   func(p *reports.Packet) { p.Summary.NotAssessed-- },
		"causes":     func(p *reports.Packet) { p.Summary.Causes-- },
		"new":        func(p *reports.Packet) { p.Summary.New++ },
		"resolved":   func(p *reports.Packet) { p.Summary.Resolved++ },
		"cannot":     func(p *reports.Packet) { p.Summary.Cannot++ },
		"rule":       func(p *reports.Packet) { p.Rules[0].Open-- },
		"control":    func(p *reports.Packet) { p.Controls[0].Open-- },
		"statement":  func(p *reports.Packet) { p.Controls[0].Statement = "no open finding in the assessed scope" },
		"cause":      func(p *reports.Packet) { p.Causes[0].Findings-- },
		"a line":     func(p *reports.Packet) { p.Findings = p.Findings[1:] },
		"a row":      func(p *reports.Packet) { p.NotAssessed = p.NotAssessed[1:] },
		"a decision": func(p *reports.Packet) { p.Findings[0].Status = "accepted" },
		"kept":       func(p *reports.Packet) { p.Review.Counts.Kept++ },
		"revoked":    func(p *reports.Packet) { p.Review.Counts.Revoked-- },
		"undecided":  func(p *reports.Packet) { p.Review.Counts.Undecided-- },
		"an answer":  func(p *reports.Packet) { p.Review.Lines[0].Answer = campaign.Keep },
		"about":      func(p *reports.Packet) { p.About = "somebody" },
		"twice":      func(p *reports.Packet) { p.Findings[1].ID = p.Findings[0].ID },
	} {
		t.Run(name, func(t *testing.T) {
			p := packets(t)["compared"]
			p.Review = packets(t)["reviewed"].Review
			if wrong := p.Recount(); len(wrong) > 0 {
				t.Fatal(wrong)
			}
			change(p)
			if len(p.Recount()) == 0 {
				t.Error("nobody noticed")
			}
		})
	}
}
