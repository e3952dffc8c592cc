// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// A breach is one place where a rule is broken.
type breach struct {
	File string
	Line int
	Rule rule
	What string
}

func (b breach) String() string {
	return fmt.Sprintf("%s:%d: %s: %s (%s)", b.File, b.Line, b.Rule, b.What, b.Rule.reason())
}

// An exception allows what a rule forbids, in a file or below a folder. What is
// the name that the breach is about; empty is any.
type exception struct {
	Rule  rule
	Where string
	What  string
	Why   string
}

func (e exception) covers(b breach) bool {
	return e.Rule == b.Rule && (e.Where == b.File || strings.HasPrefix(b.File, e.Where+"/")) &&
		(e.What == "" || strings.HasPrefix(b.What, e.What+" "))
}

// check reads all Go files of a tree and returns its breaches in order.
func check(tree fs.FS, allowed []exception) (breaches []breach, files int, err error) {
	folders, err := parse(tree)
	if err != nil {
		return nil, 0, err
	}
	for _, f := range folders {
		files += len(f.files)
		breaches = append(breaches, f.check()...)
	}
	if files == 0 {
		return nil, 0, errors.New("no Go files here: an empty tree is not a pass")
	}
	breaches = without(breaches, allowed)
	slices.SortFunc(breaches, func(a, b breach) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(string(a.Rule), string(b.Rule)))
	})
	return breaches, files, nil
}

// without drops what is allowed, and adds exceptions that allow nothing.
func without(breaches []breach, allowed []exception) []breach {
	used := make([]bool, len(allowed))
	kept := slices.DeleteFunc(breaches, func(b breach) bool {
		i := slices.IndexFunc(allowed, func(e exception) bool { return e.covers(b) })
		if i >= 0 {
			used[i] = true
		}
		return i >= 0
	})
	for i, e := range allowed {
		if !used[i] {
			kept = append(kept, breach{"tools/houserules/allow.go", 1, e.Rule, e.Where + " " + e.What + " needs no exception any more: delete it"})
		}
	}
	return kept
}

// A folder is the Go files of one folder.
type folder struct {
	path  string
	fset  *token.FileSet
	files map[string]*ast.File // by path
	texts map[string]string
}

func parse(tree fs.FS) ([]*folder, error) {
	byPath := map[string]*folder{}
	err := fs.WalkDir(tree, ".", func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && file != "." && skipped(e.Name()) {
			return fs.SkipDir
		}
		if e.IsDir() || path.Ext(file) != ".go" {
			return nil
		}
		src, err := fs.ReadFile(tree, file)
		if err != nil {
			return err
		}
		dir := path.Dir(file)
		if byPath[dir] == nil {
			byPath[dir] = &folder{dir, token.NewFileSet(), map[string]*ast.File{}, map[string]string{}}
		}
		return byPath[dir].add(file, src)
	})
	var all []*folder
	for _, f := range byPath {
		all = append(all, f)
	}
	return all, err
}

// skipped names folders that hold no code of ours.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") ||
		slices.Contains([]string{"testdata", "vendor", "out", "bin", "dist", "node_modules"}, name)
}

func (f *folder) add(file string, src []byte) error {
	tree, err := parser.ParseFile(f.fset, file, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	f.files[file], f.texts[file] = tree, string(src)
	return nil
}

// resolve finds out what names of this folder mean. Imports are not loaded: it is
// enough to know their paths.
func (f *folder) resolve() *types.Info {
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	byName := map[string][]*ast.File{} // a folder may hold a package and its external tests
	for _, tree := range f.files {
		byName[tree.Name.Name] = append(byName[tree.Name.Name], tree)
	}
	conf := types.Config{
		Importer:    noImports{},
		Error:       func(error) {}, // what is not known is not ours to judge
		FakeImportC: true,
	}
	for name, trees := range byName {
		_, _ = conf.Check(name, f.fset, trees, info)
	}
	return info
}

// noImports imports nothing, which leaves a package name that knows its path.
type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	return nil, errors.New("not loaded")
}
