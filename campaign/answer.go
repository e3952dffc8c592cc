// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// An Answer is what a reviewer says of a line. The zero Answer is none: the line is
// undecided, which is never "keep".
type Answer string

// The answers.
const (
	Keep       Answer = "keep"        // it is appropriate
	Revoke     Answer = "revoke"      // it is to be removed
	CannotTell Answer = "cannot-tell" // the reviewer does not know
	NotMine    Answer = "not-mine"    // somebody else has to decide
)

// Answers lists the answers that a reviewer may give.
func Answers() []Answer { return []Answer{Keep, Revoke, CannotTell, NotMine} }

func (a Answer) check() error {
	if !slices.Contains(Answers(), a) {
		return fmt.Errorf("answer %q: want keep, revoke, cannot-tell or not-mine", string(a))
	}
	return nil
}

// A How says in what way a line came to somebody. The zero How is invalid.
type How string

// The ways. The administrators of a campaign may escalate, reassign and take over; who
// has the line may delegate and forward it, and be out of office.
const (
	Named       How = "named" // by the rule of the stage, when it began
	Delegated   How = "delegated"
	Forwarded   How = "forwarded"
	OutOfOffice How = "out-of-office"
	Escalated   How = "escalated"
	Reassigned  How = "reassigned"
	TakenOver   How = "taken-over"
)

// ByHolder reports whether it is who has the line that hands it on.
func (h How) ByHolder() bool { return h == Delegated || h == Forwarded || h == OutOfOffice }

func (h How) check() error {
	if !slices.Contains([]How{Named, Delegated, Forwarded, OutOfOffice, Escalated, Reassigned, TakenOver}, h) {
		return fmt.Errorf("%q is no way to hand on a line", string(h))
	}
	return nil
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// unknown says that something is named and not there.
func unknown(kind, name, where string) error {
	return fmt.Errorf("%s %q is not in %s", kind, name, where)
}
