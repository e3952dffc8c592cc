// SPDX-License-Identifier: Apache-2.0

package reports_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// items tells each access of a receipt in a line.
func items(r *reports.Receipt) string {
	var lines []string
	for _, x := range r.Items {
		s := fmt.Sprintf("%s %s, seen %d to %d", x.Account.ID.Source, x.State, x.FirstSeen, x.LastSeen)
		if !x.What.ID.IsZero() {
			s = x.What.ID.String() + " of " + s
		}
		if x.SeenGone > 0 {
			s += fmt.Sprintf(", gone in %d", x.SeenGone)
		}
		lines = append(lines, s)
	}
	return strings.Join(lines, "\n")
}

// TestReceiptItems would miss a source that failed and is taken for gone, a round that
// could not run and is counted as one that could, and rights that went before the account.
func TestReceiptItems(t *testing.T) {
	want := `app0 lives, seen 1 to 4
group:app0/g0 of app0 gone, seen 1 to 1, gone in 2
group:app0/g1 of app0 lives, seen 1 to 4
group:app0/g2 of app0 lives, seen 1 to 4
app1 gone, seen 1 to 1, gone in 2
group:app1/g0 of app1 gone, seen 1 to 1, gone in 2
group:app1/g1 of app1 gone, seen 1 to 1, gone in 2
group:app1/g2 of app1 gone, seen 1 to 1, gone in 2
app2 cannot-tell, seen 1 to 2
group:app2/g0 of app2 gone, seen 1 to 1, gone in 2
group:app2/g1 of app2 cannot-tell, seen 1 to 2
group:app2/g2 of app2 cannot-tell, seen 1 to 2`
	if got := items(reportstest.Receipt(t, 3)); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// answerOf is an answer about one account, with one right, in a source that may be
// doubted.
func answerOf(life check.Life, right, doubted bool) *reports.Leaver {
	id := func(k graph.Kind, key string) graph.ID { return graph.ID{Kind: k, Source: "corp", Key: key} }
	l := &reports.Leaver{Person: reports.Thing{ID: graph.ID{Kind: graph.Identity, Source: "hr", Key: "1"}}}
	if life != 0 {
		x := reports.LeaverLogin{Thing: reports.Thing{ID: id(graph.Account, "a")}, Life: life}
		if right {
			x.Access = []reports.LeaverGroup{{Rows: []reports.LeaverRow{{Thing: reports.Thing{ID: id(graph.Group, "g")}}}}}
		}
		l.Logins = append(l.Logins, x)
	}
	if doubted {
		l.CannotTell = []reports.LeaverDoubt{{Doubt: check.Doubt{Source: "corp", Dataset: graph.Memberships, Why: "denied"}}}
	}
	return l
}

func TestReceiptBook(t *testing.T) {
	lives := answerOf(check.Live, true, false)
	for _, x := range []struct {
		name   string
		rounds []*reports.Leaver
		want   string
	}{
		{"asked once", []*reports.Leaver{lives}, "corp lives, seen 1 to 1\ngroup:corp/g of corp lives, seen 1 to 1"},
		{"it came back", []*reports.Leaver{lives, answerOf(check.Ended, false, false), lives}, "corp lives, seen 1 to 3\ngroup:corp/g of corp lives, seen 1 to 3"},
		{"a locked account lives", []*reports.Leaver{lives, answerOf(check.Locked, true, false)}, "corp lives, seen 1 to 2\ngroup:corp/g of corp lives, seen 1 to 2"},
		{"nobody knows", []*reports.Leaver{lives, answerOf(check.Unknown, true, false)}, "corp cannot-tell, seen 1 to 1\ngroup:corp/g of corp cannot-tell, seen 1 to 1"},
		{"the account is gone", []*reports.Leaver{lives, answerOf(0, false, false)}, "corp gone, seen 1 to 1, gone in 2\ngroup:corp/g of corp gone, seen 1 to 1, gone in 2"},
		{"it may not have been read", []*reports.Leaver{lives, answerOf(0, false, true)}, "corp cannot-tell, seen 1 to 1\ngroup:corp/g of corp cannot-tell, seen 1 to 1"},
		{"the right may not have been read", []*reports.Leaver{lives, answerOf(check.Live, false, true)}, "corp lives, seen 1 to 2\ngroup:corp/g of corp cannot-tell, seen 1 to 1"},
		{"seen gone, and then not read", []*reports.Leaver{lives, answerOf(0, false, false), answerOf(0, false, true)}, "corp gone, seen 1 to 1, gone in 2\ngroup:corp/g of corp gone, seen 1 to 1, gone in 2"},
		{"it ended, and others were not read", []*reports.Leaver{lives, answerOf(check.Ended, false, true)}, "corp gone, seen 1 to 1, gone in 2\ngroup:corp/g of corp gone, seen 1 to 1, gone in 2"},
	} {
		t.Run(x.name, func(t *testing.T) {
			var b reports.ReceiptBook
			for _, l := range x.rounds {
				b.Saw(l)
			}
			if got := items(b.Receipt("", time.Time{})); got != x.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, x.want)
			}
		})
	}
}

// TestNoAnswerNoReceipt: a round that could not run shows nothing.
func TestNoAnswerNoReceipt(t *testing.T) {
	var b reports.ReceiptBook
	b.Missed(time.Time{}, "hr: no such file")
	if r := b.Receipt("", time.Time{}); r != nil {
		t.Errorf("got %+v", r)
	}
}
