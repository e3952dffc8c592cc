// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"context"
	"strings"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

// A delta follows what changes in one collection while it is read.
type delta struct {
	name    string // users, groups, servicePrincipals
	factory serialization.ParsableFactory
	link    string          // where to ask at the end; empty when Graph gave none
	changed map[string]bool // what was made, or changed, and is there; nil is unknown
	removed map[string]bool
}

// startDeltas marks the beginning: what changes from here on is told at the end.
// https://learn.microsoft.com/graph/delta-query-overview
func (r *reading) startDeltas(ctx context.Context) error {
	r.deltas = []*delta{
		{name: "users", factory: models.CreateUserCollectionResponseFromDiscriminatorValue},
		{name: "groups", factory: models.CreateGroupCollectionResponseFromDiscriminatorValue},
		{name: "servicePrincipals", factory: models.CreateServicePrincipalCollectionResponseFromDiscriminatorValue},
	}
	for _, d := range r.deltas {
		q := query{path: "/" + d.name + "/delta", params: []param{{"$deltatoken", "latest"}, fields("id")}, factory: d.factory}
		took, err := r.client.list(ctx, q, func() {}, func(serialization.Parsable) error { return nil })
		if _, _, bearable := stateOf(d.name, err); err != nil && !bearable {
			return err
		}
		if err == nil {
			d.link = took.delta
		}
	}
	return nil
}

// endDeltas asks what changed since the beginning.
func (r *reading) endDeltas(ctx context.Context) error {
	for _, d := range r.deltas {
		if d.link == "" {
			continue
		}
		changed, removed := map[string]bool{}, map[string]bool{}
		q := query{link: d.link, path: "/" + d.name + "/delta", factory: d.factory}
		_, err := r.client.list(ctx, q, func() { clear(changed); clear(removed) }, func(item serialization.Parsable) error {
			if o, ok := item.(models.DirectoryObjectable); ok {
				id, gone := objectID(o.GetId()), o.GetAdditionalData()["@removed"] != nil
				changed[id], removed[id] = !gone, gone
			}
			return nil
		})
		if _, _, bearable := stateOf(d.name, err); err != nil && !bearable {
			return err
		}
		if err == nil {
			d.changed, d.removed = changed, removed
		}
	}
	r.markLate()
	return nil
}

// markLate tells who is there, was not listed, and did not change meanwhile: of
// somebody who was made while lists were read, no list can be expected to know. But
// a group has members, whenever it was made.
func (r *reading) markLate() {
	for _, d := range r.deltas {
		for _, id := range r.lateOf(d.name) {
			r.tenant.Late[id] = typeIn(d.name)
		}
	}
	for _, o := range r.late {
		if o.Type == "group" {
			r.tenant.Late[o.ID] = o.Type
		}
	}
}

// typeIn names the type of a collection's objects.
func typeIn(collection string) string { return strings.TrimSuffix(collection, "s") }

// delta returns what is known of changes in a collection while it was read.
func (r *reading) delta(name string) delta {
	for _, d := range r.deltas {
		if d.name == name {
			return *d
		}
	}
	return delta{}
}

// explains returns by how many a list may be shorter than its count, and by how
// many longer: what was made and is not in it, and what is in it and was deleted.
func (d delta) explains(listed func(id string) bool) (shorter, longer int) {
	for id, is := range d.changed {
		if is && !listed(id) {
			shorter++
		}
	}
	for id, is := range d.removed {
		if is && listed(id) {
			longer++
		}
	}
	return shorter, longer
}

// lateOf returns who is there, was not listed, and did not change meanwhile.
func (r *reading) lateOf(name string) []string {
	changed := r.delta(name).changed
	var late []string
	for _, o := range r.late {
		if o.Type == typeIn(name) && !changed[o.ID] {
			late = append(late, o.ID)
		}
	}
	return late
}
