// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/pdf"
)

func fontFlag() cli.Flag {
	return &cli.StringFlag{Name: "font", Usage: "a TrueType font in `FILE`, for characters that the document's own faces lack; without it, they are written out as U+5C71"}
}

// fontFrom reads the font of --font before anything is judged. Nil is none.
func fontFrom(c *cli.Context) (*pdf.Font, error) {
	name := c.String("font")
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	file, err := io.ReadAll(io.LimitReader(f, pdf.MaxFont+1))
	if err != nil {
		return nil, err
	}
	font, err := pdf.ReadFont(file)
	if err != nil {
		return nil, fmt.Errorf("--font %s: %w", name, err)
	}
	return font, nil
}

// setFont notes in p the font that it will be drawn with, if anything in it needs one.
func setFont(p *reports.Packet, font *pdf.Font) error {
	if font == nil {
		return nil
	}
	data, err := p.Canonical(pdf.Drawing)
	if err != nil {
		return err
	}
	p.Font, err = font.For(data)
	return err
}

// fontMissing tells why the pages of p cannot be drawn again with the font that was
// given; "" is that they can.
func (a *assay) fontMissing(p *reports.Packet) string {
	switch {
	case p.Font == nil:
		return ""
	case a.font == nil:
		return fmt.Sprintf("they were drawn with the font %s, %s: every mark can be compared only with that font, which --font takes", p.Font.Name, p.Font.Digest)
	case a.font.Info().Digest != p.Font.Digest:
		return fmt.Sprintf("they were drawn with the font %s, %s, and --font is another, %s, %s: every mark can be compared only with the former",
			p.Font.Name, p.Font.Digest, a.font.Info().Name, a.font.Info().Digest)
	}
	return ""
}
