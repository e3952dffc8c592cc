// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

// A campaignStore keeps records and files of campaigns: an evidence folder.
type campaignStore interface {
	campaign.Recorder
	Records(ctx context.Context, kind string) iter.Seq2[[]byte, error] // of one kind, in order
	Put(ctx context.Context, object []byte) (digest string, err error) // durable when it returns
	Get(ctx context.Context, digest string) ([]byte, error)
	Close() error
}

// A session is a campaign that is read from its store, with what it was begun with.
type session struct {
	*campaign.Campaign
	subject   campaign.Subject
	info      reports.SnapshotInfo // of the subject
	store     campaignStore
	history   history // of all campaigns in the store
	performed []campaign.Performance
}

// wantKnown refuses whom the snapshot of the campaign does not have.
func (s *session) wantKnown(id graph.ID) error {
	if _, ok := s.subject.Graph.Find(id); !ok {
		return fmt.Errorf("%s is nobody that the snapshot of campaign %s knows", id, s.Terms.ID)
	}
	return nil
}

// standing tells how the campaign stands, or one reviewer's part of it.
func (s *session) standing(reviewer graph.ID) *reports.Standing {
	return reports.NewStanding(reports.NewReview(s.Campaign, s.subject, reviewer), s.Campaign, s.subject, s.performed)
}

// openSession reads the campaign that the flags name; without one, the only one there is.
func openSession(c *cli.Context) (*session, error) {
	store, err := writeStore(c)
	if err != nil {
		return nil, err
	}
	return sessionIn(c, store)
}

// readOnly is openSession for verbs that only look.
func readOnly(c *cli.Context) (*session, error) {
	store, err := readStore(c)
	if err != nil {
		return nil, err
	}
	return sessionIn(c, store)
}

func sessionIn(c *cli.Context, store campaignStore) (*session, error) {
	s, err := readSession(c.Context, store, c.String("campaign"))
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return s, nil
}

func readSession(ctx context.Context, store campaignStore, name string) (*session, error) {
	all, err := readHistory(ctx, store)
	if err != nil {
		return nil, err
	}
	order := all.names()
	if name == "" && len(order) == 1 {
		name = order[0]
	}
	records := all.of(name)
	switch {
	case len(order) == 0:
		return nil, errors.New("there is no campaign in this evidence folder: foureyes campaign new begins one")
	case name == "":
		return nil, usagef("there are several campaigns: name one by --campaign (%s)", strings.Join(order, ", "))
	case records == nil:
		return nil, fmt.Errorf("campaign %q is not in this evidence folder; there are: %s", name, strings.Join(order, ", "))
	case records[0].Opened == nil:
		return nil, fmt.Errorf("campaign %s: its first record does not begin it", name)
	}
	s := &session{store: store, history: all}
	if s.performed, err = readPerformed(ctx, store); err != nil {
		return nil, err
	}
	if s.subject, s.info, err = subjectOf(ctx, store, *records[0].Opened); err != nil {
		return nil, fmt.Errorf("campaign %s: %w", name, err)
	}
	s.subject.Before = all.before(name)
	if s.Campaign, err = campaign.Replay(s.subject, slices.Values(records)); err != nil {
		return nil, fmt.Errorf("campaign %s: %w", name, err)
	}
	s.Continue(store)
	return s, nil
}

// A history is all records of campaigns, in order.
type history []campaign.Record

