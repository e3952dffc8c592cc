// SPDX-License-Identifier: Apache-2.0

package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph/facts"
)

// ReadChanges reads LDIF change records (RFC 2849) as what they would do to a
// directory that is in a graph: members that come and go, entries that are added,
// deleted and renamed. Entries are found by their attribute dn. Whatever else a
// record says is an error, which names the line. The name is for messages.
func ReadChanges(in io.Reader, name string, d *Directory) ([]facts.Change, error) {
	r := newLDIFReader(in)
	for {
		c, err := r.change()
		if errors.Is(err, io.EOF) {
			return d.changes, nil
		}
		if err == nil {
			err = d.take(c)
		}
		if err != nil {
			at := r.at
			var placed *lineError
			if errors.As(err, &placed) {
				at = placed.line
			}
			return nil, fmt.Errorf("%s:%d: %w", name, at, err)
		}
	}
}

// A lineError is wrong in a line before the one that was read last.
type lineError struct {
	line int
	error
}

func (e *lineError) Unwrap() error { return e.error }

// A changeRecord is one LDIF change record.
type changeRecord struct {
	line int // where it begins
	dn   string
	kind string // add, delete, modify or modrdn
	mods []mod  // of an added entry: its attributes, each an addition

	newRDN, newSuperior string // of modrdn; newSuperior may be empty
	keepOld             bool   // the old RDN stays a value
}

// A mod adds, deletes or replaces values of one attribute.
type mod struct {
	line   int
	op     string
	attr   string // in lower case
	values []string
}

// change returns the next record, or [io.EOF].
func (r *ldifReader) change() (c changeRecord, err error) {
	line, err := r.first()
	if err != nil {
		return c, err
	}
	c.line = r.at
	if c.dn, err = wantPair(line, "dn"); err != nil {
		return c, err
	}
	if line, err = r.logical(); err != nil || len(line) == 0 {
		return c, &lineError{c.line, errors.New("a change record needs changetype: add, delete, modify or modrdn")}
	}
	if c.kind, err = wantPair(line, "changetype"); err != nil {
		return c, err
	}
	switch c.kind = strings.ToLower(c.kind); c.kind {
	case "add":
		return c, r.attributes(&c)
	case "delete":
		return c, r.ended()
	case "modify":
		return c, r.modifications(&c)
	case "modrdn", "moddn":
		return c, r.renaming(&c)
	}
	return c, fmt.Errorf("changetype %.40q: want add, delete, modify or modrdn", c.kind)
}

// more returns the next line of the record, and false at its end.
func (r *ldifReader) more() ([]byte, bool, error) {
	line, err := r.logical()
	if errors.Is(err, io.EOF) || err == nil && len(line) == 0 {
		return nil, false, nil
	}
	return line, err == nil, err
}

func (r *ldifReader) ended() error {
	if line, ok, err := r.more(); ok || err != nil {
		return errors.Join(err, fmt.Errorf("%.40q: nothing follows changetype: delete", line))
	}
	return nil
}

func wantPair(line []byte, want string) (string, error) {
	name, value, err := ldifPair(line)
	if err != nil {
		return "", err
	}
	if !strings.EqualFold(name, want) {
		return "", fmt.Errorf("%.40q: want %q", name, want+":")
	}
	return string(value), nil
}

// attributes reads the entry that is added.
func (r *ldifReader) attributes(c *changeRecord) error {
	for size := 0; ; {
		line, ok, err := r.more()
		if !ok {
			return err
		}
		name, value, err := ldifPair(line)
		if err != nil {
			return err
		}
		if size += len(line); size > maxLDIFEntry {
			return fmt.Errorf("the entry is longer than %d MiB", maxLDIFEntry>>20)
		}
		name = strings.ToLower(name)
		i := slices.IndexFunc(c.mods, func(m mod) bool { return m.attr == name })
		if i < 0 {
			i = len(c.mods)
			c.mods = append(c.mods, mod{line: r.at, op: "add", attr: name})
		}
		c.mods[i].values = append(c.mods[i].values, string(value))
	}
}

// modifications reads blocks that end with a line of a minus.
func (r *ldifReader) modifications(c *changeRecord) error {
	for {
		line, ok, err := r.more()
		if !ok {
			return err
		}
		op, attr, err := ldifPair(line)
		if err != nil {
			return err
		}
		m := mod{line: r.at, op: strings.ToLower(op), attr: strings.ToLower(string(attr))}
		if !slices.Contains([]string{"add", "delete", "replace"}, m.op) {
			return fmt.Errorf("%.40q: want \"add:\", \"delete:\" or \"replace:\"", op)
		}
		for {
			line, ok, err := r.more()
			if err != nil {
				return err
			}
			if !ok || bytes.Equal(bytes.TrimRight(line, " "), []byte("-")) {
				c.mods = append(c.mods, m)
				if !ok {
					return nil
				}
				break
			}
			value, err := wantPair(line, m.attr)
			if err != nil {
				return err
			}
			m.values = append(m.values, value)
		}
	}
}

func (r *ldifReader) renaming(c *changeRecord) error {
	seen := map[string]string{}
	for {
		line, ok, err := r.more()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		name, value, err := ldifPair(line)
		if err != nil {
			return err
		}
		name = strings.ToLower(name)
		if _, twice := seen[name]; twice || !slices.Contains([]string{"newrdn", "deleteoldrdn", "newsuperior"}, name) {
			return fmt.Errorf("%.40q: want newrdn:, deleteoldrdn: and newsuperior:, each once", name)
		}
		seen[name] = string(value)
	}
	c.kind, c.newRDN, c.newSuperior, c.keepOld = "modrdn", seen["newrdn"], seen["newsuperior"], seen["deleteoldrdn"] == "0"
	if c.newRDN == "" || seen["deleteoldrdn"] != "0" && seen["deleteoldrdn"] != "1" {
		return &lineError{c.line, errors.New("a renaming needs newrdn: and deleteoldrdn: 0 or 1")}
	}
	return nil
}
