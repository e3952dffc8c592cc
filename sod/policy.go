// SPDX-License-Identifier: Apache-2.0

package sod

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
)

// A Policy says which duties must not meet, who answers for that, and what has
// been accepted. Package sod/policyfile reads and writes it.
type Policy struct {
	Name         string
	Approved     []Approval
	Mode         reach.Mode // the weakest mode that is judged; stronger ones are too
	Apps         []Application
	Vendors      []Vendor
	Controls     []Control
	Duties       []Duty
	ControlPlane []Selector // what gives control over everything: see [Report.ControlPlane]
	Rules        []Rule
	Checks       []Check
	Compensating []CompensatingControl
	Accepted     []Acceptance
	AcceptedGaps []AcceptedGap
	Digest       string // of the file it was read from, "sha256:…"
}

// An Approval records who approved the policy.
type Approval struct {
	By  graph.ID
	On  Date
	Ref string
}

// An Application is a business system in scope, and what belongs to it.
type Application struct {
	ID, Title    string
	Owner        graph.ID
	InScope      bool
	Entitlements []Selector
}

// A Vendor is a company whose people work here, and who answers for it.
type Vendor struct {
	ID, Name    string
	Companies   []string // patterns of the attribute "company" of its people
	Owner       graph.ID
	ContractEnd Date       // the last day; zero: it is not stated
	Assurance   *Assurance // nil: there is no report
}

// Employs reports whether a company is the vendor.
func (v *Vendor) Employs(company string) bool {
	return slices.ContainsFunc(v.Companies, func(pattern string) bool { return Glob(pattern).Match(company) })
}

// An Assurance is the report of an auditor on the controls of a vendor.
type Assurance struct {
	Report     string // such as "SOC 1 Type 2"
	PeriodEnd  Date   // the last day it covers
	Exceptions string // none, open or reviewed; "" when it is not stated
	ReviewedBy graph.ID
	ReviewedOn Date
	Ref        string
}

// A Control is what the organisation promises, with a named owner.
type Control struct {
	ID, Title  string
	Owner      graph.ID
	Frameworks []string
}

// A Duty is a set of groups, roles and entitlements, any of which lets a person
// do one job step.
type Duty struct {
	ID, Title  string
	Holds      []Selector
	MayBeEmpty *MayBeEmpty // nil: a duty that matches nothing makes its rules not assessed
}

// MayBeEmpty is a promise that a duty matches nothing on purpose.
type MayBeEmpty struct {
	Why   string
	Until Date // the last day; zero: no end
}

// A Selector matches nodes of the graph: all its conditions must hold. One
// without ID and Kind matches groups, roles and entitlements only. The zero
// Selector matches nothing.
type Selector struct {
	ID     *IDPattern // nil: any
	Source graph.Source
	Kind   graph.Kind
	Name   string // a pattern; "" is any
	Under  string // a distinguished name: the node's dn is it or below it
	Attrs  []AttrPattern
	Except []string // patterns of names, or of IDs when they begin like one
}

// An AttrPattern matches an attribute: any of its values.
type AttrPattern struct{ Key, Pattern string }

// A Severity says how much a breach matters. The zero Severity is invalid.
type Severity uint8

// The severities, from the least.
const (
	_ Severity = iota
	Low
	Medium
	High
	Critical
)

var severityNames = [...]string{"", "low", "medium", "high", "critical"}

// String returns the severity's name, such as "high".
func (s Severity) String() string {
	if s < Low || s > Critical {
		return fmt.Sprintf("Severity(%d)", uint8(s))
	}
	return severityNames[s]
}

