// SPDX-License-Identifier: Apache-2.0

package snapshot_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
)

// organisation is a graph of that many accounts and grants, made from a seed.
// Every account has three attributes and every tenth grant a date.
func organisation(tb testing.TB, accounts, grants int, seed uint64) *graph.Graph {
	tb.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	var b graph.Builder
	groups := make([]graph.ID, max(1, accounts/5))
	for i := range groups {
		groups[i] = graph.ID{Kind: graph.Group, Source: "corp", Key: fmt.Sprintf("%08x-%x", r.Uint32(), i)}
		add(tb, &b, graph.Node{ID: groups[i], Name: fmt.Sprintf("GROUP-%d", i)})
	}
	people := make([]graph.ID, accounts)
	for i := range people {
		people[i] = graph.ID{Kind: graph.Account, Source: "corp", Key: fmt.Sprintf("%08x-%08x", r.Uint32(), i)}
		add(tb, &b, graph.Node{ID: people[i], Name: fmt.Sprintf("user%d", i), Attrs: graph.Attrs{
			{Key: "employee_id", Values: []string{fmt.Sprint(100000 + i)}},
			{Key: "status", Values: []string{"enabled"}},
			{Key: "type", Values: []string{"person"}},
		}})
	}
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range grants {
		g := graph.Grant{From: people[r.IntN(accounts)], To: groups[r.IntN(len(groups))], Kind: graph.Member}
		if i%10 == 0 {
			g.Since = start.Add(time.Duration(r.IntN(2000)) * 24 * time.Hour)
		}
		add(tb, &b, g)
	}
	return b.Graph()
}

var sizes = []struct{ accounts, grants int }{{10_000, 100_000}, {100_000, 1_000_000}, {1_000_000, 10_000_000}}

func BenchmarkWrite(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("accounts=%d/grants=%d", size.accounts, size.grants), func(b *testing.B) {
			g := organisation(b, size.accounts, size.grants, 1)
			parent := b.TempDir()
			b.ReportAllocs()
			n := 0
			var m snapshot.Manifest
			for b.Loop() {
				n++
				m = write(b, filepath.Join(parent, fmt.Sprint(n)), g)
			}
			reportRows(b, m)
			b.ReportMetric(float64(bytesOf(m)), "file-bytes")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("accounts=%d/grants=%d", size.accounts, size.grants), func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "snap")
			m := write(b, dir, organisation(b, size.accounts, size.grants, 1))
			b.ReportAllocs()
			for b.Loop() {
				read(b, dir)
			}
			reportRows(b, m)
		})
	}
}

func reportRows(b *testing.B, m snapshot.Manifest) {
	rows := 0
	for _, f := range m.Files {
		rows += f.Rows
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func bytesOf(m snapshot.Manifest) (n int64) {
	for _, f := range m.Files {
		n += f.Bytes
	}
	return n
}
