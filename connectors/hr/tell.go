// SPDX-License-Identifier: Apache-2.0

package hr

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/connectors/internal/feed"
	"github.com/foureyes-iga/foureyes/graph"
)

// tell yields the run and the coverage.
func (r *run) tell(yield func(graph.Fact, error) bool) {
	src := r.opts.Source
	if !yield(graph.SourceRun{Source: src, Connector: "hr", Started: r.opts.Now.UTC(), Ended: r.opts.Ended()}, nil) {
		return
	}
	for _, d := range graph.Datasets() {
		cov := graph.Coverage{Source: src, Dataset: d, State: graph.NotApplicable}
		if d == graph.Identities {
			cov = r.coverage()
		}
		if !yield(cov, nil) {
			return
		}
	}
}

// coverage says how much of all people was read: as much as the worst feed.
func (r *run) coverage() graph.Coverage {
	verdicts := make([]feed.Verdict, len(r.parts))
	for i, p := range r.parts {
		verdicts[i] = p.verdict(r.opts.Now)
	}
	var cov graph.Coverage
	if len(r.parts) == 1 {
		cov = verdicts[0].Coverage(r.opts.Source, graph.Identities, r.parts[0].reading)
	} else {
		cov = r.joined(verdicts)
	}
	var repeated, without, contradicted, overruled int
	for _, p := range r.parts {
		repeated, without = repeated+p.repeated, without+p.nameless
		contradicted, overruled = contradicted+p.contradicted, overruled+p.overruled
	}
	cov.Details.Set("people", strconv.Itoa(r.people))
	cov.Details.Set("repeated_rows", strconv.Itoa(repeated))
	cov.Details.Set("rows_without_id", strconv.Itoa(without))
	if contradicted > 0 {
		cov.Details.Set("contradicted_people", strconv.Itoa(contradicted))
	}
	if overruled > 0 {
		cov.Details.Set("overruled_records", strconv.Itoa(overruled))
	}
	return cov
}

// verdict says whether it means anything that somebody is not in a feed.
func (p *part) verdict(now time.Time) feed.Verdict {
	v := p.reading.Verify(now, p.maxAge)
	if p.nameless > 0 {
		v = v.Less(fmt.Sprintf("rows without an employee id were left out: %d, the first in line %d", p.nameless, p.firstAt))
	}
	if p.contradicted > 0 {
		v = v.Less(fmt.Sprintf("rows with one employee id say different things, for %d ids, and may be of several people", p.contradicted))
	}
	if !p.authoritative() {
		v = v.Less("it is not authoritative: that somebody is not in it means nothing")
	}
	return v
}

// joined is the coverage by several feeds: complete when each of them is.
func (r *run) joined(verdicts []feed.Verdict) graph.Coverage {
	cov := graph.Coverage{Source: r.opts.Source, Dataset: graph.Identities, State: graph.Complete}
	var rows, expected int
	var reasons, names, files, sums, moments []string
	counted := true
	for i, p := range r.parts {
		v := verdicts[i]
		rows += p.reading.Rows
		n, known := v.Expected.Get()
		expected, counted = expected+int(n), counted && known
		if v.State != graph.Complete {
			cov.State = graph.Partial
			reasons = append(reasons, p.Name+": "+v.Reason)
		}
		moment := "unknown"
		if !v.AsOf.IsZero() {
			moment = v.AsOf.UTC().Format(time.RFC3339)
		}
		names, files = append(names, p.Name), append(files, filepath.Base(p.Path))
		sums, moments = append(sums, p.reading.SHA256), append(moments, moment)
	}
	cov.Received, cov.Reason = graph.CountOf(rows), strings.Join(reasons, "; ")
	if counted {
		cov.Expected, cov.Method = graph.CountOf(expected), "rows and SHA-256 of the manifests beside the feeds"
	}
	for key, values := range map[string][]string{"feeds": names, "file": files, "sha256": sums, "as_of": moments} {
		cov.Details.Set(key, slices.Clone(values)...)
	}
	return cov
}
