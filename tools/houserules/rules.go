// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A rule is a habit of the house.
type rule string

const (
	spdx      rule = "spdx"
	printing  rule = "print"
	clock     rule = "clock"
	initFunc  rule = "init"
	mutable   rule = "mutable"
	tlsChecks rule = "tls"
	paging    rule = "paging"
	todo      rule = "todo"
	longFunc  rule = "long-function"
	longFile  rule = "long-file"
)

const (
	maxFunc = 80
	maxFile = 800
)

// reason says why the rule is there.
func (r rule) reason() string {
	switch r {
	case spdx:
		return "every file says under which licence it may be used"
	case printing:
		return "stdout carries results only, and results are written by cmd"
	case clock:
		return "the same input gives the same bytes: only cmd reads the clock"
	case initFunc:
		return "code that runs because it was imported is found by nobody"
	case mutable:
		return "a package that remembers gives other answers the second time"
	case tlsChecks:
		return "a server that is not checked may be anybody"
	case paging:
		return "the client library keeps all in memory, and takes an early end for the end; connectors/ldap has its own page loop"
	case todo:
		return "what nobody tracks is never done"
	case longFunc:
		return "what does not fit on a screen is not read"
	case longFile:
		return "a file has one subject"
	}
	return ""
}

// check applies every rule to every file of the folder.
func (f *folder) check() []breach {
	info := f.resolve()
	var all []breach
	for file, tree := range f.files {
		v := visitor{folder: f, file: file, info: info, test: isTest(file), roof: strings.HasPrefix(file, "cmd/") || strings.HasPrefix(file, "tools/")}
		v.lines(tree)
		for _, d := range tree.Decls {
			v.decl(d)
		}
		ast.Inspect(tree, v.node)
		all = append(all, v.found...)
	}
	return all
}

// isTest says whether only tests use this code: test files, and packages that are
// named for it, such as fixturetest.
func isTest(file string) bool {
	return strings.HasSuffix(file, "_test.go") || strings.HasSuffix(path.Dir(file), "test")
}

type visitor struct {
	*folder
	file       string
	info       *types.Info
	test, roof bool
	found      []breach
}

func (v *visitor) add(r rule, at token.Pos, format string, args ...any) {
	v.found = append(v.found, breach{v.file, v.fset.Position(at).Line, r, fmt.Sprintf(format, args...)})
}

// lines judges the file as text: its first line, its length and its comments.
func (v *visitor) lines(tree *ast.File) {
	text := v.texts[v.file]
	if !strings.HasPrefix(text, "// SPDX-License-Identifier: Apache-2.0\n\n") {
		v.add(spdx, tree.FileStart, "the first line is not // SPDX-License-Identifier: Apache-2.0")
	}
	if n := strings.Count(text, "\n"); n > maxFile {
		v.add(longFile, tree.FileStart, "%d lines, at most %d", n, maxFile)
	}
	open := regexp.MustCompile(`\b(TODO|FIXME|XXX)\b(\(#\d+\))?`)
	for _, group := range tree.Comments {
		for _, c := range group.List {
			for _, m := range open.FindAllStringSubmatch(c.Text, -1) {
				if m[2] == "" {
					v.add(todo, c.Pos(), "%s without the number of an issue, such as %s(#12)", m[1], m[1])
				}
			}
		}
	}
}

func (v *visitor) decl(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.Name == "init" && d.Recv == nil {
			v.add(initFunc, d.Pos(), "func init")
		}
		first, last := v.fset.Position(d.Pos()).Line, v.fset.Position(d.End()).Line
		if n := last - first + 1; n > maxFunc && !v.test {
			v.add(longFunc, d.Pos(), "%s has %d lines, at most %d", d.Name.Name, n, maxFunc)
		}
	case *ast.GenDecl:
		if d.Tok == token.VAR && !v.test {
			v.vars(d)
		}
	}
}

// vars judges variables of a package: one that has no value yet waits to be
// changed, and an exported one may be changed by anybody, except for errors.
func (v *visitor) vars(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		s := spec.(*ast.ValueSpec)
		for _, name := range s.Names {
			switch {
			case name.Name == "_":
			case len(s.Values) == 0 && !embedded(d, s):
				v.add(mutable, name.Pos(), "%s is a package variable without a value", name.Name)
			case name.IsExported() && !strings.HasPrefix(name.Name, "Err"):
				v.add(mutable, name.Pos(), "%s is an exported package variable", name.Name)
			}
		}
	}
}

// embedded reports whether go:embed gives the value.
func embedded(d *ast.GenDecl, s *ast.ValueSpec) bool {
	for _, doc := range []*ast.CommentGroup{d.Doc, s.Doc} {
		if doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") }) {
			return true
		}
	}
	return false
}

func (v *visitor) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			for _, left := range n.Lhs {
				v.changed(left, "is changed here")
			}
		}
	case *ast.IncDecStmt:
		v.changed(n.X, "is changed here")
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			v.changed(n.X, "lends its address here, and so may be changed")
		}
	case *ast.CallExpr:
		v.call(n)
	case *ast.SelectorExpr:
		v.selector(n)
	case *ast.Ident:
		if n.Name == "InsecureSkipVerify" {
			v.add(tlsChecks, n.Pos(), "InsecureSkipVerify")
		}
	}
	return true
}

// changed reports a package variable at the root of an expression.
func (v *visitor) changed(e ast.Expr, how string) {
	for {
		switch x := e.(type) {
		case *ast.IndexExpr:
			e = x.X
			continue
		case *ast.SelectorExpr:
			e = x.X
			continue
		case *ast.StarExpr:
			e = x.X
			continue
		case *ast.ParenExpr:
			e = x.X
			continue
		case *ast.Ident:
			obj, ok := v.info.Uses[x].(*types.Var)
			if ok && !v.test && obj.Pkg() != nil && obj.Parent() == obj.Pkg().Scope() {
				v.add(mutable, x.Pos(), "%s %s", x.Name, how)
			}
		}
		return
	}
}

func (v *visitor) call(n *ast.CallExpr) {
	name, ok := n.Fun.(*ast.Ident)
	if !ok {
		return
	}
	b, ok := v.info.Uses[name].(*types.Builtin)
	if !ok {
		return
	}
	switch b.Name() {
	case "print", "println":
		v.add(printing, n.Pos(), "%s prints for a debugger", b.Name())
	case "delete", "clear", "copy":
		v.changed(n.Args[0], "is changed here")
	}
}

// selector judges what is used of other packages.
func (v *visitor) selector(n *ast.SelectorExpr) {
	name := n.Sel.Name
	if name == "SearchWithPaging" || name == "SearchAsync" {
		v.add(paging, n.Pos(), "%s", name)
	}
	x, ok := n.X.(*ast.Ident)
	if !ok {
		return
	}
	pkg, ok := v.info.Uses[x].(*types.PkgName)
	if !ok || v.roof {
		return
	}
	switch pkg.Imported().Path() + "." + name {
	case "fmt.Print", "fmt.Printf", "fmt.Println", "os.Stdout":
		v.add(printing, n.Pos(), "%s.%s outside cmd", x.Name, name)
	case "time.Now", "time.Since", "time.Until":
		if !v.test {
			v.add(clock, n.Pos(), "%s.%s outside cmd and tests", x.Name, name)
		}
	}
}
