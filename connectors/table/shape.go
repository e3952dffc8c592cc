// SPDX-License-Identifier: Apache-2.0

package table

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/connectors/internal/feed"
	"github.com/foureyes-iga/foureyes/graph"
)

// A shape knows what the columns of a table mean.
type shape struct {
	source  graph.Source
	columns map[string]string
	keys    []string // of columns, in order
	dates   feed.Dates
	enums   map[string]feed.Enum
}

// What one row says. What it does not say is zero.
type said struct {
	account graph.Node
	rights  []graph.Node // groups, roles, entitlements: name and description where the row has them
	grant   graph.Grant
}

func thingColumns() []string { return []string{"account", "group", "role", "entitlement"} }

func legalValues() map[string][]string {
	return map[string][]string{
		"status":     {"enabled", "disabled", "locked", "expired"},
		"type":       {"person", "service", "shared", "resource", "guest", "breakglass", "system"},
		"mfa":        {"none", "registered", "capable", "enforced", "not-applicable"},
		"privileged": {"true", "false"},
	}
}

func (s *shape) mapped(key string) bool { return s.columns[key] != "" }

// lacks says why a table of this shape has no data of a dataset; empty when it has.
func (s *shape) lacks(d graph.Dataset) string {
	var columns []string
	switch d {
	case graph.Accounts:
		columns = []string{"account"}
	case graph.Groups, graph.Memberships:
		columns = []string{"group"}
	case graph.Assignments:
		columns = []string{"role", "entitlement"}
	case graph.SignIn:
		columns = []string{"last_sign_in"}
	case graph.MFA:
		columns = []string{"mfa"}
	default:
		return "a table tells nothing of it"
	}
	if slices.ContainsFunc(columns, s.mapped) {
		return ""
	}
	return "no column is mapped to " + strings.Join(columns, " or ")
}

// read returns what a row says.
func (s *shape) read(row feed.Row) (said, error) {
	holder, right, err := s.ends(row)
	if err != nil {
		return said{}, err
	}
	var what said
	for _, id := range []graph.ID{holder, right} {
		switch id.Kind {
		case graph.Account:
			what.account, err = s.account(row, id)
		case graph.Group, graph.Role, graph.Entitlement:
			what.rights = append(what.rights, describeRight(row, id, right))
		}
		if err != nil {
			return said{}, err
		}
	}
	if right.IsZero() && s.tellsRights() && row.Cell("description") != "" {
		return said{}, errors.New("description is of a group, role or entitlement, and the row names none")
	}
	what.grant, err = s.grant(row, holder, right)
	return what, err
}

// tellsRights reports whether any column names something that can be held.
func (s *shape) tellsRights() bool { return slices.ContainsFunc(thingColumns()[1:], s.mapped) }

// ends returns the one or two things that a row names: who holds, and what.
func (s *shape) ends(row feed.Row) (holder, right graph.ID, err error) {
	var ids []graph.ID
	kinds := [...]graph.Kind{graph.Account, graph.Group, graph.Role, graph.Entitlement}
	for i, column := range thingColumns() {
		if key := row.Cell(column); key != "" {
			ids = append(ids, graph.ID{Kind: kinds[i], Source: s.source, Key: strings.Clone(key)})
		}
	}
	for _, id := range ids {
		err = errors.Join(err, id.Check())
	}
	switch {
	case err != nil:
		return graph.ID{}, graph.ID{}, err
	case len(ids) == 0:
		return graph.ID{}, graph.ID{}, errors.New("the row names no account, group, role or entitlement")
	case len(ids) == 1 && ids[0].Kind == graph.Account:
		return ids[0], graph.ID{}, nil
	case len(ids) == 1:
		return graph.ID{}, ids[0], nil
	case len(ids) == 2 && (ids[0].Kind == graph.Account || ids[0].Kind == graph.Role):
		return ids[0], ids[1], nil
	}
	return graph.ID{}, graph.ID{}, fmt.Errorf("the row joins %s: want an account with one group, role or entitlement, or a role with one entitlement", texts(ids))
}

func texts(ids []graph.ID) string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = id.String()
	}
	return strings.Join(all, ", ")
}

