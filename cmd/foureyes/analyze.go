// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/table"
	"github.com/foureyes-iga/foureyes/reports/text"
	"github.com/foureyes-iga/foureyes/sod"
)

func analyzeCommand(w world) *cli.Command {
	return &cli.Command{
		Name:      "analyze",
		Usage:     "judge a snapshot by a policy",
		ArgsUsage: "SNAPSHOT",
		Description: "Exit codes: 0 assessed and clean; 3 open findings; 4 no open finding, but something was\n" +
			"NOT ASSESSED; 3 wins over 4. With --fail-on none: 0.",
		Flags: append(evaluateFlags(),
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the result: text, json, csv or sarif"},
			&cli.StringFlag{Name: "baseline", Usage: "an earlier `REPORT` in JSON to compare with"},
			&cli.StringFlag{Name: "previous", Usage: "an earlier `SNAPSHOT`: what lived in it did not end before, for the clocks of leavers"},
			&cli.StringFlag{Name: "fail-on", Value: "any", Usage: "which open findings give exit code 3: new (needs --baseline), any or none"},
			&cli.StringFlag{Name: "min-severity", Usage: "leave out what is less than `S`: low, medium, high or critical"},
		),
		Action: func(c *cli.Context) error { return analyze(c, w) },
	}
}

func analyze(c *cli.Context, w world) error {
	args, err := wantArgs(c, 1, 1)
	if err != nil {
		return err
	}
	render, err := renderFor(c.String("format"))
	if err != nil {
		return err
	}
	failOn := c.String("fail-on")
	switch {
	case !slices.Contains([]string{"new", "any", "none"}, failOn):
		return usagef("--fail-on %q: want new, any or none", failOn)
	case failOn == "new" && c.String("baseline") == "":
		return usagef("--fail-on new needs --baseline REPORT")
	}
	least := sod.Low
	if s := c.String("min-severity"); s != "" {
		if least, err = sod.ParseSeverity(s); err != nil {
			return usagef("--min-severity: %w", err)
		}
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
	j.leaveOut(least)
	v.tellLeftOut(j.dropped, c.String("format"))
	in := j.input()
	if in.Previous, err = previousGraph(c); err != nil {
		return err
	}
	in.Baseline = baseline
	p, err := reports.New(in)
	if err != nil {
		return err
	}
	if err := render(w.stdout, p); err != nil {
		return err
	}
	return verdict(p, failOn)
}

func renderFor(format string) (reports.Render, error) {
	switch format {
	case "text":
		return text.Render, nil
	case "json":
		return jsonout.Render, nil
	case "csv":
		return table.Render, nil
	case "sarif":
		return jsonout.SARIF, nil
	}
	return nil, usagef("--format %q: want text, json, csv or sarif", format)
}

// leaveOut drops what is less severe in its mode.
func (j *judged) leaveOut(least sod.Severity) {
	if least == sod.Low {
		return
	}
	rules := map[string]sod.Rule{}
	for _, r := range j.policy.Rules {
		rules[r.ID] = r
	}
	for _, c := range j.policy.Checks {
		rules[c.Name] = sod.Rule{ID: c.Name, Severity: c.Severity}
	}
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		if s := rules[name].Severity; s != 0 && s < least {
			j.leftOut = append(j.leftOut, name)
		}
	}
	findings, unknown := j.report.Drop(
		func(f sod.Finding) bool { return f.Severity < least },
		func(n sod.NotAssessed) bool {
			r, known := rules[n.Rule]
			return known && r.SeverityIn(n.Mode) < least && rules[sod.RoleConflict].Severity < least // a row may be of that check
		})
	j.dropped = reports.Dropped{Below: least, Findings: findings, NotAssessed: unknown}
}

// tellLeftOut says how much was left out: CSV has no other place for it.
func (v *voice) tellLeftOut(d reports.Dropped, format string) {
	if len(d.Findings)+len(d.NotAssessed) == 0 {
		return
	}
	say := v.sayf
	if format == "csv" {
		say = v.warnf
	}
	say("left out below %s: %s, %s not assessed", d.Below, reports.Plural(len(d.Findings), "finding"), reports.Plural(len(d.NotAssessed), "row"))
}

// verdict turns a packet into an exit code.
func verdict(p *reports.Packet, failOn string) error {
	open := p.Summary.Open
	switch failOn {
	case "none":
		return nil
	case "new":
		open = 0
		for _, f := range p.Findings {
			if f.IsFresh() {
				open++
			}
		}
	}
	switch {
	case open > 0:
		return errFindings
	case p.Summary.NotAssessedRows > 0:
		return errNotAssessed
	}
	return nil
}
