// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/reach"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/check"
)

// A Packet is all that a reader sees. Lists are in the order in which they are
// told. Line numbers name a finding or a row of what was not assessed, and are
// the same in every format.
type Packet struct {
	Entity     string // whose controls these are; "" is not stated
	Period     string // "" is not stated
	PreparedBy string // "" is not stated
	PreparedAt time.Time
	Draft      bool   // until it is sealed
	About      string // what part of a campaign it is about; "" is all of it, or of no campaign
	Annex      Annex  // whether something of it stands in a restricted annex only

	AsOf     time.Time
	Mode     reach.Mode // the weakest that was judged
	Snapshot SnapshotInfo
	Policy   PolicyInfo
	Summary  Summary
	LeftOut  *LeftOut // nil: nothing is left out for its severity

	Controls     []Control
	Rules        []Rule // and checks
	Duties       []Duty
	Applications []Application
	Exclusions   []Exclusion
	Sources      []Source
	AcceptedGaps []AcceptedGap

	Lateness       *Lateness        // nil: the policy has no SLA for leavers
	Authentication []Authentication // of every source with accounts; nil: no source tells anything

	Findings     []Finding
	ControlPlane []Holder
	Attainable   []Attainable // the most findings first
	Flaws        []Flaw       // in the order of the rules

	Causes      []Cause
	NotAssessed []NotAssessed
	Acceptances []Acceptance
	Accounts    []Account
	Changes     *Changes     // nil: compared with nothing
	RollForward *RollForward // nil: held against no earlier snapshot
	Figures     []Figure
	Remediation *Remediation      // nil: nobody asked
	Review      *Review           // nil: there is no campaign
	Font        *Font             // that it is drawn with beside the document's own; nil: none
	NotReviewed []NotReviewed     // of a whole campaign: what it asked nobody about
	Performed   []ControlStanding // of a whole campaign: when compensating controls were last carried out
	Ledger      *Ledger           // where the records of the review are; nil: nowhere
	Words       []Word
}

// A Font has shapes for characters that the document's own faces lack.
type Font struct {
	Name   string
	Digest string // of its file
}

// A Ledger says how much of an evidence ledger a review was read from.
type Ledger struct {
	Origin string
	Size   int64    // how many records it had
	Root   string   // of its tree then, in base64
	Record int64    // the index of the last record of the campaign
	Keys   []string // public keys that signed for it, the current one last
}

// A SnapshotInfo says which data were judged.
type SnapshotInfo struct {
	Digest, Content, Tool string
	Started, Ended        time.Time // zero is unknown
}

// A PolicyInfo says by what they were judged.
type PolicyInfo struct {
	Name, Digest string
	Approved     []Approval
}

// An Approval is one signature under the policy, as declared in it.
type Approval struct {
	By  Thing
	On  sod.Date
	Ref string
}

// A Summary counts. NotAssessed is the number of subjects in rows that nobody
// accepted; a row may stand for subjects that cannot be counted.
type Summary struct {
	Identities, Accounts int
	Open, Accepted       int
	Severities           []SeverityCount // of open findings, the worst first, each severity once
	Causes               int
	NotAssessed          int
	NotAssessedRows      int // that nobody accepted
	AcceptedRows         int // of what was not assessed
	New, Recurred        int // open findings, against the baseline
	Resolved, Cannot     int // findings of the baseline that are gone: see [Changes]
}

// A LeftOut counts what is not in a packet, because it is less severe than was asked for.
type LeftOut struct {
	Below          sod.Severity
	Open, Accepted int // findings
	Rows           int // of what was not assessed
}

// A SeverityCount counts open findings.
type SeverityCount struct {
	Severity sod.Severity
	Open     int
}

// A Thing is a node and what it is called; Name is empty when it is unknown.
type Thing struct {
	ID   graph.ID
	Name string
}

// Label returns the name, or the ID of a thing without one.
func (t Thing) Label() string {
	switch {
	case t.Name != "":
		return t.Name
	case t.ID.IsZero():
		return ""
	}
	return t.ID.String()
}

// A Subject is who a finding is about. Fields that do not apply or are unknown
// are empty.
type Subject struct {
	Thing
	Title, Department string
	Employment        string // of an identity: "employed", "left", or "unknown"
	Status, Type      string // of an account; the type of accounts that belong together, and of nobody known, says so
}

// A Finding is one proven breach.
type Finding struct {
	Line       int
	ID         string
	Kind       string
	Rule       string
	Title      string // what the rule forbids
	Risk       string
	Severity   sod.Severity
	Mode       reach.Mode // zero for a check
	Control    string
	Subjects   []Subject // several of a collusion
	Same       string    // the value within which the rule is broken; "" without one
	Status     sod.Status
	Exercised  string    // whether the rights were used: "both", "one", "none" or "unknown"
	Fold       Fold      // where it is told, when not by itself
	Change     string    // against the baseline: [IsNew] and the like; "" without one
	FirstSeen  time.Time // the moment of the first report that has it; zero without a baseline
	Since      time.Time // that of the report from which on it was there without a break
	Continues  []string  // findings of the baseline that go on as this one, about other subjects with the same account
	Cause      Thing     // zero for a check
	Witness    []Witness
	Detail     string
	Coalitions int         // of a collusion: how many groups of so many subjects break the rule
	AtLeast    bool        // there may be more of them
	Acceptance *Acceptance // for an open finding, one that does not count

	Exercises      []Exercise // the latest use for each duty that has one
	ExercisedSince time.Time  // since when every use is told, where that matters; else zero

	OwnChanges []OwnChange // the latest first; OwnCount says how many there are
	OwnCount   int
}

// An OwnChange is a thing to which one subject did two steps of the finding: the
// latest use of each duty whose record names it.
type OwnChange struct {
	Thing         string
	First, Second Exercise
}

