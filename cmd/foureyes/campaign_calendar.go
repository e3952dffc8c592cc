// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/jsonout"
	"github.com/foureyes-iga/foureyes/reports/text"
)

func campaignCalendar(c *cli.Context, w world) (err error) {
	if _, err := wantArgs(c, 0, 0); err != nil {
		return err
	}
	render, err := renderAs(c.String("format"), text.Calendar, jsonout.Calendar)
	if err != nil {
		return err
	}
	n := c.Int("quarters")
	if n < 1 || n > 400 {
		return usagef("--quarters %d: want 1 to 400", n)
	}
	store, err := readStore(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	all, err := readHistory(c.Context, store)
	if err != nil {
		return err
	}
	out := &reports.Calendar{}
	for i := n - 1; i >= 0; i-- {
		first := time.Date(w.clock().UTC().Year(), w.clock().UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
		out.Quarters = append(out.Quarters, reports.Quarter(first.AddDate(0, -3*i, 0)))
	}
	apps, err := calendarApps(c, all)
	if err != nil {
		return err
	}
	for _, a := range apps {
		for _, q := range out.Quarters {
			a.Cells = append(a.Cells, all.cell(a.Application, q))
		}
		out.Rows = append(out.Rows, a)
	}
	return render(w.stdout, out)
}

// calendarApps lists the applications that the policy has in scope, and those that a
// campaign was about.
func calendarApps(c *cli.Context, all history) (apps []reports.CalendarRow, err error) {
	if file := c.String("policy"); file != "" {
		p, err := readPolicy(file)
		if err != nil {
			return nil, err
		}
		for _, a := range p.Apps {
			if a.InScope {
				apps = append(apps, reports.CalendarRow{Application: a.ID, Title: a.Title})
			}
		}
	}
	for _, r := range all {
		if r.Opened == nil {
			continue
		}
		for _, id := range r.Opened.Terms.Scope.Applications {
			if !slices.ContainsFunc(apps, func(a reports.CalendarRow) bool { return a.Application == id }) {
				apps = append(apps, reports.CalendarRow{Application: id})
			}
		}
	}
	slices.SortFunc(apps, func(a, b reports.CalendarRow) int { return cmp.Compare(a.Application, b.Application) })
	return apps, nil
}

// cell tells how an application was certified in a quarter, that of the data: a campaign
// without applications is about all of them.
func (h history) cell(app, quarter string) reports.CalendarCell {
	cell := reports.CalendarCell{State: "missing"}
	for _, r := range h {
		if r.Opened == nil || reports.Quarter(r.Opened.AsOf) != quarter {
			continue
		}
		if apps := r.Opened.Terms.Scope.Applications; len(apps) > 0 && !slices.Contains(apps, app) {
			continue
		}
		cell.Campaigns = append(cell.Campaigns, r.Campaign)
		if state := h.stateOf(r); cell.State == "missing" || state == "done" {
			cell.State = state
		}
	}
	return cell
}

// stateOf tells whether a campaign about all access of its applications was closed by the
// day on which its last stage was due, and nothing left undecided.
func (h history) stateOf(opened campaign.Record) string {
	stages, scope := opened.Opened.Terms.Stages, opened.Opened.Terms.Scope
	scope.Applications, scope.Structure = nil, false
	for _, r := range h {
		if r.Campaign != opened.Campaign || r.Closed == nil {
			continue
		}
		switch {
		case !reflect.DeepEqual(scope, campaign.Scope{}):
			return "partial"
		case r.Closed.Undecided > 0:
			return "undecided"
		case r.At.After(stages[len(stages)-1].Due):
			return "late"
		}
		return "done"
	}
	return "open"
}
