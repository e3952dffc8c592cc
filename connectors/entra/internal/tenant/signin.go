// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// signInLag is how late Graph shows a sign-in, as [graph.ParseDuration] reads it.
const signInLag = "24h"

// successesSince is when Graph began to keep the last success.
func successesSince() time.Time { return time.Date(2023, time.December, 1, 0, 0, 0, 0, time.UTC) }

// tellSignIn tells when somebody signed in last. What Graph does not show is not
// told to have never happened.
func (s *story) tellSignIn(a *attributes, id string) {
	in := s.t.SignIns[id]
	attempt := in.LastInteractive
	if in.LastNonInteractive.After(attempt) {
		attempt = in.LastNonInteractive
	}
	last := in.LastSuccessful
	if last.IsZero() {
		last = attempt
		if last.After(successesSince()) {
			last = successesSince()
		}
		a.moment("last_sign_in_attempt", attempt)
	}
	if last.IsZero() {
		return
	}
	s.told[graph.SignIn]++
	a.moment("last_sign_in", last)
	a.Set("last_sign_in_uncertainty", signInLag)
}