// grant returns the grant that a row makes, within its window.
func (s *shape) grant(row feed.Row, holder, right graph.ID) (graph.Grant, error) {
	from, err := s.dates.Parse(row.Cell("from_time"))
	if err != nil {
		return graph.Grant{}, fmt.Errorf("from_time %w", err)
	}
	until, err := s.dates.Until(row.Cell("until_time"))
	if err != nil {
		return graph.Grant{}, fmt.Errorf("until_time %w", err)
	}
	if holder.IsZero() || right.IsZero() {
		if !from.IsZero() || !until.IsZero() {
			return graph.Grant{}, errors.New("from_time and until_time are of a grant, and the row makes none")
		}
		return graph.Grant{}, nil
	}
	kind := graph.Assigned
	switch {
	case holder.Kind == graph.Role:
		kind = graph.Contains
	case right.Kind == graph.Group:
		kind = graph.Member
	}
	return graph.Grant{From: holder, To: right, Kind: kind, Terms: graph.Terms{FromTime: from.Time, UntilTime: until}}, nil
}

// describeRight returns what a row says of a group, role or entitlement. The
// description in a row is of what is held, not of the role that holds it.
func describeRight(row feed.Row, id, held graph.ID) graph.Node {
	n := graph.Node{ID: id, Name: row.Cell(id.Kind.String() + "_name")}
	if text := row.Cell("description"); text != "" && id == held {
		n.Attrs.Set("description", text)
	}
	return n
}

// account describes an account by the cells of its row.
func (s *shape) account(row feed.Row, id graph.ID) (graph.Node, error) {
	n := graph.Node{ID: id, Name: cmp.Or(row.Cell("account_name"), id.Key)}
	for _, key := range s.keys {
		if s.ofOthers(key) {
			continue
		}
		if err := s.set(&n.Attrs, key, row.Cell(key)); err != nil {
			return graph.Node{}, fmt.Errorf("%s %w", key, err)
		}
	}
	return n, nil
}

// ofOthers reports whether a column is no attribute of the account. A description
// is, where the table tells nothing that can be held.
func (s *shape) ofOthers(key string) bool {
	switch key {
	case "from_time", "until_time":
		return true
	case "description":
		return s.tellsRights()
	}
	return slices.Contains(thingColumns(), strings.TrimSuffix(key, "_name"))
}

// set records what a cell says as the attribute key of an account.
func (s *shape) set(attrs *graph.Attrs, key, cell string) error {
	if e, ok := s.enums[key]; ok {
		v, err := e.Value(cell)
		if v != "" {
			attrs.Set(key, v)
		}
		return err
	}
	if cell == "" {
		return nil
	}
	switch key {
	case "last_sign_in", "created", "disabled_at":
		return s.setTime(attrs, key, cell)
	case "owner":
		return setOwner(attrs, cell)
	case "parent":
		return s.setParent(attrs, cell)
	}
	attrs.Set(key, cell)
	return nil
}

// setTime records a time. Of a sign-in that only its day is known of, the
// uncertainty is a day.
func (s *shape) setTime(attrs *graph.Attrs, key, cell string) error {
	m, err := s.dates.Parse(cell)
	if err != nil || m.IsZero() {
		return err
	}
	if key == "disabled_at" {
		setEnd(attrs, m)
		return nil
	}
	attrs.Set(key, m.Format(time.RFC3339Nano))
	if key == "last_sign_in" && m.DateOnly && !s.mapped("last_sign_in_uncertainty") {
		attrs.Set("last_sign_in_uncertainty", "1d")
	}
	return nil
}

// setEnd records when an account was disabled. A day stays a day; of a time whose zone
// is not told it is known only which time it is somewhere.
func setEnd(attrs *graph.Attrs, m feed.Moment) {
	if m.DateOnly {
		attrs.Set("disabled_at", m.Format(time.DateOnly))
		return
	}
	attrs.Set("disabled_at", m.Format(time.RFC3339Nano))
	if m.Local {
		attrs.Set("disabled_at_uncertainty", "14h")
	}
}

func setOwner(attrs *graph.Attrs, cell string) error {
	id, err := graph.ParseID(cell)
	if err != nil || id.Kind != graph.Identity && id.Kind != graph.Account {
		return fmt.Errorf("%q: want the id of an identity or an account, such as identity:hr/E1000", cell)
	}
	attrs.Set("owner", cell)
	return nil
}

// setParent records a person's main account: its ID, or its key in this table.
func (s *shape) setParent(attrs *graph.Attrs, cell string) error {
	id, err := graph.ParseID(cell)
	if err != nil || id.Kind != graph.Account {
		id = graph.ID{Kind: graph.Account, Source: s.source, Key: cell}
	}
	attrs.Set("parent", id.String())
	return id.Check()
}
