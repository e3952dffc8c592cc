// SPDX-License-Identifier: Apache-2.0

package sambatest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/go-ldap/ldap/v3"
)

// Ldbmodify applies LDIF to the database, before or while it is served. It asks
// no access rule, and may set what only the directory itself sets: objectSid,
// lastLogonTimestamp, an nTSecurityDescriptor as SDDL. A record without a
// changetype is added. All of it is applied, or the test fails.
func (s *Server) Ldbmodify(t testing.TB, ldif string) {
	t.Helper()
	if err := modify(s.tools.ldbmodify, s.Dir, ldif); err != nil {
		t.Fatal(err)
	}
}

// modify applies LDIF in one transaction. In batch mode no change of it can be
// undone alone, which makes thousands of entries three times as fast.
func modify(ldbmodify, dir, ldif string) error {
	_, err := command(dir, ldif, ldbmodify, "--relax", "-o", "batch_mode:1",
		"-H", filepath.Join(dir, "private", "sam.ldb"), "--configfile="+configFile(dir))
	return err
}

// Ldapmodify applies LDIF as the administrator, over LDAP, with the rules that the
// directory has for clients. Each record says its changetype.
func (s *Server) Ldapmodify(t testing.TB, ldif string) {
	t.Helper()
	cmd := exec.Command("ldapmodify", "-x", "-H", s.TLSURL, "-D", Admin, "-w", Password)
	cmd.Env = append(os.Environ(), "LDAPTLS_CACERT="+s.CAFile)
	cmd.Stdin = strings.NewReader(ldif)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ldapmodify: %v\n%s", err, out)
	}
}

// Tool runs a command of samba-tool that takes -H on the server's database, and
// returns what it printed.
func (s *Server) Tool(t testing.TB, args ...string) string {
	t.Helper()
	args = append(slices.Clone(args), "-H", filepath.Join(s.Dir, "private", "sam.ldb"), "--configfile="+configFile(s.Dir))
	out, err := command(s.Dir, "", s.tools.sambaTool, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Policy makes a fine-grained password policy and applies it to an account or
// group, named by its sAMAccountName. The settings are flags of samba-tool, as
// --max-pwd-age=5; what they leave out is as the domain has it.
func (s *Server) Policy(t testing.TB, name, holder string, precedence int, settings ...string) {
	t.Helper()
	pso := []string{"domain", "passwordsettings", "pso"}
	s.Tool(t, append(slices.Concat(pso, []string{"create", name, fmt.Sprint(precedence)}), settings...)...)
	s.Tool(t, slices.Concat(pso, []string{"apply", name, holder})...)
}

// Lock locks an account, named by DN or as name@domain, by guessing its password.
// The domain's threshold is set to two guesses, and stays so. An account with a
// [Server.Policy] is locked only by that policy's --account-lockout-threshold,
// which is no threshold where it is not given.
func (s *Server) Lock(t testing.TB, user string) {
	t.Helper()
	s.Ldapmodify(t, "dn: "+Suffix+"\nchangetype: modify\nreplace: lockoutThreshold\nlockoutThreshold: 2\n")
	for range 10 {
		c := s.dial(t)
		if err := c.Bind(user, "a wrong guess"); err != nil && strings.Contains(err.Error(), "data 775") {
			return
		}
	}
	t.Fatalf("%s is not locked", user)
}

// Expire sets the end of an account.
func (s *Server) Expire(t testing.TB, dn string, at time.Time) {
	t.Helper()
	s.Ldapmodify(t, fmt.Sprintf("dn: %s\nchangetype: modify\nreplace: accountExpires\naccountExpires: %d\n", dn, FileTime(at)))
}

// FileTime is a time as Active Directory stores it: in units of 100 ns since 1601.
func FileTime(at time.Time) int64 {
	const secondsTo1970 = 11644473600
	return (at.Unix()+secondsTo1970)*1e7 + int64(at.Nanosecond())/100
}

// Delete deletes an object, which leaves a tombstone.
func (s *Server) Delete(t testing.TB, dn string) {
	t.Helper()
	s.Ldapmodify(t, "dn: "+dn+"\nchangetype: delete\n")
}

// Grant adds entries of access control, as SDDL, to an object: in
// (OA;;WP;bf9679c0-0de6-11d0-a285-00aa003049e2;;S-1-5-21-…) the owner of the SID
// may write the members. It takes (D;…), too.
func (s *Server) Grant(t testing.TB, dn, sddl string) {
	t.Helper()
	s.Tool(t, "dsacl", "set", "--objectdn="+dn, "--sddl="+sddl)
}

// Bind connects over LDAPS, as a user named by DN or as name@domain, until the
// test ends.
func (s *Server) Bind(t testing.TB, user, password string) *ldap.Conn {
	t.Helper()
	c := s.dial(t)
	if err := c.Bind(user, password); err != nil {
		t.Fatalf("%s: %v", user, err)
	}
	return c
}

func (s *Server) dial(t testing.TB) *ldap.Conn {
	t.Helper()
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	c, err := ldap.DialURL(s.TLSURL, ldap.DialWithTLSConfig(&tls.Config{RootCAs: roots}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TokenGroups returns the SIDs of all security groups whose rights an account has,
// as the directory works them out, sorted as text.
func (s *Server) TokenGroups(t testing.TB, dn string) []string {
	t.Helper()
	e := s.entry(t, dn, "tokenGroups")
	var sids []string
	for _, raw := range e.GetRawAttributeValues("tokenGroups") {
		sids = append(sids, sid(t, raw))
	}
	slices.Sort(sids)
	return sids
}

// SID returns the SID of an object.
func (s *Server) SID(t testing.TB, dn string) string {
	t.Helper()
	return sid(t, s.entry(t, dn, "objectSid").GetRawAttributeValue("objectSid"))
}

// entry reads attributes of one object, as the administrator.
func (s *Server) entry(t testing.TB, dn string, attrs ...string) *ldap.Entry {
	t.Helper()
	c := s.Bind(t, Admin, Password)
	r, err := c.Search(ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", attrs, nil))
	if err != nil || len(r.Entries) != 1 {
		t.Fatalf("%s: %v", dn, err)
	}
	_ = c.Close()
	return r.Entries[0]
}

// sid returns the text form of a SID.
func sid(t testing.TB, b []byte) string {
	t.Helper()
	if len(b) < 8 || len(b) != 8+4*int(b[1]) {
		t.Fatalf("%x is not a SID", b)
	}
	text := fmt.Sprintf("S-%d-%d", b[0], binary.BigEndian.Uint64(append([]byte{0, 0}, b[2:8]...)))
	for sub := b[8:]; len(sub) > 0; sub = sub[4:] {
		text += fmt.Sprintf("-%d", binary.LittleEndian.Uint32(sub))
	}
	return text
}

// UnicodePwd is a password as LDIF has it after "unicodePwd::".
func UnicodePwd(password string) string {
	var b []byte
	for _, c := range utf16.Encode([]rune(`"` + password + `"`)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return base64.StdEncoding.EncodeToString(b)
}
