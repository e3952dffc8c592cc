// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A kind says why Graph did not answer whole. The zero kind is invalid.
type kind uint8

const (
	_           kind = iota
	denied           // the permission is missing
	unlicensed       // the tenant lacks the licence
	gone             // the object does not exist, or no longer
	throttled        // Graph asked to wait until we gave up
	broken           // the answer has no form that can be trusted
	unavailable      // errors and resets of the service until we gave up
	expired          // the credential is not, or no longer, accepted
	rejected         // Graph refuses the question itself, such as a wrong $filter
)

// advice says what to do about a refusal.
func (k kind) advice() string {
	switch k {
	case denied:
		return "grant the application the permission that the guide names, and consent to it"
	case unlicensed:
		return "the tenant has no licence for it"
	case gone:
		return "the object does not exist, or no longer"
	case throttled:
		return "read again when Graph is less busy, or with fewer connections"
	case broken:
		return "the answer cannot be trusted; look for a proxy that changes it"
	case unavailable:
		return "read again when the service answers"
	case expired:
		return "check the credential: its secret or certificate, its expiry, and the tenant"
	default:
		return "Graph does not take this question"
	}
}

// The lengths to which texts from outside are cut.
const (
	maxMessage = 300
	maxCode    = 100
	maxPath    = 200
)

// A refusal is why Graph did not answer whole.
type refusal struct {
	kind    kind
	status  int    // of HTTP; 0 when there was no answer
	code    string // Graph's, such as Authorization_RequestDenied
	message string // what Graph said, or what was wrong with what it said
	path    string // what was asked for, without parameters
}

// Error names what was asked for, why there is no answer, and what to do.
func (r *refusal) Error() string {
	var b strings.Builder
	b.WriteString(clean(r.path, maxPath) + ":")
	if r.status != 0 {
		fmt.Fprintf(&b, " status %d", r.status)
	}
	if r.code != "" {
		b.WriteString(" " + clean(r.code, maxCode))
	}
	if r.message != "" {
		b.WriteString(" (" + clean(r.message, maxMessage) + ")")
	}
	return b.String() + ": " + r.kind.advice()
}

// clean makes a text from outside fit for a line of a terminal or a log.
func clean(s string, limit int) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}), " ")
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// How often an answer is asked for in all.
const (
	onceOnly    = 1
	forLicences = 3 // licensed tenants, too, are told now and then that they are not
	twiceMore   = 3 // an answer that cannot be right may be a stranger's on the way
	patiently   = 8
)

// A fault is what is wrong with one answer, and what may help.
type fault struct {
	refusal
	tries     int // how often it is worth asking in all
	told      bool
	wait      time.Duration // before the next try, when Graph told
	restart   bool          // the list must be read again from its start
	challenge string        // of a 401
}

// again makes a fault that another try may heal.
func again(k kind, format string, args ...any) *fault {
	return &fault{refusal: refusal{kind: k, message: fmt.Sprintf(format, args...)}, tries: patiently}
}

// malformed is an answer that is cut off or not what Graph sends: a proxy's, say.
func malformed(format string, args ...any) *fault { return again(broken, format, args...) }

// untrusted is a whole answer whose content cannot be right.
func untrusted(format string, args ...any) *fault {
	f := malformed(format, args...)
	f.tries = twiceMore
	return f
}

// saying makes the fault of an answer that is not 200.
func saying(status int, header func(string) string, body *node, now time.Time) *fault {
	f := &fault{refusal: refusal{status: status, kind: rejected}, tries: onceOnly}
	f.code, f.message = errorOf(body)
	if f.code == "" && f.message == "" {
		f.message = http.StatusText(status)
	}
	f.wait, f.told = retryAfter(header("Retry-After"), now)
	switch {
	case status == http.StatusTooManyRequests || status == 509: // bandwidth
		f.kind, f.tries = throttled, patiently
	case status == 500 || status == 502 || status == 503 || status == 504 || status == http.StatusRequestTimeout:
		f.kind, f.tries = unavailable, patiently
	case status > 500:
		f.kind = unavailable
	case status >= 200 && status < 300:
		f.kind, f.tries, f.message = broken, patiently, "no content"
	case status < 400:
		f.kind, f.tries, f.message = broken, twiceMore, "redirects are not followed"
	case status == http.StatusUnauthorized:
		f.kind, f.challenge = expired, challengeOf(header("WWW-Authenticate"))
	case f.ofLicence():
		f.kind, f.tries = unlicensed, forLicences
	case status == http.StatusForbidden:
		f.kind = denied
	case status == http.StatusNotFound || status == http.StatusGone:
		f.kind = gone
	}
	f.restart = status == http.StatusGone || strings.EqualFold(f.code, "Directory_ExpiredPageToken") ||
		strings.HasPrefix(strings.ToLower(f.code), "resync") // resyncRequired, resyncChangesApplyDifferences, …
	return f
}

// errorOf reads what Graph says in an answer that is not 200. Only the two texts
// matter, in whatever form the rest is: its times have no zone, for example.
func errorOf(body *node) (code, message string) {
	said := body.child("error")
	if inner := said.child("error"); inner != nil { // as PIM says it
		said = inner
	}
	if code, ok := said.text(); ok { // as the token service says it
		message, _ = body.child("error_description").text()
		return code, message
	}
	code, _ = said.child("code").text()
	message, _ = said.child("message").text()
	return code, message
}

// ofLicence reports whether Graph speaks of a missing licence. It does so by
// several codes, and with 400 as well as with 403.
func (f *fault) ofLicence() bool {
	if f.status != http.StatusForbidden && f.status != http.StatusBadRequest {
		return false
	}
	code, message := strings.ToLower(f.code), strings.ToLower(f.message)
	if strings.Contains(code, "nonpremiumtenant") || strings.Contains(code, "license") {
		return true
	}
	return strings.Contains(message, "premium license") || strings.Contains(message, "premium licence") ||
		strings.Contains(message, "license") && strings.Contains(message, "tenant")
}

// reporting gives a denied report more tries: licensed and permitted tenants get
// such answers now and then.
func (f *fault) reporting(c class) *fault {
	if f.kind == denied && c == classReports {
		f.tries = forLicences
	}
	return f
}

// mostWait is more than anybody waits; what Graph asks for is cut to it, and then
// to the timeout.
const mostWait = 30 * 24 * time.Hour

// retryAfter understands seconds, whole or not, and dates. A date that has passed
// is now.
func retryAfter(s string, now time.Time) (wait time.Duration, ok bool) {
	s = strings.TrimSpace(s)
	if t, err := http.ParseTime(s); err == nil {
		return min(max(t.Sub(now), 0), mostWait), true
	}
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(seconds) || seconds < 0 {
		return 0, false
	}
	return time.Duration(min(seconds, mostWait.Seconds()) * float64(time.Second)), true
}
