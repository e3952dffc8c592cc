// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/evidence"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/diff"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/sod"
)

// packetKind is the kind of the ledger's records that name a packet which was sealed.
const packetKind = "packet"

func campaignPacketFlags() []cli.Flag {
	return []cli.Flag{
		evidenceFlag(), ledgerKeyFlag(), campaignFlag(), reviewerFlag(),
		&cli.StringFlag{Name: "application", Usage: "only access that leads to the `APPLICATION` of the policy"},
		&cli.StringFlag{Name: "all", Usage: "write into the new `FOLDER` a packet of the whole campaign, one for each application and one for each reviewer"},
		&cli.Int64Flag{Name: "size", Usage: "as it was when the ledger had `N` records: the same pages again"},
	}
}

// wantNoCampaign refuses what only packets of a campaign have. A key of the ledger that the
// environment names is for other verbs.
func wantNoCampaign(c *cli.Context, w world) error {
	for _, f := range campaignPacketFlags() {
		name := f.Names()[0]
		given := c.IsSet(name)
		if name == "ledger-key" {
			given = given && c.String(name) != w.env(ledgerKeyEnv)
		}
		if given && name != "evidence" {
			return usagef("--%s is for --evidence", name)
		}
	}
	return nil
}

// A campaignPacket is what one packet of a campaign is made from. With --all its file is a
// name in the folder.
type campaignPacket struct {
	file   string
	review *reports.Review
}

// buildCampaignPackets writes packets of a campaign from its evidence folder alone.
func buildCampaignPackets(c *cli.Context, w world, sealing *sealing, font *pdf.Font) (err error) {
	if _, err := wantArgs(c, 0, 0); err != nil {
		return err
	}
	for _, name := range []string{"policy", "baseline", "previous", "as-of", "mode"} {
		if c.IsSet(name) {
			return usagef("%s --evidence takes no --%s: what the campaign was begun with is in the evidence folder", verbName(c), name)
		}
	}
	store, err := packetStore(c, sealing)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	b, err := newCampaignBuilder(c, store)
	if err != nil {
		return err
	}
	b.font = font
	jobs, err := b.jobs(c)
	if err != nil {
		return err
	}
	dir := c.String("all")
	verdicts, err := b.build(c.Context, dir, jobs, sealing)
	if err != nil {
		return err
	}
	for i, j := range jobs {
		w.voice(c).sayf("%s: %s", filepath.Join(dir, j.file), verdicts[i])
		if _, err := fmt.Fprintln(w.stdout, filepath.Join(dir, j.file)); err != nil {
			return err
		}
	}
	return nil
}

// build writes the packets, into a new folder all or none.
func (b *campaignBuilder) build(ctx context.Context, dir string, jobs []campaignPacket, sealing *sealing) (verdicts []string, err error) {
	into := func(work string) error {
		for _, j := range jobs {
			p, err := b.packet(j.review)
			if err != nil {
				return err
			}
			if err := b.write(ctx, filepath.Join(work, j.file), p, sealing); err != nil {
				return err
			}
			verdicts = append(verdicts, p.Verdict())
		}
		return nil
	}
	if dir == "" {
		err = into("")
		return verdicts, err
	}
	err = unfinishedFolder(dir, func(work string) error {
		if err := os.Mkdir(work, 0o700); err != nil {
			return err
		}
		return into(work)
	})
	return verdicts, err
}

// packetStore opens the evidence folder: to write when packets are sealed, for the ledger
// records each.
func packetStore(c *cli.Context, sealing *sealing) (*ledgerStore, error) {
	size := c.Int64("size")
	switch {
	case size < 0:
		return nil, usagef("--size %d: want 1 or more", size)
	case sealing != nil && size > 0:
		return nil, usagef("--size makes the pages of an earlier packet again, as a draft: it takes no --key")
	case sealing != nil:
		return writeStore(c)
	}
	store, err := readStore(c)
	if err == nil {
		store.size = size
	}
	return store, err
}

// A campaignBuilder makes packets of one campaign, all from one state of the ledger.
type campaignBuilder struct {
	*session
	ledger   *ledgerStore
	about    *reports.Ledger
	proof    evidence.Inclusion // of the last record of the campaign; zero with --size
	forward  *reports.RollForward
	previous *graph.Graph
	policy   *sod.Policy // of the campaign before this one
	baseline *reports.Findings
	plan     *reports.Plan // nil: nobody asked
	entity   string
	prepared time.Time
	by       string
	font     *pdf.Font
}

