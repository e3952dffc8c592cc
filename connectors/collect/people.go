// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/correlate"
)

// A decision is who decided what a file of people says, when and why. Files without
// these are refused: they are evidence.
type decision struct {
	By  string `yaml:"by"`
	On  string `yaml:"on"`
	Why string `yaml:"why"`
}

func (d decision) check() error {
	if strings.TrimSpace(d.By) == "" || strings.TrimSpace(d.Why) == "" {
		return errors.New("by and why are needed: who decided it, and for which reason")
	}
	if _, err := time.Parse(time.DateOnly, d.On); err != nil {
		return fmt.Errorf("on %q: want the day of the decision, such as 2026-09-30", d.On)
	}
	return nil
}

// TakeConfirmed reads the file of matches that somebody confirmed: whose an account is
// that no key says. The name is the file's path, for messages.
func (c *Config) TakeConfirmed(name string, src []byte) error {
	var raw struct {
		Confirmed []yaml.Node `yaml:"confirmed"`
	}
	at := map[graph.ID]int{}
	return eachEntry(name, src, &raw, &raw.Confirmed, func(n *yaml.Node) error {
		var m struct {
			Account  string `yaml:"account"`
			Identity string `yaml:"identity"`
			decision `yaml:",inline"`
		}
		if err := decode(name, n, &m); err != nil {
			return err
		}
		account, err := idOf(m.Account, graph.Account)
		if err != nil {
			return err
		}
		who, err := idOf(m.Identity, graph.Identity)
		if err != nil {
			return err
		}
		if line, twice := at[account]; twice {
			return fmt.Errorf("%s is confirmed already, in line %d", account, line)
		}
		at[account] = n.Line
		c.Link.Confirmed = append(c.Link.Confirmed, correlate.Link{Account: account, Identity: who})
		return m.check()
	})
}

// TakeSamePerson reads the file that says which identities are one person.
func (c *Config) TakeSamePerson(name string, src []byte) error {
	var raw struct {
		Same []yaml.Node `yaml:"same_person"`
	}
	at := map[graph.ID]int{} // where an identity is somebody else too, or others are it
	return eachEntry(name, src, &raw, &raw.Same, func(n *yaml.Node) error {
		var m struct {
			Person   string   `yaml:"person"`
			Also     []string `yaml:"also"`
			decision `yaml:",inline"`
		}
		if err := decode(name, n, &m); err != nil {
			return err
		}
		if len(m.Also) == 0 {
			return errors.New("also is needed: which other identities are the same person")
		}
		var s correlate.Same
		for i, text := range append([]string{m.Person}, m.Also...) {
			id, err := idOf(text, graph.Identity)
			if err != nil {
				return err
			}
			if line, twice := at[id]; twice {
				return fmt.Errorf("%s is in line %d already: one person is one entry", id, line)
			}
			at[id] = n.Line
			if i == 0 {
				s.Person = id
			} else {
				s.Also = append(s.Also, id)
			}
		}
		c.Link.Same = append(c.Link.Same, s)
		return m.check()
	})
}

// eachEntry decodes a file of one list and takes its entries; errors name their lines.
func eachEntry(name string, src []byte, raw any, list *[]yaml.Node, take func(*yaml.Node) error) error {
	if len(src) > maxConfig {
		return fmt.Errorf("%s: larger than %d KiB", name, maxConfig>>10)
	}
	doc, err := document(name, src)
	if err != nil {
		return err
	}
	if err := decode(name, doc, raw); err != nil {
		return err
	}
	var errs []error
	for i := range *list {
		n := &(*list)[i]
		if err := take(n); err != nil {
			if !strings.HasPrefix(err.Error(), name+":") {
				err = fmt.Errorf("%s:%d: %w", name, n.Line, err)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func idOf(text string, kind graph.Kind) (graph.ID, error) {
	id, err := graph.ParseID(text)
	if err == nil && id.Kind != kind {
		err = fmt.Errorf("id %q: want an %s", text, kind)
	}
	return id, err
}
