// SPDX-License-Identifier: Apache-2.0

//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package sqlite

import (
	"errors"
	"fmt"
	"io"
)

// takeLock refuses: two writers at a time would spoil each other.
func takeLock(name string, _ bool) (io.Closer, error) {
	return nil, fmt.Errorf("%s: this system has no lock that foureyes knows: %w", name, errors.ErrUnsupported)
}
