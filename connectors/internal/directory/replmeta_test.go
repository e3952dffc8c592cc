// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
)

// a stamp of one attribute, as replPropertyMetaData holds it.
type stamp struct {
	attribute attid
	version   uint32
	seconds   uint64
}

// metaBlob is the inverse of metaEntries.
func metaBlob(stamps ...stamp) []byte {
	b := binary.LittleEndian.AppendUint64(nil, 1)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(stamps)))
	for _, s := range stamps {
		b = binary.LittleEndian.AppendUint32(b, uint32(s.attribute))
		b = binary.LittleEndian.AppendUint32(b, s.version)
		b = binary.LittleEndian.AppendUint64(b, s.seconds)
		b = append(b, make([]byte, metaEntry-16)...)
	}
	return b
}

func TestChangedAt(t *testing.T) {
	good := metaBlob(stamp{attidPwdLastSet, 2, epochGap + 1}, stamp{attidUserAccountControl, 7, epochGap + 1795548152}, stamp{attidLockoutTime, 1, 0}, stamp{attidMember, 1, 1 << 63})
	tests := map[string]struct {
		blob      []byte
		attribute attid
		want      string
		ok, bad   bool
	}{
		"first":           {good, attidPwdLastSet, "1970-01-01T00:00:01Z", true, false},
		"another":         {good, attidUserAccountControl, "2026-11-24T19:22:32Z", true, false},
		"no stamp":        {good, attidAccountExpires, "", false, false},
		"no time":         {good, attidLockoutTime, "", false, false},
		"far away":        {good, attidMember, "", false, true},
		"empty list":      {metaBlob(), attidMember, "", false, false},
		"cut head":        {good[:15], attidMember, "", false, true},
		"cut entry":       {good[:len(good)-1], attidPwdLastSet, "", false, true},
		"trailing":        {append(metaBlob(), 0), attidMember, "", false, true},
		"other version":   {append([]byte{2}, metaBlob()[1:]...), attidMember, "", false, true},
		"count too large": {append(metaBlob()[:8], 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0), attidMember, "", false, true},
		"nothing":         {nil, attidMember, "", false, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			at, ok, err := changedAt(test.blob, test.attribute)
			text := ""
			if ok {
				text = at.Format(time.RFC3339)
			}
			if ok != test.ok || text != test.want || (err != nil) != test.bad {
				t.Errorf("changedAt = %q, %v, %v; want %q, %v", text, ok, err, test.want, test.ok)
			}
		})
	}
}

// FuzzChangedAt: a list that is written is read, whatever surrounds the entry, and
// other bytes are read or refused.
func FuzzChangedAt(f *testing.F) {
	f.Add(metaBlob(stamp{attidMember, 1, epochGap}), uint32(attidMember), uint64(epochGap))
	f.Add([]byte{1}, uint32(0), uint64(1<<63))
	f.Fuzz(func(t *testing.T, blob []byte, attribute uint32, seconds uint64) {
		if at, ok, err := changedAt(blob, attid(attribute)); ok && (err != nil || at.Year() < 1601 || at.Year() > 9999) {
			t.Fatalf("%v, %v", at, err)
		}
		seconds %= lastSecond + epochGap
		at, ok, err := changedAt(metaBlob(stamp{^attid(attribute), 1, 1}, stamp{attid(attribute), 1, seconds}), attid(attribute))
		if err != nil || ok != (seconds != 0) || ok && at.Unix()+epochGap != int64(seconds) {
			t.Fatalf("%d seconds are %v, %v, %v", seconds, at, ok, err)
		}
	})
}

const memberValue = `<DS_REPL_VALUE_META_DATA>
	<pszAttributeName>member</pszAttributeName>
	<pszObjectDn>CN=Ruiz\, Ana & Co,CN=Users,DC=example,DC=test</pszObjectDn>
	<ftimeDeleted>1601-01-01T00:00:00Z</ftimeDeleted>
	<ftimeCreated>2026-11-24T19:22:31Z</ftimeCreated>
	<dwVersion>1</dwVersion>
	<ftimeLastOriginatingChange>2026-11-24T19:22:32Z</ftimeLastOriginatingChange>
	<uuidLastOriginatingDsaInvocationID>2547ff3c-cea9-4ea9-8aeb-f3cc58a9f948</uuidLastOriginatingDsaInvocationID>
	<usnOriginatingChange>3942</usnOriginatingChange>
	<usnLocalChange>3942</usnLocalChange>
	<pszLastOriginatingDsaDN></pszLastOriginatingDsaDN>
</DS_REPL_VALUE_META_DATA>
` + "\x00"

