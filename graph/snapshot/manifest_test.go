// SPDX-License-Identifier: Apache-2.0

package snapshot_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
)

// digestMember is how docs/formats/snapshot.md tells to find the digest.
var digestMember = regexp.MustCompile(`,\n  "digest": "sha256:[0-9a-f]*"\n}\n$`)

// withDigest puts the right digest into the text of a manifest, in the way of the
// document and not of the package.
func withDigest(text []byte) []byte {
	bare := digestMember.ReplaceAll(text, []byte("\n}\n"))
	rest, ok := bytes.CutSuffix(bare, []byte("\n}\n"))
	if !ok {
		return text
	}
	return fmt.Appendf(bytes.Clone(rest), ",\n  \"digest\": \"sha256:%x\"\n}\n", sha256.Sum256(bare))
}

// sealed returns the text of m with the right digest.
func sealed(tb testing.TB, m snapshot.Manifest) []byte {
	tb.Helper()
	text, err := snapshot.EncodeManifest(m)
	if err != nil {
		tb.Fatal(err)
	}
	return withDigest(text)
}

func TestDigestIsAsDocumented(t *testing.T) {
	dir, m := written(t, small(t))
	text := filesOf(t, dir)["manifest.json"]
	if got := string(withDigest([]byte(text))); got != text {
		t.Errorf("the digest is another (-document +package):\n%s", cmp.Diff(got, text))
	}
	if !strings.Contains(text, m.Digest) || m.Digest == m.Content {
		t.Errorf("digest %s, content %s", m.Digest, m.Content)
	}
}

// FuzzManifest: a manifest that is accepted has one text only. The digest is made
// right first, or nothing but the seeds would get so far.
func FuzzManifest(f *testing.F) {
	for _, g := range []*graph.Graph{small(f), graphOf(f, rich()), graphOf(f, nil)} {
		_, m := written(f, g)
		text := sealed(f, m)
		if _, err := snapshot.ParseManifest(text); err != nil {
			f.Fatalf("a seed is refused: %v", err)
		}
		f.Add(text)
		f.Add(bytes.Replace(text, []byte(`"tool"`), []byte(`"Tool"`), 1))
		f.Add(bytes.Replace(text, []byte(`"bytes": `), []byte(`"bytes": 1e`), 1))
		f.Add(bytes.Replace(text, []byte(`Z"`), []byte(`+00:00"`), 1))
		f.Add(bytes.Replace(text, []byte(`"foureyes"`), []byte(`"\u0066oureyes"`), 1))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		text = withDigest(text)
		m, err := snapshot.ParseManifest(text)
		if err != nil {
			return
		}
		again, err := snapshot.EncodeManifest(m)
		if err != nil || !bytes.Equal(again, text) {
			t.Fatalf("accepted, and written again it differs (%v):\n%s", err, cmp.Diff(string(text), string(again)))
		}
	})
}

// TestManifestHasOneForm: the same said otherwise is refused, digest or not.
func TestManifestHasOneForm(t *testing.T) {
	_, m := written(t, small(t))
	text := sealed(t, m)
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		t.Fatal(err)
	}
	variants := map[string][]byte{
		"compact":     compact.Bytes(),
		"letter case": withDigest(bytes.Replace(text, []byte(`"tool"`), []byte(`"Tool"`), 1)),
		"escape":      withDigest(bytes.Replace(text, []byte(`"1.2.3"`), []byte(`"1\u002e2.3"`), 1)),
		"zone":        withDigest(bytes.Replace(text, []byte(`01:00:00Z`), []byte(`03:00:00+02:00`), 1)),
		"twice":       withDigest(bytes.Replace(text, []byte(`"tool"`), []byte("\"content\": \"x\",\n  \"tool\""), 1)),
		"line end":    withDigest(bytes.Replace(text, []byte("\n"), []byte("\r\n"), 1)),
	}
	for name, v := range variants {
		if bytes.Equal(v, text) {
			t.Errorf("%s changes nothing", name)
		}
		if _, err := snapshot.ParseManifest(v); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := snapshot.ParseManifest(text); err != nil {
		t.Errorf("the manifest itself is refused: %v", err)
	}
}

func TestSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../docs/formats/snapshot-manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(text []byte) error {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(doc)
	}
	for name, g := range map[string]*graph.Graph{"empty": graphOf(t, nil), "small": small(t), "rich": graphOf(t, rich())} {
		_, m := written(t, g)
		if err := valid(sealed(t, m)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, m := written(t, small(t))
	text := string(sealed(t, m))
	for _, wrong := range [][2]string{
		{"snapshot/1", "snapshot/2"}, {`"tool"`, `"tools"`}, {`"rows": 1`, `"rows": -1`}, {`"sha256": "`, `"sha256": "x`},
		{`"state": "complete"`, `"state": "done"`}, {`"fact": "source"`, `"fact": "node"`}, {`"account": 2`, `"person": 2`},
		{"sha256:", "md5:"}, {"nodes.parquet", "../nodes.parquet"}, {`01:00:00Z`, `1 o'clock`}, {`"dataset": "groups"`, `"dataset": "things"`},
	} {
		changed := strings.Replace(text, wrong[0], wrong[1], 1)
		if changed == text {
			t.Errorf("%s is not in the manifest", wrong[0])
		}
		if valid([]byte(changed)) == nil {
			t.Errorf("the schema accepts %s", wrong[1])
		}
	}
}