// ParseSeverity reads what [Severity.String] writes. Anything else is an error.
func ParseSeverity(text string) (Severity, error) {
	for s := Low; s <= Critical; s++ {
		if severityNames[s] == text {
			return s, nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q: want low, medium, high or critical", text)
}

// MarshalText implements [encoding.TextMarshaler].
func (s Severity) MarshalText() ([]byte, error) {
	if s < Low || s > Critical {
		return nil, fmt.Errorf("invalid severity %d", uint8(s))
	}
	return []byte(s.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]; unknown text is an error.
func (s *Severity) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSeverity(string(b))
	return err
}

// A RuleKind says what a rule forbids. The zero RuleKind is invalid.
type RuleKind uint8

// The kinds of rules.
const (
	_            RuleKind = iota
	ConflictRule          // nobody may hold all of the duties
	CriticalRule          // every holder of the one duty is a finding
	AtMostRule            // nobody may hold more than Limit of the duties
	PeopleRule            // fewer than Limit subjects must not jointly hold all of the duties
	RequiresRule          // whoever holds the first duty must hold the second in standing mode
)

// A Rule says which duties must not meet, or which single duty is critical.
type Rule struct {
	ID, Title, Risk, Process string
	Severity                 Severity // of a breach in standing mode
	WhenEligible             Severity // of one that needs something eligible; 0: as in standing mode
	WhenAttainable           Severity // of one that needs control; 0: as in eligible mode
	Control                  string   // a Control's ID, or ""
	Kind                     RuleKind
	Duties                   []int // indexes into Policy.Duties
	Limit                    int   // of AtMostRule: 0 or more, less than there are duties; of PeopleRule: 2 or more

	// Where leaves out subjects of which an attribute is known and has no value that
	// matches any of its patterns. One of which it is unknown is judged: not knowing
	// clears nobody.
	Where []AttrPattern

	// Same is an attribute of groups, roles and entitlements, such as a company code:
	// the rule then counts within each of its values by itself, and there is a finding
	// for each. A node without the attribute counts within every value. Empty is no
	// such rule.
	Same string
}

// SeverityIn says how much a breach matters that arises in a mode, and no stronger one.
// What the rule does not say of a mode is as in the next stronger one.
func (r *Rule) SeverityIn(m reach.Mode) Severity {
	switch {
	case m == reach.Attainable && r.WhenAttainable != 0:
		return r.WhenAttainable
	case m >= reach.Eligible && r.WhenEligible != 0:
		return r.WhenEligible
	}
	return r.Severity
}

// Weaker tells in words in which modes a breach matters less than in standing mode:
// "high when eligible, low when attainable". It is empty when none does.
func (r *Rule) Weaker() string {
	var parts []string
	for m := reach.Eligible; m <= reach.Attainable; m++ {
		if s := r.SeverityIn(m); s != r.SeverityIn(m-1) {
			parts = append(parts, s.String()+" when "+m.String())
		}
	}
	return strings.Join(parts, ", ")
}

// Severities tells in words how much a breach matters: "critical; high when eligible".
func (r *Rule) Severities() string {
	if weaker := r.Weaker(); weaker != "" {
		return r.Severity.String() + "; " + weaker
	}
	return r.Severity.String()
}

// A Check judges accounts, people or groups one by one; see package sod/check.
type Check struct {
	Name     string
	Severity Severity
	Control  string
	After    time.Duration // how long something may last, such as without a sign-in; 0: it is not asked
	Within   time.Duration // how close to a moment something is all right, such as to the last day
	All      bool          // of mfa: every account of a person, not only those that are privileged
	AtLeast  string        // of mfa: the weakest second factor that is enough
	SLA      *SLA          // of leaver: how soon access must end; nil is not asked
	Peers    int           // of mover: how many there must be at either place; 0: as many as the check takes

	Requests []Request // of unapproved-grant: what was approved

	// Where leaves out what is judged as [Rule.Where] does, by its own attributes and, of an
	// account, by those of its people. Of whom one is unknown is not assessed where it
	// would be a finding.
	Where []AttrPattern
}

// A CompensatingControl makes an accepted finding tolerable.
type CompensatingControl struct {
	ID, Title     string
	Owner         graph.ID
	Every         time.Duration
	LastPerformed Date
}

// An Acceptance is a risk that a named person took on until a date.
type Acceptance struct {
	Rule, Check         string // one of the two
	Subjects            []graph.ID
	Reason              string
	CompensatingControl string
	ApprovedBy          graph.ID
	ApprovedOn          Date
	Ticket              string
	Expires             Date   // the last day it holds, UTC
	Digest              string // of what was approved, see [Digester]; "" is whatever the subjects hold
}

// An AcceptedGap is something unread that a named person accepted until a date.
type AcceptedGap struct {
	About   graph.ID // a thing, or zero when Source and Dataset are set
	Source  graph.Source
	Dataset graph.Dataset
	Why     string
	By      graph.ID
	Until   Date
}

// ParsePerson reads the ID of who answers for something, an identity or an account:
// of nothing else can be told who that is, and whether they are still there.
func ParsePerson(s string) (graph.ID, error) {
	id, err := graph.ParseID(s)
	if err == nil && id.Kind != graph.Identity && id.Kind != graph.Account {
		return graph.ID{}, fmt.Errorf("id %q: who answers for something is an identity such as identity:hr/E1000, or an account", s)
	}
	return id, err
}

// A Date is a day in UTC. The zero Date is unknown.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads "2006-01-02".
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("date %q: want a day such as 2026-09-30", s)
	}
	y, m, d := t.Date()
	return Date{y, m, d}, nil
}

// IsZero reports whether d is unknown.
func (d Date) IsZero() bool { return d == Date{} }

// String returns "2006-01-02", or "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// Includes reports whether t is before the end of the day d.
func (d Date) Includes(t time.Time) bool { return t.Before(d.end()) }

// End returns the first moment after the day d.
func (d Date) End() time.Time { return d.end() }

func (d Date) begin() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

func (d Date) end() time.Time { return time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, time.UTC) }

// LeaverSLA returns how soon access of leavers must end; nil when the policy does not say.
func (p *Policy) LeaverSLA() *SLA {
	for _, c := range p.Checks {
		if c.Name == "leaver" {
			return c.SLA
		}
	}
	return nil
}