func newCampaignBuilder(c *cli.Context, store *ledgerStore) (*campaignBuilder, error) {
	s, err := readSession(c.Context, store, c.String("campaign"))
	if err != nil {
		return nil, err
	}
	b := &campaignBuilder{session: s, ledger: store, entity: c.String("entity"), by: c.String("prepared-by")}
	if b.prepared, err = dateFlag(c, "prepared-on"); err != nil {
		return nil, err
	}
	if r, over := s.Closing(); over && b.prepared.IsZero() {
		b.prepared = r.At
	}
	if err := b.state(c.Context); err != nil {
		return nil, err
	}
	if b.plan, err = planFor(c, reports.Input{Graph: s.subject.Graph, Policy: s.subject.Policy, Report: s.subject.Report, Snapshot: s.info}); err != nil {
		return nil, err
	}
	return b, b.before(c.Context, s.Terms.ID)
}

// state reads of which state of the ledger the packets are.
func (b *campaignBuilder) state(ctx context.Context) error {
	l := b.ledger.ledger
	head, err := l.Head()
	if err != nil {
		return err
	}
	at := head.Checkpoint
	if b.ledger.size > 0 {
		if at, err = l.At(b.ledger.size); err != nil {
			return err
		}
	}
	last := int64(-1)
	for e, err := range l.Records(ctx, 0) {
		if err != nil {
			return err
		}
		if e.Index < at.Size && e.Kind == campaignKind && e.Series == seriesOf(b.Terms.ID) {
			last = e.Index
		}
	}
	b.about = &reports.Ledger{Origin: at.Origin, Size: at.Size, Root: at.Root.String(), Record: last, Keys: l.Keys()}
	if b.ledger.size == 0 {
		b.proof, err = l.ProveRecord(ctx, last)
	}
	return err
}

// before reads what the campaign before this one was about: its population and its findings.
func (b *campaignBuilder) before(ctx context.Context, name string) error {
	earlier := b.history.previous(name)
	if earlier == "" {
		return nil
	}
	s, err := readSession(ctx, b.store, earlier)
	if err != nil {
		return err
	}
	d := diff.Compare(s.subject.Graph, b.subject.Graph, s.subject.AsOf, b.subject.AsOf)
	b.forward, b.previous, b.policy = reports.RollForwardOf(d, s.info, b.subject.Graph, b.subject.Policy), s.subject.Graph, s.subject.Policy
	b.baseline, err = b.findingsOf(ctx, s)
	return err
}

// findingsOf are the findings of an earlier campaign, which carry on those of the ones
// before it.
func (b *campaignBuilder) findingsOf(ctx context.Context, s *session) (*reports.Findings, error) {
	in := reports.Input{Graph: s.subject.Graph, Policy: s.subject.Policy, Report: s.subject.Report, Snapshot: s.info}
	if earlier := b.history.previous(s.Terms.ID); earlier != "" {
		older, err := readSession(ctx, b.store, earlier)
		if err != nil {
			return nil, err
		}
		if in.Baseline, err = b.findingsOf(ctx, older); err != nil {
			return nil, err
		}
	}
	p, err := reports.New(in)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := jsonout.Render(&text, p); err != nil {
		return nil, err
	}
	return jsonout.Read(&text)
}

// packet makes the packet of a review.
func (b *campaignBuilder) packet(r *reports.Review) (*reports.Packet, error) {
	in := reports.Input{
		Graph: b.subject.Graph, Policy: b.subject.Policy, Report: b.subject.Report, Snapshot: b.info, Review: r, Ledger: b.about,
		Plan: b.plan, Baseline: b.baseline, PolicyWas: b.policy, Forward: b.forward, Entity: b.entity, Period: b.Terms.Period, PreparedBy: b.by, PreparedAt: b.prepared,
	}
	if in.PreparedBy == "" {
		in.PreparedBy = r.By.Label()
	}
	if r.Only() == "" {
		in.Standing = b.standing(graph.ID{})
	}
	if b.subject.Policy.LeaverSLA() != nil {
		in.Previous = b.previous
	}
	return reports.New(in)
}

