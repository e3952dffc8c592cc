// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"errors"
	"fmt"
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
)

// begin admits the first record: its lines must be those that its scope asks of the
// subject, and so must those that nobody may decide.
func (c *Campaign) begin(s Subject, r Record) error {
	switch {
	case c.rule != nil:
		return errors.New("the campaign has begun already")
	case !r.Opened.AsOf.Equal(s.AsOf):
		return fmt.Errorf("it is as of %s, and the subject as of %s", r.Opened.AsOf, s.AsOf)
	}
	want, err := opening(s, r.Opened.Terms, r.By)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(want.Items, r.Opened.Items, Item.equal) || !slices.Equal(want.Nobody, r.Opened.Nobody) {
		return errors.New("its lines are not those of its snapshot, policy and scope")
	}
	c.Opened, c.By, c.Begun, c.last, c.unchanged = *r.Opened, r.By, r.At, r.At, want.Unchanged
	c.byID, c.signed, c.sent = map[string]*Line{}, map[round]Record{}, map[round]Record{}
	c.keys = map[string]ownedKey{}
	for _, item := range r.Opened.Items {
		l := &Line{Item: item}
		c.lines = append(c.lines, l)
		c.byID[item.ID] = l
	}
	for _, x := range r.Opened.Nobody {
		c.byID[x.Item].Obstacle = x.Why
	}
	c.rule = newRule(s, NewCrowd(s.Graph, s.AsOf), r.Opened.Terms)
	return nil
}

func (i Item) equal(j Item) bool {
	return i.ID == j.ID && i.From == j.From && i.To == j.To && i.Kind == j.Kind && i.Structure == j.Structure && i.Before == j.Before && i.Everybody == j.Everybody &&
		slices.Equal(i.People, j.People) && slices.Equal(i.Findings, j.Findings)
}

// apply changes the state by an admitted record.
func (c *Campaign) apply(r Record) {
	c.last = r.At
	switch {
	case r.Assigned != nil:
		for _, id := range r.Assigned.Items {
			l := c.byID[id]
			l.Holder, l.Obstacle = c.rule.crowd.Person(r.Assigned.To), ""
			l.Trail = append(l.Trail, r)
		}
	case r.Decided != nil:
		c.applyDecided(r)
	case r.SignedOff != nil:
		c.applySignOff(r)
	case r.Sent != nil:
		c.sent[round{c.rule.crowd.Person(r.Sent.To), r.Sent.Stage}] = r
	case r.Enrolled != nil:
		c.applyEnrolled(*r.Enrolled)
	case r.Closed != nil:
		c.closed = &r
		for _, l := range c.lines {
			l.halfway = c.isHalfway(l)
		}
	case r.Followed != nil:
		c.followed = append(c.followed, r)
	}
}

// applySignOff settles the lines that somebody revoked, and gives those that they did
// not to the next stage. What is undecided stays theirs.
func (c *Campaign) applySignOff(r Record) {
	at := round{c.rule.crowd.Person(r.By), r.SignedOff.Stage}
	c.signed[at] = r
	for _, l := range c.HeldBy(at.who, at.stage) {
		switch final := l.Final(); {
		case final == "":
		case final == Revoke || l.Stage+1 == len(c.Terms.Stages):
			l.Settled = true
		default:
			l.Stage, l.Holder, l.Passed = l.Stage+1, graph.ID{}, append(l.Passed, at.who)
		}
	}
}

// applyDecided notes an answer: until they sign off, reviewers may change their mind.
func (c *Campaign) applyDecided(r Record) {
	l := c.byID[r.Decided.Item]
	l.Decisions = append(l.Decisions, r)
	if r.Decided.Answer == NotMine {
		l.Holder = graph.ID{}
		l.Obstacle = fmt.Sprintf("%s says that it is not theirs to decide", r.By)
		if !r.Decided.To.IsZero() {
			l.Obstacle += fmt.Sprintf(", but for %s", r.Decided.To)
		}
	}
}
