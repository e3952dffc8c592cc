// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"context"
	"errors"
	"log/slog"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
	"github.com/foureyes-iga/foureyes/graph"
)

// A pass is one search below every base. What is missing of it is recorded
// against the datasets.
type pass struct {
	search search
	of     []graph.Dataset
	take   func(directory.Entry) error
	end    func(context.Context) error // when all bases were read; nil does nothing
}

// each makes one pass.
func (r *run) each(ctx context.Context, s search, take func(directory.Entry) error, of ...graph.Dataset) error {
	return r.pass(ctx, pass{search: s, of: of, take: take})
}

// pass makes passes: two at the same time, each on its own connection.
func (r *run) pass(ctx context.Context, all ...pass) error {
	conns := []*conn{r.conn, r.second}
	for _, base := range r.cfg.Base {
		parts := make([]part, len(all))
		for i, p := range all {
			parts[i] = r.partOf(ctx, p, base, conns[i])
		}
		err := together(ctx, parts...)
		if errors.Is(err, errStopped) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	for _, p := range all {
		if p.end == nil || r.stopped {
			continue
		}
		if err := p.end(ctx); err != nil {
			return err
		}
	}
	return nil
}

// partOf is a pass below one base.
func (r *run) partOf(ctx context.Context, p pass, base string, cn *conn) part {
	one := p.search
	one.base, one.began = base, r.opts.Ended()
	for _, d := range p.of {
		r.done[d] = append(r.done[d], &one)
	}
	return part{conn: cn, search: &one, take: r.untilStopped(p.take), end: func(err error) error {
		one.ended = r.opts.Ended()
		var short *shortError
		if errors.As(err, &short) {
			r.missing(p.of, short.state, err.Error())
			err = nil
		}
		if err == nil {
			r.settleReferrals(&one, p.of)
			r.opts.Logger().InfoContext(ctx, "search done", slog.String("source", string(r.opts.Source)),
				slog.String("base", base), slog.String("filter", one.filter), slog.Int("pages", one.pages), slog.Int("entries", one.entries))
		}
		return err
	}}
}

var errStopped = errors.New("nobody wants any more")

// untilStopped makes a search end when nobody wants any more.
func (r *run) untilStopped(take func(directory.Entry) error) func(directory.Entry) error {
	return func(e directory.Entry) error {
		err := take(e)
		if err == nil && r.stopped {
			err = errStopped
		}
		return err
	}
}

func (r *run) missing(of []graph.Dataset, s graph.State, reason string) {
	for _, d := range of {
		r.reading.Shortfall(d, s, reason)
	}
}
