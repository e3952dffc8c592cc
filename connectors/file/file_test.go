// SPDX-License-Identifier: Apache-2.0

package file_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/connectortest"
	"github.com/foureyes-iga/foureyes/connectors/file"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
	"github.com/google/go-cmp/cmp"
)

// write writes a file and returns its path.
func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func factsCollector(t *testing.T, path string) *file.Collector {
	t.Helper()
	c, err := file.New(file.Config{Path: path}, connectors.Options{Source: "label"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// factsOf collects and returns the lines told, and the error.
func factsOf(t *testing.T, c connectors.Collector) (lines []string, err error) {
	t.Helper()
	for f, err := range c.Collect(context.Background(), connectors.Want{}) {
		if err != nil {
			return lines, err
		}
		lines = append(lines, string(facts.Append(nil, f)))
	}
	return lines, nil
}

func TestFactsContract(t *testing.T) {
	open := func(t *testing.T, w connectortest.World, tail string) connectors.Collector {
		var b bytes.Buffer
		out := facts.NewWriter(&b)
		told := append(w.Facts, graph.SourceRun{Source: w.Source, Connector: "test"}, graph.Coverage{Source: w.Source, Dataset: graph.All, State: graph.Complete})
		for _, f := range told {
			if err := out.Write(f); err != nil {
				t.Fatal(err)
			}
		}
		if tail != "" {
			b.WriteString(tail)
		} else if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		return factsCollector(t, write(t, "world.jsonl", b.Bytes()))
	}
	connectortest.Run(t, connectortest.Subject{
		Open: func(t *testing.T, w connectortest.World) connectors.Collector { return open(t, w, "") },
		Broken: func(t *testing.T, w connectortest.World) connectors.Collector {
			return open(t, w, "{\"fact\":\"edge\"}\n")
		},
	})
}

const (
	ana   = `{"fact":"node","id":"account:corp/ana","name":"ana"}`
	grant = `{"fact":"grant","from":"account:corp/ana","to":"group:forge/dev","kind":"member"}`
	owns  = `{"fact":"grant","from":"identity:hr/E1","to":"account:corp/ana","kind":"owns"}`
	cover = `{"fact":"coverage","source":"forge","dataset":"*","state":"complete"}`
)

func TestTruncatedFactsFile(t *testing.T) {
	partial := func(source, count string) string {
		return `{"fact":"coverage","source":"` + source + `","dataset":"*","state":"partial","reason":"f.jsonl is truncated: no sound end line after ` + count + ` facts"}`
	}
	tests := map[string]struct {
		lines   []string
		more    []string // said besides
		sources []graph.Source
	}{
		"empty":          {nil, []string{partial("label", "0")}, nil},
		"no end":         {[]string{ana}, []string{partial("corp", "1")}, []graph.Source{"corp"}},
		"of a grant":     {[]string{grant}, []string{partial("label", "1")}, nil},
		"several":        {[]string{ana, cover, owns}, []string{partial("corp", "3"), partial("forge", "3")}, []graph.Source{"corp", "forge"}},
		"another number": {[]string{ana, `{"fact":"end","facts":2}`}, []string{partial("corp", "1")}, []graph.Source{"corp"}},
		"sound":          {[]string{ana, grant, owns, `{"fact":"end","facts":3}`}, nil, []graph.Source{"corp"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := factsCollector(t, write(t, "f.jsonl", []byte(strings.Join(tt.lines, "\n"))))
			got, err := factsOf(t, c)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, l := range tt.lines {
				if !strings.Contains(l, `"end"`) {
					want = append(want, l)
				}
			}
			if diff := cmp.Diff(append(want, tt.more...), got); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.sources, c.Sources()); diff != "" {
				t.Errorf("sources (-want +got):\n%s", diff)
			}
		})
	}
}

// TestContradictedCoverage takes what is told as complete, and was counted otherwise, as
// partial.
func TestContradictedCoverage(t *testing.T) {
	line := `{"fact":"coverage","source":"corp","dataset":"accounts","state":"%s","received":1,"expected":500,"reason":"%s"}`
	got, err := factsOf(t, factsCollector(t, write(t, "f.jsonl", []byte(fmt.Sprintf(line, "complete", "by count")+"\n"+`{"fact":"end","facts":1}`))))
	want := fmt.Sprintf(line, "partial", "by count; it is told as complete, but 1 came of 500")
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestBadFactsFile(t *testing.T) {
	long := `{"fact":"node","id":"group:corp/long","name":"` + strings.Repeat("x", 200<<10) + `"}`
	tests := map[string]struct{ text, want string }{
		"not json":     {ana + "\nnode\n", `f.jsonl:2: `},
		"unknown fact": {ana + "\n\n" + `{"fact":"edge"}`, `f.jsonl:3: unknown fact "edge"`},
		"no facts":     {`{"fact":"end","facts":0}`, `f.jsonl has no facts`},
		"two contents": {long + "\n\r\n" + ana + "\n\n" + grant + "\n" + `{"fact":"node","id":"account:corp/ana","name":"Ana"}` + "\n",
			`f.jsonl:6: account:corp/ana: described twice with different content; see line 3`},
		"two contents, last line open": {ana + "\n" + `{"fact":"node","id":"account:corp/ana"}`, `f.jsonl:2: account:corp/ana: described twice with different content; see line 1`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := factsOf(t, factsCollector(t, write(t, "f.jsonl", []byte(tt.text))))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
	t.Run("the same twice is nothing new", func(t *testing.T) {
		if _, err := factsOf(t, factsCollector(t, write(t, "f.jsonl", []byte(ana+"\n"+ana)))); err != nil {
			t.Error(err)
		}
	})
}

func TestUnreadableFactsFile(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none.jsonl"): "no such file",
		dir:                              dir + ": is a directory, want a file",
		os.DevNull:                       "is not a regular file",
	} {
		_, err := factsOf(t, factsCollector(t, path))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want %q and the path", path, err, want)
		}
	}
	if _, err := factsOf(t, factsCollector(t, filepath.Join(dir, "none.jsonl"))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v is not os.ErrNotExist", err)
	}
}

func TestFactsConfig(t *testing.T) {
	if _, err := file.New(file.Config{}, connectors.Options{Source: "x"}); err == nil {
		t.Error("no path: no error")
	}
	if _, err := file.New(file.Config{Path: "x"}, connectors.Options{Source: "Not Good"}); err == nil {
		t.Error("bad source: no error")
	}
}
