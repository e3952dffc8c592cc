// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// waitForGoroutines fails if connections of the LDAP library stay alive.
func waitForGoroutines(t *testing.T) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	for range 100 {
		stacks = stacks[:runtime.Stack(stacks[:cap(stacks)], true)]
		if !strings.Contains(string(stacks), "go-ldap/ldap") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("goroutines stay behind:\n%s", stacks)
}
