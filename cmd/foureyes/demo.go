// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/fixtures"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/text"
	"github.com/foureyes-iga/foureyes/sod"
)

// demoMark is in every folder that demo made; it replaces no other.
const demoMark = ".foureyes-demo"

func demoCommand(w world) *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "run the whole main job on the embedded company, at its own date",
		Description: "Writes the company's files, the snapshot, the findings and the packet, and certifies a quarter:\n" +
			"quarter.txt tells how, packets has what auditors get.\n" +
			"Exit code 0 when the findings equal the planted truth.",
		Flags: []cli.Flag{&cli.StringFlag{Name: "out", Value: filepath.Join("out", "demo"), Usage: "the `DIR` to write; an earlier demo there is replaced"}},
		Action: func(c *cli.Context) error {
			if _, err := wantArgs(c, 0, 0); err != nil {
				return err
			}
			return demo(c.Context, w, w.voice(c), c.String("out"))
		},
	}
}

// demo works in a new folder beside its target and puts that in place at the end.
func demo(ctx context.Context, w world, v *voice, out string) error {
	if err := refuseForeign(out); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(out), ".demo-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	j, p, err := demoJob(ctx, v, work, out)
	if err != nil {
		return err
	}
	if err := demoQuarter(ctx, w, work, out, j.graph); err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.Rename(work, out); err != nil {
		return err
	}
	if err := text.Render(w.stdout, p); err != nil {
		return err
	}
	wrong, err := fixtures.Compare(j.report)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return fmt.Errorf("the findings are not the planted truth:\n%s", strings.Join(wrong, "\n"))
	}
	v.sayf("")
	v.sayf("The %s equal the planted truth. In %s: the company's files, snapshot, findings.json, packet.pdf; a quarter's certification in quarter.txt, its sealed packets in packets.", reports.Plural(len(j.report.Findings), "finding"), out)
	v.sayf("Try next:")
	for _, line := range next(w.args[0], j.report, out) {
		v.sayf("  %s", line)
	}
	return nil
}

// refuseForeign makes sure that demo replaces only what demo wrote.
func refuseForeign(out string) error {
	_, err := os.Lstat(out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(out, demoMark)); err != nil {
		return usagef("%s exists and was not made by demo; name another folder", out)
	}
	return nil
}

func demoJob(ctx context.Context, v *voice, work, out string) (*judged, *reports.Packet, error) {
	company := filepath.Join(work, "company")
	if err := copyPrivate(company, fixtures.Demo()); err != nil {
		return nil, nil, err
	}
	config := filepath.Join(company, "foureyes.yaml")
	now, err := parseDate(fixtures.DemoDate)
	if err != nil {
		return nil, nil, err
	}
	cfg, all, err := jobs(config, now, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	if all, err = demoTenant(all); err != nil {
		return nil, nil, err
	}
	plan := collect.Plan{Jobs: all, Classify: cfg.Classify, Link: cfg.Link, Now: now}
	result, _, err := collectInto(ctx, plan, nil, filepath.Join(work, "snapshot"), v)
	if err != nil {
		return nil, nil, err
	}
	tellSnapshot(v, result, filepath.Join(out, "snapshot"))
	policy, err := readPolicy(filepath.Join(company, "policy.yaml"))
	if err != nil {
		return nil, nil, err
	}
	j, err := evaluate(v, filepath.Join(work, "snapshot"), policy, nil, now)
	if err != nil {
		return nil, nil, err
	}
	in := j.input()
	in.Entity, in.Period = fixtures.DemoEntity, fixtures.DemoPeriod
	p, err := reports.New(in)
	if err != nil {
		return nil, nil, err
	}
	var findings bytes.Buffer
	if err := jsonout.Render(&findings, p); err != nil {
		return nil, nil, err
	}
	if err := writeAll([]string{filepath.Join(work, "findings.json"), filepath.Join(work, demoMark)}, [][]byte{findings.Bytes(), nil}); err != nil {
		return nil, nil, err
	}
	return j, p, writePacket(filepath.Join(work, "packet.pdf"), p, nil)
}

// copyPrivate writes the files of a folder, which has no folders in it.
func copyPrivate(dir string, files fs.FS) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		content, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, e.Name()), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// next lists commands worth trying, with names from the report.
func next(program string, r *sod.Report, out string) []string {
	snap, policy := filepath.Join(out, "snapshot"), filepath.Join(out, "company", "policy.yaml")
	finding := ""
	if i := slices.IndexFunc(r.Findings, func(f sod.Finding) bool { return f.Status == sod.Open && len(f.Witness) > 1 }); i >= 0 {
		finding = r.Findings[i].ID
	}
	return []string{
		fmt.Sprintf("%s explain --policy %s %s %s", program, policy, snap, finding),
		fmt.Sprintf("%s analyze --policy %s --mode attainable %s", program, policy, snap),
		fmt.Sprintf("%s packet verify --trust %s %s", program, filepath.Join(out, "roots.pem"), filepath.Join(out, "packets", "campaign.pdf")),
	}
}
