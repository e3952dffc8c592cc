// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/foureyes-iga/foureyes/connectors/internal/directory"
)

func TestFoldDN(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"case":               {"CN=Ana Ruiz,OU=People,DC=Example,DC=com", "cn=ana ruiz,ou=people,dc=example,dc=com"},
		"spaces":             {" cn =  Ana   Ruiz , dc = x ", "cn=ana ruiz,dc=x"},
		"escaped comma":      {`cn=Ruiz\, Ana,dc=x`, `cn=ruiz\, ana,dc=x`},
		"hex comma":          {`cn=Ruiz\2C Ana,dc=x`, `cn=ruiz\, ana,dc=x`},
		"needless escape":    {`cn=a\=b\ c,dc=x`, `cn=a=b c,dc=x`},
		"escaped end space":  {`cn=ana\ ,dc=x`, `cn=ana,dc=x`},
		"UTF-8 in hex":       {`cn=Jos\C3\A9`, "cn=josé"},
		"decomposed":         {"cn=Jose\u0301", "cn=josé"},
		"capital with tilde": {"cn=ÑANDÚ", "cn=ñandú"},
		"not UTF-8":          {"cn=a\xff", `cn=a\ff`},
		"control":            {"cn=a\nb\u0085c", `cn=a\0ab\c2\85c`},
		"NUL":                {`cn=a\00b`, `cn=a\00b`},
		"multi-valued":       {"UID=Z+CN=a+OU=m,dc=x", "cn=a+ou=m+uid=z,dc=x"},
		"plus in a value":    {`cn=a\+b`, `cn=a\+b`},
		"quoted":             {`cn="Ruiz, Ana" ,dc=x`, `cn=ruiz\, ana,dc=x`},
		"semicolon":          {"cn=a;dc=x", "cn=a,dc=x"},
		"hex string":         {"cn=#0403666F6F,dc=x", "cn=foo,dc=x"},
		"hex other":          {"cn=#0A0101,dc=x", "cn=#0a0101,dc=x"},
		"number sign":        {`cn=\#1,dc=x`, `cn=\#1,dc=x`},
		"number":             {"2.5.4.3=a,OID.2.5.4.11=b", "cn=a,ou=b"},
		"long names":         {"commonName=a,domainComponent=b", "cn=a,dc=b"},
		"empty":              {"", ""},
		"empty value":        {"cn=,dc=x", "cn=,dc=x"},
		"dotted I":           {"cn=İ", "cn=İ"}, // not an ASCII i
		"sharp s":            {"cn=Straße", "cn=straße"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := directory.FoldDN(test.in)
			if err != nil || got != test.want {
				t.Errorf("FoldDN(%q) = %q, %v; want %q", test.in, got, err, test.want)
			}
		})
	}
}

func TestFoldDNRefuses(t *testing.T) {
	for _, dn := range []string{
		"ana", "=x", "cn=a,", "cn=a,,dc=x", "cn=a+", ",cn=a", `cn=a\`, `cn=a\g`, `cn="a`, `cn="a"b`, "cn=#", "cn=#0", "cn=#zz",
		"c n=a", "cn=" + strings.Repeat("a", 70000),
	} {
		if got, err := directory.FoldDN(dn); err == nil {
			t.Errorf("FoldDN(%.40q) = %q, want an error", dn, got)
		}
	}
}

// TestFoldEveryRune: whatever a name is made of, folding its folded form changes
// nothing, and no letter of another script becomes an ASCII letter unless Unicode
// holds the two for the same.
func TestFoldEveryRune(t *testing.T) {
	for r := rune(1); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) || strings.ContainsRune(`+,;\"# `, r) {
			continue
		}
		once, err := directory.FoldDN("cn=x" + string(r) + "y")
		if err != nil {
			t.Fatalf("%U: %v", r, err)
		}
		twice, err := directory.FoldDN(once)
		if err != nil || once != twice {
			t.Fatalf("%U: once %q, twice %q, %v", r, once, twice, err)
		}
		ascii := strings.IndexFunc(once, func(c rune) bool { return c >= 0x80 || c == '\\' }) < 0
		if r >= 0x80 && ascii {
			t.Errorf("%U folds to ASCII: %q", r, once)
		}
	}
}

// FuzzFoldDN: folding is idempotent, yields a legal key, and does not depend on
// case, on the order of a multi-valued RDN or on how a character is escaped.
func FuzzFoldDN(f *testing.F) {
	for _, dn := range []string{
		"cn=Ana Ruiz,dc=x", `CN=a\,b+uid=Z, ou = c  d ;dc=e`, "cn=#04020141", `cn="q\"",dc=x`, "cn=\xff\u0301e", `cn=\20\20a\0d`, "1.2.3=İK",
	} {
		f.Add(dn)
	}
	f.Fuzz(func(t *testing.T, dn string) {
		once, err := directory.FoldDN(dn)
		if err != nil {
			return
		}
		if twice, err := directory.FoldDN(once); err != nil || twice != once {
			t.Fatalf("%q: once %q, twice %q, %v", dn, once, twice, err)
		}
		if !utf8.ValidString(once) || strings.ContainsFunc(once, unicode.IsControl) {
			t.Fatalf("%q: %q is no legal key", dn, once)
		}
		for name, other := range respellings(once) {
			if got, err := directory.FoldDN(other); err != nil || got != once {
				t.Fatalf("%q %s as %q: got %q, %v", once, name, other, got, err)
			}
		}
	})
}

// respellings returns other spellings of a folded DN.
func respellings(folded string) map[string]string {
	upper := strings.Map(func(r rune) rune {
		if r < 0x80 {
			return unicode.ToUpper(r)
		}
		return r
	}, folded)
	all := map[string]string{"in capitals": upper}
	if strings.ContainsAny(folded, `\#`) {
		return all
	}
	rdns := strings.Split(folded, ",")
	for i, rdn := range rdns {
		pairs := strings.Split(rdn, "+")
		for a, b := 0, len(pairs)-1; a < b; a, b = a+1, b-1 {
			pairs[a], pairs[b] = pairs[b], pairs[a]
		}
		rdns[i] = strings.Join(pairs, " + ")
	}
	all["turned round"] = strings.Join(rdns, " , ")
	all["with semicolons"] = strings.Join(rdns, ";")
	return all
}

func BenchmarkFoldDN(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := directory.FoldDN("uid=u012345,ou=People,ou=Europe,dc=example,dc=com"); err != nil {
			b.Fatal(err)
		}
	}
}
