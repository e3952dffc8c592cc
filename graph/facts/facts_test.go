// SPDX-License-Identifier: Apache-2.0

package facts_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// examples are one line of each fact, in canonical form.
var examples = []string{
	`{"fact":"source","source":"corp","connector":"ldap","started":"2026-10-01T00:00:00Z","ended":"2026-10-01T00:00:09.5Z","details":{"how":["one","two"],"server":"dc1"}}`,
	`{"fact":"node","id":"identity:hr/E1001","name":"Ana Ruiz","attrs":{"employee_id":"E1001","status":"active"}}`,
	`{"fact":"node","id":"account:corp/a1","name":"aruiz","attrs":{"mail":["a@x","b@x"],"proxy":[],"status":"enabled"}}`,
	`{"fact":"node","id":"group:corp/CN=A\\,\"B\",DC=x"}`,
	`{"fact":"grant","from":"identity:hr/E1001","to":"account:corp/a1","kind":"owns","via":"correlated by employee_id"}`,
	`{"fact":"grant","from":"account:corp/a1","to":"group:corp/g1","kind":"member","since":"2024-05-02T00:00:00Z"}`,
	`{"fact":"grant","from":"group:corp/g1","to":"entitlement:forge/ledger.write","kind":"assigned","direct_only":true,"from_time":"2026-01-01T00:00:00Z","until_time":"2026-12-31T00:00:00Z"}`,
	`{"fact":"use","account":"account:corp/a1","entitlement":"entitlement:forge/ledger.write","at":"2026-09-12T10:00:00Z","ref":"commit 3f2a"}`,
	`{"fact":"gap","about":"group:corp/g2","dataset":"memberships","reason":"denied"}`,
	`{"fact":"coverage","source":"corp","dataset":"memberships","state":"partial","received":0,"expected":2,"method":"second count","reason":"less came","details":{"pages":"3"}}`,
	`{"fact":"coverage","source":"corp","dataset":"*","state":"complete"}`,
}

func file(lines ...string) string {
	return strings.Join(lines, "\n") + fmt.Sprintf("\n{\"fact\":\"end\",\"facts\":%d}\n", len(lines))
}

// read returns the facts of a file as lines, and the error.
func read(text string) (lines []string, err error) {
	for f, err := range facts.Read(strings.NewReader(text), "x.jsonl") {
		if err != nil {
			return lines, err
		}
		lines = append(lines, string(facts.Append(nil, f)))
	}
	return lines, nil
}

