// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"bytes"
	"fmt"
	"slices"
)

// checkKeys refuses what encoding/json takes in silence: a key in another letter
// case or with escapes, a key that is there twice, and null.
func checkKeys(object []byte) error {
	keys, null := keysOf(object)
	for i, k := range keys {
		if !plainKey(k) {
			return fmt.Errorf("unknown key %q", k)
		}
		if slices.ContainsFunc(keys[:i], func(before []byte) bool { return bytes.Equal(before, k) }) {
			return fmt.Errorf("key %q is there twice", k)
		}
	}
	if null != nil {
		return fmt.Errorf("key %q is null; leave it out when it is unknown", null)
	}
	return nil
}

func plainKey(key []byte) bool {
	return !slices.ContainsFunc(key, func(c byte) bool { return c != '_' && (c < 'a' || c > 'z') })
}

// keysOf returns the keys of a JSON object as they are written, and the last one
// that is null. The object must be sound.
func keysOf(object []byte) (keys [][]byte, null []byte) {
	depth, isKey := 0, false
	for i := 0; i < len(object); i++ {
		switch object[i] {
		case '{', '[':
			depth++
			isKey = depth == 1
		case '}', ']':
			depth--
		case ',':
			isKey = depth == 1
		case 'n': // outside of strings only null has one
			if depth == 1 && len(keys) > 0 {
				null = keys[len(keys)-1]
			}
		case '"':
			end := i + 1 + stringEnd(object[i+1:])
			if isKey {
				keys = append(keys, object[i+1:end])
				isKey = false
			}
			i = end
		}
	}
	return keys, null
}

// stringEnd returns the place of the quote that ends a string.
func stringEnd(text []byte) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(text)
}
