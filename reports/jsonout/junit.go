// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"encoding/xml"
	"io"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

// The part of the JUnit format that pipelines read: a test case for each rule and
// check of the policy.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitProblem `xml:"failure"`
		Error   *junitProblem `xml:"error"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitProblem struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WhatIfJUnit writes what a change does in the format of JUnit. A rule fails by
// what is new or worse and open, has an error when something is newly not assessed,
// and tells the rest as its output.
func WhatIfJUnit(w io.Writer, x *reports.WhatIf) error {
	suite := junitSuite{Name: "foureyes whatif"}
	for _, r := range x.Rules {
		c := caseOf(x, r)
		suite.Tests++
		if c.Failure != nil {
			suite.Failures++
		}
		if c.Error != nil {
			suite.Errors++
		}
		suite.Cases = append(suite.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Suite: suite}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func caseOf(x *reports.WhatIf, r reports.Rule) junitCase {
	var failures, errs, out []string
	for _, f := range x.Added {
		if f.Rule == r.ID {
			into := &failures
			if f.Status != sod.Open {
				into = &out
			}
			*into = append(*into, "added: "+told(f))
		}
	}
	for _, c := range x.Changed {
		if c.After.Rule == r.ID {
			into := &out
			if c.Worse && c.After.Status == sod.Open {
				into = &failures
			}
			*into = append(*into, "changed: "+told(c.After)+": "+changeNote(c))
		}
	}
	for _, f := range x.Removed {
		if f.Rule == r.ID {
			line := "removed: " + told(f.Finding)
			if f.Unsure != "" {
				line += "; NOT ASSESSED now: " + reports.Display(f.Unsure)
			}
			out = append(out, line)
		}
	}
	for _, n := range x.Doubts {
		if n.Rule == r.ID {
			into := &errs
			if n.Accepted {
				into = &out
			}
			*into = append(*into, "newly NOT ASSESSED: "+reports.Display(n.Reason))
		}
	}
	return junitCase{
		Class: "foureyes", Name: reports.Display(strings.TrimSpace(r.ID + " " + r.Title)), Out: strings.Join(out, "\n"),
		Failure: problem("finding", failures), Error: problem("not assessed", errs),
	}
}

func problem(kind string, lines []string) *junitProblem {
	if lines == nil {
		return nil
	}
	message := lines[0]
	if n := len(lines) - 1; n > 0 {
		message += " and " + reports.Number(n) + " more"
	}
	return &junitProblem{kind, message, strings.Join(lines, "\n")}
}

// told is a finding in one line.
func told(f reports.Finding) string {
	text := f.ID + " " + f.Severity.String()
	for i, s := range f.Subjects {
		text += [2]string{" ", ", "}[min(i, 1)] + s.Label()
	}
	if f.Mode != 0 {
		text += ", " + f.Mode.String()
	}
	if f.Detail != "" {
		text += ": " + f.Detail
	}
	for _, w := range f.Witness {
		text += "; " + w.Title + ":"
		for i, n := range w.Nodes {
			if i > 0 {
				text += " -" + w.Grants[i-1].Kind.String() + "->"
			}
			text += " " + n.Label()
		}
	}
	return reports.Display(text)
}
