// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// A Digest names an object by the SHA-256 of its bytes. The algorithm is part of
// its text form, so that another one can stand beside it in years to come.
type Digest [sha256.Size]byte

const digestPrefix = "sha256:"

// DigestOf returns the digest of an object's bytes.
func DigestOf(object []byte) Digest { return sha256.Sum256(object) }

// String returns "sha256:" and 64 small hexadecimal digits, which [ParseDigest]
// reads back.
func (d Digest) String() string { return digestPrefix + d.Hex() }

// Hex returns the digits alone: the name of an object's file.
func (d Digest) Hex() string { return hex.EncodeToString(d[:]) }

// ParseDigest reads the one text form of a digest.
func ParseDigest(text string) (Digest, error) {
	digits, ok := strings.CutPrefix(text, digestPrefix)
	if !ok {
		return Digest{}, fmt.Errorf("%q is no digest: want %s and 64 digits", text, digestPrefix)
	}
	return ParseHex(digits)
}

// ParseHex reads the digits of a digest, without its algorithm.
func ParseHex(digits string) (Digest, error) {
	var d Digest
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != len(d) || digits != strings.ToLower(digits) {
		return Digest{}, fmt.Errorf("%q is no digest: want 64 small hexadecimal digits", digits)
	}
	copy(d[:], b)
	return d, nil
}

// A salt hides what an object holds from somebody who has its digest and guesses.
type salt [32]byte

const saltedHead = "foureyes/salted/1 "

// Salted puts a random salt before content, so that the digest of the object is a
// commitment: once the object is erased, nobody can confirm a guess of what it said.
func Salted(random io.Reader, content []byte) ([]byte, error) {
	var s salt
	if _, err := io.ReadFull(random, s[:]); err != nil {
		return nil, fmt.Errorf("salt: %w", err)
	}
	return append([]byte(saltedHead+hex.EncodeToString(s[:])+"\n"), content...), nil
}

// Unsalted returns the content of an object that [Salted] made.
func Unsalted(object []byte) ([]byte, error) {
	line, content, ok := strings.Cut(string(object), "\n")
	digits, salted := strings.CutPrefix(line, saltedHead)
	if !ok || !salted || len(digits) != 2*len(salt{}) {
		return nil, fmt.Errorf("the object does not begin with %q and a salt", saltedHead)
	}
	return []byte(content), nil
}
