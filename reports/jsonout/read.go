// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

// ErrNewer is returned (wrapped) for findings in a version of the format that
// this program does not know.
var ErrNewer = errors.New("written by a newer foureyes: use that version to read it")

// Read reads findings that [Render] wrote, of this version of the format or an
// older one. It does not check what it does not need to compare with.
func Read(r io.Reader) (*reports.Findings, error) {
	var d document
	dec := json.NewDecoder(r)
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("findings: something follows the object")
	}
	if err := checkFormat(d.Format); err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	if d.Annex == reports.Withheld {
		return nil, errors.New("findings: some of it stands in the restricted annex only: take the JSON of the annex, which has all of it")
	}
	asOf, err := time.Parse(time.RFC3339, d.AsOf)
	if err != nil {
		return nil, fmt.Errorf("findings: as_of %q: want a time such as 2026-10-01T23:59:59Z", d.AsOf)
	}
	out := &reports.Findings{Snapshot: d.Snapshot.Digest, Policy: d.Policy.Digest, AsOf: asOf}
	for i, f := range d.Findings {
		p, err := past(f)
		if err != nil {
			return nil, fmt.Errorf("findings[%d]: %w", i, err)
		}
		out.Findings = append(out.Findings, p)
	}
	if d.Baseline == nil {
		return out, nil
	}
	for i, g := range slices.Concat(d.Baseline.Gone, d.Baseline.Before) {
		p, err := pastGone(g, asOf)
		if err != nil {
			return nil, fmt.Errorf("baseline, gone or before[%d]: %w", i, err)
		}
		out.Gone = append(out.Gone, p)
	}
	return out, nil
}

func checkFormat(s string) error {
	version, ok := strings.CutPrefix(s, "foureyes/findings/")
	n, err := strconv.Atoi(version)
	switch {
	case !ok || err != nil || n < 1:
		return fmt.Errorf("format %q: want %s, as analyze --format json writes it", s, format)
	case n > 1:
		return fmt.Errorf("format %q: %w", s, ErrNewer)
	}
	return nil
}

func past(f finding) (reports.Past, error) {
	if f.ID == "" || f.Rule == "" {
		return reports.Past{}, errors.New("no id or no rule")
	}
	p := reports.Past{ID: f.ID, Kind: f.Kind, Rule: f.Rule, Title: f.Title, Severity: severity(f.Severity), Same: f.Same, Status: sod.Status(f.Status)}
	if p.Status != sod.Open && p.Status != sod.Accepted {
		return p, fmt.Errorf("%s: status %q: want open or accepted", f.ID, f.Status)
	}
	if f.Mode != "" {
		m, err := reach.ParseMode(f.Mode)
		if err != nil {
			return p, fmt.Errorf("%s: %w", f.ID, err)
		}
		p.Mode = m
	}
	for i, id := range f.Subjects {
		p.Subjects = append(p.Subjects, thing(id, f.Names, i))
	}
	return p, errors.Join(moment(f.FirstSeen, &p.FirstSeen), moment(f.Since, &p.Since))
}

// pastGone reads what a report carries on of those before it. What an older
// program wrote without times was resolved by that report itself.
func pastGone(g gone, asOf time.Time) (reports.Gone, error) {
	p, err := past(finding{
		ID: g.ID, Kind: g.Kind, Rule: g.Rule, Title: g.Title, Severity: g.Severity, Mode: g.Mode,
		Subjects: g.Subjects, Names: g.Names, Same: g.Same, Status: g.Was, FirstSeen: g.FirstSeen, Since: g.Since,
	})
	if err != nil {
		return reports.Gone{}, err
	}
	out := reports.Gone{Past: p, State: g.State, Why: g.Why}
	if g.State != reports.IsResolved && g.State != reports.CannotTell {
		return out, fmt.Errorf("%s: state %q: want resolved or cannot tell", g.ID, g.State)
	}
	if err := errors.Join(moment(g.LastSeen, &out.LastSeen), moment(g.Resolved, &out.Resolved)); err != nil {
		return out, fmt.Errorf("%s: %w", g.ID, err)
	}
	if out.Resolved.IsZero() && out.State == reports.IsResolved {
		out.Resolved = asOf
	}
	return out, nil
}

// moment reads a time; one that is not told stays unknown.
func moment(text string, into *time.Time) (err error) {
	if text != "" {
		*into, err = time.Parse(time.RFC3339, text)
	}
	return err
}

func thing(id graph.ID, names []string, i int) reports.Thing {
	t := reports.Thing{ID: id}
	if i < len(names) {
		t.Name = names[i]
	}
	return t
}
