// SPDX-License-Identifier: Apache-2.0

// Package slapdtest runs an OpenLDAP server for a test: on loopback, on free
// ports, in a folder of the test's own. Only tests may import it.
package slapdtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What every server of this package has.
const (
	Suffix   = "dc=example,dc=com"
	RootDN   = "cn=admin," + Suffix // not an entry; sees everything
	Reader   = "cn=reader," + Suffix
	Password = "correct horse"
)

// Base is the LDIF of the suffix, of a container for people and one for groups,
// and of the reader.
const Base = `dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
dc: example
o: Example
entryUUID: 00000000-0000-4000-8000-000000000001

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people
entryUUID: 00000000-0000-4000-8000-000000000002

dn: ou=groups,dc=example,dc=com
objectClass: organizationalUnit
ou: groups
entryUUID: 00000000-0000-4000-8000-000000000003

dn: cn=reader,dc=example,dc=com
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: correct horse
entryUUID: 00000000-0000-4000-8000-000000000004

`

// Options tune a server. The zero Options are an open directory with [Base].
type Options struct {
	LDIF     string // loaded after Base
	LDIFFile string // loaded after that
	Loose    bool   // load what the schema forbids, too
	Access   string // access rules; empty lets everybody read
	Limits   string // "limits …" lines; empty is none for the reader
	Config   string // more lines for the database
	Schema   string // a schema file besides the usual ones
}

// A Server is a running slapd.
type Server struct {
	URL    string // ldap://, with StartTLS
	TLSURL string // ldaps://
	CAFile string // the certificate that signed the server's, whose name is localhost
	Dir    string
}

// Start runs a server until the test ends. Without slapd the test is skipped, and
// fails where CI is set.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	slapd, slapadd := program(t, "slapd"), program(t, "slapadd")
	dir := t.TempDir()
	s := &Server{Dir: dir, CAFile: filepath.Join(dir, "server.pem")}
	makeCertificate(t, dir)
	write(t, filepath.Join(dir, "slapd.conf"), s.config(o))
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "base.ldif"), Base+o.LDIF)
	load(t, slapadd, dir, filepath.Join(dir, "base.ldif"), o.Loose)
	if o.LDIFFile != "" {
		load(t, slapadd, dir, o.LDIFFile, o.Loose)
	}
	ports := freePorts(t, 2)
	s.URL = fmt.Sprintf("ldap://localhost:%d", ports[0])
	s.TLSURL = fmt.Sprintf("ldaps://localhost:%d", ports[1])
	s.run(t, slapd, ports)
	return s
}

// Ldapmodify applies LDIF as the root DN, over LDAP. The certificate is not looked at:
// the tool takes the machine's own name for localhost.
func (s *Server) Ldapmodify(t testing.TB, ldif string) {
	t.Helper()
	cmd := exec.Command(program(t, "ldapmodify"), "-x", "-H", s.TLSURL, "-D", RootDN, "-w", Password)
	cmd.Env = append(os.Environ(), "LDAPTLS_REQCERT=never")
	cmd.Stdin = strings.NewReader(ldif)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ldapmodify: %v\n%s", err, out)
	}
}

func program(t testing.TB, name string) string {
	t.Helper()
	for _, p := range []string{name, "/usr/sbin/" + name, "/usr/local/libexec/" + name, "/usr/libexec/" + name} {
		if path, err := exec.LookPath(p); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing; CI must run the LDAP tests", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

func (s *Server) config(o Options) string {
	var b strings.Builder
	for _, schema := range []string{"core", "cosine", "inetorgperson", "nis", "dyngroup"} {
		fmt.Fprintf(&b, "include /etc/ldap/schema/%s.schema\n", schema)
	}
	if o.Schema != "" {
		fmt.Fprintf(&b, "include %s\n", o.Schema)
	}
	fmt.Fprintf(&b, "modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload ppolicy\n")
	fmt.Fprintf(&b, "pidfile %[1]s/pid\nargsfile %[1]s/args\n", s.Dir)
	fmt.Fprintf(&b, "TLSCertificateFile %[1]s/server.pem\nTLSCertificateKeyFile %[1]s/server.key\nTLSCACertificateFile %[1]s/server.pem\nTLSVerifyClient try\n", s.Dir)
	fmt.Fprintf(&b, "authz-regexp \"^cn=client$\" %q\n", Reader)
	fmt.Fprintf(&b, "database mdb\nsuffix %q\nrootdn %q\nrootpw %q\ndirectory %s/db\nmaxsize 4294967296\nenvflags nosync\n", Suffix, RootDN, Password, s.Dir)
	fmt.Fprintf(&b, "index objectClass eq\nlastbind on\n")
	if o.Limits == "" {
		o.Limits = fmt.Sprintf("limits dn.exact=%q size=unlimited time=unlimited", Reader)
	}
	if o.Access == "" {
		o.Access = "access to * by * read"
	}
	return b.String() + o.Limits + "\naccess to attrs=userPassword by * auth\n" + o.Access + "\noverlay ppolicy\n" + o.Config + "\n"
}

func load(t testing.TB, slapadd, dir, ldif string, loose bool) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(slapadd, "-q", "-f", filepath.Join(dir, "slapd.conf"), "-l", ldif)
	if loose {
		cmd.Args = append(cmd.Args, "-s")
	}
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("slapadd %s: %v\n%s", ldif, err, out.Bytes())
	}
}

func (s *Server) run(t testing.TB, slapd string, ports []int) {
	t.Helper()
	urls := fmt.Sprintf("ldap://127.0.0.1:%d ldaps://127.0.0.1:%d", ports[0], ports[1])
	var out bytes.Buffer
	cmd := exec.Command(slapd, "-d", "0", "-h", urls, "-f", filepath.Join(s.Dir, "slapd.conf"))
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	for range 200 {
		select {
		case <-ended:
			t.Fatalf("slapd ended\n%s", out.Bytes())
		case <-time.After(50 * time.Millisecond):
		}
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", ports[1])); err == nil {
			_ = c.Close()
			return
		}
	}
	t.Fatal("slapd does not listen")
}

// freePorts returns ports that were free a moment ago.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// makeCertificate writes a self-signed certificate for localhost, and one for a
// client that the same key signed.
func makeCertificate(t testing.TB, dir string) {
	t.Helper()
	key := newKey(t)
	server := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	writePair(t, filepath.Join(dir, "server"), server, server, key, key)
	client := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "client"},
		NotBefore: server.NotBefore, NotAfter: server.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	writePair(t, filepath.Join(dir, "client"), client, server, newKey(t), key)
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writePair(t testing.TB, path string, c, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path+".pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path+".key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})))
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
