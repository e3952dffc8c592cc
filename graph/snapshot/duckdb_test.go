// SPDX-License-Identifier: Apache-2.0

package snapshot_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foureyes-iga/foureyes/graph"
)

const joinSQL = `
SELECT f.id AS "from", t.id AS "to", g.kind, g.direct_only, typeof(g.from_time) AS type, coalesce(g.via, '') AS via,
       epoch_us(g.from_time) AS from_time, g.from_time_ns, epoch_us(g.until_time) AS until_time, g.until_time_ns, epoch_us(g.since) AS since, g.since_ns
FROM read_parquet('grants.parquet', file_row_number = true) g JOIN 'nodes.parquet' f ON f.node = g.from_node JOIN 'nodes.parquet' t ON t.node = g.to_node
ORDER BY g.file_row_number`

const countsSQL = `
SELECT (SELECT count(*) FROM 'nodes.parquet') AS nodes, (SELECT count(*) FROM 'nodes.parquet' WHERE described) AS described,
       (SELECT count(*) FROM 'grants.parquet') AS grants, (SELECT count(*) FROM 'gaps.parquet') AS gaps, (SELECT count(*) FROM 'uses.parquet') AS uses`

const attributesSQL = `
SELECT n.id, n.name AS node_name, a.name, a.position, a.value FROM 'attributes.parquet' a JOIN 'nodes.parquet' n USING (node) ORDER BY a.node, a.name, a.position`

// TestDuckDB asks another reader of Parquet what it sees.
func TestDuckDB(t *testing.T) {
	t.Parallel()
	g := graphOf(t, rich())
	dir, m := written(t, g)
	examples := documentedQueries(t)
	rows := query(t, dir, append([]string{countsSQL, joinSQL, attributesSQL}, examples...))

	counts := fmt.Sprint(rows[0])
	want := fmt.Sprint([]map[string]any{{"nodes": m.Counts.Nodes, "described": m.Counts.Described, "grants": m.Counts.Grants, "gaps": m.Counts.Gaps, "uses": m.Counts.Uses}})
	if counts != want {
		t.Errorf("counts: got %s, want %s", counts, want)
	}
	if diff := cmp.Diff(wantJoin(g), rows[1]); diff != "" {
		t.Errorf("grants joined with nodes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantAttributes(g), rows[2]); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	for i, sql := range examples {
		if len(rows[3+i]) == 0 {
			t.Errorf("an example of the document finds nothing:\n%s", sql)
		}
	}
}

// documentedQueries returns the examples of docs/formats/snapshot.md.
func documentedQueries(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/formats/snapshot.md")
	if err != nil {
		t.Fatal(err)
	}
	var queries []string
	for _, block := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(text, -1) {
		queries = append(queries, string(block[1]))
	}
	if len(queries) < 3 {
		t.Fatalf("the document has %d examples in SQL, want 3", len(queries))
	}
	return queries
}

// query runs SQL in the folder of a snapshot and returns the rows of each query.
func query(t *testing.T, dir string, queries []string) [][]map[string]any {
	t.Helper()
	node, script := duckDB(t)
	cmd := exec.Command(node, append([]string{script, dir}, queries...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	all := make([][]map[string]any, len(queries))
	for line := range bytes.Lines(out) {
		var r struct {
			Query int
			Row   map[string]any
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		all[r.Query] = append(all[r.Query], r.Row)
	}
	return all
}

// duckDB installs DuckDB for node in a folder of its own.
func duckDB(t *testing.T) (node, script string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		unlessCI(t, "node is not installed")
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		unlessCI(t, "npm is not installed")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/duckdb")); err != nil {
		t.Fatal(err)
	}
	install := exec.Command(npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--prefer-offline")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		unlessCI(t, fmt.Sprintf("DuckDB cannot be installed: %v\n%s", err, out))
	}
	return node, filepath.Join(dir, "query.mjs")
}

func wantJoin(g *graph.Graph) []map[string]any {
	var rows []map[string]any
	for x := range g.Grants() {
		row := map[string]any{"from": x.From.String(), "to": x.To.String(), "kind": x.Kind.String(), "direct_only": x.DirectOnly, "via": x.Via,
			"type": "TIMESTAMP WITH TIME ZONE"}
		for name, t := range map[string]time.Time{"from_time": x.FromTime, "until_time": x.UntilTime, "since": x.Since} {
			row[name], row[name+"_ns"] = nil, float64(t.Nanosecond()%1000)
			if !t.IsZero() {
				row[name] = strconv.FormatInt(t.UnixMicro(), 10)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func wantAttributes(g *graph.Graph) []map[string]any {
	var rows []map[string]any
	for n := range uint32(g.NumNodes()) {
		for _, a := range g.Node(n).Attrs {
			row := func(position int, value any) {
				rows = append(rows, map[string]any{"id": g.ID(n).String(), "node_name": g.Name(n), "name": a.Key, "position": float64(position), "value": value})
			}
			if len(a.Values) == 0 {
				row(0, nil)
			}
			for i, v := range a.Values {
				row(i, v)
			}
		}
	}
	return rows
}
