// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// A timeKind says what a value of a time attribute means. The zero timeKind is
// invalid, and what an error comes with.
type timeKind uint8

const (
	_         timeKind = iota
	aTime              // a point in time or a length of time
	zeroTime           // 0: what it means is the attribute's matter, see fileTime
	neverTime          // 2^63-1, or for a length -2^63
)

// never reports whether the value is no time.
func (k timeKind) never() bool { return k == zeroTime || k == neverTime }

const (
	ticksPerSecond = 10_000_000      // of 100 ns
	epochGap       = 11_644_473_600  // seconds from 1601 to 1970
	lastSecond     = 253_402_300_799 // 9999-12-31 23:59:59
)

// fileTime reads the decimal text of a FILETIME ([MS-DTYP] 2.3.3): 100 ns since
// 1601, UTC. A time after the year 9999 that is not the value for never is an
// error, since no report could print it. What it means that there is no time
// depends on the attribute ([MS-ADA1], [MS-ADA3]):
//
//   - accountExpires: zero and never both mean that the account does not expire.
//   - lastLogonTimestamp: zero means that no sign-in was recorded. It lags: it is written only when the stored time is older than
//     msDS-LogonTimeSyncInterval, by default 9 to 14 days.
//   - pwdLastSet: zero means that the password must be changed
//     at the next sign-in, and that nobody knows when it was set.
//   - lockoutTime: zero means not locked. A time says when the
//     account was locked, not that it still is: the lock ends after the
//     lockoutDuration of the domain, if that is not never.
func fileTime(v []byte) (time.Time, timeKind, error) {
	n, err := ticks(v)
	if err != nil {
		return time.Time{}, 0, fmt.Errorf("file time %w", err)
	}
	switch {
	case n < 0:
		return time.Time{}, 0, fmt.Errorf("file time %d is before 1601", n)
	case n == 0:
		return time.Time{}, zeroTime, nil
	case n == math.MaxInt64:
		return time.Time{}, neverTime, nil
	}
	t, ok := timeAt(n/ticksPerSecond, n%ticksPerSecond)
	if !ok {
		return time.Time{}, 0, fmt.Errorf("file time %d is after the year 9999", n)
	}
	return t, aTime, nil
}

// timeAt returns the time that is so many seconds and ticks after 1601, unless it
// is after the year 9999.
func timeAt(seconds, ticks int64) (time.Time, bool) {
	if seconds < 0 || seconds > lastSecond+epochGap {
		return time.Time{}, false
	}
	return time.Unix(seconds-epochGap, ticks*100).UTC(), true
}

// interval reads the decimal text of a length of time, which Active Directory
// keeps as a negative number of 100 ns: maxPwdAge, lockoutDuration,
// msDS-MaximumPasswordAge and their like ([MS-ADTS] 3.1.1.4.5.17). It is never for -2^63, which is how a password that does not
// age and a lock that only an administrator lifts are written, and zeroTime for
// 0. A positive number, or more than 292 years, is an error.
func interval(v []byte) (time.Duration, timeKind, error) {
	n, err := ticks(v)
	if err != nil {
		return 0, 0, fmt.Errorf("interval %w", err)
	}
	switch {
	case n == math.MinInt64:
		return 0, neverTime, nil
	case n == 0:
		return 0, zeroTime, nil
	case n > 0:
		return 0, 0, fmt.Errorf("interval %d is not negative", n)
	case n < math.MinInt64/100:
		return 0, 0, fmt.Errorf("interval %d is too long", n)
	}
	return time.Duration(-n) * 100, aTime, nil
}

var errNumber = errors.New("is no decimal number of 64 bits")

// ticks reads a number of the LDAP syntax Integer.
func ticks(v []byte) (int64, error) {
	if len(v) > len("-9223372036854775808") || len(v) > 0 && v[0] == '+' {
		return 0, fmt.Errorf("%.24q %w", v, errNumber)
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.24q %w", v, errNumber)
	}
	return n, nil
}
