// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

// Parse reads a policy of one file: one that includes others is an error, see
// [Load]. The name is used in errors only, which are [*Errors] of
// [*SyntaxError]. The policy's digest is that of src.
//
// Lists keep their order; checks and the attributes of selectors are sorted by
// name. Unnamed duties, which rules refer to by an ID pattern, follow the named
// ones in the order of the rules; rules that use the same pattern share one.
func Parse(name string, src []byte) (*sod.Policy, error) {
	return (&loader{}).policy(name, src)
}

// A reader fills a policy from the files that make it. Sections are read before
// those that refer to them, each from all files.
type reader struct {
	files        []*file
	open         func(name string) ([]byte, error) // nil: other files are not read
	exports      []*file                           // files that are no policies
	policy       sod.Policy
	apps         names
	vendors      names
	controls     names
	duties       names
	rules        names
	compensating names
	checks       names
}

func (r *reader) read() {
	for _, section := range []func(object){
		r.head, r.approvals, r.readControls, r.applications, r.readVendors, r.readDuties, r.controlPlane, r.readRules,
		r.readCompensating, r.readChecks, r.acceptances, r.acceptedGaps,
	} {
		for _, f := range r.files {
			section(f.object)
		}
	}
	slices.SortStableFunc(r.policy.Checks, func(a, b sod.Check) int { return strings.Compare(a.Name, b.Name) })
	if r.policy.Mode == 0 {
		r.policy.Mode = reach.Eligible
	}
}

// head reads what a policy has once: the first file that says it decides.
func (r *reader) head(o object) {
	o.need("version")
	name, mode := o.text("name"), modes(o)
	r.policy.Name = cmp.Or(r.policy.Name, name)
	r.policy.Mode = cmp.Or(r.policy.Mode, mode)
}

// version reports whether the rest of the file can be understood.
func (m *mistakes) version(root *yaml.Node, what string) bool {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value != "version" {
			continue
		}
		n := root.Content[i+1]
		switch {
		case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int":
			m.errorf(n, "version of the %s: want the number 1, got %s", what, describe(n))
		case n.Value != "1":
			m.errorf(n, "version %s of the %s format is not known here: this program reads version 1", n.Value, what)
		}
		return n.Value == "1"
	}
	return true
}

// modes returns the weakest mode named; 0 when none is.
func modes(o object) reach.Mode {
	if !o.has("modes") {
		return 0
	}
	return slices.Max(append(parsedList(o, "modes", true, reach.ParseMode), reach.Standing))
}

func (r *reader) approvals(policy object) {
	for _, o := range policy.objects("approved", approvalSection) {
		o.need("by", "on")
		r.policy.Approved = append(r.policy.Approved, sod.Approval{By: o.person("by"), On: o.date("on"), Ref: o.text("ref")})
	}
}

func (r *reader) readControls(policy object) {
	for _, o := range policy.objects("controls", controlSection) {
		o.need("id")
		r.controls.declare(o, "control")
		r.policy.Controls = append(r.policy.Controls, sod.Control{
			ID: o.word("id"), Title: o.text("title"), Owner: o.person("owner"),
			Frameworks: parsedList(o, "frameworks", false, asIs),
		})
	}
}

func asIs(s string) (string, error) { return s, nil }

func (r *reader) applications(policy object) {
	for _, o := range policy.objects("applications", applicationSection) {
		o.need("id")
		r.apps.declare(o, "application")
		r.policy.Apps = append(r.policy.Apps, sod.Application{
			ID: o.word("id"), Title: o.text("title"), Owner: o.person("owner"),
			InScope: o.flag("in_scope", true), Entitlements: selectors(o, "entitlements", false),
		})
	}
}

func (r *reader) readDuties(policy object) {
	for _, o := range policy.objects("duties", dutySection) {
		o.need("id", "holds")
		r.duties.declare(o, "duty")
		r.policy.Duties = append(r.policy.Duties, sod.Duty{
			ID: o.word("id"), Title: o.text("title"),
			Holds: selectors(o, "holds", true), MayBeEmpty: mayBeEmpty(o),
		})
	}
}

