// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const maxDays = 36500

// ParseDuration reads a length of time as attributes and policies write it: whole
// days such as "90d", or Go's form such as "36h"; at most a hundred years, and
// not negative.
func ParseDuration(s string) (time.Duration, error) {
	const day = 24 * time.Hour
	d, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		d = time.Duration(min(n, maxDays+1)) * day
	}
	if err != nil || s[0] < '0' || s[0] > '9' || d > maxDays*day {
		return 0, fmt.Errorf("duration %q: want days such as 90d, or hours such as 36h", s)
	}
	return d, nil
}
