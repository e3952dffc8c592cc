// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"fmt"
	"testing"
)

func TestParseAccountControl(t *testing.T) {
	tests := map[string]struct {
		in   string
		want accountControl
		ok   bool
	}{
		"user":                 {"512", normalAccount, true},
		"disabled":             {"514", normalAccount | accountDisabled, true},
		"endless password":     {"66048", normalAccount | passwordNeverEnds, true},
		"smartcard":            {"262656", normalAccount | smartcardRequired, true},
		"roastable":            {"4194816", normalAccount | noPreauthentication, true},
		"computer":             {"4096", workstationAccount, true},
		"domain controller":    {"532480", serverAccount | trustedToDelegate, true},
		"read-only controller": {"83890176", workstationAccount | trustedToAuthAs | partialSecrets, true},
		"trust":                {"2080", trustAccount | passwordNotRequired, true},
		"computed":             {"8388624", accountLocked | passwordExpired, true},
		"highest bit":          {"-2147483136", normalAccount | 1<<31, true},
		"not negative":         {"2147483648", 0, false},
		"sign":                 {"+512", 0, false},
		"hexadecimal":          {"0x200", 0, false},
		"empty":                {"", 0, false},
		"very long":            {"0000000000000000000000512", 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parseAccountControl([]byte(test.in))
			if got != test.want || (err == nil) != test.ok {
				t.Errorf("parseAccountControl(%q) = %#x, %v; want %#x", test.in, got, err, test.want)
			}
		})
	}
	if c := normalAccount | accountDisabled; !c.has(accountDisabled) || c.has(accountDisabled|accountLocked) {
		t.Error("has does not ask for all bits")
	}
}

// TestControlBits holds the other bits against the numbers of the documentation.
func TestControlBits(t *testing.T) {
	for bit, want := range map[accountControl]uint32{
		notDelegated: 1048576, desKeyOnly: 2097152, trustedToAuthAs: 16777216, noAuthData: 33554432, partialSecrets: 67108864, trustedToDelegate: 524288,
	} {
		if uint32(bit) != want {
			t.Errorf("%#x, want %d", bit, want)
		}
	}
}

func TestParseGroupType(t *testing.T) {
	tests := map[string]struct {
		in   string
		want groupType
		ok   bool
	}{
		"global security":        {"-2147483646", groupType{globalScope, true}, true},
		"domain local security":  {"-2147483644", groupType{domainLocalScope, true}, true},
		"universal security":     {"-2147483640", groupType{universalScope, true}, true},
		"builtin":                {"-2147483643", groupType{builtinScope, true}, true},
		"global distribution":    {"2", groupType{globalScope, false}, true},
		"local distribution":     {"4", groupType{domainLocalScope, false}, true},
		"universal distribution": {"8", groupType{universalScope, false}, true},
		"application":            {"16", groupType{applicationScope, false}, true},
		"query":                  {"32", groupType{applicationScope, false}, true},
		"no scope":               {"-2147483648", groupType{}, false},
		"zero":                   {"0", groupType{}, false},
		"two scopes":             {"10", groupType{}, false},
		"builtin and global":     {"3", groupType{}, false},
		"unsigned":               {"2147483650", groupType{}, false},
		"empty":                  {"", groupType{}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parseGroupType([]byte(test.in))
			if got != test.want || (err == nil) != test.ok {
				t.Errorf("parseGroupType(%q) = %+v, %v; want %+v", test.in, got, err, test.want)
			}
		})
	}
}

// FuzzBits: bits written as directories write them read back the same.
func FuzzBits(f *testing.F) {
	f.Add(uint32(514), []byte("-2147483646"))
	f.Add(uint32(1<<31), []byte("2147483648"))
	f.Fuzz(func(t *testing.T, bits uint32, in []byte) {
		text := fmt.Append(nil, int32(bits))
		if c, err := parseAccountControl(text); err != nil || uint32(c) != bits {
			t.Fatalf("%#x as %s is %#x, %v", bits, text, c, err)
		}
		g, err := parseGroupType(text)
		if err == nil && g.security != (bits>>31 == 1) {
			t.Fatalf("%#x is %+v", bits, g)
		}
		if (err == nil) != (g.scope != 0) {
			t.Fatalf("%#x is %+v, %v", bits, g, err)
		}
		if n, err := signed32(in); err == nil {
			if back, err := signed32(fmt.Append(nil, int32(n))); err != nil || back != n {
				t.Fatalf("%q is %#x, then %#x, %v", in, n, back, err)
			}
		}
	})
}
