// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/sod"
)

const (
	maxFiles = 64
	maxChain = 8 // of files that include each other
	maxTotal = 8 << 20
)

// Load reads a policy and the files that it includes, each with read, which gets
// the name of the first file, of one that stands in a place relative to the file
// that includes it, or the name of a policy that ships, such as
// "builtin:ad-tier0". A file that is included by several is read once.
//
// The policy is that of all its files together. Errors in them are as [Parse]
// gives; that the first file cannot be read is the error of read. Of several files
// the digest is that of the digests of all, one a line, in the order in which they
// are read: exports that checks name come last.
func Load(name string, read func(name string) ([]byte, error)) (*sod.Policy, error) {
	src, err := read(name)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return (&loader{open: read}).policy(name, src)
}

// A loader finds the files of a policy.
type loader struct {
	open  func(name string) ([]byte, error) // nil: there is one file
	files []*file
	total int

	partial bool // something could not be read
}

// A file is one file of a policy, with the mapping that it is.
type file struct {
	object
	name   string // cleaned, to compare
	digest [sha256.Size]byte
}

func (l *loader) policy(name string, src []byte) (*sod.Policy, error) {
	l.read(name, src, nil)
	r := &reader{files: l.files, open: l.open}
	if !l.partial { // else what is missing would be told once more, as unknown
		r.read()
	}
	l.files = append(l.files, r.exports...)
	if err := l.err(); err != nil {
		return nil, err
	}
	r.policy.Digest = l.digest()
	return &r.policy, nil
}

func (l *loader) err() error {
	var all []*mistakes
	for _, f := range l.files {
		all = append(all, f.mistakes)
	}
	return join(all)
}

// digest is that of the file, or of the list of the files' digests.
func (l *loader) digest() string {
	sum := l.files[0].digest
	if len(l.files) > 1 {
		var lines strings.Builder
		for _, f := range l.files {
			lines.WriteString("sha256:" + hex.EncodeToString(f.digest[:]) + "\n")
		}
		sum = sha256.Sum256([]byte(lines.String()))
	}
	return "sha256:" + hex.EncodeToString(sum[:])
}

// read takes in a file and those that it includes. The chain is the names of the
// files that led here.
func (l *loader) read(name string, src []byte, chain []string) {
	f := &file{name: filepath.Clean(name), digest: sha256.Sum256(src), object: object{mistakes: &mistakes{file: name}}}
	l.files = append(l.files, f)
	l.total += len(src)
	_, root := f.mistakes.load(src)
	if root == nil || !f.version(root, "policy") {
		l.partial = true
		return // of a newer format nothing else can be said
	}
	f.object = f.mistakes.object(root, policySection)
	l.include(f, append(slices.Clone(chain), f.name))
}

func (l *loader) include(f *file, chain []string) {
	if f.has("include") && l.open == nil {
		f.errorf(f.values["include"], "include: other files are not read here; write what they say into this one")
		return
	}
	var listed []string
	for _, n := range f.list("include", true) {
		text, ok := parseNode(f.mistakes, n, "include of the policy", parseInclude)
		if !ok {
			continue
		}
		name := beside(f.name, text)
		switch {
		case slices.Contains(listed, name):
			f.errorf(n, "include of the policy names %s twice", quote(text))
		case slices.Contains(chain, name):
			f.errorf(n, "include %s leads back: %s", quote(text), strings.Join(append(slices.Clone(chain), name), " includes "))
		case !l.has(name): // it may be there already, by another file
			l.follow(f, n, name, chain)
		}
		listed = append(listed, name)
	}
}

// follow reads one file that f includes at n.
func (l *loader) follow(f *file, n *yaml.Node, name string, chain []string) {
	src, err := l.fetch(name, chain)
	if err != nil {
		l.partial = true
		f.errorf(n, "include %s: %v", quote(n.Value), err)
		return
	}
	l.read(name, src, chain)
}

// fetch opens a file within the limits.
func (l *loader) fetch(name string, chain []string) ([]byte, error) {
	switch {
	case len(chain) > maxChain:
		return nil, fmt.Errorf("files include each other more than %d deep", maxChain)
	case len(l.files) == maxFiles:
		return nil, fmt.Errorf("a policy is made of at most %d files", maxFiles)
	}
	src, err := l.open(name)
	if err == nil && l.total+len(src) > maxTotal {
		return nil, fmt.Errorf("the files of the policy are larger than %d bytes", maxTotal)
	}
	return src, err
}

func (l *loader) has(name string) bool {
	return slices.ContainsFunc(l.files, func(f *file) bool { return f.name == name })
}

const builtinPrefix = "builtin:"

// parseInclude reads the name of a file to include: a policy that ships, or a
// place that means the same on every machine.
func parseInclude(s string) (string, error) {
	switch {
	case strings.ContainsFunc(s, unseen):
		return "", fmt.Errorf("%s: control characters are not allowed", quote(s))
	case strings.HasPrefix(s, builtinPrefix):
		return s, nil
	case strings.HasPrefix(s, "/") || strings.ContainsAny(s, `\:`):
		return "", fmt.Errorf("%s: want the place of a file relative to this one, with / between folders", quote(s))
	}
	return s, nil
}

// beside returns the name of a file that is included from another.
func beside(name, include string) string {
	if strings.HasPrefix(include, builtinPrefix) {
		return include
	}
	return filepath.Join(filepath.Dir(name), filepath.FromSlash(include))
}
