// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestTokenURI(t *testing.T) {
	u, err := parseTokenURI("pkcs11:token=Audit%20Seal;object=q3;id=%01%02;type=private?module-path=/usr/lib/x.so&pin-source=file:/run/pin")
	if err != nil || u.token != "Audit Seal" || u.object != "q3" || string(u.id) != "\x01\x02" || u.module != "/usr/lib/x.so" || u.pinSource != "/run/pin" {
		t.Fatalf("got %+v, %v", u, err)
	}
	for text, want := range map[string]string{
		"token=a":                                                              "want pkcs11:token",
		"pkcs11:token=a;object=b?module-path=m":                                "want token, module-path and pin-source",
		"pkcs11:token=a?module-path=m&pin-source=p":                            "want object or id",
		"pkcs11:token=a;token=b;object=c?module-path=m&pin-source=p":           "twice",
		"pkcs11:token=a;object=%zz?module-path=m&pin-source=p":                 "is no attribute",
		"pkcs11:token=a;object=b;type=cert?module-path=m&pin-source=p":         "want private",
		"pkcs11:token=a;object=b?module-path=m&pin-value=1234":                 "pin-value would show the PIN",
		"pkcs11:token=a;object=b;slot-id=1?module-path=m&pin-source=p":         "slot-id is not understood",
		"pkcs11:token=a;object=b?module-path=m&pin-source=p&module-path=other": "twice",
		"pkcs11:": "is no attribute",
	} {
		if _, err := parseTokenURI(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "1234") {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
