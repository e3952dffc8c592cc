// SPDX-License-Identifier: Apache-2.0

package entra

// A kind says why Graph did not answer whole. The zero kind is invalid.
type kind uint8

const (
	_           kind = iota
	denied           // the permission is missing
	unlicensed       // the tenant lacks the licence
	gone             // the object does not exist (any more)
	throttled        // Graph asked to wait until we gave up
	broken           // the answer has no form that we could trust
	unavailable      // errors and resets of the service until we gave up
	expired          // the credential is not, or no longer, accepted
	rejected         // Graph refuses the question itself, as it refuses a wrong $filter
)

// A refusal is why Graph did not answer whole.
type refusal struct {
	kind    kind
	status  int    // of HTTP; 0 when there was no answer
	code    string // Graph's, such as Authorization_RequestDenied
	message string
	path    string // what was asked, without parameters
}

// Error implements error.
func (r *refusal) Error() string { return r.path + ": " + r.message }
