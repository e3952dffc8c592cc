// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

// mustSID is for identifiers that a test writes down.
func mustSID(t testing.TB, text string) sid {
	t.Helper()
	s, ok := sidFromText(text)
	if !ok {
		t.Fatalf("%q is no identifier", text)
	}
	return s
}

func TestSID(t *testing.T) {
	tests := map[string]struct{ hex, text string }{
		"everyone":       {"010100000000000100000000", "S-1-1-0"},
		"administrators": {"01020000000000052000000020020000", "S-1-5-32-544"},
		"of a domain":    {"010500000000000515000000a0653cf9d14c7d9dcbe5c10bf4010000", "S-1-5-21-4181484960-2642234577-197256651-500"},
		"no sub":         {"0100000000000005", "S-1-5"},
		"long authority": {"010101020304050607000000", "S-1-0x010203040506-7"},
		"longest":        {"010f000000000005" + strings.Repeat("ffffffff", 15), "S-1-5" + strings.Repeat("-4294967295", 15)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := hex.DecodeString(test.hex)
			if err != nil {
				t.Fatal(err)
			}
			s, ok := parseSID(b)
			if !ok || s.String() != test.text {
				t.Errorf("parseSID = %q, %v; want %q", s.String(), ok, test.text)
			}
			back, ok := sidFromText(test.text)
			if !ok || back != s {
				t.Errorf("sidFromText(%q) = %x, %v; want %x", test.text, string(back), ok, b)
			}
		})
	}
}

func TestParseSIDRefuses(t *testing.T) {
	for name, bytes := range map[string]string{
		"nothing": "", "cut head": "01010000000000", "revision 2": "020100000000000100000000", "16 subs": "0110000000000005" + strings.Repeat("00000000", 16),
		"cut sub": "0101000000000001000000", "trailing": "01010000000000010000000000",
	} {
		b, err := hex.DecodeString(bytes)
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := parseSID(b); ok {
			t.Errorf("%s: parseSID = %q, want none", name, s)
		}
	}
}

func TestSIDFromTextRefuses(t *testing.T) {
	for _, text := range []string{
		"", "S", "S-1", "S-1-", "S-2-5-18", "S-1-5-", "S-1-5--18", "S-1-5-+18", "S-1-5-018", "S-1-5-4294967296", "S-1-281474976710656-1",
		"S-1-5-18 ", "T-1-5-18", "S-1-0x5-18", "S-1-5_0-18", "S-1-5" + strings.Repeat("-1", 16), strings.Repeat("S-1-5-18", 1<<16),
	} {
		if s, ok := sidFromText(text); ok {
			t.Errorf("sidFromText(%.40q) = %q, want none", text, s)
		}
	}
}

func TestSIDParts(t *testing.T) {
	const domain = "S-1-5-21-1-2-3"
	tests := map[string]struct {
		sid, domain string
		rid         uint32
	}{
		"account":          {domain + "-500", domain, 500},
		"domain":           {domain, "", 3},
		"builtin":          {"S-1-5-32-544", "", 544},
		"longer":           {domain + "-4-5", "", 5},
		"other authority":  {"S-1-6-21-1-2-3-500", "", 500},
		"other first part": {"S-1-5-22-1-2-3-500", "", 500},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := mustSID(t, test.sid)
			if rid, ok := s.rid(); !ok || rid != test.rid {
				t.Errorf("rid = %d, %v; want %d", rid, ok, test.rid)
			}
			d, ok := s.domain()
			if d.String() != test.domain || ok != (test.domain != "") {
				t.Errorf("domain = %q, %v; want %q", d, ok, test.domain)
			}
			if ok && d.with(test.rid) != s {
				t.Errorf("%q with %d = %q", d, test.rid, d.with(test.rid))
			}
		})
	}
	if _, ok := sid("").rid(); ok || sid("").with(1) != "" || mustSID(t, "S-1-5"+strings.Repeat("-1", 15)).with(1) != "" {
		t.Error("what is no identifier has parts, or one is too long")
	}
	if _, ok := mustSID(t, "S-1-5").rid(); ok {
		t.Error("S-1-5 has a last part")
	}
}

