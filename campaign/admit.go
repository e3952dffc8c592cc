// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// Errors that callers tell apart.
var (
	// ErrSelfReview is returned (wrapped) when somebody would decide about access of
	// their own, or choose who does.
	ErrSelfReview = errors.New("nobody decides about their own access, or who does")

	// ErrNotHolder is returned (wrapped) when a line is somebody else's to decide.
	ErrNotHolder = errors.New("the line is not theirs to decide")

	// ErrOver is returned (wrapped) when a campaign is closed, or somebody signed off.
	ErrOver = errors.New("it is over")
)

// admit says why a record may not be written; nil when it may. It is asked before a
// record is written, and again when it is read back.
func (c *Campaign) admit(r Record) error {
	switch {
	case c.rule == nil:
		return errors.New("no record has begun the campaign")
	case r.Campaign != c.Terms.ID:
		return fmt.Errorf("it is of campaign %q", r.Campaign)
	case !c.rule.knows(r.By):
		return fmt.Errorf("%s is nobody that the snapshot knows", cmp.Or(r.By.String(), "who did it"))
	case r.At.Before(c.last):
		return fmt.Errorf("it is of %s, before the record ahead of it", r.At)
	case c.closed != nil && r.Followed == nil:
		return fmt.Errorf("campaign %s was closed: %w", c.Terms.ID, ErrOver)
	}
	switch {
	case r.Assigned != nil:
		return c.admitAssigned(r.By, *r.Assigned)
	case r.Decided != nil:
		return c.admitDecided(r.By, *r.Decided)
	case r.SignedOff != nil:
		return c.admitSignOff(r.By, *r.SignedOff)
	case r.Sent != nil:
		return c.admitSent(*r.Sent)
	case r.Enrolled != nil:
		return c.admitEnrolled(r.By, *r.Enrolled)
	case r.Closed != nil:
		return c.admitClosed(r.By, *r.Closed)
	case r.Followed != nil:
		return c.admitFollowed(*r.Followed)
	}
	return errors.New("it tells nothing that can follow")
}

// admitAssigned: who hands a line on must have it or be an administrator, must not be
// whose access it is, and neither may who gets it.
func (c *Campaign) admitAssigned(by graph.ID, a Assigned) error {
	if err := a.How.check(); err != nil {
		return err
	}
	if len(a.Items) == 0 {
		return errors.New("it names no line")
	}
	if c.hasSigned(a.To, a.Stage) {
		return fmt.Errorf("%s has signed off: %w", a.To, ErrOver)
	}
	for _, id := range a.Items {
		l, ok := c.byID[id]
		if !ok {
			return unknown("line", id, "the campaign")
		}
		if err := c.admitHandOn(by, l, a); err != nil {
			return fmt.Errorf("line %s: %w", id, err)
		}
	}
	return nil
}

func (c *Campaign) admitHandOn(by graph.ID, l *Line, a Assigned) error {
	admin := c.isAdmin(by)
	switch {
	case l.Settled:
		return fmt.Errorf("it is decided: %w", ErrOver)
	case a.Stage != l.Stage:
		return fmt.Errorf("it is in stage %d, not %d", l.Stage+1, a.Stage+1)
	case a.How == Named:
		return c.admitNamed(l, a)
	case a.How == TakenOver && c.rule.crowd.Person(a.To) != c.rule.crowd.Person(by):
		return errors.New("who takes over takes it themselves")
	case !admin && !(a.How.ByHolder() && l.Holder == c.rule.crowd.Person(by)):
		return ErrNotHolder
	case c.rule.own(l.Item, by):
		return fmt.Errorf("%s: %w", by, ErrSelfReview)
	}
	return c.bar(l, a.To)
}

func (c *Campaign) hasSigned(who graph.ID, stage int) bool {
	_, signed := c.signed[round{c.rule.crowd.Person(who), stage}]
	return signed
}

// admitNamed: a new stage asks whom its rule finds.
func (c *Campaign) admitNamed(l *Line, a Assigned) error {
	if !l.Holder.IsZero() {
		return fmt.Errorf("%s has it already", l.Holder)
	}
	want, _ := c.nominate(l)
	if want != a.To {
		return fmt.Errorf("the rule of stage %d does not lead to %s", l.Stage+1, a.To)
	}
	return nil
}

// nominate finds who decides in the line's stage. Who decided in an earlier one, or has
// signed this one off, is not asked.
func (c *Campaign) nominate(l *Line) (graph.ID, Obstacle) {
	return c.rule.nominate(l.Item, c.Terms.Stages[l.Stage], func(id graph.ID) Obstacle {
		switch {
		case slices.Contains(l.Passed, id):
			return Obstacle{fmt.Sprintf("%s decided about it in an earlier stage", id), ownAccess}
		case c.hasSigned(id, l.Stage):
			return Obstacle{fmt.Sprintf("%s has signed off", id), notThere}
		}
		return Obstacle{}
	})
}

// bar says why somebody may not have a line.
func (c *Campaign) bar(l *Line, id graph.ID) error {
	if slices.Contains(l.Passed, c.rule.crowd.Person(id)) {
		return fmt.Errorf("%s decided about it in an earlier stage", id)
	}
	switch o := c.rule.bars(l.Item, id); {
	case o.rank == ownAccess:
		return fmt.Errorf("%s: %w", o.Why, ErrSelfReview)
	case o.rank != 0:
		return errors.New(o.Why)
	}
	return nil
}

