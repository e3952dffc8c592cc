// SPDX-License-Identifier: Apache-2.0

package tosql

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Dialect is the SQL of one database. The zero Dialect is invalid.
type Dialect uint8

// The dialects.
const (
	_        Dialect = iota
	Postgres         // PostgreSQL, 12 or later
	DuckDB           // DuckDB, 1.1 or later
)

// ParseDialect reads "postgres" or "duckdb". Anything else is an error.
func ParseDialect(s string) (Dialect, error) {
	switch s {
	case "postgres":
		return Postgres, nil
	case "duckdb":
		return DuckDB, nil
	}
	return 0, fmt.Errorf("unknown dialect %q: want duckdb or postgres", s)
}

// Options say for what a script is written.
type Options struct {
	Dialect Dialect

	// AsOf is the moment to judge at. Zero is the end of the snapshot, which the
	// script looks up.
	AsOf time.Time

	// Facts is the facts file that DuckDB reads. Empty is the Parquet files of the
	// snapshot in whose folder it runs.
	Facts string

	// Matches lists, for each duty of the policy, what it matches. Nil lets the
	// script match the selectors itself.
	Matches [][]graph.ID
}

//go:embed postgres.sql
var postgresSQL string

//go:embed duckdb_parquet.sql
var parquetSQL string

//go:embed duckdb_facts.sql
var factsSQL string

//go:embed ranges.sql
var rangesSQL string

//go:embed terms.sql
var termsSQL string

//go:embed closure.sql
var closureSQL string

//go:embed verdict.sql
var verdictSQL string

// Covers reports whether scripts find the breaches of a rule: one of the kinds
// conflict, at_most and critical, for everybody and in all they hold together.
func Covers(r sod.Rule) bool { return WhyNot(r) == "" }

// WhyNot says of a rule that scripts leave out what they have no words for; "" of one
// that they cover.
func WhyNot(r sod.Rule) string {
	switch {
	case r.Kind != sod.ConflictRule && r.Kind != sod.AtMostRule && r.Kind != sod.CriticalRule:
		return "it is of another kind than conflict, at_most and critical"
	case len(r.Where) > 0 && r.Same != "":
		return "it has where and same"
	case len(r.Where) > 0:
		return "it has where"
	case r.Same != "":
		return "it has same"
	}
	return ""
}

// Script writes the script for the rules that it covers.
func Script(p *sod.Policy, o Options) (string, error) {
	s := &script{Options: o, policy: p}
	if err := s.check(); err != nil {
		return "", err
	}
	s.load()
	s.rules()
	if err := s.duties(); err != nil {
		return "", err
	}
	s.linef("\n%s", s.inMode(closureSQL))
	s.b.WriteString(verdictSQL)
	return s.b.String(), nil
}

// script is a script in the making.
type script struct {
	Options
	policy *sod.Policy
	b      strings.Builder
}

func (s *script) linef(format string, args ...any) { fmt.Fprintf(&s.b, format+"\n", args...) }

// check refuses what would make a script that says something else.
func (s *script) check() error {
	if s.Dialect != Postgres && s.Dialect != DuckDB {
		return fmt.Errorf("invalid dialect %d", s.Dialect)
	}
	if _, err := s.policy.Mode.MarshalText(); err != nil {
		return err
	}
	if err := checkText(s.Facts); err != nil {
		return fmt.Errorf("facts file: %w", err)
	}
	for _, r := range s.policy.Rules {
		if err := checkText(r.ID); err != nil {
			return fmt.Errorf("rule: %w", err)
		}
	}
	return nil
}

// load writes the head, and how the tables are made from what was collected.
func (s *script) load() {
	s.linef("-- Breaches of the policy %s", comment(s.policy.Name))
	s.linef("-- in the modes from standing to %s, by foureyes policy sql.", s.policy.Mode)
	for _, r := range s.policy.Rules {
		if why := WhyNot(r); why != "" {
			s.linef("-- NOT in this script: rule %s: %s.", comment(r.ID), why)
		}
	}
	body, terms := postgresSQL, termsSQL
	switch {
	case s.Dialect == DuckDB && s.Facts == "":
		body, terms = parquetSQL, asVariables(termsSQL)
	case s.Dialect == DuckDB:
		body = factsSQL
	}
	s.b.WriteString(strings.NewReplacer("$FACTS", literal(s.Facts), "$AS_OF", s.asOf(), "$ATTRIBUTES", s.attributes(),
		"$RANGES\n", rangesSQL, "$TERMS\n", terms).Replace(body))
}