// controlPlane reads what gives control over everything: the ids of duties, and
// selectors as duties have them.
func (r *reader) controlPlane(policy object) {
	for _, n := range policy.list("control_plane", true) {
		if i := slices.IndexFunc(r.policy.Duties, func(d sod.Duty) bool { return n.Kind == yaml.ScalarNode && d.ID == n.Value }); i >= 0 {
			r.policy.ControlPlane = append(r.policy.ControlPlane, r.policy.Duties[i].Holds...)
			continue
		}
		if n.Kind == yaml.ScalarNode && !strings.Contains(n.Value, ":") {
			policy.unknown(n, fmt.Sprintf("unknown duty %s", quote(n.Value)), r.duties.order, r.duties.none("duties"))
			continue
		}
		if s, ok := selectorAt(policy, n, "control_plane"); ok {
			r.policy.ControlPlane = append(r.policy.ControlPlane, s)
		}
	}
}

func mayBeEmpty(duty object) *sod.MayBeEmpty {
	if !duty.has("may_be_empty") {
		return nil
	}
	o := duty.object(duty.values["may_be_empty"], emptySection)
	o.need("why")
	return &sod.MayBeEmpty{Why: o.text("why"), Until: o.date("until")}
}

func (r *reader) readCompensating(policy object) {
	for _, o := range policy.objects("compensating_controls", compensatingSection) {
		o.need("id")
		r.compensating.declare(o, "compensating control")
		r.policy.Compensating = append(r.policy.Compensating, sod.CompensatingControl{
			ID: o.word("id"), Title: o.text("title"), Owner: o.person("owner"),
			Every: o.span("every"), LastPerformed: o.date("last_performed"),
		})
	}
}

func (r *reader) acceptances(policy object) {
	for _, o := range policy.objects("accepted", acceptanceSection) {
		o.need("subjects", "reason", "approved_by", "expires")
		if o.has("rule") == o.has("check") && o.node.Kind == yaml.MappingNode {
			o.errorf(o.node, "an acceptance names either a rule or a check")
		}
		if o.has("check") && o.has("digest") {
			o.errorf(o.values["digest"], "an acceptance of a check has no digest: there is no access to approve")
		}
		r.policy.Accepted = append(r.policy.Accepted, sod.Acceptance{
			Rule: r.rules.ref(o, "rule"), Check: r.checks.ref(o, "check"),
			Subjects: parsedList(o, "subjects", true, graph.ParseID), Reason: o.text("reason"),
			CompensatingControl: r.compensating.ref(o, "compensating_control"),
			ApprovedBy:          o.person("approved_by"), ApprovedOn: o.date("approved_on"),
			Ticket: o.text("ticket"), Expires: o.date("expires"), Digest: parsed(o, "digest", parseDigest),
		})
	}
}

// parseDigest reads what [sod.Digester] writes.
func parseDigest(s string) (string, error) {
	digits, ok := strings.CutPrefix(s, "sha256:")
	if sum, err := hex.DecodeString(digits); !ok || err != nil || len(sum) != sha256.Size || digits != strings.ToLower(digits) {
		return "", fmt.Errorf("%s: want sha256: and 64 hexadecimal digits, as foureyes policy accept prints it", quote(s))
	}
	return s, nil
}

func (r *reader) acceptedGaps(policy object) {
	for _, o := range policy.objects("accepted_gaps", gapSection) {
		o.need("about", "why", "by", "until")
		gap := parsed(o, "about", parseAbout)
		gap.Why, gap.By, gap.Until = o.text("why"), o.person("by"), o.date("until")
		r.policy.AcceptedGaps = append(r.policy.AcceptedGaps, gap)
	}
}

// parseAbout reads an ID, or source/dataset.
func parseAbout(s string) (sod.AcceptedGap, error) {
	source, dataset, ok := strings.Cut(s, "/")
	if strings.Contains(source, ":") {
		id, err := graph.ParseID(s)
		return sod.AcceptedGap{About: id}, err
	}
	if !ok {
		return sod.AcceptedGap{}, fmt.Errorf("%s: want an id such as group:corp/g2, or source/dataset such as hr/identities", quote(s))
	}
	src, err := graph.ParseSource(source)
	if err != nil {
		return sod.AcceptedGap{}, err
	}
	d, err := graph.ParseDataset(dataset)
	return sod.AcceptedGap{Source: src, Dataset: d}, err
}
