// SPDX-License-Identifier: Apache-2.0

// Package dirsrvtest runs a 389 Directory Server for a test: on loopback, on free
// ports, in a folder of the test's own, started by hand from the package's own
// templates. Only tests may import it.
package dirsrvtest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// What every server of this package has.
const (
	Suffix   = "dc=example,dc=com"
	RootDN   = "cn=Directory Manager" // not an entry; sees everything
	Reader   = "cn=reader," + Suffix
	Password = "correct horse" // of both
)

// Nobody is the [Options.ACI] of a directory in which only RootDN sees anything.
const Nobody = "none"

// Options tune a server. The zero Options are an open directory with [Base].
type Options struct {
	LDIF     string // imported after Base, before the start; gets no entryUUID that it does not give
	ACI      string // an access rule of the suffix; empty lets everybody read all but passwords
	MemberOf bool   // keep memberOf, for groups that Config adds or changes
	Config   string // LDIF for ldapmodify as RootDN, after the start: entries, and settings of cn=config
}

// Base is the LDIF of the suffix, of a container for people and one for groups,
// and of the reader. The suffix has the access rule besides.
const Base = `dn: dc=example,dc=com
objectClass: domain
dc: example
entryUUID: 00000000-0000-4000-8000-000000000001
%s
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

const everybodyReads = `(targetattr != "userPassword || aci")(version 3.0; acl "everybody reads"; allow (read, search, compare) userdn = "ldap:///anyone";)`

// A Server is a running ns-slapd.
type Server struct {
	URL    string // ldap://, with StartTLS
	TLSURL string // ldaps://
	CAFile string // the server's certificate, for localhost and 127.0.0.1
	Dir    string

	config string // folder; its name is also that of a semaphore of the whole machine
}

// Start runs a server until the test ends. Without 389 Directory Server the test
// is skipped, and fails where CI is set.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	nsSlapd, certutil := program(t, "ns-slapd"), program(t, "certutil")
	dir := t.TempDir()
	config, err := os.MkdirTemp(dir, "slapd-*")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Dir: dir, CAFile: filepath.Join(dir, "server.pem"), config: filepath.Base(config)}
	for _, sub := range []string{s.config + "/schema", "db", "log", "run", "lock"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ports := freePorts(t, 2)
	s.URL = fmt.Sprintf("ldap://localhost:%d", ports[0])
	s.TLSURL = fmt.Sprintf("ldaps://localhost:%d", ports[1])
	s.makeCertificate(t, certutil)
	write(t, s.path(s.config+"/dse.ldif"), s.dse(t, o, ports))
	// Of these, the installed ones are for root's eyes.
	write(t, s.path(s.config+"/slapd-collations.conf"), "")
	write(t, s.path(s.config+"/certmap.conf"), "certmap default default\n")
	write(t, s.path(s.config+"/schema/99user.ldif"), "dn: cn=schema\nobjectClass: top\nobjectClass: ldapSubentry\nobjectClass: subschema\ncn: schema\n")
	write(t, s.path("base.ldif"), base(o.ACI)+o.LDIF)
	command(t, nsSlapd, "ldif2db", "-D", s.path(s.config), "-n", "userRoot", "-i", s.path("base.ldif"))
	s.checkImport(t)
	s.run(t, nsSlapd, ports)
	if strings.Contains(o.LDIF, "nsRole") {
		s.awaitRoles(t)
	}
	if o.Config != "" {
		s.Ldapmodify(t, o.Config)
	}
	return s
}

// Ldapmodify applies LDIF as RootDN. A record without a changetype is added.
func (s *Server) Ldapmodify(t testing.TB, ldif string) {
	t.Helper()
	// By address: for localhost the tool wants the machine's own name in the certificate.
	url := strings.Replace(s.TLSURL, "localhost", "127.0.0.1", 1)
	cmd := exec.Command(program(t, "ldapmodify"), "-a", "-x", "-H", url, "-D", RootDN, "-w", Password)
	cmd.Env = append(os.Environ(), "LDAPTLS_CACERT="+s.CAFile)
	cmd.Stdin = strings.NewReader(ldif)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ldapmodify: %v\n%s", err, out)
	}
}

// awaitRoles waits until somebody has a role. The server starts to listen before
// it knows its roles, and until then says that nobody has any.
func (s *Server) awaitRoles(t testing.TB) {
	t.Helper()
	c, err := ldap.DialURL(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Bind(RootDN, Password); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		r, err := c.Search(ldap.NewSearchRequest(Suffix, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(nsRole=*)", []string{"1.1"}, nil))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Entries) > 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("nobody has a role that the LDIF defines")
}

func base(aci string) string {
	switch aci {
	case "":
		return fmt.Sprintf(Base, "aci: "+everybodyReads+"\n")
	case Nobody:
		return fmt.Sprintf(Base, "")
	}
	return fmt.Sprintf(Base, "aci: "+aci+"\n")
}

func (s *Server) path(name string) string { return filepath.Join(s.Dir, name) }

func program(t testing.TB, name string) string {
	t.Helper()
	for _, p := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(p); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing; CI must run the tests of 389 Directory Server", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// dse is the configuration: the templates that dscreate fills in, filled in.
func (s *Server) dse(t testing.TB, o Options, ports []int) string {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	db := s.path("db")
	dse := installed(t, "/usr/share/dirsrv/data/template-dse.ldif") + installed(t, "/usr/share/dirsrv/data/template-suffix-db.ldif")
	dse = strings.NewReplacer(
		"%schema_dir%", s.path(s.config+"/schema"), "%lock_dir%", s.path("lock"), "%tmp_dir%", s.path("run"), "%cert_dir%", s.path(s.config),
		"%config_dir%", s.path(s.config), "%ldif_dir%", s.Dir, "%bak_dir%", s.Dir, "%run_dir%", s.path("run"), "%inst_dir%", s.Dir, "%log_dir%", s.path("log"),
		"%db_dir%", db, "%db_home_dir%", db, "%db_lib%", "bdb", "%ds_bename%", "userRoot", "%ds_suffix%", Suffix, "%fqdn%", "localhost", "%ds_user%", me.Username,
		"%ds_port%", fmt.Sprint(ports[0]), "%rootdn%", RootDN, "%ds_passwd%", Password, "%ldapi_enabled%", "off", "%ldapi%", s.path("run/ldapi"), "%ldapi_autobind%", "off",
	).Replace(dse)
	dse = insert(dse, "cn=config", fmt.Sprintf(`nsslapd-listenhost: 127.0.0.1
