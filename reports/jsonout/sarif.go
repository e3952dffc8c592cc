// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"io"
	"time"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/sod"
)

// The part of SARIF 2.1.0 that findings need.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
		Properties  map[string]string `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Full  sarifText `json:"fullDescription"`

		Configuration sarifConfiguration `json:"defaultConfiguration"`
		Properties    map[string]string  `json:"properties"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful    bool          `json:"executionSuccessful"`
		Notifications []sarifNotice `json:"toolExecutionNotifications"`
	}
	sarifNotice struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    *int              `json:"ruleIndex,omitempty"`
		Kind         string            `json:"kind"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Baseline     string            `json:"baselineState,omitempty"`
		Suppressions []sarifSuppressed `json:"suppressions"`
		Flows        []sarifFlow       `json:"codeFlows,omitempty"`
	}
	sarifLocation struct {
		Logical []sarifLogical `json:"logicalLocations"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Full string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifSuppressed struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
	sarifFlow struct {
		Message sarifText     `json:"message"`
		Threads []sarifThread `json:"threadFlows"`
	}
	sarifThread struct {
		Locations []sarifStep `json:"locations"`
	}
	sarifStep struct {
		Location sarifLocation `json:"location"`
	}
)

// SARIF writes the packet's findings as SARIF 2.1.0. Accepted findings are
// suppressed results; what was not assessed is a warning of the invocation, so
// that a run without results does not look whole.
func SARIF(w io.Writer, p *reports.Packet) error {
	run, index := newRun(p.Rules, map[string]string{"asOf": instant(p.AsOf), "policy": p.Policy.Digest, "snapshot": p.Snapshot.Digest, "verdict": p.Verdict()})
	run.notAssessed(p.NotAssessed)
	for _, f := range p.Findings {
		run.Results = append(run.Results, sarifOf(f, index, p.AsOf))
	}
	return encode(w, logOf(run))
}

func logOf(run sarifRun) sarifLog {
	return sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}
}

// newRun makes a run without results, and an index of its rules.
func newRun(rules []reports.Rule, properties map[string]string) (sarifRun, map[string]int) {
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "foureyes", Rules: []sarifRule{}}},
		Invocations: []sarifInvocation{{Successful: true, Notifications: []sarifNotice{}}},
		Results:     []sarifResult{},
		Properties:  properties,
	}
	index := map[string]int{}
	for i, r := range rules {
		index[r.ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			r.ID, sarifText{reports.Display(r.Title)}, sarifText{fullText(r)},
			sarifConfiguration{sarifLevel(r.Severity)}, map[string]string{"severity": r.Severities()},
		})
	}
	return run, index
}

func (r *sarifRun) notAssessed(rows []reports.NotAssessed) {
	notices := &r.Invocations[0].Notifications
	for _, n := range rows {
		about := n.Rule + ": "
		if n.Rule == "" { // of the whole policy
			about = ""
		}
		*notices = append(*notices, sarifNotice{"warning", sarifText{"NOT ASSESSED: " + about + reports.Display(n.Reason)}})
	}
}

func fullText(r reports.Rule) string {
	if r.Risk == "" {
		return reports.Display(r.Title)
	}
	return reports.Display(r.Risk)
}

func sarifOf(f reports.Finding, index map[string]int, asOf time.Time) sarifResult {
	out := sarifResult{
		RuleID: f.Rule, Kind: "fail", Level: sarifLevel(f.Severity), Locations: []sarifLocation{},
		Fingerprints: map[string]string{"foureyes/finding": f.ID}, Suppressions: []sarifSuppressed{},
	}
	if i, ok := index[f.Rule]; ok {
		out.RuleIndex = &i
	}
	text := f.Title
	for i, s := range f.Subjects {
		text += [2]string{": ", ", "}[min(i, 1)] + s.Label()
		out.Locations = append(out.Locations, sarifPlace(s.Thing))
	}
	if f.Detail != "" {
		text += ": " + f.Detail
	}
	out.Message = sarifText{reports.Display(text)}
	switch {
	case f.Change == "":
	case f.IsFresh() || f.Since.Equal(asOf):
		out.Baseline = "new"
	default:
		out.Baseline = "unchanged"
	}
	if f.Status == sod.Accepted && f.Acceptance != nil {
		out.Suppressions = append(out.Suppressions, sarifSuppressed{"external", reports.Display(f.Acceptance.Reason)})
	}
	for _, w := range f.Witness {
		flow := sarifFlow{Message: sarifText{reports.Display(w.Title)}, Threads: make([]sarifThread, 1)}
		for _, n := range w.Nodes {
			flow.Threads[0].Locations = append(flow.Threads[0].Locations, sarifStep{sarifPlace(n)})
		}
		out.Flows = append(out.Flows, flow)
	}
	return out
}

func sarifPlace(t reports.Thing) sarifLocation {
	return sarifLocation{[]sarifLogical{{Name: reports.Display(t.Label()), Full: t.ID.String(), Kind: t.ID.Kind.String()}}}
}

func sarifLevel(s sod.Severity) string {
	switch s {
	case sod.Critical, sod.High:
		return "error"
	case sod.Medium:
		return "warning"
	}
	return "note"
}
