// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/correlate"
)

// A Config is foureyes.yaml: which sources there are, and how what they say is
// put together. docs/formats/sources.md describes it.
type Config struct {
	Sources  []Source
	Classify []Rule
	Link     correlate.Rules // how accounts find who owns them

	// Files that people keep, each with its path; "" is none. See [Config.TakeConfirmed]
	// and [Config.TakeSamePerson].
	Confirmed, SamePerson string

	Previous string // the snapshot that a collection is held against; "" is none
}

// A Source is one configured system. Its settings are read by [Source.Settings],
// because only the roof knows all connectors.
type Source struct {
	Name graph.Source
	Type string
	Only []string // the attributes of people and accounts that are kept; nil is all
	file string   // the configuration it stands in
	line int
	dir  string
	rest yaml.Node // its settings without name and type
}

const maxConfig = 1 << 20

// ParseConfig reads a configuration. The name is the file's path: messages carry
// it, and relative paths in the file are relative to its folder.
func ParseConfig(name string, src []byte) (*Config, error) {
	if len(src) > maxConfig {
		return nil, fmt.Errorf("%s: larger than %d KiB", name, maxConfig>>10)
	}
	if !utf8.Valid(src) {
		return nil, fmt.Errorf("%s: not valid UTF-8", name)
	}
	doc, err := document(name, src)
	if err != nil {
		return nil, err
	}
	var raw struct {
		Sources   []yaml.Node `yaml:"sources"`
		Classify  []yaml.Node `yaml:"classify"`
		Previous  string      `yaml:"previous"`
		Correlate struct {
			Keys       []string `yaml:"keys"`
			Confirmed  string   `yaml:"confirmed"`
			SamePerson string   `yaml:"same_person"`
		} `yaml:"correlate"`
	}
	if err := decode(name, doc, &raw); err != nil {
		return nil, err
	}
	if len(raw.Sources) == 0 {
		return nil, fmt.Errorf("%s: it lists no sources", name)
	}
	here := Source{dir: filepath.Dir(name)}
	c := &Config{
		Link: correlate.Rules{Keys: raw.Correlate.Keys}, Previous: here.Path(raw.Previous),
		Confirmed: here.Path(raw.Correlate.Confirmed), SamePerson: here.Path(raw.Correlate.SamePerson),
	}
	return c, errors.Join(c.takeSources(name, raw.Sources), c.takeRules(name, raw.Classify), c.checkKeys())
}

// checkKeys refuses to leave out what accounts find their people by.
func (c *Config) checkKeys() error {
	var errs []error
	for _, s := range c.Sources {
		for _, key := range c.Link.Keys {
			if !s.keeps(key) {
				errs = append(errs, s.Errorf("only: leaves out %s, by which correlate finds whose an account is", key))
			}
		}
	}
	return errors.Join(errs...)
}

// keeps reports whether an attribute of a person or account is kept: what says whose an
// account is, what it is and whether it can be used always is.
func (s Source) keeps(key string) bool {
	always := []string{"employee_id", "object_guid", "on_premises_sid", "owner", "parent", "sid", "status", "type"}
	return s.Only == nil || slices.Contains(s.Only, key) || slices.Contains(always, key)
}

// Strip leaves out what is not kept of a person or an account. It does not change n's own
// attributes.
func (s Source) Strip(n graph.Node) graph.Node {
	if s.Only == nil || n.ID.Kind != graph.Identity && n.ID.Kind != graph.Account {
		return n
	}
	n.Attrs = slices.DeleteFunc(slices.Clone(n.Attrs), func(a graph.Attr) bool { return !s.keeps(a.Key) })
	return n
}

func (c *Config) takeSources(file string, nodes []yaml.Node) error {
	lines := map[graph.Source]int{}
	var errs []error
	for _, n := range nodes {
		s, err := parseSource(file, n)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if was, twice := lines[s.Name]; twice {
			errs = append(errs, fmt.Errorf("%s:%d: source %s is already defined in line %d", file, n.Line, s.Name, was))
			continue
		}
		lines[s.Name] = n.Line
		c.Sources = append(c.Sources, s)
	}
	return errors.Join(errs...)
}

func parseSource(file string, n yaml.Node) (Source, error) {
	s := Source{file: file, line: n.Line, dir: filepath.Dir(file), rest: n}
	if n.Kind != yaml.MappingNode {
		return s, fmt.Errorf("%s:%d: a source is a mapping with name and type", file, n.Line)
	}
	s.rest.Content = nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch key.Value {
		case "name":
			if s.Name != "" {
				return s, fmt.Errorf("%s:%d: the key \"name\" comes twice", file, key.Line)
			}
			name, err := graph.ParseSource(value.Value)
			if err != nil {
				return s, fmt.Errorf("%s:%d: %w", file, value.Line, err)
			}
			s.Name = name
		case "type":
			s.Type = value.Value
		case "only":
			if err := value.Decode(&s.Only); err != nil || len(s.Only) == 0 {
				return s, fmt.Errorf("%s:%d: only: want a list of attributes, such as [mail, department]", file, value.Line)
			}
		case "file": // said as well as path
			k := *key
			k.Value = "path"
			s.rest.Content = append(s.rest.Content, &k, value)
		default:
			s.rest.Content = append(s.rest.Content, key, value)
		}
	}
	if s.Name == "" || s.Type == "" {
		return s, fmt.Errorf("%s:%d: a source needs name and type", file, n.Line)
	}
	return s, nil
}

// Settings decodes the source's own settings; keys that into does not know are an
// error.
func (s Source) Settings(into any) error {
	if err := decode(s.file, &s.rest, into); err != nil {
		return fmt.Errorf("source %s: %w", s.Name, err)
	}
	return nil
}

// Errorf is an error about this source, with its place.
func (s Source) Errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: source %s: %w", s.file, s.line, s.Name, fmt.Errorf(format, args...))
}

// Path resolves a path of the configuration; empty stays empty.
func (s Source) Path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(s.dir, p)
}
