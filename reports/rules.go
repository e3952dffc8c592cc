// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
)

func (b *builder) policy() {
	in, p := b.in.Policy, b.packet
	p.Policy = PolicyInfo{Name: in.Name, Digest: in.Digest}
	for _, a := range in.Approved {
		p.Policy.Approved = append(p.Policy.Approved, Approval{By: b.thing(a.By), On: a.On, Ref: a.Ref})
	}
	for _, a := range in.Apps {
		p.Applications = append(p.Applications, Application{ID: a.ID, Title: a.Title, Owner: b.thing(a.Owner), InScope: a.InScope})
	}
	for _, g := range in.AcceptedGaps {
		p.AcceptedGaps = append(p.AcceptedGaps, AcceptedGap{
			About: b.gapAbout(g), Why: g.Why, By: b.thing(g.By), Until: g.Until, InForce: g.Until.IsZero() || g.Until.Includes(p.AsOf),
		})
	}
	matched := map[string]int{}
	for _, d := range b.in.Report.Duties {
		matched[d.Duty] = d.Matched
	}
	for _, d := range in.Duties {
		out := Duty{ID: d.ID, Title: d.Title}
		for _, s := range d.Holds {
			out.Holds = append(out.Holds, selectorText(s))
		}
		if n, ok := matched[d.ID]; ok {
			out.Matched = graph.CountOf(n)
		}
		p.Duties = append(p.Duties, out)
	}
}

func (b *builder) gapAbout(g sod.AcceptedGap) string {
	if g.About.IsZero() {
		return string(g.Source) + "/" + string(g.Dataset)
	}
	return b.gapName(g.About.String())
}

// selectorText says in words what a selector matches.
func selectorText(s sod.Selector) string {
	var parts []string
	if s.ID != nil {
		parts = append(parts, s.ID.String())
	}
	if s.Kind != 0 {
		parts = append(parts, s.Kind.String()+"s")
	} else if s.ID == nil {
		parts = append(parts, "anything")
	}
	if s.Source != "" {
		parts = append(parts, "in "+string(s.Source))
	}
	if s.Name != "" {
		parts = append(parts, "named "+strconv.Quote(s.Name))
	}
	if s.Under != "" {
		parts = append(parts, "under "+strconv.Quote(s.Under))
	}
	for _, a := range s.Attrs {
		parts = append(parts, fmt.Sprintf("with %s %q", a.Key, a.Pattern))
	}
	if len(s.Except) > 0 {
		parts = append(parts, "except "+strings.Join(s.Except, ", "))
	}
	return strings.Join(parts, " ")
}

func (b *builder) rules() {
	for _, r := range b.in.Policy.Rules {
		out := Rule{ID: r.ID, Kind: ruleKind(r.Kind), Title: r.Title, Risk: r.Risk, Process: r.Process, Severity: r.Severity, Weaker: r.Weaker(), Control: r.Control, Terms: terms(r)}
		if out.Title == "" {
			out.Title = r.ID
		}
		for _, i := range r.Duties {
			if i >= 0 && i < len(b.in.Policy.Duties) {
				out.Duties = append(out.Duties, b.in.Policy.Duties[i].ID)
			}
		}
		b.packet.Rules = append(b.packet.Rules, b.counted(out))
	}
	for _, c := range b.in.Policy.Checks {
		b.packet.Rules = append(b.packet.Rules, b.counted(Rule{
			ID: c.Name, Kind: "check", Title: checkTitle(c) + scopeTitle(c.Where), Severity: c.Severity, Control: c.Control,
		}))
	}
}

// severity returns that of a resolved rule or check in a mode.
func (b *builder) severity(r Rule, m reach.Mode) sod.Severity {
	if i := slices.IndexFunc(b.in.Policy.Rules, func(x sod.Rule) bool { return x.ID == r.ID }); i >= 0 {
		return b.in.Policy.Rules[i].SeverityIn(m)
	}
	return r.Severity
}

// Severities tells how severe a breach is: "critical; high when eligible".
func (r Rule) Severities() string {
	if r.Weaker == "" {
		return r.Severity.String()
	}
	return r.Severity.String() + "; " + r.Weaker
}

func (b *builder) counted(r Rule) Rule {
	for _, f := range b.in.Report.Findings {
		switch {
		case tallied(f) != r.ID:
		case f.Status == sod.Accepted:
			r.Accepted++
		default:
			r.Open++
		}
	}
	told := map[string]bool{} // as in [MergeModes]
	for _, n := range b.in.Report.NotAssessed {
		row := fmt.Sprintf("%d %q %q %v", n.Subjects, n.Reason, n.Gaps, n.Examples)
		if n.Rule == r.ID && !n.Accepted && !told[row] {
			told[row] = true
			r.NotAssessedRows++
		}
	}
	return r
}

