// SPDX-License-Identifier: Apache-2.0

package campaign_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/campaign"
)

// A slowLedger says when it is asked to append, and waits.
type slowLedger struct {
	ledger
	asked   chan int // how many records
	proceed chan error
}

func (l *slowLedger) Append(ctx context.Context, records ...[]byte) error {
	l.asked <- len(records)
	if err := <-l.proceed; err != nil {
		return err
	}
	return l.ledger.Append(ctx, records...)
}

// crowdOf is a boss of whom many people each have one line.
func crowdOf(t *testing.T, people int) (*campaign.Campaign, campaign.Subject, *ledger) {
	t.Helper()
	lines := []string{"identity:hr/E0 status=active", "identity:hr/E8 status=active", "group:corp/pay description=Pay"}
	for i := range people {
		lines = append(lines, fmt.Sprintf("identity:hr/P%d status=active manager=identity:hr/E0", i), fmt.Sprintf("account:corp/a%d", i),
			fmt.Sprintf("identity:hr/P%d owns account:corp/a%d", i, i), fmt.Sprintf("account:corp/a%d member group:corp/pay", i))
	}
	s := subject(world(t, lines...))
	c, log := open(t, s, terms(t))
	return c, s, log
}

// Who waits while another writes is written together, as far as nobody depends on somebody
// ahead: a second answer to a line, and a statement about all of them, come after. A writer
// that lets them share is refused by the replay.
func TestTogether(t *testing.T) {
	const people = 12
	c, s, log := crowdOf(t, people)
	slow := &slowLedger{ledger: *log, asked: make(chan int), proceed: make(chan error)}
	c.Continue(slow)
	boss := id(t, "identity:hr/E0")
	var all sync.WaitGroup
	errs := make(chan error, people+1)
	decide := func(l *campaign.Line) {
		d := answer(l, campaign.Keep, "")
		all.Go(func() { errs <- c.Decide(context.Background(), d, boss, start) })
	}
	decide(c.Lines()[0])
	if n := <-slow.asked; n != 1 { // it is being written, and the others come
		t.Fatalf("%d records at first", n)
	}
	for _, l := range c.Lines()[1:] {
		decide(l)
	}
	decide(c.Lines()[1]) // once more
	time.Sleep(100 * time.Millisecond)
	slow.proceed <- nil
	batches, wrote := []int{1}, 1
	for wrote < people {
		n := <-slow.asked
		batches, wrote = append(batches, n), wrote+n
		slow.proceed <- nil
	}
	all.Wait()
	close(errs)
	refused := 0
	for err := range errs {
		if err != nil {
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("%d answers were refused, want the second to one line", refused)
	}
	if len(batches) > 4 {
		t.Errorf("written in batches of %v: those who waited did not share", batches)
	}
	again, err := campaign.Replay(s, slow.all(t))
	if err != nil {
		t.Fatal(err)
	}
	if n := again.Counts(); n.Kept != people {
		t.Errorf("after replay: %+v", n)
	}
}

// When the ledger refuses, nobody's answer was taken, and the next is.
func TestRefusedTogether(t *testing.T) {
	c, _, log := crowdOf(t, 3)
	boss := id(t, "identity:hr/E0")
	var answers []campaign.Decided
	for _, l := range c.Lines() {
		answers = append(answers, answer(l, campaign.Keep, ""))
	}
	log.refuse = true
	if c.DecideAll(t.Context(), answers, boss, start) == nil || c.Counts().Undecided != 3 {
		t.Errorf("the ledger refused, and %+v", c.Counts())
	}
	log.refuse = false
	wrong := append([]campaign.Decided(nil), answers...)
	wrong[2].Answer = "approve"
	if c.DecideAll(t.Context(), wrong, boss, start) == nil || c.Counts().Undecided != 3 {
		t.Errorf("one of three is wrong, and %+v", c.Counts())
	}
	if err := c.DecideAll(t.Context(), append(answers, answers[0]), boss, start); err == nil {
		t.Error("one line was answered twice")
	}
	if err := c.MayDecide(answers, boss, start); err != nil || c.Counts().Undecided != 3 {
		t.Errorf("to ask changed something: %v, %+v", err, c.Counts())
	}
	if err := c.DecideAll(t.Context(), answers, boss, start); err != nil || c.Counts().Kept != 3 {
		t.Errorf("%v, %+v", err, c.Counts())
	}
}

// A clock that is a little behind is that of somebody who waited; one that is far behind was
// set back, and nothing is written by it.
func TestClockBehind(t *testing.T) {
	c, s, log := crowdOf(t, 2)
	boss := id(t, "identity:hr/E0")
	if err := c.Decide(t.Context(), answer(c.Lines()[0], campaign.Keep, ""), boss, start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := c.Decide(t.Context(), answer(c.Lines()[1], campaign.Keep, ""), boss, start); err == nil {
		t.Error("the clock went back by an hour")
	}
	if err := c.Decide(t.Context(), answer(c.Lines()[1], campaign.Keep, ""), boss, start.Add(time.Hour-time.Second)); err != nil {
		t.Error(err)
	}
	if _, err := campaign.Replay(s, log.all(t)); err != nil {
		t.Error(err)
	}
	if err := c.Decide(canceled(t), answer(c.Lines()[1], campaign.Revoke, ""), boss, start.Add(2*time.Hour)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func canceled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// What is overdue goes up to the next who may decide; who has nobody above keeps it. What an
// earlier stage kept counts for nothing when the campaign ends before the next was asked.
func TestOverdue(t *testing.T) {
	lines := append(company(), "identity:hr/E7 status=active")
	lines[0] = "identity:hr/E0 status=active manager=identity:hr/E7"
	s := subject(world(t, lines...))
	x := terms(t)
	x.Stages = append(x.Stages, campaign.Stage{Name: "owners", By: []campaign.Way{campaign.Owner}, Due: x.Stages[0].Due})
	c, _ := open(t, s, x)
	admin, late := id(t, "identity:hr/E8"), x.Stages[0].Due.Add(time.Second)
	if n := len(c.Overdue(x.Stages[0].Due)); n != 0 {
		t.Errorf("%d lines are overdue on the day on which they are due", n)
	}
	ben := lineOf(t, c, "account:corp/ben")
	if err := c.Decide(t.Context(), answer(ben, campaign.Keep, ""), id(t, "identity:hr/E0"), start); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Escalate(t.Context(), id(t, "identity:hr/E1"), late); err == nil {
		t.Error("nobody but an administrator escalates")
	}
	up, stay, err := c.Escalate(t.Context(), admin, late)
	if err != nil || up == 0 {
		t.Fatalf("%d up, %d stay, %v", up, stay, err)
	}
	if got := lineOf(t, c, "account:corp/ana").Holder; got != id(t, "identity:hr/E7") {
		t.Errorf("the line went to %s", got)
	}
	if got := ben.Holder; got != id(t, "identity:hr/E0") {
		t.Errorf("a line that is decided went to %s", got)
	}
	if err := c.Close(t.Context(), admin, late); err != nil {
		t.Fatal(err)
	}
	if n := c.Counts(); n.Kept != 0 || ben.Final() != "" {
		t.Errorf("the second stage was not asked, and %+v", n)
	}
	if n := len(c.Overdue(late)); n != 0 {
		t.Errorf("%d lines of a closed campaign are overdue", n)
	}
}