func TestParseValueChange(t *testing.T) {
	created, changed := time.Date(2026, 11, 24, 19, 22, 31, 0, time.UTC), time.Date(2026, 11, 24, 19, 22, 32, 0, time.UTC)
	want := valueChange{attribute: "member", dn: `CN=Ruiz\, Ana & Co,CN=Users,DC=example,DC=test`, version: 1, created: created, changed: changed}
	gone := want
	gone.deleted = changed
	never := want
	never.created, never.changed, never.version = time.Time{}, time.Time{}, 0
	tests := map[string]struct {
		in   string
		want valueChange
	}{
		"present":     {memberValue, want},
		"no deletion": {strings.Replace(memberValue, "<ftimeDeleted>1601-01-01T00:00:00Z</ftimeDeleted>", "", 1), want},
		"removed":     {strings.Replace(memberValue, "1601-01-01T00:00:00Z", "2026-11-24T20:22:32+01:00", 1), gone},
		"empty":       {strings.Replace(memberValue, "1601-01-01T00:00:00Z", "", 1), want},
		"few fields":  {`<DS_REPL_VALUE_META_DATA><pszAttributeName>member</pszAttributeName><pszObjectDn>CN=Ruiz\, Ana & Co,CN=Users,DC=example,DC=test</pszObjectDn></DS_REPL_VALUE_META_DATA>`, never},
	}
	const odd = "CN=a&b<c&amp;\x10 \\0ADEL:x\xff,DC=x\\ "
	raw := want
	raw.dn = odd
	tests["as it is"] = struct {
		in   string
		want valueChange
	}{strings.Replace(memberValue, want.dn, odd, 1), raw}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := parseValueChange([]byte(test.in)); err != nil || got != test.want {
				t.Errorf("got %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}

func TestParseValueChangeRefuses(t *testing.T) {
	change := func(from, to string) string { return strings.Replace(memberValue, from, to, 1) }
	tests := map[string]string{
		"nothing":       "",
		"cut":           memberValue[:200],
		"other root":    strings.ReplaceAll(memberValue, "VALUE", "ATTR"),
		"no attribute":  change("<pszAttributeName>member</pszAttributeName>", ""),
		"no DN":         change("pszObjectDn>C", "pszObjectDN>C"),
		"time":          change("2026-11-24T19:22:31Z", "yesterday"),
		"year 1600":     change("2026-11-24T19:22:31Z", "1600-01-01T00:00:00Z"),
		"version":       change(">1<", "> one<"),
		"large version": change(">1<", ">4294967296<"),
		"version and":   change(">1<", ">1x<"),
		"twice":         change("<dwVersion>1</dwVersion>", "<dwVersion>1</dwVersion><dwVersion>2</dwVersion>"),
		"text between":  change("<dwVersion>", "x<dwVersion>"),
		"second root":   strings.TrimRight(memberValue, "\x00") + "<DS_REPL_VALUE_META_DATA/>",
		"comment":       change("<dwVersion>", "<!-- --><dwVersion>"),
		"declaration":   `<!DOCTYPE x [<!ENTITY e "member">]>` + memberValue,
		"instruction":   `<?xml version="1.0" encoding="UTF-16"?>` + memberValue,
		"attribute":     change("<dwVersion>", `<dwVersion x="1">`),
		"empty name":    change("<dwVersion>1</dwVersion>", "<>1</>"),
		"closing tag":   change("<dwVersion>1</dwVersion>", "</dwVersion>"),
		"no end":        change("</dwVersion>", "</dwVersion"),
		"too long":      change(">member<", ">"+strings.Repeat("m", maxMeta)+"<"),
	}
	for name, in := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := parseValueChange([]byte(in)); err == nil {
				t.Errorf("got %+v, want an error", got)
			}
		})
	}
}

func TestParseAttributeChange(t *testing.T) {
	in := `<DS_REPL_ATTR_META_DATA><pszAttributeName>userAccountControl</pszAttributeName><dwVersion>7</dwVersion>` +
		`<ftimeLastOriginatingChange>2026-11-24T19:22:32Z</ftimeLastOriginatingChange><usnLocalChange>1</usnLocalChange></DS_REPL_ATTR_META_DATA>`
	want := attributeChange{attribute: "userAccountControl", version: 7, changed: time.Date(2026, 11, 24, 19, 22, 32, 0, time.UTC)}
	if got, err := parseAttributeChange([]byte(in)); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for name, bad := range map[string]string{
		"value": memberValue, "no name": strings.ReplaceAll(in, "pszAttributeName", "pszName"), "no end": in[:len(in)-1],
	} {
		if got, err := parseAttributeChange([]byte(bad)); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
}

// FuzzValueChange: a change that is read, written again and read again is the same.
func FuzzValueChange(f *testing.F) {
	f.Add([]byte(memberValue))
	f.Add([]byte(`<DS_REPL_VALUE_META_DATA><pszAttributeName>a</pszAttributeName><pszObjectDn> &lt;b </pszObjectDn><dwVersion>4294967295</dwVersion></DS_REPL_VALUE_META_DATA>`))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := parseValueChange(in)
		if err != nil {
			return
		}
		if again, err := parseValueChange(c.raw()); err != nil || again != c {
			t.Fatalf("%+v is %+v, %v", c, again, err)
		}
	})
}

// raw is the inverse of parseValueChange.
func (c valueChange) raw() []byte {
	var b strings.Builder
	b.WriteString("<DS_REPL_VALUE_META_DATA>")
	for _, e := range [][2]string{
		{"pszAttributeName", c.attribute}, {"pszObjectDn", c.dn}, {"dwVersion", fmt.Sprint(c.version)},
		{"ftimeCreated", rawTime(c.created)}, {"ftimeDeleted", rawTime(c.deleted)}, {"ftimeLastOriginatingChange", rawTime(c.changed)},
	} {
		fmt.Fprintf(&b, "<%s>%s</%[1]s>", e[0], e[1])
	}
	return []byte(b.String() + "</DS_REPL_VALUE_META_DATA>")
}

func rawTime(at time.Time) string {
	if at.IsZero() {
		return "1601-01-01T00:00:00Z"
	}
	return at.Format(time.RFC3339Nano)
}
