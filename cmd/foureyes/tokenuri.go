// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/url"
	"strings"
)

// tokenScheme begins the name of a key in a token (RFC 7512).
const tokenScheme = "pkcs11:"

// A tokenURI names a key in a token.
type tokenURI struct {
	token, object     string // labels
	id                []byte // of the key; nil is any
	module, pinSource string // files
}

// parseTokenURI reads what of RFC 7512 a key needs, and refuses the rest: what is not
// understood could have named another key.
func parseTokenURI(text string) (u tokenURI, err error) {
	rest, ok := strings.CutPrefix(text, tokenScheme)
	if !ok {
		return u, usagef("%s: want pkcs11:token=…;object=…?module-path=…&pin-source=…", text)
	}
	path, query, _ := strings.Cut(rest, "?")
	seen := map[string]bool{}
	for _, pair := range append(strings.Split(path, ";"), splitQuery(query)...) {
		name, value, ok := strings.Cut(pair, "=")
		plain, err := url.PathUnescape(value)
		switch {
		case !ok || err != nil:
			return u, usagef("pkcs11: %q is no attribute", pair)
		case seen[name]:
			return u, usagef("pkcs11: %s stands there twice", name)
		}
		seen[name] = true
		if err := u.set(name, plain); err != nil {
			return u, err
		}
	}
	switch {
	case u.token == "" || u.module == "" || u.pinSource == "":
		return u, usagef("pkcs11: want token, module-path and pin-source")
	case u.object == "" && u.id == nil:
		return u, usagef("pkcs11: want object or id, which name the key")
	}
	return u, nil
}

func splitQuery(query string) []string {
	if query == "" {
		return nil
	}
	return strings.Split(query, "&")
}

func (u *tokenURI) set(name, value string) error {
	switch name {
	case "token":
		u.token = value
	case "object":
		u.object = value
	case "id":
		u.id = []byte(value)
	case "module-path":
		u.module = value
	case "pin-source":
		u.pinSource = strings.TrimPrefix(value, "file:")
	case "type":
		if value != "private" {
			return usagef("pkcs11: type=%s: want private", value)
		}
	case "pin-value":
		return usagef("pkcs11: pin-value would show the PIN to whoever lists processes: put it into a file and name that by pin-source")
	default:
		return usagef("pkcs11: %s is not understood: want token, object, id, type, module-path and pin-source", name)
	}
	return nil
}