// jobs are the packets that the flags ask for.
func (b *campaignBuilder) jobs(c *cli.Context) ([]campaignPacket, error) {
	whole := reports.NewReview(b.Campaign, b.subject, graph.ID{})
	if dir := c.String("all"); dir != "" {
		if c.IsSet("out") || c.IsSet("reviewer") || c.IsSet("application") {
			return nil, usagef("%s --all takes no --out, --reviewer or --application", verbName(c))
		}
		if err := refuseExisting(dir); err != nil {
			return nil, err
		}
		return b.everything(whole), nil
	}
	out, err := wantPDF(c)
	if err != nil {
		return nil, err
	}
	who, app := c.String("reviewer"), c.String("application")
	switch {
	case who != "" && app != "":
		return nil, usagef("%s takes --reviewer or --application, not both", verbName(c))
	case who != "":
		id, err := idFlag(c, "reviewer")
		if err != nil {
			return nil, err
		}
		if err := b.wantKnown(id); err != nil {
			return nil, err
		}
		return []campaignPacket{{out, reports.NewReview(b.Campaign, b.subject, id)}}, nil
	case app != "":
		for _, a := range b.subject.Policy.Apps {
			if a.ID == app {
				return []campaignPacket{{out, whole.ToApplication(a)}}, nil
			}
		}
		return nil, usagef("--application %s: the policy has no such application", app)
	}
	return []campaignPacket{{out, whole}}, nil
}

// everything is the packet of the whole campaign, then those of applications and of
// reviewers that have lines.
func (b *campaignBuilder) everything(whole *reports.Review) []campaignPacket {
	all := []campaignPacket{{"campaign.pdf", whole}}
	add := func(name string, r *reports.Review) {
		file := name + ".pdf"
		for i := 2; slices.ContainsFunc(all, func(p campaignPacket) bool { return p.file == file }); i++ {
			file = fmt.Sprintf("%s-%d.pdf", name, i) // keys that differ only in what file names lack
		}
		all = append(all, campaignPacket{file, r})
	}
	for _, a := range b.subject.Policy.Apps {
		if r := whole.ToApplication(a); len(r.Lines) > 0 && b.covers(a.ID) {
			add("application-"+fileName(a.ID), r)
		}
	}
	for _, who := range reviewersOf(whole) {
		if r := reports.NewReview(b.Campaign, b.subject, who); len(r.Lines)+len(r.SignOffs) > 0 {
			add("reviewer-"+fileName(string(who.Source)+"-"+who.Key), r)
		}
	}
	return all
}

// reviewersOf lists whoever was given a line, in order.
func reviewersOf(r *reports.Review) (all []graph.ID) {
	for _, l := range r.Lines {
		for _, s := range l.Trail {
			all = append(all, s.To.ID)
		}
		if !l.Reviewer.ID.IsZero() {
			all = append(all, l.Reviewer.ID)
		}
	}
	slices.SortFunc(all, graph.ID.Compare)
	return slices.Compact(all)
}

// covers reports whether an application is one that the campaign is about.
func (b *campaignBuilder) covers(app string) bool {
	in := b.Terms.Scope.Applications
	return len(in) == 0 || slices.Contains(in, app)
}

// fileName keeps of a key what every file system takes.
func fileName(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, key)
}

// write writes drafts, or seals each document of the packet.
func (b *campaignBuilder) write(ctx context.Context, out string, p *reports.Packet, sealing *sealing) error {
	if sealing == nil {
		return writePacket(out, p, b.font)
	}
	for _, part := range partsOf(out, p) {
		if err := b.seal(ctx, part.out, part.packet, sealing); err != nil {
			return err
		}
	}
	return nil
}

// seal seals one document and records it in the ledger.
func (b *campaignBuilder) seal(ctx context.Context, out string, p *reports.Packet, sealing *sealing) error {
	files, err := sealing.files(out, p, b.proof.Encode())
	if err != nil {
		return err
	}
	pdf := files[len(files)-1].content
	d, err := b.ledger.ledger.PutObject(ctx, bytes.NewReader(pdf))
	if err != nil {
		return err
	}
	at, err := b.ledger.ledger.Append(ctx, evidence.Record{
		Kind: packetKind, Class: evidence.ClassSox, Series: seriesOf(b.Terms.ID), Time: sealing.options.Claimed.Truncate(time.Second), Objects: []evidence.Digest{d},
	})
	if err != nil {
		return err
	}
	proof, err := b.ledger.ledger.ProveRecord(ctx, at[0])
	if err != nil {
		return err
	}
	files = append([]packetFile{{withExt(out, checkpointExt), b.proof.Note}, {withExt(out, proofExt), proof.Encode()}}, files...)
	return writeFiles(files)
}

// seriesOf names the series of a campaign's records.
func seriesOf(name string) string { return "campaign/" + name }

// The ends of the names of the files that only a sealed packet of a campaign has.
const (
	checkpointExt = ".checkpoint"
	proofExt      = ".tlog-proof"
)
