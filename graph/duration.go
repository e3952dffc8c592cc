// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads a length of time as attributes and policies write it: whole
// days such as "90d", or Go's form such as "36h". It must not be negative.
func ParseDuration(s string) (time.Duration, error) {
	const day = 24 * time.Hour
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 31)
		if err != nil || n > math.MaxInt64/uint64(day) {
			return 0, fmt.Errorf("duration %q: want days such as 90d", s)
		}
		return time.Duration(n) * day, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("duration %q: want days such as 90d, or hours such as 36h", s)
	}
	return d, nil
}
