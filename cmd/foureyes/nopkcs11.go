// SPDX-License-Identifier: Apache-2.0

//go:build !pkcs11

package main

import (
	"crypto"
)

// tokenKey says that this program cannot speak to tokens.
func tokenKey(string) (key crypto.Signer, closeToken func() error, err error) {
	return nil, nil, usagef("--key pkcs11:…: this program was built without PKCS#11: build it with the tag pkcs11 and a C compiler")
}