func (c *Campaign) isAdmin(id graph.ID) bool {
	return slices.ContainsFunc(c.Terms.Admins, func(a graph.ID) bool { return c.rule.crowd.Person(a) == c.rule.crowd.Person(id) })
}

func (c *Campaign) noAdmin(by graph.ID) error {
	return fmt.Errorf("%s is no administrator of campaign %s", by, c.Terms.ID)
}

func (c *Campaign) admitDecided(by graph.ID, d Decided) error {
	l, ok := c.byID[d.Item]
	if !ok {
		return unknown("line", d.Item, "the campaign")
	}
	who := c.rule.crowd.Person(by)
	switch {
	case l.Holder != who:
		return fmt.Errorf("line %s: %s: %w", d.Item, by, ErrNotHolder)
	case l.Settled || c.hasSigned(who, l.Stage):
		return fmt.Errorf("%s has signed off: %w", by, ErrOver)
	case d.Stage != l.Stage:
		return fmt.Errorf("line %s is in stage %d, not %d", d.Item, l.Stage+1, d.Stage+1)
	case d.Replaces != len(l.Decisions):
		return fmt.Errorf("line %s has %d answers by now, and this one was to follow %d: look at it again", d.Item, len(l.Decisions), d.Replaces)
	}
	if err := c.bar(l, by); err != nil {
		return fmt.Errorf("line %s: %w", d.Item, err)
	}
	return c.admitAnswer(l, d)
}

func (c *Campaign) admitSent(s Sent) error {
	switch {
	case len(c.HeldBy(s.To, s.Stage)) == 0:
		return fmt.Errorf("%s has no line in stage %d", s.To, s.Stage+1)
	case s.Address == "" || s.Object == "":
		return errors.New("it does not say what was sent, and where to")
	}
	return nil
}

func (c *Campaign) admitAnswer(l *Line, d Decided) error {
	if err := d.Answer.check(); err != nil {
		return err
	}
	text, err := c.SignedText(d)
	if err != nil {
		return err
	}
	if err := c.checkSource(l.Holder, d.Stage, d.Source, text, d.Signature); err != nil {
		return fmt.Errorf("line %s: %w", d.Item, err)
	}
	switch {
	case d.Bulk < 0 || d.Bulk == 1:
		return fmt.Errorf("line %s: %d lines are no bulk", d.Item, d.Bulk)
	case !d.To.IsZero() && d.Answer != NotMine:
		return fmt.Errorf("line %s: only not-mine names somebody else", d.Item)
	case strings.TrimSpace(d.Reason) == "" && c.needsReason(l, d.Answer):
		return fmt.Errorf("line %s: %s needs a reason", d.Item, d.Answer)
	}
	return nil
}

// needsReason: an open finding is not kept without one.
func (c *Campaign) needsReason(l *Line, a Answer) bool {
	return slices.Contains(c.Terms.ReasonFor, a) || a == Keep && len(l.Findings) > 0
}

func (c *Campaign) admitSignOff(by graph.ID, s SignOff) error {
	who := c.rule.crowd.Person(by)
	if c.hasSigned(who, s.Stage) {
		return fmt.Errorf("%s has signed off: %w", by, ErrOver)
	}
	if len(c.HeldBy(who, s.Stage)) == 0 {
		return fmt.Errorf("%s has no line in stage %d: there is nothing to sign off", by, s.Stage+1)
	}
	if strings.TrimSpace(s.Statement) == "" {
		return errors.New("a sign-off says what is signed")
	}
	text, err := c.SignOffText(s)
	if err != nil {
		return err
	}
	if err := c.checkSource(who, s.Stage, s.Source, text, s.Signature); err != nil {
		return err
	}
	n := count(c.HeldBy(who, s.Stage))
	if got := (Closed{s.Kept, s.Revoked, s.CannotTell, s.Undecided}); got != n {
		return fmt.Errorf("it counts %+v of the lines, and there are %+v", got, n)
	}
	return nil
}

func (c *Campaign) admitClosed(by graph.ID, x Ended) error {
	switch want := c.ended(); {
	case !c.isAdmin(by):
		return c.noAdmin(by)
	case x.Closed != want.Closed:
		return fmt.Errorf("it counts %+v of the lines, and there are %+v", x.Closed, want.Closed)
	case !maps.Equal(x.Answers, want.Answers):
		return errors.New("its answers are not those of the lines")
	}
	return nil
}

func (c *Campaign) admitFollowed(f Followed) error {
	if f.AsOf.Before(c.AsOf) {
		return fmt.Errorf("the snapshot of %s is older than the campaign's", f.AsOf.Format(time.RFC3339))
	}
	if n := len(c.followed); n > 0 && f.AsOf.Before(c.followed[n-1].Followed.AsOf) {
		return fmt.Errorf("the snapshot of %s is older than the one of %s, which was followed up already", f.AsOf.Format(time.RFC3339), c.followed[n-1].Followed.AsOf.Format(time.RFC3339))
	}
	for _, x := range f.Results {
		l, ok := c.byID[x.Item]
		if !ok {
			return unknown("line", x.Item, "the campaign")
		}
		if l.Final() != Revoke {
			return fmt.Errorf("line %s was not revoked", x.Item)
		}
	}
	return nil
}
