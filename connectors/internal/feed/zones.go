// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on machines that have no list of them
)

// Zones knows in which time zone the dates of a row are.
type Zones struct {
	all    string            // of the whole feed; empty is unknown
	names  map[string]string // what the feed's own words for zones and sites mean
	loaded map[string]*time.Location
}

// ParseZones checks the zone of a feed and what its words for zones and sites mean.
func ParseZones(all string, names map[string]string) (*Zones, error) {
	z := &Zones{all, names, map[string]*time.Location{}}
	if all != "" {
		if _, err := z.load(all); err != nil {
			return nil, err
		}
	}
	for _, own := range slices.Sorted(maps.Keys(names)) {
		if _, err := z.load(names[own]); err != nil {
			return nil, fmt.Errorf("zones: %q: %w", own, err)
		}
	}
	return z, nil
}

// Named reports whether sites have zones.
func (z *Zones) Named() bool { return len(z.names) > 0 }

// Of returns the zone of a row by its own cell, else by its site, else that of the
// feed; nil when none is known. A site counts when the feed names zones, and must
// then be one of them.
func (z *Zones) Of(cell, site string) (*time.Location, error) {
	switch {
	case cell != "":
		if name, ok := z.names[cell]; ok {
			cell = name
		}
		return z.load(cell)
	case site != "" && z.Named():
		name, ok := z.names[site]
		if !ok {
			return nil, fmt.Errorf("site %.60q is not in zones", site)
		}
		return z.load(name)
	case z.all != "":
		return z.load(z.all)
	}
	return nil, nil
}

const maxZones = 1000 // more names than that are no zones

func (z *Zones) load(name string) (*time.Location, error) {
	if loc, ok := z.loaded[name]; ok {
		return loc, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" || len(z.loaded) > maxZones {
		return nil, fmt.Errorf("zone %.60q: want a name of the time zone database, such as Europe/Berlin", name)
	}
	name = strings.Clone(name)
	z.loaded[name] = loc
	return loc, nil
}