// tallied names the rule or check that counts a finding: role conflicts are of the
// check that looks for them, whatever rule they break.
func tallied(f sod.Finding) string {
	if f.Kind == sod.RoleConflict {
		return sod.RoleConflict
	}
	return f.Rule
}

func ruleKind(k sod.RuleKind) string {
	switch k {
	case sod.ConflictRule:
		return "conflict"
	case sod.CriticalRule:
		return "critical"
	case sod.AtMostRule:
		return "at most"
	case sod.PeopleRule:
		return "people"
	case sod.RequiresRule:
		return "requires"
	}
	return "rule"
}

// terms says how a rule's duties must not meet.
func terms(r sod.Rule) string {
	var parts []string
	switch r.Kind {
	case sod.AtMostRule:
		parts = append(parts, fmt.Sprintf("at most %d of them in one hand", r.Limit))
	case sod.PeopleRule:
		parts = append(parts, fmt.Sprintf("together in the hands of %d people or more", r.Limit))
	case sod.RequiresRule:
		parts = append(parts, "the first only with the second, standing")
	}
	if r.Same != "" {
		parts = append(parts, "within one "+r.Same)
	}
	return strings.Join(append(parts, whereTexts(r.Where, "is unknown or")...), ", ")
}

// whereTexts says of each attribute of a where what it must be.
func whereTexts(where []sod.AttrPattern, is string) []string {
	var parts []string
	for i, a := range where {
		if i > 0 && where[i-1].Key == a.Key {
			parts[len(parts)-1] += fmt.Sprintf(" or %q", a.Pattern)
			continue
		}
		parts = append(parts, fmt.Sprintf("where %s %s %q", a.Key, is, a.Pattern))
	}
	return parts
}

// scopeTitle ends the title of a check that judges some only.
func scopeTitle(where []sod.AttrPattern) string {
	if len(where) == 0 {
		return ""
	}
	return ", " + strings.Join(whereTexts(where, "is"), ", ")
}

func checkTitle(c sod.Check) string {
	switch c.Name {
	case "duplicate-identity":
		return "People of one source who share an employee id or a mail address"
	case "ownerless":
		return "Groups in duties, in applications or privileged, that nobody answers for"
	case "dormant-group":
		return "Groups in duties, in applications or privileged, that nobody is in"
	case "control-owner":
		return "Owners of controls and approvers of acceptances who have left"
	case "breakglass":
		return "Break-glass accounts that are alone, that nobody could use, or used within " + Days(c.Within)
	case "service":
		return serviceTitle(c)
	case "shared":
		return "Enabled shared accounts without an owner"
	case "guest":
		return "Enabled accounts of guests without a sponsor, or without a sign-in for " + Days(c.After)
	case "mfa":
		return mfaTitle(c)
	case "mover":
		return "People who moved within " + Days(c.Within) + ", more than " + Days(c.After) + " ago, and keep access of the place that they left"
	case "never-used":
		return "Enabled accounts that were made more than " + Days(c.After) + " ago and never used"
	case "prehire":
		return "Enabled accounts whose owner has not begun, and will not within " + Days(c.Within)
	case "leaver":
		return "Enabled accounts whose owner has left more than " + Days(c.Within) + " ago"
	case "stale":
		return "Enabled accounts without a sign-in for " + Days(c.After)
	case "privileged":
		return "Accounts of people and guests that hold at all times what they could activate when it is needed"
	case "unapproved-grant":
		return "Access to what matters, given within " + Days(c.Within) + ", without a request that somebody else approved before"
	case "vendor":
		return "People of vendors without a sponsor or after the end of their contract, and vendors without assurance that is younger than " + Days(c.After)
	case sod.RoleConflict:
		return "Groups and roles that by themselves give all sides of a rule"
	case "orphaned":
		return "Enabled accounts whose owner is none or gone"
	case "uncorrelated":
		return "Enabled accounts that were matched to nobody"
	}
	return c.Name
}

func serviceTitle(c sod.Check) string {
	if c.After == 0 {
		return "Enabled service accounts without an owner"
	}
	return "Enabled service accounts without an owner, or with a credential older than " + Days(c.After)
}

func mfaTitle(c sod.Check) string {
	if c.All {
		return "Enabled accounts of people without a second factor that is at least " + c.AtLeast
	}
	return "Privileged accounts of people without a second factor that is at least " + c.AtLeast
}

// Days prints a duration in days where it is whole days: "90 days".
func Days(d time.Duration) string {
	const day = 24 * time.Hour
	if d%day == 0 {
		return Plural(int(d/day), "day")
	}
	return d.String()
}