func TestRoundTrip(t *testing.T) {
	got, err := read(file(examples...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(examples, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestWriterAndExport(t *testing.T) {
	var b bytes.Buffer
	w := facts.NewWriter(&b)
	var builder graph.Builder
	for f, err := range facts.Read(strings.NewReader(file(examples...)), "x.jsonl") {
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write(f), builder.Add(f)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(file(examples...), b.String()); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	g := builder.Graph()
	content := facts.Content(g)
	b.Reset()
	if err := facts.Export(&b, g); err != nil {
		t.Fatal(err)
	}
	again := graphOf(t, b.String())
	var second bytes.Buffer
	if err := facts.Export(&second, again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), second.String()); diff != "" {
		t.Errorf("export of an export (-first +second):\n%s", diff)
	}
	if facts.Content(again) != content || len(content) != len("sha256:")+64 {
		t.Errorf("content %s, and %s the second time", content, facts.Content(again))
	}
}

func graphOf(t *testing.T, text string) *graph.Graph {
	t.Helper()
	var b graph.Builder
	for f, err := range facts.Read(strings.NewReader(text), "x.jsonl") {
		if err == nil {
			err = b.Add(f)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

func TestContentIsOfTheDataOnly(t *testing.T) {
	want := facts.Content(graphOf(t, file(examples...)))
	var data []string
	for _, l := range examples {
		if !strings.Contains(l, `"fact":"source"`) && !strings.Contains(l, `"fact":"coverage"`) {
			data = append(data, l)
		}
	}
	if got := facts.Content(graphOf(t, file(data...))); got != want {
		t.Error("source and coverage facts change the content")
	}
	for i := range data {
		less := append(append([]string{}, data[:i]...), data[i+1:]...)
		if got := facts.Content(graphOf(t, file(less...))); got == want {
			t.Errorf("without %s the content is the same", data[i])
		}
	}
}

func TestLenientReading(t *testing.T) {
	want := examples[1:2]
	for name, text := range map[string]string{
		"blank lines":      "\n\n" + want[0] + "\n\n" + `{"fact":"end","facts":1}` + "\n\n",
		"carriage returns": want[0] + "\r\n" + `{"fact":"end","facts":1}` + "\r\n",
		"byte order mark":  "\ufeff" + want[0] + "\n" + `{"fact":"end","facts":1}`,
		"no last newline":  want[0] + "\n" + `{"fact":"end","facts":1}`,
		"spaces":           " " + strings.ReplaceAll(want[0], `,"`, ` , "`) + "\n" + `{ "facts" : 1, "fact" : "end" }`,
		"other time zone":  want[0] + "\n" + `{"fact":"end","facts":1}`,
	} {
		got, err := read(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	got, err := read(file(`{"fact":"use","account":"account:c/a","entitlement":"entitlement:c/e","at":"2026-10-01T02:00:00+02:00"}`))
	if err != nil || !strings.Contains(got[0], `"at":"2026-10-01T00:00:00Z"`) {
		t.Errorf("another time zone: %s, %v", got, err)
	}
}

// TestNever reads times that have no year of four digits in UTC, and writes them so that
// they can be read again.
func TestNever(t *testing.T) {
	grant := `{"fact":"grant","from":"account:c/a","to":"group:c/g","kind":"member","from_time":"%s","until_time":"%s"}`
	got, err := read(file(fmt.Sprintf(grant, "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-05:00")))
	if want := fmt.Sprintf(grant, "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"); err != nil || !slices.Equal(got, []string{want}) {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// refused are lines that are no facts, with what is said of them.
var refused = map[string]string{
	`node`:            "invalid character 'o' in literal null (expecting 'u')",
	`[]`:              "want an object, not array",
	`{}`:              `a line needs a "fact"`,
	`{"fact":"edge"}`: `unknown fact "edge"`,
	`{"fact":"Node"}`: `unknown fact "Node"`,
	`{"fact":7}`:      `"fact": want string, not number`,
	`{"fact":"node"}`: `a node needs an "id"`,
	`{"fact":"node","id":"account:corp/a"} {}`:                                                                    "invalid character '{' after top-level value",
	`{"fact":"node","id":"account:corp/a","nmae":"x"}`:                                                            `unknown field "nmae"`,
	`{"fact":"node","ID":"account:corp/a"}`:                                                                       `unknown key "ID"`,
	`{"fact":"node","i\u0064":"account:corp/a"}`:                                                                  `unknown key "i\\u0064"`,
	`{"fact":"node","id":"account:corp/a","id":"account:corp/b"}`:                                                 `key "id" is there twice`,
	`{"fact":"node","id":"account:corp/a","name":null}`:                                                           `key "name" is null; leave it out when it is unknown`,
	`{"fact":"node","id":"acount:corp/a"}`:                                                                        `id "acount:corp/a": unknown kind "acount": want one of account, entitlement, group, identity, role, somebody, unresolved`,
	`{"fact":"node","id":"account:Corp/a"}`:                                                                       `id "account:Corp/a": source name "Corp": only a-z, 0-9 and - are allowed`,
	`{"fact":"node","id":"account:corp/a\n"}`:                                                                     `id "account:corp/a\n": the key holds a control character`,
	`{"fact":"node","id":"account:corp/a","name":7}`:                                                              `"name": want string, not number`,
	`{"fact":"node","id":"account:corp/a","attrs":[]}`:                                                            "attributes: want an object",
	`{"fact":"node","id":"account:corp/a","attrs":{"n":7}}`:                                                       `attribute "n": want a string or a list of strings, not 7`,
	`{"fact":"node","id":"account:corp/a","attrs":{"n":true}}`:                                                    `attribute "n": want a string or a list of strings, not true`,
	`{"fact":"node","id":"account:corp/a","attrs":{"n":null}}`:                                                    `attribute "n": want a string or a list of strings, not null`,
	`{"fact":"node","id":"account:corp/a","attrs":{"n":["x",null]}}`:                                              `attribute "n": want a string or a list of strings, not ["x",null]`,
	`{"fact":"node","id":"account:corp/a","attrs":{"":"x"}}`:                                                      "an attribute has no name",
	`{"fact":"node","id":"account:corp/a","attrs":{"n":"x","n":"y"}}`:                                             "attributes: one is there twice",
	`{"fact":"node","id":"account:corp/a","attrs":{"n":"x","\u006e":"y"}}`:                                        "attributes: one is there twice",
	`{"fact":"grant","from":"account:corp/a","to":"group:corp/g"}`:                                                `a grant needs "from", "to" and "kind"`,
	`{"fact":"grant","from":"account:corp/a","to":"group:corp/g","kind":"memberof"}`:                              `unknown grant kind "memberof": want one of assigned, contains, controls, eligible, member, owns`,
	`{"fact":"grant","from":"identity:hr/1","to":"group:corp/g","kind":"member"}`:                                 `grant identity:hr/1 → group:corp/g: "member" cannot lead from an identity to a group`,
	`{"fact":"grant","from":"account:corp/a","to":"group:corp/g","kind":"member","direct_only":true}`:             `grant account:corp/a → group:corp/g: direct_only is for assigned, not for member`,
	`{"fact":"grant","from":"account:corp/a","to":"group:corp/g","kind":"member","direct_only":"true"}`:           `"direct_only": want bool, not string`,
	`{"fact":"grant","from":"account:corp/a","to":"group:corp/g","kind":"member","from_time":"2026-01-01"}`:       `time "2026-01-01": want RFC 3339, such as 2026-10-01T00:00:00Z`,
	`{"fact":"grant","from":"account:corp/a","to":"group:corp/g","kind":"member","since":"0001-01-01T00:00:00Z"}`: `time "0001-01-01T00:00:00Z": the first moment of year 1 is not a date; leave the key out when it is unknown`,
	`{"fact":"use","account":"account:corp/a","entitlement":"entitlement:e/x","at":"2026-01-01T0:00:00Z"}`:        `time "2026-01-01T0:00:00Z": want RFC 3339, such as 2026-10-01T00:00:00Z`,
	`{"fact":"use","account":"account:corp/a","entitlement":"entitlement:e/x","at":"2026-01-01T00:00:00,5Z"}`:     `time "2026-01-01T00:00:00,5Z": want RFC 3339, such as 2026-10-01T00:00:00Z`,
	`{"fact":"use","account":"account:corp/a","entitlement":"entitlement:e/x","at":"2026-01-01T00:00:00+24:00"}`:  `time "2026-01-01T00:00:00+24:00": want RFC 3339, such as 2026-10-01T00:00:00Z`,
	`{"fact":"use","account":"group:corp/a","entitlement":"entitlement:e/x"}`:                                     `a use is of an entitlement by an account, not of entitlement:e/x by group:corp/a`,
	`{"fact":"use","account":"account:corp/a","entitlement":"role:e/x"}`:                                          `a use is of an entitlement by an account, not of role:e/x by account:corp/a`,
	`{"fact":"use","account":"account:corp/a"}`:                                                                   `a use needs "account" and "entitlement"`,
	`{"fact":"gap","dataset":"accounts"}`:                                                                         `a gap needs "about"`,
	`{"fact":"gap","about":"group:corp/g"}`:                                                                       `unknown dataset ""`,
	`{"fact":"coverage","source":"corp","dataset":"accounts"}`:                                                    `coverage needs a "state"`,
	`{"fact":"coverage","source":"corp","dataset":"account","state":"complete"}`:                                  `unknown dataset "account"`,
	`{"fact":"coverage","source":"corp","dataset":"accounts","state":"done"}`:                                     `unknown coverage state "done": want one of not-applicable, complete, not-requested, partial, unlicensed, denied, failed`,
	`{"fact":"coverage","source":"corp","dataset":"accounts","state":"complete","received":-1}`:                   `"received": want uint32, not number -1`,
	`{"fact":"coverage","dataset":"accounts","state":"complete"}`:                                                 `source name "": want 1 to 64 characters`,
	`{"fact":"source","source":"my corp"}`:                                                                        `source name "my corp": only a-z, 0-9 and - are allowed`,
	`{"fact":"end"}`:                                                                                              `an end line needs "facts"`,
	`{"fact":"end","facts":1,"by":"x"}`:                                                                           `unknown field "by"`,
	"{\"fact\":\"node\",\"id\":\"account:corp/\xff\"}":                                                            "not valid UTF-8",
}

func TestRefused(t *testing.T) {
	for line, want := range refused {
		_, err := read(examples[1] + "\n" + line + "\n")
		var syntax *facts.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s\n  got  %v, want a SyntaxError", line, err)
			continue
		}
		if syntax.File != "x.jsonl" || syntax.Line != 2 || syntax.Msg != want {
			t.Errorf("%s\n  got  %v\n  want x.jsonl:2: %s", line, err, want)
		}
	}
}

func TestAfterTheEnd(t *testing.T) {
	_, err := read(file(examples[1]) + examples[2])
	if err == nil || err.Error() != "x.jsonl:3: a fact after the end" {
		t.Errorf("error %v", err)
	}
	_, err = read(examples[1] + "\n" + `{"fact":"end","facts":2}`)
	if !errors.Is(err, facts.ErrTruncated) || err.Error() != "x.jsonl:2: truncated: it has 1 facts, and its end line says 2" {
		t.Errorf("error %v", err)
	}
}

func TestLongLine(t *testing.T) {
	line := func(n int) string {
		return `{"fact":"node","id":"account:corp/a","name":"` + strings.Repeat("x", n) + `"}`
	}
	if _, err := read(file(line(1 << 20))); err != nil {
		t.Errorf("1 MiB: %v", err)
	}
	if _, err := read(file(line(17 << 20))); err == nil || err.Error() != "x.jsonl:1: the line is longer than 16 MiB" {
		t.Errorf("17 MiB: %.80v", err)
	}
}

// TestCutFile cuts a file at every byte: what is left is truncated or no fact, and
// what comes before the cut is what was written.
func TestCutFile(t *testing.T) {
	whole := strings.TrimSuffix(file(examples...), "\n")
	for cut := range len(whole) {
		got, err := read(whole[:cut])
		var syntax *facts.SyntaxError
		if !errors.Is(err, facts.ErrTruncated) && !errors.As(err, &syntax) {
			t.Fatalf("cut at %d of %d: error %v", cut, len(whole), err)
		}
		if diff := cmp.Diff(examples[:len(got)], got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("cut at %d (-want +got):\n%s", cut, diff)
		}
	}
	if _, err := read(whole); err != nil {
		t.Errorf("the whole file: %v", err)
	}
}

func TestBrokenReader(t *testing.T) {
	broken := errors.New("the disk is gone")
	r := io.MultiReader(strings.NewReader(examples[1]+"\n"), iotest.ErrReader(broken))
	var got error
	for _, err := range facts.Read(r, "x.jsonl") {
		got = err
	}
	if !errors.Is(got, broken) {
		t.Errorf("error %v, want %v", got, broken)
	}
	for range facts.Read(strings.NewReader(file(examples...)), "x.jsonl") {
		break // must not be called again
	}
}

// FuzzDecode: what can be read is written, read again and written the same.
func FuzzDecode(f *testing.F) {
	for _, l := range examples {
		f.Add(l)
	}
	for l := range refused {
		f.Add(l)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\n") {
			return
		}
		first, err := read(line + "\n")
		if !errors.Is(err, facts.ErrTruncated) || len(first) != 1 {
			return
		}
		second, err := read(file(first[0]))
		if err != nil {
			t.Fatalf("%s\nwas written as\n%s\nand then: %v", line, first[0], err)
		}
		if first[0] != second[0] {
			t.Fatalf("%s\nwas written as\n%s\nand then as\n%s", line, first[0], second[0])
		}
	})
}

func BenchmarkRead(b *testing.B) {
	text := strings.Repeat(strings.Join(examples, "\n")+"\n", 1000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range facts.Read(strings.NewReader(text), "x.jsonl") {
			if err != nil && !errors.Is(err, facts.ErrTruncated) {
				b.Fatal(err)
			}
		}
	}
}

func TestSurrogates(t *testing.T) {
	for text, want := range map[string]bool{
		`{"fact":"node","id":"account:s/\ud83d\ude00"}`: true,
		`{"fact":"node","id":"account:s/\ud83d"}`:       false,
		`{"fact":"node","id":"account:s/\ude00\ud83d"}`: false,
		`{"fact":"node","id":"account:s/\ud83dx"}`:      false,
		`{"fact":"node","id":"account:s/\\ud83d"}`:      true,
	} {
		var err error
		for _, e := range facts.Read(strings.NewReader(text+"\n"+`{"fact":"end","facts":1}`+"\n"), "f") {
			err = e
		}
		if (err == nil) != want {
			t.Errorf("%s: error %v, want it read: %t", text, err, want)
		}
	}
}
