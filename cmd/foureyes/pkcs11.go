// SPDX-License-Identifier: Apache-2.0

//go:build pkcs11

package main

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"os"

	"github.com/ThalesGroup/crypto11"
)

// tokenKey opens a key that stays in a token (PKCS#11), as a URI of RFC 7512 names it. The
// library that speaks to the token is loaded into this process: name only one that you trust.
// Close ends the session.
func tokenKey(uri string) (key crypto.Signer, closeToken func() error, err error) {
	u, err := parseTokenURI(uri)
	if err != nil {
		return nil, nil, err
	}
	pin, err := u.pin(os.ReadFile)
	if err != nil {
		return nil, nil, err
	}
	session, err := crypto11.Configure(&crypto11.Config{Path: u.module, TokenLabel: u.token, Pin: string(bytes.TrimRight(pin, "\r\n"))})
	if err != nil {
		return nil, nil, fmt.Errorf("token %s: %w", u.token, err)
	}
	var label []byte
	if u.object != "" {
		label = []byte(u.object)
	}
	signer, err := session.FindKeyPair(u.id, label)
	if err == nil && signer == nil {
		err = errors.New("not found")
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("token %s, key %q with id %x: %w", u.token, u.object, u.id, err), session.Close())
	}
	return signer, session.Close, nil
}

// pin reads the file that has the PIN.
func (u tokenURI) pin(read func(string) ([]byte, error)) ([]byte, error) {
	pin, err := read(u.pinSource)
	if err != nil {
		return nil, fmt.Errorf("pin-source: %w", err)
	}
	if len(pin) == 0 || len(pin) > 1024 {
		return nil, errors.New("pin-source: want a PIN")
	}
	return pin, nil
}