func (b *builder) acceptance(a sod.JudgedAcceptance) Acceptance {
	out := Acceptance{
		Rule: a.Rule, Subjects: b.things(a.Subjects), Reason: a.Reason, ApprovedBy: b.thing(a.ApprovedBy), ApprovedOn: a.ApprovedOn,
		Ticket: a.Ticket, Expires: a.Expires, InForce: len(a.Lapses) == 0, Lapses: a.Lapses, Unknown: a.Unknown,
	}
	if out.Rule == "" {
		out.Rule = a.Check
	}
	if a.CompensatingControl == "" {
		return out
	}
	out.Compensating = &Compensating{ID: a.CompensatingControl}
	for _, c := range b.in.Policy.Compensating {
		if c.ID == a.CompensatingControl {
			*out.Compensating = Compensating{ID: c.ID, Title: c.Title, Owner: b.thing(c.Owner), Every: c.Every, LastPerformed: c.LastPerformed}
		}
	}
	return out
}

// acceptances lists what the policy declares, also what accepts nothing.
func (b *builder) acceptances() {
	lines := map[string][]int{}
	for _, f := range b.packet.Findings {
		if f.Acceptance != nil {
			k := f.Acceptance.key()
			lines[k] = append(lines[k], f.Line)
		}
	}
	for _, a := range b.in.Report.Acceptances {
		out := b.acceptance(a)
		out.Lines = lines[out.key()]
		if b.packet.About != "" && out.Lines == nil {
			continue
		}
		b.packet.Acceptances = append(b.packet.Acceptances, out)
	}
}

// Whys joins the reasons why the acceptance does not count: "" when it does.
func (a Acceptance) Whys() string {
	var whys []string
	for _, l := range a.Lapses {
		whys = append(whys, l.Why)
	}
	return strings.Join(whys, "; ")
}

func (a Acceptance) key() string {
	return fmt.Sprintf("%q %v %q %v %v %q", a.Rule, ids(a.Subjects), a.Reason, a.ApprovedBy.ID, a.Expires, a.Ticket)
}

func (b *builder) controls() {
	p := b.packet
	for _, c := range b.in.Policy.Controls {
		p.Controls = append(p.Controls, Control{ID: c.ID, Title: c.Title, Owner: b.thing(c.Owner), Frameworks: c.Frameworks})
	}
	for _, r := range p.Rules {
		i := slices.IndexFunc(p.Controls, func(c Control) bool { return c.ID == r.Control })
		if i < 0 {
			i = len(p.Controls)
			p.Controls = append(p.Controls, Control{ID: r.Control})
		}
		c := &p.Controls[i]
		c.Rules = append(c.Rules, r.ID)
		c.Open += r.Open
		c.Accepted += r.Accepted
		c.NotAssessedRows += r.NotAssessedRows
	}
	for i := range p.Controls {
		p.Controls[i].Statement = statement(p.Controls[i])
	}
}

// statement says what was found under a control, and no more.
func statement(c Control) string {
	s := "no open finding in the assessed scope"
	if len(c.Rules) == 0 {
		return "no rule or check of this policy speaks of it"
	}
	if c.Open > 0 {
		s = Plural(c.Open, "open finding")
	}
	if c.Accepted > 0 {
		s += fmt.Sprintf("; %d accepted", c.Accepted)
	}
	if c.NotAssessedRows > 0 {
		s += fmt.Sprintf("; NOT ASSESSED: %s", Plural(c.NotAssessedRows, "row"))
	}
	return s
}

// exclusions lists what the packet does not speak of.
func (b *builder) exclusions() {
	add := func(what, why string) { b.packet.Exclusions = append(b.packet.Exclusions, Exclusion{what, why}) }
	for _, a := range b.packet.Applications {
		if !a.InScope {
			add("Application "+labelled(a.ID, a.Title), "declared out of scope in the policy")
		}
	}
	for _, d := range b.in.Policy.Duties {
		for _, s := range d.Holds {
			if len(s.Except) > 0 {
				add("Duty "+d.ID+": "+strings.Join(s.Except, ", "), "excepted by the policy from "+selectorText(sod.Selector{ID: s.ID, Source: s.Source, Kind: s.Kind, Name: s.Name, Under: s.Under}))
			}
		}
		if d.MayBeEmpty != nil {
			add("Duty "+d.ID+" may match nothing", d.MayBeEmpty.Why+until(d.MayBeEmpty.Until))
		}
	}
	for _, s := range b.packet.Sources {
		for _, d := range s.Datasets {
			if d.State == graph.NotRequested {
				add(string(s.Name)+"/"+string(d.Dataset), "not requested from the source"+because(d.Reason))
			}
		}
	}
	if b.packet.Mode < reach.Attainable {
		add("Access weaker than "+b.packet.Mode.String(), "the policy judges "+b.packet.Mode.String()+" access and stronger")
	}
}

func labelled(id, title string) string {
	if title == "" || title == id {
		return id
	}
	return id + " (" + title + ")"
}

func until(d sod.Date) string {
	if d.IsZero() {
		return ""
	}
	return ", until " + d.String()
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}
