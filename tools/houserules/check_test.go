// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

const licence = "// SPDX-License-Identifier: Apache-2.0\n\n"

func TestRules(t *testing.T) {
	long := strings.Repeat("\n", maxFunc)
	for _, tt := range []struct {
		name, file, src string
		want            string // "line rule" of each breach
	}{
		{"clean", "a/a.go", "package a\n\nvar names = []string{`x`}\n\nfunc f() string { return names[0] }", ""},
		{"no licence", "a/a.go", "!package a", "1 spdx"},
		{"print", "a/a.go", "package a\n\nimport \"fmt\"\n\nfunc f() { fmt.Println(1); fmt.Sprint(1); println() }", "7 print, 7 print"},
		{"print under another name", "a/a.go", "package a\n\nimport out \"fmt\"\n\nfunc f() { out.Printf(`x`) }", "7 print"},
		{"stdout", "a/a.go", "package a\n\nimport \"os\"\n\nvar w = os.Stdout", "7 print"},
		{"print in cmd", "cmd/x/a.go", "package main\n\nimport \"fmt\"\n\nfunc f() { fmt.Println(1) }", ""},
		{"a local called fmt", "a/a.go", "package a\n\ntype p struct{}\n\nfunc (p) Println() {}\n\nfunc f() { var fmt p; fmt.Println() }", ""},
		{"clock", "a/a.go", "package a\n\nimport \"time\"\n\nfunc f() { time.Now(); time.Since(time.Time{}) }", "7 clock, 7 clock"},
		{"clock as a value", "a/a.go", "package a\n\nimport \"time\"\n\nvar now = time.Now", "7 clock"},
		{"clock in a test", "a/a_test.go", "package a\n\nimport \"time\"\n\nfunc f() { time.Now() }", ""},
		{"clock in cmd", "cmd/a.go", "package a\n\nimport \"time\"\n\nfunc f() { time.Now() }", ""},
		{"init", "a/a.go", "package a\n\nfunc init() {}\n\ntype t int\n\nfunc (t) init() {}", "5 init"},
		{"variable without a value", "a/a.go", "package a\n\nvar seen int", "5 mutable"},
		{"assertion", "a/a.go", "package a\n\nvar _ error = nil", ""},
		{"embedded", "a/a.go", "package a\n\n//go:embed x\nvar x []byte", ""},
		{"exported variable", "a/a.go", "package a\n\nvar Table = 1\n\nvar ErrNo = error(nil)", "5 mutable"},
		{"assigned", "a/a.go", "package a\n\nvar n = 1\n\nfunc f() { n = 2; n++; n += 1 }", "7 mutable, 7 mutable, 7 mutable"},
		{"element assigned", "a/a.go", "package a\n\nvar m = map[string]int{}\n\nfunc f() { m[`x`] = 1; delete(m, `x`); clear(m) }", "7 mutable, 7 mutable, 7 mutable"},
		{"address taken", "a/a.go", "package a\n\nvar n = 1\n\nfunc f() *int { return &n }", "7 mutable"},
		{"a local of that name", "a/a.go", "package a\n\nvar n = 1\n\nfunc f() { n := n; n = 2; _ = &n }", ""},
		{"variables of tests", "a/a_test.go", "package a\n\nvar n int\n\nfunc f() { n = 2 }", ""},
		{"tls", "a/a_test.go", "package a\n\nimport \"crypto/tls\"\n\nvar c = tls.Config{InsecureSkipVerify: true}", "7 tls"},
		{"paging", "a/a.go", "package a\n\nfunc f(c interface{ SearchWithPaging() }) { c.SearchWithPaging() }", "5 paging"},
		{"todo", "a/a.go", "package a\n\n// TODO: later\n\n// TODO(#12): later\n\n/* FIXME */", "5 todo, 9 todo"},
		{"long function", "a/a.go", "package a\n\nfunc f() {" + long + "}", "5 long-function"},
		{"long test", "a/a_test.go", "package a\n\nfunc f() {" + long + "}", ""},
		{"long file", "a/a.go", "package a" + strings.Repeat("\n", maxFile), "1 long-file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src, unlicensed := strings.CutPrefix(tt.src, "!")
			if !unlicensed {
				src = licence + src
			}
			found, _, err := check(fstest.MapFS{tt.file: {Data: []byte(src)}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range found {
				got = append(got, fmt.Sprint(b.Line, " ", b.Rule))
				if b.Rule.reason() == "" {
					t.Errorf("rule %s has no reason", b.Rule)
				}
			}
			if got := strings.Join(got, ", "); got != tt.want {
				t.Errorf("got %q, want %q\n%v", got, tt.want, found)
			}
		})
	}
}

func TestExceptions(t *testing.T) {
	tree := fstest.MapFS{"a/b/c.go": {Data: []byte(licence + "package c\n\nvar n, m int")}}
	for _, tt := range []struct {
		name    string
		allowed []exception
		want    int
	}{
		{"none", nil, 2},
		{"one name", []exception{{mutable, "a/b/c.go", "n", "why"}}, 1},
		{"a folder", []exception{{mutable, "a", "", "why"}}, 0},
		{"half of a folder's name", []exception{{mutable, "a/b/c", "", "why"}}, 3},
		{"another rule", []exception{{clock, "a", "", "why"}}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, _, err := check(tree, tt.allowed)
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != tt.want {
				t.Errorf("%d breaches, want %d: %v", len(found), tt.want, found)
			}
		})
	}
}

func TestEmptyTreeIsNoPass(t *testing.T) {
	if _, _, err := check(fstest.MapFS{"testdata/a.go": {Data: []byte("package a")}}, nil); err == nil {
		t.Error("a tree without code passes")
	}
}

func TestExceptionsHaveReasons(t *testing.T) {
	for _, e := range allowed() {
		if e.Why == "" || e.Where == "" {
			t.Errorf("exception %+v: say where and why", e)
		}
	}
}
