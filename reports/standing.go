// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"time"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// A Standing is how a campaign stands: its review, what it asks nobody about, and when the
// controls that its policy counts on were last carried out.
type Standing struct {
	*Review
	NotReviewed []NotReviewed
	Controls    []ControlStanding
}

// A NotReviewed line is in scope, and nobody is asked about it in this period: the last
// campaign kept it.
type NotReviewed struct {
	Item, Sentence string
}

// A ControlStanding says when a compensating control was last carried out.
type ControlStanding struct {
	ID, Title string
	Owner     Thing
	Every     time.Duration
	Performed time.Time // as the ledger shows; zero: it shows nothing
	By        Thing     // who carried it out; zero as above
	Evidence  []string  // digests of what shows it
	Declared  sod.Date  // as the policy says; zero: it says nothing
}

// NewStanding adds to a review what is not about single lines. Performed are the
// performances that the ledger has, in its order.
func NewStanding(r *Review, c *campaign.Campaign, s campaign.Subject, performed []campaign.Performance) *Standing {
	return &Standing{r, notReviewed(s.Graph, c.NotReviewed()), ControlStandings(s.Graph, s.Policy, performed)}
}

func notReviewed(g *graph.Graph, items []campaign.Item) (all []NotReviewed) {
	for _, i := range items {
		all = append(all, NotReviewed{i.ID, itemSentence(g, i)})
	}
	return all
}

func thingIn(g *graph.Graph, id graph.ID) Thing {
	if n, ok := g.Find(id); ok {
		return Thing{id, g.Name(n)}
	}
	return Thing{ID: id}
}

// ControlStandings lists the compensating controls of a policy, in its order. Of several
// performances the last one counts, and of those of one moment the one that was recorded last.
func ControlStandings(g *graph.Graph, p *sod.Policy, performed []campaign.Performance) (all []ControlStanding) {
	for _, c := range p.Compensating {
		x := ControlStanding{ID: c.ID, Title: c.Title, Every: c.Every, Declared: c.LastPerformed}
		if !c.Owner.IsZero() {
			x.Owner = thingIn(g, c.Owner)
		}
		for _, done := range performed {
			if done.Control == c.ID && !done.On.Before(x.Performed) {
				x.Performed, x.By, x.Evidence = done.On, thingIn(g, done.By), done.Evidence
			}
		}
		all = append(all, x)
	}
	return all
}

// Late reports whether the control was due before a moment, going by what the ledger shows;
// a control of which it shows nothing is late.
func (c ControlStanding) Late(now time.Time) bool {
	return c.Performed.IsZero() || c.Every > 0 && now.After(c.Performed.Add(c.Every))
}

// Sentence tells when the control was last carried out, and how that is known.
func (c ControlStanding) Sentence() string {
	s := c.ID
	if c.Title != "" {
		s += ", " + c.Title
	}
	switch {
	case !c.Performed.IsZero():
		s += fmt.Sprintf(": last performed on %s by %s, with evidence", c.Performed.UTC().Format(time.DateOnly), c.By.Label())
	case !c.Declared.IsZero():
		return s + fmt.Sprintf(": last performed on %s, AS DECLARED; nothing in the ledger shows it", c.Declared)
	default:
		return s + ": NOT KNOWN to have been performed"
	}
	return s
}