nsslapd-security: on
nsslapd-securelistenhost: 127.0.0.1
nsslapd-secureport: %d
nsslapd-rootpwstoragescheme: CLEAR
passwordStorageScheme: SSHA256
`, ports[1]))
	dse = insert(dse, "cn=config,cn=ldbm database,cn=plugins,cn=config", "nsslapd-cache-autosize: 0\nnsslapd-dbcachesize: 10000000\nnsslapd-db-durable-transaction: off\n")
	if o.MemberOf {
		before, plugin, _ := strings.Cut(dse, "dn: cn=MemberOf Plugin,")
		dse = before + "dn: cn=MemberOf Plugin," + strings.Replace(plugin, "nsslapd-pluginenabled: off", "nsslapd-pluginenabled: on", 1)
	}
	return strings.TrimRight(dse, "\n") + "\n\n" + entryUUID // one empty line: two would be an entry without a name
}

// entryUUID are the plug-ins of entryUUID. A server adds them at its first start,
// which is after the import.
const entryUUID = `dn: cn=entryuuid,cn=plugins,cn=config
objectClass: top
objectClass: nsSlapdPlugin
cn: entryuuid
nsslapd-pluginPath: libentryuuid-plugin
nsslapd-pluginInitfunc: entryuuid_plugin_init
nsslapd-pluginType: betxnpreoperation
nsslapd-pluginEnabled: on

dn: cn=entryuuid_syntax,cn=plugins,cn=config
objectClass: top
objectClass: nsSlapdPlugin
cn: entryuuid_syntax
nsslapd-pluginPath: libentryuuid-syntax-plugin
nsslapd-pluginInitfunc: entryuuid_syntax_plugin_init
nsslapd-pluginType: syntax
nsslapd-pluginEnabled: on
`

// insert adds attributes to one entry of an LDIF.
func insert(ldif, dn, attrs string) string {
	return strings.Replace(ldif, "dn: "+dn+"\n", "dn: "+dn+"\n"+attrs, 1)
}

// checkImport fails the test when entries were left out: the import itself
// reports success then.
func (s *Server) checkImport(t testing.TB) {
	t.Helper()
	for line := range strings.Lines(installed(t, s.path("log/errors"))) {
		if strings.Contains(line, "WARN") && strings.Contains(line, "import") || strings.Contains(line, "- ERR -") {
			t.Fatalf("import: %s", line)
		}
	}
}

func (s *Server) run(t testing.TB, nsSlapd string, ports []int) {
	t.Helper()
	var out bytes.Buffer
	// Any level of -d keeps it in the foreground. Without -i its pid file is the null
	// device, of which it then takes the rights to write from everybody but root.
	cmd := exec.Command(nsSlapd, "-D", s.path(s.config), "-d", "0", "-i", s.path("run/pid"))
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
		_ = os.Remove("/dev/shm/sem." + s.config + ".stats")
	})
	for range 600 {
		select {
		case <-ended:
			t.Fatalf("ns-slapd ended\n%s%s", out.Bytes(), installed(t, s.path("log/errors")))
		case <-time.After(50 * time.Millisecond):
		}
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", ports[1])); err == nil {
			_ = c.Close()
			return
		}
	}
	t.Fatal("ns-slapd does not listen")
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

func installed(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