// An Exercise is the latest use by which a subject exercised a duty.
type Exercise struct {
	Duty, Title          string
	Account, Entitlement Thing
	At                   time.Time // zero is unknown
	Ref                  string
}

// A Witness proves that the subject holds one duty: Grants[i] leads from
// Nodes[i] to Nodes[i+1].
type Witness struct {
	Duty, Title string
	Nodes       []Thing
	Grants      []Grant
	Peers       []check.Peers // who else holds what the first grant out of the account is of; nil: that is not known
}

// Rarity says in words how many peers hold what the path begins with; "" when that is
// not known. It is told and decides nothing.
func (w Witness) Rarity() string {
	var parts []string
	for _, p := range w.Peers {
		parts = append(parts, p.String())
	}
	return strings.Join(parts, "; ")
}

// A Grant is one edge of an access path.
type Grant struct {
	Kind  graph.GrantKind
	Since time.Time // zero is unknown
	Via   string    // how it came to be, where that is not plain
}

// Path returns the witness without names.
func (w Witness) Path() reach.Path {
	var p reach.Path
	for _, n := range w.Nodes {
		p.Nodes = append(p.Nodes, n.ID)
	}
	for _, g := range w.Grants {
		p.Kinds = append(p.Kinds, g.Kind)
	}
	return p
}

// A Cause is the group, role or entitlement behind open findings.
type Cause struct {
	Thing
	Description        string
	Owner              string
	Findings, Subjects int
	Lines              []int // of its findings
}

// A NotAssessed row says what could not be judged, and why.
type NotAssessed struct {
	Line     int
	Rule     string
	Title    string
	Severity sod.Severity
	Control  string
	Mode     reach.Mode // zero for a check
	Subjects int        // 0: it is not known of whom
	Examples []Thing
	Gaps     []string // as the report names them
	GapNames []string // the same, with names where there are any
	Reason   string
	Accepted bool
}

// An Acceptance is a risk taken on, as declared in the policy.
type Acceptance struct {
	Rule         string // or the check
	Subjects     []Thing
	Reason       string
	ApprovedBy   Thing
	ApprovedOn   sod.Date
	Ticket       string
	Expires      sod.Date
	InForce      bool        // on the day of evaluation
	Lapses       []sod.Lapse // why it is not
	Unknown      []string    // what it rests on and nobody could tell
	Compensating *Compensating
	Lines        []int // of the findings it accepts, or accepted until it ended
}

// A Compensating control makes an accepted finding tolerable.
type Compensating struct {
	ID, Title     string
	Owner         Thing
	Every         time.Duration
	LastPerformed sod.Date
}

// A Control is what the organisation promises, and what was found.
type Control struct {
	ID, Title       string
	Owner           Thing
	Frameworks      []string
	Rules           []string
	Open, Accepted  int
	NotAssessedRows int
	Statement       string
}

// A Rule is a rule of the policy or a check, and what was found.
type Rule struct {
	ID, Kind, Title, Risk, Process string
	Severity                       sod.Severity // in standing mode, or of the check
	Weaker                         string       // in which modes it is less: "high when eligible"; "" is in none
	Control                        string
	Duties                         []string
	Terms                          string // how the duties must not meet, where it is not simply all in one hand
	Open, Accepted                 int
	NotAssessedRows                int
}

// A Duty is what the policy says lets a person do one job step. Matched is how
// many things that was in the snapshot; unknown when it was not counted.
type Duty struct {
	ID, Title string
	Holds     []string
	Matched   graph.Count
}

// An Application is a business system.
type Application struct {
	ID, Title string
	Owner     Thing
	InScope   bool
}

// An Exclusion is something that the packet does not speak of, and why.
type Exclusion struct{ What, Why string }

// An AcceptedGap is something unread that a named person accepted.
type AcceptedGap struct {
	About   string
	Why     string
	By      Thing
	Until   sod.Date
	InForce bool
}

// A Source is one system, what was asked of it and what came.
type Source struct {
	Name     graph.Source
	Runs     []Run
	Datasets []Dataset
	Silent   []graph.Dataset // of which no record speaks: they count as partial
	Asked    []Asked         // what the records say besides, each thing once
	Kinds    []KindCount
	Named    int // things that were only named, never described
	Gaps     []GapGroup
}

// A Run says when and how a source was read. Details are in the order in which
// they are told; those of authentication stand in [Packet.Authentication].
type Run struct {
	Connector      string
	Started, Ended time.Time // zero is unknown
	Details        []Detail
}

// A Detail is one thing that a source tells as evidence of its reading.
type Detail struct {
	Key    string
	Values []string
}

// An Asked is what the records of these datasets, and of no other, tell alike.
type Asked struct {
	Datasets []graph.Dataset
	Details  []Detail
}

// A Dataset says how much of one kind of data was read.
type Dataset struct {
	Dataset            graph.Dataset
	State              graph.State
	Received, Expected graph.Count
	Method             string
	Tie                string // how the two counts compare, in words
	Reason             string
}

// A KindCount counts what the snapshot holds of a source.
type KindCount struct {
	Kind  graph.Kind
	Count int
}

// A GapGroup counts things of one source that could not be read for one reason.
type GapGroup struct {
	Dataset  graph.Dataset
	Reason   string
	Count    int
	Examples []Thing
}

// An Account is a login of somebody in a finding. Empty fields are unknown.
type Account struct {
	Thing
	Holder     Thing // zero: nobody is known to own it
	Status     string
	Type       string
	Created    string
	LastUse    string // in bands: the day is nobody's business
	MFA        string
	Privileged string
	Lines      []int // of the findings of the holder, or of the account
}

// A Word is one entry of the list of words.
type Word struct{ Word, Means string }