// TestWrittenDown: the identifiers that the code holds as bytes are the ones that
// it says they are.
func TestWrittenDown(t *testing.T) {
	for s, text := range map[sid]string{
		everyoneSID: "S-1-1-0", creatorOwnerSID: "S-1-3-0", creatorGroupSID: "S-1-3-1", ownerRightsSID: "S-1-3-4",
		selfSID: "S-1-5-10", authenticatedSID: "S-1-5-11", systemSID: "S-1-5-18",
	} {
		if s != mustSID(t, text) {
			t.Errorf("%q is written for %s", s, text)
		}
	}
}

func TestPopulation(t *testing.T) {
	for text, want := range map[string]string{
		"S-1-1-0": "~all", "S-1-5-11": "~authenticated", "S-1-5-4": "", "S-1-5-7": "", "S-1-5-32-545": "", "S-1-5-21-1-2-3-513": "", "S-1-5-11-0": "",
	} {
		if key, ok := population(mustSID(t, text)); key != want || ok != (want != "") {
			t.Errorf("population(%s) = %q, %v; want %q", text, key, ok, want)
		}
	}
}

func TestWellKnownName(t *testing.T) {
	for text, want := range map[string]string{
		"S-1-0-0": "NULL", "S-1-1-0": "Everyone", "S-1-3-0": "CREATOR OWNER", "S-1-3-1": "CREATOR GROUP", "S-1-3-4": "OWNER RIGHTS", "S-1-5-2": "NETWORK",
		"S-1-5-4": "INTERACTIVE", "S-1-5-7": "ANONYMOUS LOGON", "S-1-5-9": "ENTERPRISE DOMAIN CONTROLLERS", "S-1-5-10": "SELF", "S-1-5-11": "Authenticated Users",
		"S-1-5-17": "IUSR", "S-1-5-18": "SYSTEM", "S-1-5-32-544": "Administrators", "S-1-5-32-554": "Pre-Windows 2000 Compatible Access",
		"S-1-5-32-580": "Remote Management Users", "S-1-5-32-9999": "", "S-1-5-32": "", "S-1-5-21-1-2-3-500": "", "S-1-5": "", "S-1-1-0-0": "", "S-1-5-16": "",
	} {
		if name, ok := wellKnownName(mustSID(t, text)); name != want || ok != (want != "") {
			t.Errorf("wellKnownName(%s) = %q, %v; want %q", text, name, ok, want)
		}
	}
}

func TestPrivilegedSID(t *testing.T) {
	const domain = "S-1-5-21-1-2-3"
	for text, want := range map[string]bool{
		domain + "-500": true, domain + "-501": false, domain + "-502": true, domain + "-512": true, domain + "-513": false, domain + "-515": false,
		domain + "-516": true, domain + "-517": true, domain + "-518": true, domain + "-519": true, domain + "-520": true, domain + "-521": true,
		domain + "-525": false, domain + "-526": true, domain + "-527": true, domain + "-498": true, domain + "-553": false, domain + "-1104": false,
		"S-1-5-32-544": true, "S-1-5-32-545": false, "S-1-5-32-548": true, "S-1-5-32-549": true, "S-1-5-32-550": true, "S-1-5-32-551": true,
		"S-1-5-32-552": true, "S-1-5-32-555": false, "S-1-5-32-512": false, "S-1-5-18": true, "S-1-1-0": false, domain: false, "S-1-5-21-1-2-512": false,
	} {
		if got := privilegedSID(mustSID(t, text)); got != want {
			t.Errorf("privilegedSID(%s) = %v, want %v", text, got, want)
		}
	}
}

func TestOwnPrincipal(t *testing.T) {
	for text, want := range map[string]bool{
		"S-1-5-10": true, "S-1-3-0": true, "S-1-3-1": true, "S-1-5-18": true, "S-1-5-9": false, "S-1-3-4": false, "S-1-1-0": false, "S-1-5-32-544": false,
	} {
		if got := ownPrincipal(mustSID(t, text)); got != want {
			t.Errorf("ownPrincipal(%s) = %v, want %v", text, got, want)
		}
	}
}

