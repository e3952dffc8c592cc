// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A Key signs checkpoints. Its signer may be a file's or a device's.
type Key struct {
	Signer note.Signer
	Public string // the verifier key, "name+hash+base64", as C2SP signed-note has it
}

// GenerateKey makes an Ed25519 key for the ledger of that name. The secret is one
// line of text, for [ParseKey]; keep it where nobody else can read it.
func GenerateKey(random io.Reader, origin string) (secret string, err error) {
	if err := checkOrigin(origin); err != nil {
		return "", err
	}
	secret, _, err = note.GenerateKey(random, origin)
	return secret, err
}

// ParseKey reads the secret of a key. Errors do not show it.
func ParseKey(secret string) (Key, error) {
	secret = strings.TrimSpace(secret)
	signer, err := note.NewSigner(secret)
	if err != nil {
		return Key{}, errors.New("it is no signing key: want one line, PRIVATE+KEY+name+hash+base64")
	}
	fields := strings.SplitN(secret, "+", 5)
	seed, err := base64.StdEncoding.DecodeString(fields[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return Key{}, errors.New("the signing key is not an Ed25519 key")
	}
	public := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return Key{}, err
	}
	return Key{signer, vkey}, nil
}

// ParseKeys reads public keys, one a line; empty lines and lines that begin with #
// say nothing.
func ParseKeys(text string) ([]string, error) {
	var keys []string
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if _, err := note.NewVerifier(line); err != nil {
			return nil, fmt.Errorf("line %d is no public key: %w", i+1, err)
		}
		keys = append(keys, line)
	}
	if len(keys) == 0 {
		return nil, errors.New("no public key is in it")
	}
	return keys, nil
}

// KeyID returns the short name of a public key: eight digits that its signatures
// carry.
func KeyID(public string) string {
	v, err := note.NewVerifier(public)
	if err != nil {
		return "invalid"
	}
	return fmt.Sprintf("%08x", v.KeyHash())
}
