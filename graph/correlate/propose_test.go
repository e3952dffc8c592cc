// SPDX-License-Identifier: Apache-2.0

package correlate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/correlate"
)

// matched builds a graph of facts as a collection does.
func matched(t testing.TB, facts []graph.Fact, keys ...string) *graph.Graph {
	t.Helper()
	var b graph.Builder
	for _, f := range facts {
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := correlate.Match(&b, correlate.Rules{Keys: keys}); err != nil {
		t.Fatal(err)
	}
	return b.Graph()
}

// brief writes a queue in one line an entry.
func brief(q *correlate.Queue) (all []string) {
	for _, e := range q.Entries {
		line := e.Account.Key
		for _, p := range e.Proposals {
			line += " " + p.Identity.Key
			for _, r := range p.Reasons {
				line += fmt.Sprintf(" [%s: %s, %s", r.Rank, r.What, r.Whose)
				if r.Differ != "" {
					line += " but " + r.Differ
				}
				line += "]"
			}
		}
		if e.More > 0 {
			line += fmt.Sprintf(" +%d", e.More)
		}
		all = append(all, line+strings.Join(e.Common, ","))
	}
	return all
}

func TestPropose(t *testing.T) {
	ana := node(t, "identity:hr/1", "employee_id", "00017", "mail", "ana.ruiz@corp.example")
	ana.Name = "Ana Ruiz"
	jurgen := node(t, "identity:hr/2", "employee_id", "18")
	jurgen.Name = "Müller-Lüdenscheidt, Jürgen"
	ben := node(t, "identity:hr/3", "employee_id", "19", "mail", "ben@corp.example")
	ben.Name = "Ben de la Cruz"
	account := func(login string, attrs ...string) graph.Node {
		n := node(t, "account:x/"+strings.ToLower(login), attrs...)
		n.Name = login
		return n
	}
	for _, tt := range []struct {
		name    string
		account graph.Node
		want    string // without the account; "" is not proposed
	}{
		{"initial and last name", account("aruiz"), "1 [login-from-name: login, name]"},
		{"swapped", account("Ruiz.Ana2"), "1 [login-from-name: login, name]"},
		{"an address is better than a name", account("ana.ruiz"), "1 [same-handle: login, local part of the mail]"},
		{"admin account", account("adm-aruiz"), "1 [login-from-name: login, name]"},
		{"umlauts in full", account("juergenm"), "2 [login-from-name: login, name]"},
		{"all of a long name", account("juergenmuellerluedenscheidt"), "2 [login-from-name: login, name]"},
		{"umlauts bare", account("jludenscheidt"), "2 [login-from-name: login, name]"},
		{"the rest of a name", account("bdelacruz"), "3 [login-from-name: login, name]"},
		{"display name in another order", account("x1", "display_name", "RUIZ, Aná"), "1 [same-name: display name, name]"},
		{"display name with an initial", account("x1", "display_name", "A. Ruiz"), "1 [same-name: display name, name]"},
		{"address", account("x1", "upn", "ben@corp.example"), "3 [same-address: user principal name, mail]"},
		{"address in capitals", account("x1", "mail", "ANA.RUIZ@CORP.EXAMPLE"), "1 [like-address: mail, mail but letter case] [same-handle: local part of the mail, local part of the mail]"},
		{"key with other zeros", account("x1", "employee_id", "17"), "1 [like-key: employee id, employee id but leading zeros]"},
		{"nobody", account("backup7"), ""},
		{"too short", account("aru"), ""},
		{"services are nobody's by name", account("aruiz", "type", "service"), ""},
		{"system accounts are nobody's", account("aruiz", "type", "system", "employee_id", "17"), ""},
		{"one with a key is linked", account("aruiz", "employee_id", "00017"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(brief(correlate.Propose(matched(t, []graph.Fact{ana, jurgen, ben, tt.account}), nil, correlate.Limits{})), "\n")
			want := tt.want
			if want != "" {
				want = tt.account.ID.Key + " " + want
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("queue (-want +got):\n%s", diff)
			}
		})
	}
}

// The bounds: three people for an account, and hints only as far as is asked. Who carries
// a key is never left out.
func TestProposeLimits(t *testing.T) {
	var facts []graph.Fact
	for i := range 30 {
		n := node(t, fmt.Sprintf("identity:hr/%02d", i), "employee_id", "same")
		n.Name = fmt.Sprintf("Ana Ruiz%s", string(rune('a'+i%6)))
		a := node(t, fmt.Sprintf("account:x/%02d", i))
		a.Name = fmt.Sprintf("aruiz%s", string(rune('a'+i%6)))
		facts = append(facts, n, a)
	}
	facts = append(facts, node(t, "account:x/key", "employee_id", "same"))
	q := correlate.Propose(matched(t, facts), nil, correlate.Limits{Hints: 4})
	if len(q.Entries) != 5 || q.Left != 26 || q.Unlinked != 31 {
		t.Fatalf("%d entries, %d left out of %d", len(q.Entries), q.Left, q.Unlinked)
	}
	if e := q.Entries[0]; e.Rank() != correlate.SameKey || e.Account.Key != "key" || len(e.Proposals) != 3 || e.More != 27 {
		t.Errorf("first is %+v", e)
	}
	if e := q.Entries[1]; e.Rank() != correlate.LoginFromName || e.More != 2 {
		t.Errorf("second is %+v", e)
	}
}

// Five thousand pairs that look alike, and every rune that case folding brings to ASCII:
// none is linked, and each is in the queue with what it differs in. Catches keys that are
// compared by strings.EqualFold, after strings.ToLower, trimmed, normalised or as numbers.
func TestConfusablePairs(t *testing.T) {
	pairs := append(confusables(5_000), reachingASCII()...)
	if len(pairs) < 5_012 {
		t.Fatalf("only %d pairs", len(pairs))
	}
	for _, key := range []string{"employee_id", "mail", "upn", "sid"} {
		t.Run(key, func(t *testing.T) {
			var facts []graph.Fact
			for i, p := range pairs {
				facts = append(facts, node(t, fmt.Sprintf("identity:hr/%05d", i), key, p[0]), node(t, fmt.Sprintf("account:corp/%05d", i), key, p[1]))
			}
			g := matched(t, facts, key)
			if n := g.NumGrants(); n > 0 {
				t.Errorf("%d accounts are linked, such as %v", n, slices.Collect(g.Grants())[0])
			}
			entries := map[string]correlate.Entry{}
			for _, e := range correlate.Propose(g, []string{key}, correlate.Limits{People: 50}).Entries {
				entries[e.Account.Key] = e
			}
			for i, p := range pairs {
				own := fmt.Sprintf("%05d", i)
				at := slices.IndexFunc(entries[own].Proposals, func(x correlate.Proposal) bool { return x.Identity.Key == own })
				if at < 0 || entries[own].Proposals[at].Reasons[0].Differ == "" {
					t.Errorf("%+q and %+q are not in the queue with what they differ in", p[0], p[1])
				}
			}
		})
	}
}

// confusables returns seeded pairs of texts that look alike and are not equal.
func confusables(n int) (all [][2]string) {
	dice := rand.New(rand.NewPCG(17, 4))
	changes := []func(string) string{
		strings.ToLower,
		func(s string) string { return strings.ReplaceAll(s, "K", "\u212a") },
		func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "s", "\u017f") },
		func(s string) string { return strings.NewReplacer("I", "\u0131", "i", "\u0131").Replace(s) },
		func(s string) string { return strings.ReplaceAll(s, "I", "\u0130") },
		func(s string) string { return strings.ReplaceAll(s, "SS", "\u00df") },
		func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "fi", "\ufb01") },
		func(s string) string { return wide(s, 1+dice.IntN(3)) },
		norm.NFD.String,
		func(s string) string {
			return strings.NewReplacer("A", "\u0410", "E", "\u0395", "O", "\u041e", "X", "\u03a7", "C", "\u0421", "p", "\u0440").Replace(s)
		},
		func(s string) string { return at(s, dice, "\u200b", "\u200d", "\u2060", "\u00ad", "\ufeff") },
		func(s string) string { return at(s, dice, "\u202e", "\u202d", "\u2066", "\u200f") },
		func(s string) string { return " " + s },
		func(s string) string { return s + []string{" ", "\u00a0", "\t", "\u3000"}[dice.IntN(4)] },
		func(s string) string { return "E000" + s[1:] },
		func(s string) string { return strings.NewReplacer("0", "O", "1", "l").Replace(s) },
		func(s string) string {
			return strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return r - '0' + '\u0660'
				}
				return r
			}, s)
		},
	}
	for len(all) < n {
		s := fmt.Sprintf("E%05d.%s@corp", 10000+13*len(all), []string{"KISS", "ANA", "fiona.PEX", "Jos\u00e9", "M\u00fcller", "COX", "\u0439ana"}[dice.IntN(7)])
		if c := changes[len(all)%len(changes)](s); c != s {
			all = append(all, [2]string{s, c})
		} else if c := strings.ToLower(s); c != s {
			all = append(all, [2]string{c, s})
		}
	}
	return all
}