// FuzzSID: bytes that are an identifier have one text, which reads back as them;
// a text that is one has bytes, which read back as it.
func FuzzSID(f *testing.F) {
	for _, text := range []string{"S-1-1-0", "s-1-5-21-1-2-3-500", "S-1-5", "S-1-0x010203040506-7", "S-1-4294967295-1", "S-1-4294967296-1", "S-1-0x1-2"} {
		s, _ := sidFromText(text)
		f.Add([]byte(s), text)
	}
	f.Fuzz(func(t *testing.T, b []byte, text string) {
		if s, ok := parseSID(b); ok {
			back, ok := sidFromText(s.String())
			if !ok || back != s || string(s) != string(b) {
				t.Fatalf("%x is %q, which is %x, %v", b, s, string(back), ok)
			}
			if d, ok := s.domain(); ok {
				if rid, _ := s.rid(); d.with(rid) != s {
					t.Fatalf("%q with %d is %q", d, rid, d.with(rid))
				}
			}
		}
		if s, ok := sidFromText(text); ok {
			if back, ok := parseSID([]byte(s)); !ok || !strings.EqualFold(back.String(), text) {
				t.Fatalf("%q is %x, which is %q, %v", text, string(s), back, ok)
			}
		}
	})
}

func TestGUID(t *testing.T) {
	tests := map[string]struct{ base64, text string }{
		"member":   {"wHmWv+YN0BGihQCqADBJ4g==", "bf9679c0-0de6-11d0-a285-00aa003049e2"},
		"in order": {"MyIRAFVEd2aImaq7zN3u/w==", "00112233-4455-6677-8899-aabbccddeeff"},
		"zero":     {"AAAAAAAAAAAAAAAAAAAAAA==", "00000000-0000-0000-0000-000000000000"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := base64.StdEncoding.DecodeString(test.base64)
			if err != nil {
				t.Fatal(err)
			}
			if g, ok := parseGUID(b); !ok || string(g) != test.text || string(g.bytes()) != string(b) {
				t.Errorf("parseGUID = %q, %v, whose bytes are %x; want %q", g, ok, g.bytes(), test.text)
			}
			for _, text := range []string{test.text, strings.ToUpper(test.text), "{" + test.text + "}"} {
				if g, ok := guidFromText(text); !ok || string(g) != test.text {
					t.Errorf("guidFromText(%q) = %q, %v", text, g, ok)
				}
			}
		})
	}
}

func TestGUIDRefuses(t *testing.T) {
	for _, n := range []int{0, 15, 17} {
		if g, ok := parseGUID(make([]byte, n)); ok {
			t.Errorf("%d bytes are %q", n, g)
		}
	}
	for _, text := range []string{"", "bf9679c00de611d0a28500aa003049e2", "{bf9679c0-0de6-11d0-a285-00aa003049e2", "bf9679c0-0de6-11d0-a285-00aa003049eg", "bf9679c0-0de6-11d0-a285000aa003049e2"} {
		if g, ok := guidFromText(text); ok {
			t.Errorf("guidFromText(%q) = %q", text, g)
		}
		if guid(text).bytes() != nil {
			t.Errorf("%q has bytes", text)
		}
	}
}

// FuzzGUID: 16 bytes and their text are two forms of one thing.
func FuzzGUID(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), "bf9679c0-0de6-11d0-a285-00aa003049e2")
	f.Add([]byte{}, "{BF9679C0-0DE6-11D0-A285-00AA003049E2}")
	f.Fuzz(func(t *testing.T, b []byte, text string) {
		if g, ok := parseGUID(b); ok != (len(b) == guidLength) {
			t.Fatalf("%x is a GUID: %v", b, ok)
		} else if back, same := guidFromText(string(g)); ok && (!same || back != g || string(g.bytes()) != string(b)) {
			t.Fatalf("%x is %q, which is %x", b, g, g.bytes())
		}
		if g, ok := guidFromText(text); ok {
			if back, ok := parseGUID(g.bytes()); !ok || back != g || !strings.EqualFold(string(g), strings.Trim(text, "{}")) {
				t.Fatalf("%q is %q, then %q", text, g, back)
			}
		}
	})
}
