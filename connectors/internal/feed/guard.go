// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"context"

	"github.com/foureyes-iga/foureyes/graph"
)

// Guard wraps the yield of a collection so that its contract holds whatever the
// connector does: nothing follows an error or a stop, and once ctx has ended the
// next value is its cause and the last one.
func Guard(ctx context.Context, yield func(graph.Fact, error) bool) func(graph.Fact, error) bool {
	over := false
	return func(f graph.Fact, err error) bool {
		if over {
			return false
		}
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			f = nil
		}
		over = !yield(f, err) || err != nil
		return !over
	}
}
