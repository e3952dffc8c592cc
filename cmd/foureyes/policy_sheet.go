// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/reports/policysheet"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/policyfile"
)

func policySuggestCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "suggest", Usage: "make a worksheet of every group, role and entitlement, with proposed duties",
		Description: "Its columns duty, state, judged_by and judged_on are filled in by those who know; then\n" +
			"foureyes policy import reads it back.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "snapshot", Usage: "the `SNAPSHOT` to look into"},
			&cli.StringFlag{Name: "policy", Usage: "the policy `FILE` with the duties, or builtin:NAME"},
			&cli.StringFlag{Name: "previous", Usage: "an earlier worksheet `FILE`: what it decided is kept"},
			&cli.StringFlag{Name: "format", Value: "csv", Usage: "`FORMAT` of the worksheet: csv or xlsx"},
			&cli.StringFlag{Name: "out", Usage: "the new `FILE`; default: standard output"},
			&cli.StringFlag{Name: "as-of", Usage: "count members as of this `DATE`; default: the end of the snapshot"},
		},
		Action: func(c *cli.Context) error { return policySuggest(c, w) },
	}
}

func policySuggest(c *cli.Context, w world) error {
	if _, err := wantArgs(c, 0, 0); err != nil {
		return err
	}
	dir, err := wantFlag(c, "snapshot")
	if err != nil {
		return err
	}
	format, out := c.String("format"), c.String("out")
	if format != "csv" && format != "xlsx" {
		return usagef("--format %q: want csv or xlsx", format)
	}
	if out != "" {
		if err := refuseExisting(out); err != nil {
			return err
		}
	}
	sheet, err := suggest(c, dir)
	if err != nil {
		return err
	}
	write := sheet.CSV
	if format == "xlsx" {
		write = sheet.XLSX
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return fmt.Errorf("worksheet: %w", err)
	}
	if err := deliver(w, out, b.Bytes()); err != nil {
		return err
	}
	w.voice(c).sayf("%s", sheet.Count())
	return nil
}

func suggest(c *cli.Context, dir string) (*policysheet.Sheet, error) {
	asOf, err := dateFlag(c, "as-of")
	if err != nil {
		return nil, err
	}
	p := &sod.Policy{}
	if file := c.String("policy"); file != "" {
		if p, err = readPolicy(file); err != nil {
			return nil, err
		}
	}
	s, g, err := openJudged(dir)
	if err != nil {
		return nil, err
	}
	if asOf.IsZero() {
		asOf = s.Manifest().Ended
	}
	sheet := policysheet.Suggest(p, g, asOf)
	if file := c.String("previous"); file != "" {
		earlier, err := readSheet(file)
		if err != nil {
			return nil, err
		}
		sheet.Keep(earlier)
	}
	return sheet, nil
}

const maxSheet = 64 << 20

func readSheet(file string) (*policysheet.Sheet, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("worksheet: %w", err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxSheet+1))
	if err != nil {
		return nil, fmt.Errorf("worksheet: %w", err)
	}
	return policysheet.Read(file, src)
}

// deliver writes a result to a new file, or to standard output.
func deliver(w world, out string, content []byte) error {
	if out == "" {
		_, err := w.stdout.Write(content)
		return err
	}
	return writeAll([]string{out}, [][]byte{content})
}

func policyImportCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "import", Usage: "put what a worksheet says into the duties of a policy", ArgsUsage: "WORKSHEET",
		Description: "The policy is printed, or written to a new file; the one that is read stays as it is.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "policy", Usage: "the policy `FILE` that the worksheet was made for, or builtin:NAME"},
			&cli.StringFlag{Name: "out", Usage: "the new `FILE`; default: standard output"},
		},
		Action: func(c *cli.Context) error { return policyImport(c, w) },
	}
}

func policyImport(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	file, err := wantFlag(c, "policy")
	if err != nil {
		return err
	}
	out := c.String("out")
	if out != "" {
		if err := refuseExisting(out); err != nil {
			return err
		}
	}
	if _, err := readPolicy(file); err != nil {
		return err
	}
	sheet, err := readSheet(args[0])
	if err != nil {
		return err
	}
	src, err := policySource(file)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	changed, err := policyfile.List(file, src, sheet.Changes())
	if err != nil {
		return err
	}
	if err := deliver(w, out, changed); err != nil {
		return err
	}
	w.voice(c).sayf("%s", sheet.Count())
	return nil
}
