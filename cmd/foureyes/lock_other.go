// SPDX-License-Identifier: Apache-2.0

//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package main

import (
	"errors"
	"fmt"
	"io"
)

// lockExclusive refuses: two runs at a time would spoil each other.
func lockExclusive(name string) (io.Closer, error) {
	return nil, fmt.Errorf("%s: this system has no lock that foureyes knows: %w", name, errors.ErrUnsupported)
}
