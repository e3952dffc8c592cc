// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sambaJSON holds values of a few objects of a new domain of Samba 4.17 as its
// database has them, with what Samba's own decoders say they are. On aruiz the
// account helpdesk may reset the password, of ledger-dev it may write member; it
// was disabled a second after it was made.
//
//go:embed testdata/samba.jsonl
var sambaJSON []byte

// A vector is one object.
type vector struct {
	Name, Kind     string
	ObjectSID      []byte `json:"objectSid"`
	SID            string `json:"sid"`
	ObjectGUID     []byte `json:"objectGUID"`
	GUID           string `json:"guid"`
	SD             []byte `json:"nTSecurityDescriptor"`
	SDDL           string
	Meta           []byte     `json:"replPropertyMetaData"`
	Changes        [][3]int64 // attid, version, Unix time
	AccountControl string     `json:"userAccountControl"`
	GroupType      string     `json:"groupType"`
	PasswordSet    string     `json:"pwdLastSet"`
	Expires        string     `json:"accountExpires"`
}

func vectors(t testing.TB) []vector {
	t.Helper()
	var all []vector
	for line := range bytes.Lines(sambaJSON) {
		var v vector
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if len(all) != 6 {
		t.Fatalf("%d objects", len(all))
	}
	return all
}

func TestSambaIdentifiers(t *testing.T) {
	for _, v := range vectors(t) {
		if s, ok := parseSID(v.ObjectSID); !ok || s.String() != v.SID {
			t.Errorf("%s: SID %q, %v; want %q", v.Name, s, ok, v.SID)
		}
		if g, ok := parseGUID(v.ObjectGUID); !ok || string(g) != v.GUID {
			t.Errorf("%s: GUID %q, %v; want %q", v.Name, g, ok, v.GUID)
		}
	}
}

func TestSambaDescriptors(t *testing.T) {
	for _, v := range vectors(t) {
		got, err := parseDescriptor(v.SD)
		if err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
		want := fromSDDL(t, v.SDDL)
		if len(want.dacl) < 10 {
			t.Fatalf("%s: only %d entries in %s", v.Name, len(want.dacl), v.SDDL)
		}
		if d := diff(want, got); d != "" {
			t.Errorf("%s: %s", v.Name, d)
		}
	}
}

func TestSambaChanges(t *testing.T) {
	for _, v := range vectors(t) {
		if len(v.Changes) < 5 {
			t.Fatalf("%s: only %d changes", v.Name, len(v.Changes))
		}
		for _, c := range v.Changes {
			at, ok, err := changedAt(v.Meta, attid(c[0]))
			if err != nil || !ok || at.Unix() != c[2] {
				t.Errorf("%s: attribute %#x changed at %v, %v, %v; want %v", v.Name, c[0], at, ok, err, time.Unix(c[2], 0).UTC())
			}
		}
		for _, id := range []attid{attidUserAccountControl, attidPwdLastSet, attidAccountExpires} {
			if _, ok, err := changedAt(v.Meta, id); err != nil || ok != (v.Kind != "group") {
				t.Errorf("%s: attribute %#x changed: %v, %v", v.Name, id, ok, err)
			}
		}
	}
}

func TestSambaNumbers(t *testing.T) {
	controls := map[string]accountControl{
		"krbtgt": normalAccount | accountDisabled, "aruiz": normalAccount, "helpdesk": normalAccount | accountDisabled, "DC1$": serverAccount | trustedToDelegate,
	}
	for _, v := range vectors(t) {
		if v.Kind == "group" {
			if g, err := parseGroupType([]byte(v.GroupType)); err != nil || g != (groupType{globalScope, true}) {
				t.Errorf("%s: %+v, %v", v.Name, g, err)
			}
			continue
		}
		if c, err := parseAccountControl([]byte(v.AccountControl)); err != nil || c != controls[v.Name] {
			t.Errorf("%s: %#x, %v; want %#x", v.Name, c, err, controls[v.Name])
		}
		if _, kind, err := fileTime([]byte(v.Expires)); err != nil || !kind.never() {
			t.Errorf("%s: expires %d, %v", v.Name, kind, err)
		}
		set, _, err := fileTime([]byte(v.PasswordSet))
		at, _, _ := changedAt(v.Meta, attidPwdLastSet)
		if gap := at.Sub(set); err != nil || gap.Abs() > 5*time.Second {
			t.Errorf("%s: password set at %v, %v; its attribute at %v", v.Name, set, err, at)
		}
	}
}

// TestSambaControllers writes down who controls the objects of the domain.
func TestSambaControllers(t *testing.T) {
	const domain = "S-1-5-21-2003956898-2858175454-2734848493"
	kinds := map[string]objectKind{"user": userObject, "group": groupObject, "computer": computerObject}
	tests := map[string]map[string]string{
		"aruiz": {
			"S-1-5-18": genericAll, "S-1-5-32-548": genericAll, "S-1-5-32-544": "AllExtendedRights GenericWrite WriteDacl WriteOwner",
			domain + "-512": "GenericAll Owns", domain + "-519": genericAll, domain + "-1103": resetPassword,
		},
		"ledger-dev": {
			"S-1-5-18": genericAll, "S-1-5-32-548": genericAll, "S-1-5-32-544": "GenericWrite WriteDacl WriteOwner",
			domain + "-512": "GenericAll Owns", domain + "-519": genericAll, domain + "-1103": addMember,
		},
	}
	for _, v := range vectors(t) {
		got, err := controllers(v.SD, kinds[v.Kind])
		if err != nil || len(got) == 0 {
			t.Fatalf("%s: %v, %v", v.Name, got, err)
		}
		told := map[string]string{}
		for _, c := range got {
			told[c.sid.String()] = strings.Join(c.rights, " ")
		}
		if want, ok := tests[v.Name]; ok {
			if d := diff(want, told); d != "" {
				t.Errorf("%s: %s", v.Name, d)
			}
			delete(tests, v.Name)
		}
	}
	if len(tests) > 0 {
		t.Errorf("not there: %v", tests)
	}
}

// fromSDDL reads the owner and the DACL of the text form of a descriptor
// ([MS-DTYP] 2.5.1).
func fromSDDL(t testing.TB, text string) descriptor {
	t.Helper()
	owner, rest, ok := strings.Cut(strings.TrimPrefix(text, "O:"), "G:")
	_, dacl, ok2 := strings.Cut(rest, "D:")
	if !ok || !ok2 {
		t.Fatalf("SDDL %q", text)
	}
	dacl, _, _ = strings.Cut(dacl, "S:")
	d := descriptor{owner: sddlSID(t, owner)}
	for entry := range strings.SplitSeq(strings.TrimSuffix(dacl[strings.Index(dacl, "("):], ")"), ")") {
		f := strings.Split(strings.TrimPrefix(entry, "("), ";")
		if len(f) != 6 {
			t.Fatalf("entry %q", entry)
		}
		e := ace{kind: allowACE, inheritOnly: strings.Contains(f[1], "IO"), rights: sddlRights(t, f[2]), object: guid(f[3]), sid: sddlSID(t, f[5])}
		if strings.HasSuffix(f[0], "D") {
			e.kind = denyACE
		}
		d.dacl = append(d.dacl, e)
	}
	return d
}

func sddlSID(t testing.TB, text string) sid {
	t.Helper()
	names := map[string]string{
		"WD": "S-1-1-0", "CO": "S-1-3-0", "CG": "S-1-3-1", "ED": "S-1-5-9", "PS": "S-1-5-10", "AU": "S-1-5-11", "SY": "S-1-5-18",
		"BA": "S-1-5-32-544", "AO": "S-1-5-32-548", "PO": "S-1-5-32-550", "RU": "S-1-5-32-554",
	}
	if long, ok := names[text]; ok {
		text = long
	}
	return mustSID(t, text)
}

func sddlRights(t testing.TB, text string) accessMask {
	t.Helper()
	if n, err := strconv.ParseUint(text, 0, 32); err == nil {
		return accessMask(n).specific()
	}
	names := map[string]accessMask{
		"CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100,
		"SD": 0x10000, "RC": 0x20000, "WD": 0x40000, "WO": 0x80000, "GA": 0x10000000, "GX": 0x20000000, "GW": 0x40000000, "GR": 0x80000000,
	}
	var m accessMask
	for ; len(text) >= 2; text = text[2:] {
		bit, ok := names[text[:2]]
		if !ok {
			t.Fatalf("right %q", text)
		}
		m |= bit
	}
	return m.specific()
}
