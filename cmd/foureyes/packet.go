// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/table"
	"github.com/foureyes-iga/foureyes/sod/remedy"
)

func packetCommand(w world) *cli.Command {
	return &cli.Command{
		Name:  "packet",
		Usage: "build the review packet, and check a sealed one",
		Subcommands: []*cli.Command{{
			Name:        "build",
			Usage:       "judge a snapshot and write the packet as PDF, with the same lines as JSON and CSV beside it",
			ArgsUsage:   "[SNAPSHOT]",
			Description: "With --evidence, of a campaign, and then without SNAPSHOT and --policy: both are in the evidence folder.",
			Flags: append(append(append(evaluateFlags(), sealFlags()...), campaignPacketFlags()...),
				fontFlag(),
				&cli.StringFlag{Name: "out", Usage: "the new `FILE`.pdf; FILE.json and FILE.csv are written beside it, and what is restricted into FILE.restricted.pdf and its own"},
				&cli.StringFlag{Name: "baseline", Usage: "an earlier `REPORT` in JSON to compare with"},
				&cli.StringFlag{Name: "previous", Usage: "an earlier `SNAPSHOT`: the population is carried forward from it, and what lived in it did not end before"},
				&cli.BoolFlag{Name: "remedy", Usage: "tell what to revoke at the least cost, too"},
				&cli.StringFlag{Name: "cost", Usage: "with --remedy: a `FILE` of what revoking costs, and of what must stay"},
				&cli.StringFlag{Name: "entity", Usage: "whose controls these are"},
				&cli.StringFlag{Name: "period", Usage: "the period under review, such as \"Q3 2026\""},
				&cli.StringFlag{Name: "prepared-by", Usage: "who prepared the packet"},
				&cli.StringFlag{Name: "prepared-on", Usage: "the `DATE` on which it was prepared"},
			),
			Action: func(c *cli.Context) error { return buildPacket(c, w) },
		}, verifyPacketCommand(w), samplePacketCommand(w)},
	}
}

func buildPacket(c *cli.Context, w world) (err error) {
	sealing, err := sealingFrom(c, w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sealing.close()) }()
	font, err := fontFrom(c)
	if err != nil {
		return err
	}
	if sealing != nil {
		sealing.font = font
	}
	if c.String("evidence") != "" {
		return buildCampaignPackets(c, w, sealing, font)
	}
	if err := wantNoCampaign(c, w); err != nil {
		return err
	}
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	out, err := wantPDF(c)
	if err != nil {
		return err
	}
	preparedOn, err := dateFlag(c, "prepared-on")
	if err != nil {
		return err
	}
	baseline, err := readBaseline(c.String("baseline"))
	if err != nil {
		return err
	}
	v := w.voice(c)
	j, err := judge(c, v, args[0])
	if err != nil {
		return err
	}
	in := j.input()
	in.Baseline, in.Entity, in.Period = baseline, c.String("entity"), c.String("period")
	in.PreparedBy, in.PreparedAt = c.String("prepared-by"), preparedOn
	if err := j.forward(&in, c.String("previous")); err != nil {
		return err
	}
	if in.Plan, err = planFor(c, in); err != nil {
		return err
	}
	p, err := reports.New(in)
	if err != nil {
		return err
	}
	if sealing == nil {
		err = writePacket(out, p, font)
	} else {
		err = sealing.writePacket(out, p)
	}
	if err != nil {
		return err
	}
	v.sayf("%s: %s", out, p.Verdict())
	_, err = fmt.Fprintln(w.stdout, out)
	return err
}

// wantPDF returns the name of the new packet, of which no file may exist yet.
func wantPDF(c *cli.Context) (string, error) {
	out, err := wantFlag(c, "out")
	if err != nil {
		return "", err
	}
	if filepath.Ext(out) != ".pdf" {
		return "", usagef("--out %s: want a name that ends in .pdf", out)
	}
	for _, name := range []string{out, annexOf(out)} {
		for _, ext := range append([]string{".pdf", ".json", ".csv"}, sealedExts()...) {
			if err := refuseExisting(withExt(name, ext)); err != nil {
				return "", err
			}
		}
	}
	return out, nil
}

// planFor finds the least-cost way out for a packet, when it is asked for.
func planFor(c *cli.Context, in reports.Input) (*reports.Plan, error) {
	if !c.Bool("remedy") {
		if c.IsSet("cost") {
			return nil, usagef("--cost is for --remedy")
		}
		return nil, nil
	}
	costs, err := readCosts(c.String("cost"))
	if err != nil {
		return nil, err
	}
	return solve(c.Context, in, in.Report.AsOf, remedy.Options{Costs: costs})
}

func withExt(pdf, ext string) string { return strings.TrimSuffix(pdf, ".pdf") + ext }

// packetExts are the ends of the names of a packet's files, the PDF last.
func packetExts() []string { return []string{".json", ".csv", ".pdf"} }

// annexOf names the restricted annex of the packet of that name.
func annexOf(out string) string { return withExt(out, ".restricted.pdf") }

// A packetPart is one document of a packet.
type packetPart struct {
	out    string
	packet *reports.Packet
}

// partsOf are the documents of a packet: the one to be handed on, and the restricted
// annex, if anything is restricted. A packet about a part of a campaign is for whoever
// that part is of, and has no annex: that of the whole has it.
func partsOf(out string, p *reports.Packet) []packetPart {
	open, annex := p.Split()
	if annex == nil || p.About != "" {
		return []packetPart{{out, open}}
	}
	return []packetPart{{annexOf(out), annex}, {out, open}}
}

// writePacket renders everything before it writes anything, and the PDF last.
func writePacket(out string, p *reports.Packet, font *pdf.Font) error {
	var files []packetFile
	for _, part := range partsOf(out, p) {
		if err := setFont(part.packet, font); err != nil {
			return err
		}
		contents, err := drawPacket(part.packet, font)
		if err != nil {
			return err
		}
		for i, ext := range packetExts() {
			files = append(files, packetFile{withExt(part.out, ext), contents[i]})
		}
	}
	return writeFiles(files)
}

// drawPacket renders p in the order of [packetExts].
func drawPacket(p *reports.Packet, font *pdf.Font) ([][]byte, error) {
	var contents [][]byte
	for _, render := range []reports.Render{jsonout.Render, table.Render, font.Render} {
		var b bytes.Buffer
		if err := render(&b, p); err != nil {
			return nil, err
		}
		contents = append(contents, b.Bytes())
	}
	return contents, nil
}