func wide(s string, n int) string {
	out := []rune(s)
	for i := range min(n, len(out)) {
		if out[i] > ' ' && out[i] < 0x7f {
			out[i] += 0xfee0
		}
	}
	return string(out)
}

// at puts something unseen somewhere into s.
func at(s string, dice *rand.Rand, what ...string) string {
	i := dice.IntN(len("E12345"))
	return s[:i] + what[dice.IntN(len(what))] + s[i:]
}

// reachingASCII returns a pair for each rune that a round of simple folding, or full
// folding, or a change of case brings to ASCII letters.
func reachingASCII() (all [][2]string) {
	full := cases.Fold()
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.Is(unicode.M, r) {
				return -1
			}
			return r
		}, norm.NFKD.String(s))
	}
	ascii := func(s string) bool {
		return s != "" && strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 || !unicode.IsLetter(r) }) < 0
	}
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		reached := map[string]bool{}
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			reached[string(f)] = true
		}
		reached[string(unicode.ToLower(r))] = true
		reached[string(unicode.ToUpper(r))] = true
		reached[full.String(string(r))] = true
		if f := full.String(string(r)); f != string(r) {
			reached[letters(f)] = true // ǰ folds to j and a mark
		}
		for _, s := range slices.Sorted(func(yield func(string) bool) {
			for s := range reached {
				if !yield(s) {
					return
				}
			}
		}) {
			if ascii(s) {
				all = append(all, [2]string{"E1" + s + "7", "E1" + string(r) + "7"})
			}
		}
	}
	return all
}
