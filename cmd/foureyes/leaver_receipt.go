// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/sod"
)

// readSLA takes the SLA of the policy, in the span that is asked for.
func (o *leaverOptions) readSLA(c *cli.Context) error {
	if o.policy != nil {
		o.question.SLA = o.policy.LeaverSLA()
	}
	text := c.String("sla")
	if text == "" {
		return nil
	}
	within, err := sod.ParseSpan(text)
	if err != nil {
		return usagef("--sla %w", err)
	}
	s := sod.SLA{From: sod.Later}
	if o.question.SLA != nil {
		s = *o.question.SLA
	}
	if s.Within = within; s.Calendar.Zone == "" {
		s.Calendar = sod.Calendar{Zone: "UTC", Weekend: []time.Weekday{time.Saturday, time.Sunday}}
	}
	o.question.SLA = &s
	return nil
}

// readReceipt makes sure that there is a place for the receipt, before hours of asking.
func (o *leaverOptions) readReceipt(c *cli.Context) (err error) {
	o.receipt, o.by = c.String("receipt"), c.String("by")
	switch {
	case o.receipt == "" && o.by != "":
		return usagef("--by is for --receipt")
	case o.receipt == "" && c.String("font") != "":
		return usagef("--font is for --receipt")
	case o.receipt == "":
		return nil
	case filepath.Ext(o.receipt) != ".pdf":
		return usagef("--receipt %s: want a name that ends in .pdf", o.receipt)
	}
	for _, ext := range []string{".pdf", ".json"} {
		if err := refuseExisting(withExt(o.receipt, ext)); err != nil {
			return err
		}
	}
	if o.font, err = fontFrom(c); err != nil {
		return err
	}
	return wantFolder(filepath.Dir(o.receipt))
}

// writeReceipt renders both files before it writes either; the PDF cites the JSON.
func writeReceipt(out string, font *pdf.Font, r *reports.Receipt) error {
	var text, page bytes.Buffer
	if err := jsonout.Receipt(&text, r); err != nil {
		return fmt.Errorf("%s: %w", withExt(out, ".json"), err)
	}
	r.Digest = fmt.Sprintf("sha256:%x", sha256.Sum256(text.Bytes()))
	if err := font.Receipt(&page, r); err != nil {
		return fmt.Errorf("%s: %w", out, err)
	}
	return writeAll([]string{withExt(out, ".json"), out}, [][]byte{text.Bytes(), page.Bytes()})
}