// asVariables looks the bounds of kinds up in variables of DuckDB.
func asVariables(sql string) string {
	for _, name := range []string{"first_account", "last_account", "first_group", "last_group"} {
		sql = strings.ReplaceAll(sql, name, "getvariable('fe_"+name+"')")
	}
	return sql
}

// moment is how scripts write a time, so that texts are in the order of times.
const moment = "2006-01-02T15:04:05.000000000Z"

func (s *script) asOf() string {
	if s.AsOf.IsZero() {
		return "NULL"
	}
	return literal(s.AsOf.UTC().Format(moment))
}

// attributes lists the names of the attributes that selectors look at.
func (s *script) attributes() string {
	names := []string{"''"}
	for _, i := range s.usedDuties() {
		for _, sel := range s.policy.Duties[i].Holds {
			for _, a := range sel.Attrs {
				names = append(names, literal(a.Key))
			}
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// inMode lets through the grants of the policy's mode and the stronger ones.
func (s *script) inMode(sql string) string {
	return strings.ReplaceAll(sql, "$MODE", fmt.Sprint(int(s.policy.Mode)))
}

// rules writes the rules and the duties that they name.
func (s *script) rules() {
	var rules, parts, duties []string
	for i, r := range s.policy.Rules {
		if !Covers(r) {
			continue
		}
		of := distinct(r.Duties)
		rules = append(rules, fmt.Sprintf("(%d, %s, %d)", i, literal(r.ID), needed(r, len(of))))
		for _, d := range of {
			parts = append(parts, fmt.Sprintf("(%d, %d)", i, d))
		}
	}
	for _, i := range s.usedDuties() {
		duties = append(duties, fmt.Sprintf("(%d, %s)", i, mayBeEmpty(s.policy.Duties[i])))
	}
	s.linef("-- The rules: broken by who holds this many of their duties.")
	s.table("fe_rule (number INTEGER, rule TEXT COLLATE \"C\", needed INTEGER)", rules)
	s.table("fe_rule_duty (number INTEGER, duty INTEGER)", parts)
	s.linef("\n-- The duties that they name: until when they may match nothing, and what they match.")
	s.table("fe_duty (duty INTEGER, may_be_empty_before TEXT)", duties)
}

// table writes a table and its rows, if it has any.
func (s *script) table(columns string, rows []string) {
	s.linef("CREATE TEMP TABLE %s;", columns)
	if name, _, _ := strings.Cut(columns, " "); len(rows) > 0 {
		s.linef("INSERT INTO %s VALUES\n  %s;", name, strings.Join(rows, ",\n  "))
	}
}

func distinct(duties []int) []int {
	all := slices.Sorted(slices.Values(duties))
	return slices.Compact(all)
}

// needed is how many of its duties break the rule.
func needed(r sod.Rule, duties int) int {
	switch r.Kind {
	case sod.AtMostRule:
		return r.Limit + 1
	case sod.CriticalRule:
		return 1
	}
	return duties
}

// mayBeEmpty is the moment before which the duty may match nothing.
func mayBeEmpty(d sod.Duty) string {
	switch {
	case d.MayBeEmpty == nil:
		return "''" // before all times
	case d.MayBeEmpty.Until.IsZero():
		return "'~'" // after all times
	}
	u := d.MayBeEmpty.Until
	return literal(time.Date(u.Year, u.Month, u.Day+1, 0, 0, 0, 0, time.UTC).Format(moment))
}

// usedDuties are the places of the duties of rules that the script covers.
func (s *script) usedDuties() []int {
	var all []int
	for _, r := range s.policy.Rules {
		if Covers(r) {
			all = append(all, r.Duties...)
		}
	}
	return distinct(all)
}
