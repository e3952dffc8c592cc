// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A band is an age of a last use, as coarse as a reviewer needs it: a day tells when
// somebody was at work. The zero band is not known.
type band uint8

const (
	_ band = iota
	within30
	within90
	within180
	within365
	older
	never // the source says that there was none
)

// bandNames are the bands in words, by band.
func bandNames() []string {
	return []string{"not known", "within 30 days", "31 to 90 days ago", "91 to 180 days ago", "181 to 365 days ago", "over 365 days ago", "never"}
}

// bandOf tells how long before asOf a moment lies.
func bandOf(at, asOf time.Time) band {
	const day = 24 * time.Hour
	for i, days := range []time.Duration{30, 90, 180, 365} {
		if asOf.Sub(at) <= days*day {
			return within30 + band(i)
		}
	}
	return older
}

// A lastUse is the age of an account's last sign-in: between what is recorded and the
// latest that its uncertainty allows. Latest is zero when nothing bounds it, and both
// are when nothing is known.
type lastUse struct{ recorded, latest band }

// lastUseOf reads the sign-in of an account. One that was recorded long ago in a source
// whose sign-ins were not read whole may not be the last; no recorded sign-in is not
// "never", unless the source says so.
func lastUseOf(g *graph.Graph, n uint32, asOf time.Time) lastUse {
	values := g.AttrValues(n, "last_sign_in")
	whole := g.State(g.ID(n).Source, graph.SignIn).Whole()
	if len(values) == 0 {
		if values != nil && whole {
			return lastUse{never, never}
		}
		return lastUse{}
	}
	at, err := time.Parse(time.RFC3339, values[0])
	if err != nil {
		return lastUse{}
	}
	use := lastUse{bandOf(at, asOf), bandOf(at, asOf)}
	if text, ok := g.Attr(n, "last_sign_in_uncertainty"); ok {
		spread, err := graph.ParseDuration(text)
		if err != nil {
			return lastUse{}
		}
		use.latest = bandOf(at.Add(spread), asOf)
	}
	if use.recorded != within30 && !whole {
		use.latest = 0
	}
	return use
}

// String tells the band, and what it may be at most; "" when it is not known.
func (u lastUse) String() string {
	switch {
	case u.recorded == 0:
		return ""
	case u.latest == 0:
		return bandNames()[u.recorded] + ", or later"
	case u.recorded != u.latest:
		return bandNames()[u.recorded] + ", or " + bandNames()[u.latest]
	}
	return bandNames()[u.recorded]
}
