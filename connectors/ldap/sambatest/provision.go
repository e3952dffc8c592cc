// SPDX-License-Identifier: Apache-2.0

package sambatest

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// A domain is the files of a provisioned domain controller, in memory: no folder
// has to outlive the test that made it.
type domain map[string][]byte

// provisioned makes the domain that all servers of this process start from.
var provisioned = sync.OnceValues(provision)

// withoutSysvol runs a Python program with one step of provisioning left out: the
// rights on files, which only root and a file server could set, and LDAP does not
// show.
const withoutSysvol = `
import runpy, sys, samba.provision
samba.provision.setsysvolacl = lambda *args, **kwargs: None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
`

func provision() (domain, error) {
	dir, err := os.MkdirTemp("", "ad")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := writeConfig(dir, "127.0.0.1"); err != nil {
		return nil, err
	}
	tool, err := exec.LookPath("samba-tool")
	if err != nil {
		return nil, err
	}
	python := "/usr/bin/python3" // whose modules Samba installs; the PATH may have another first
	if _, err := command(dir, "", python, "-c", withoutSysvol, tool, "domain", "provision",
		"--configfile="+configFile(dir), "--server-role=dc", "--dns-backend=NONE", "--realm="+strings.ToUpper(Domain), "--domain=CORP",
		"--host-name=dc1", "--host-ip=127.0.0.1", "--domain-sid="+DomainSID, "--adminpass="+Password); err != nil {
		return nil, fmt.Errorf("domain: %w", err)
	}
	ldbmodify, err := exec.LookPath("ldbmodify")
	if err != nil {
		return nil, err
	}
	if err := modify(ldbmodify, dir, base()); err != nil {
		return nil, fmt.Errorf("domain: %w", err)
	}
	return read(dir)
}

// base is the LDIF of what [Options] promise.
func base() string {
	return fmt.Sprintf(`dn: %s
objectClass: organizationalUnit

dn: %s
objectClass: organizationalUnit

dn: %s
objectClass: user
sAMAccountName: reader
userPrincipalName: %s
userAccountControl: 512
unicodePwd:: %s
`, People, Groups, ReaderDN, Reader, UnicodePwd(Password))
}

func configFile(dir string) string { return filepath.Join(dir, "smb.conf") }

// writeConfig writes smb.conf, and makes the folders it names.
func writeConfig(dir, ip string) error {
	for _, sub := range []string{"private", "state", "cache", "lock", "run", "rpc", "dns"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	return os.WriteFile(configFile(dir), fmt.Appendf(nil, `[global]
netbios name = DC1
workgroup = CORP
realm = %[3]s
server role = active directory domain controller
server services = ldap
dcerpc endpoint servers =
interfaces = %[2]s/8
bind interfaces only = yes
private dir = %[1]s/private
state directory = %[1]s/state
cache directory = %[1]s/cache
lock directory = %[1]s/lock
pid directory = %[1]s/run
ncalrpc dir = %[1]s/rpc
ntp signd socket directory = %[1]s/run/ntp
winbindd socket directory = %[1]s/run/winbind
binddns dir = %[1]s/dns
log file = %[1]s/log
tls certfile = %[1]s/server.pem
tls cafile = %[1]s/server.pem
tls keyfile = %[1]s/server.key
ldb:nosync = true
[sysvol]
path = %[1]s/state/sysvol
[netlogon]
path = %[1]s/state/sysvol/scripts
`, dir, ip, strings.ToUpper(Domain)), 0o600)
}

// read takes the databases of a folder; what else is in it is made anew.
func read(dir string) (domain, error) {
	d := domain{}
	err := filepath.WalkDir(filepath.Join(dir, "private"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			d[name], err = os.ReadFile(path)
		}
		return err
	})
	return d, err
}

func (d domain) copyTo(dir string) error {
	for name, content := range d {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