func readHistory(ctx context.Context, store campaignStore) (all history, err error) {
	for text, err := range store.Records(ctx, campaignKind) {
		if err != nil {
			return nil, err
		}
		r, err := campaign.ParseRecord(text)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// names lists the campaigns, in the order in which they began.
func (h history) names() (all []string) {
	for _, r := range h {
		if !slices.Contains(all, r.Campaign) {
			all = append(all, r.Campaign)
		}
	}
	return all
}

func (h history) of(name string) (all []campaign.Record) {
	for _, r := range h {
		if r.Campaign == name {
			all = append(all, r)
		}
	}
	return all
}

// before returns what the campaigns that were closed when one began had ended with: the
// answer of each line, "" when nobody decided. The name of none asks about now.
func (h history) before(name string) map[string]campaign.Answer {
	last := map[string]campaign.Answer{}
	for _, r := range h {
		switch {
		case r.Opened != nil && r.Campaign == name:
			return last
		case r.Closed != nil:
			maps.Copy(last, r.Closed.Answers)
		}
	}
	return last
}

// previous names the campaign that was the last to be closed before one began; "" is none.
func (h history) previous(name string) (last string) {
	for _, r := range h {
		switch {
		case r.Opened != nil && r.Campaign == name:
			return last
		case r.Closed != nil:
			last = r.Campaign
		}
	}
	return ""
}

// keep puts the files that a campaign is begun with into the store.
func keep(ctx context.Context, store campaignStore, snapshot, policy string) ([]campaign.Kept, error) {
	var kept []campaign.Kept
	put := func(name string, content []byte) error {
		digest, err := store.Put(ctx, content)
		kept = append(kept, campaign.Kept{Name: name, Object: digest})
		return err
	}
	files, err := os.ReadDir(snapshot)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(snapshot, f.Name()))
		if err != nil {
			return nil, err
		}
		if err := put("snapshot/"+f.Name(), content); err != nil {
			return nil, err
		}
	}
	_, err = policyfile.Load(policy, func(name string) ([]byte, error) {
		content, err := policySource(name)
		if err != nil {
			return nil, err
		}
		return content, put("policy/"+beside(policy, name), content)
	})
	if err != nil {
		return nil, err
	}
	switch content, err := os.ReadFile(lockPath(policy)); {
	case err == nil:
		if err := put("lock", content); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	return kept, nil
}

// beside is the name of a file of a policy as seen from the policy's folder: where that
// lies is nobody's business later.
func beside(policy, name string) string {
	if _, ok := policyfile.BuiltinName(policy); ok {
		return name
	}
	rel, err := filepath.Rel(filepath.Dir(policy), name)
	if err != nil {
		return name
	}
	return filepath.ToSlash(rel)
}

// subjectOf brings back what a campaign was begun with, and judges it again.
func subjectOf(ctx context.Context, store campaignStore, o campaign.Opened) (s campaign.Subject, info reports.SnapshotInfo, err error) {
	dir, err := os.MkdirTemp("", "foureyes-snapshot-*")
	if err != nil {
		return s, info, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	files, first, err := unpack(ctx, store, o.Kept, dir)
	if err != nil {
		return s, info, err
	}
	p, err := policyfile.Load(first, func(name string) ([]byte, error) {
		content, ok := files["policy/"+name]
		if !ok {
			return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
		}
		return content, nil
	})
	if err != nil {
		return s, info, err
	}
	if p.Digest != o.Policy {
		return s, info, fmt.Errorf("its policy has the digest %s, want %s", p.Digest, o.Policy)
	}
	if text, ok := files["lock"]; ok {
		lock, err := policyfile.ParseLock("policy.lock", text)
		if err != nil {
			return s, info, err
		}
		p = lock.Apply(p)
	}
	snap, g, err := openJudged(dir)
	if err != nil {
		return s, info, err
	}
	if d := snap.Manifest().Digest; d != o.Snapshot {
		return s, info, fmt.Errorf("its snapshot has the digest %s, want %s", d, o.Snapshot)
	}
	return subjectFor(g, p, o.AsOf), infoOf(snap), nil
}

func subjectFor(g *graph.Graph, p *sod.Policy, asOf time.Time) campaign.Subject {
	return campaign.Subject{Graph: g, Policy: p, Report: sod.Evaluate(g, p, asOf, check.Judge), AsOf: asOf}
}

// unpack writes the files of the snapshot into a folder, and returns the others, and the
// name of the policy's first file.
func unpack(ctx context.Context, store campaignStore, kept []campaign.Kept, dir string) (files map[string][]byte, first string, err error) {
	files = map[string][]byte{}
	for _, k := range kept {
		content, err := store.Get(ctx, k.Object)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", k.Name, err)
		}
		name, ofSnapshot := strings.CutPrefix(k.Name, "snapshot/")
		if !ofSnapshot {
			files[k.Name] = content
			if policy, ok := strings.CutPrefix(k.Name, "policy/"); ok && first == "" {
				first = policy
			}
			continue
		}
		if name != filepath.Base(name) || !filepath.IsLocal(name) {
			return nil, "", fmt.Errorf("%q is no name of a file of a snapshot", name)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return nil, "", err
		}
	}
	return files, first, nil
}
