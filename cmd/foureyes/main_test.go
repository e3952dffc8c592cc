// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The clock of scripts stands still, so that what they collect is the same today
// and in ten years.
func scriptClock() time.Time { return time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC) }

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"foureyes": func() {
			var said bytes.Buffer
			code := run(world{args: os.Args, stdin: os.Stdin, stdout: io.MultiWriter(os.Stdout, &said), stderr: os.Stderr, clock: scriptClock, env: os.Getenv})
			if err := fitsSchema(os.Args, said.Bytes()); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 70 // no code of ours
			}
			os.Exit(code)
		},
		"fill": func() { os.Exit(fill(os.Args[1:], os.Stderr)) },
	})
}

// schemas are those of the verbs that print JSON, in docs/formats.
func schemas() map[string]string {
	return map[string]string{
		"analyze": "findings", "whatif": "whatif", "diff": "diff", "leaver": "leaver", "receipt": "leaver-receipt", "snapshot": "queue", "mover": "mover", "remedy": "plan",
		"campaign plan": "campaign-plan", "campaign status": "review", "campaign items": "review", "campaign calendar": "campaign-calendar",
		"control list":  "controls",
		"evidence fsck": "evidence-fsck", "evidence status": "evidence-status", "evidence drill": "evidence-drill",
	}
}

const schemaFolder = "FOUREYES_TEST_SCHEMAS"

// fitsSchema holds whatever a script lets the program print as JSON against its schema.
func fitsSchema(args []string, said []byte) error {
	if i := slices.Index(args, "--receipt"); i > 0 && i+1 < len(args) && len(said) > 0 {
		text, err := os.ReadFile(strings.TrimSuffix(args[i+1], ".pdf") + ".json")
		if err == nil {
			err = fits("leaver-receipt", text)
		}
		if err != nil {
			return err
		}
	}
	i := slices.Index(args, "--format")
	if len(args) < 3 || i < 0 || i+1 == len(args) || args[i+1] != "json" || len(said) == 0 {
		return nil
	}
	name := cmp.Or(schemas()[args[1]], schemas()[args[1]+" "+args[2]])
	if name == "" {
		return nil
	}
	return fits(name, said)
}

func fits(name string, said []byte) error {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	const home = "https://foureyes-iga.github.io/foureyes/"
	for _, name := range slices.Compact(slices.Sorted(maps.Values(schemas()))) {
		text, err := os.ReadFile(filepath.Join(os.Getenv(schemaFolder), name+".schema.json"))
		if err != nil {
			return err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return err
		}
		if err := c.AddResource(home+name+"-1.schema.json", doc); err != nil {
			return err
		}
	}
	schema, err := c.Compile(home + name + "-1.schema.json")
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(said))
	if err != nil {
		return err
	}
	return schema.Validate(v)
}

// TestScripts keeps the promises of the command line, one file a promise.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts found (%v): an empty corpus is not a pass", err)
	}
	formats, err := filepath.Abs("../../docs/formats")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: func(e *testscript.Env) error {
		e.Setenv(schemaFolder, formats)
		e.Setenv("DROID", droid)
		return nil
	}, Condition: hasDroid})
}

// droid is where Debian's package fonts-droid-fallback puts a font with Chinese, Japanese
// and Korean characters.
const droid = "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"

// hasDroid is the condition of scripts that want that font; CI must have it.
func hasDroid(name string) (bool, error) {
	if name != "droid" {
		return false, fmt.Errorf("there is no condition %s", name)
	}
	_, err := os.Stat(droid)
	return err == nil || os.Getenv("CI") != "", nil
}
