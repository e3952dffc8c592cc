// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A job is one call that changes a campaign: records that are taken all or not at all.
type job struct {
	records []Record
	done    bool
	err     error
}

// patience is how long records may wait for those ahead of them: by so much their clock
// may be behind. One that is further behind was set back.
const patience = time.Minute

// Look calls f while nothing changes. In f nothing may be changed either.
func (c *Campaign) Look(f func()) {
	c.state.Lock()
	defer c.state.Unlock()
	f()
}

// write is the only way to change a campaign: first what may be, then what is durable,
// then what is so. Whoever comes while another writes waits, and is then written together
// with all who wait.
func (c *Campaign) write(ctx context.Context, records ...Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{records: records}
	c.Look(func() { c.queue = append(c.queue, j) })
	c.turn.Lock()
	defer c.turn.Unlock()
	for !j.done {
		c.commit()
	}
	return j.err
}

// commit writes the jobs that wait, as far as none depends on one ahead of it. Once it has
// begun nobody is left out because the first of them was cancelled.
func (c *Campaign) commit() {
	var jobs []*job
	var texts [][]byte
	c.Look(func() { jobs, texts = c.nextJobs() })
	if len(texts) == 0 {
		return
	}
	err := c.log.Append(context.Background(), texts...)
	c.Look(func() {
		for _, j := range jobs {
			j.done = true
			if err != nil {
				j.err = fmt.Errorf("campaign %s: %w", c.Terms.ID, err)
				continue
			}
			for _, r := range j.records {
				c.apply(r)
			}
		}
	})
}

// nextJobs takes jobs from the queue and says what is to be written. What may not be is done
// at once.
func (c *Campaign) nextJobs() (jobs []*job, texts [][]byte) {
	busy := map[string]bool{}
	at := c.last
	for len(c.queue) > 0 {
		j := c.queue[0]
		if len(jobs) > 0 && !j.apart(busy) {
			return jobs, texts
		}
		c.queue = c.queue[1:]
		more, err := c.admitJob(j, &at, busy)
		if err != nil {
			j.done, j.err = true, err
			continue
		}
		jobs, texts = append(jobs, j), append(texts, more...)
		if !j.apart(nil) {
			break
		}
	}
	return jobs, texts
}

// apart reports whether all that a job does is to answer lines that nobody is answering.
func (j *job) apart(busy map[string]bool) bool {
	return !slices.ContainsFunc(j.records, func(r Record) bool { return r.Decided == nil || busy[r.Decided.Item] })
}

// admitJob admits each record of a job. Answers to different lines do not depend on each
// other, so that they may be admitted before those ahead of them are applied; any other
// record comes alone.
func (c *Campaign) admitJob(j *job, at *time.Time, busy map[string]bool) (texts [][]byte, err error) {
	if len(j.records) != 1 && !j.apart(nil) {
		return nil, errors.New("only answers are taken together")
	}
	own, last := map[string]bool{}, *at
	var errs []error
	for i := range j.records {
		r := &j.records[i]
		text, err := c.admitNext(r, last, own)
		if err != nil {
			errs = append(errs, err)
		}
		texts, last = append(texts, text), r.At
	}
	if errs != nil {
		return nil, errors.Join(errs...)
	}
	maps.Copy(busy, own)
	*at = last
	return texts, nil
}

// admitNext admits a record that comes after another of a moment, and notes its line. It is of the moment
// in which it is written, which is not before that.
func (c *Campaign) admitNext(r *Record, last time.Time, own map[string]bool) ([]byte, error) {
	r.Campaign, r.At = c.Terms.ID, r.At.UTC()
	if r.At.Before(last) {
		if behind := last.Sub(r.At); behind > patience {
			return nil, fmt.Errorf("the clock says %s, and the last record is of %s: set it right", r.At.Format(time.RFC3339), last.Format(time.RFC3339))
		}
		r.At = last
	}
	if d := r.Decided; d != nil {
		if own[d.Item] {
			return nil, fmt.Errorf("line %s is answered twice", d.Item)
		}
		own[d.Item] = true
	}
	if err := c.admit(*r); err != nil {
		return nil, err
	}
	if d := r.Decided; d != nil && !d.To.IsZero() && !c.rule.knows(d.To) { // older records may
		return nil, fmt.Errorf("line %s: %s is nobody that the snapshot knows", d.Item, d.To)
	}
	return r.Bytes()
}
