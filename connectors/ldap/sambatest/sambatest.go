// SPDX-License-Identifier: Apache-2.0

// Package sambatest runs an Active Directory domain controller for a test: Samba,
// with nothing but its LDAP service, on a loopback address of the test's own. Only
// tests may import it.
//
// The first server of a test process provisions a domain, which takes some six
// seconds; every other one gets a copy. All have the same names, SIDs and
// passwords, and share nothing.
package sambatest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// What every server of this package has.
const (
	Domain    = "corp.example.com"
	Host      = "dc1." + Domain
	Suffix    = "DC=corp,DC=example,DC=com"
	DomainSID = "S-1-5-21-1000000001-2000000002-3000000003"
	Admin     = "Administrator@" + Domain
	AdminDN   = "CN=Administrator,CN=Users," + Suffix
	Reader    = "reader@" + Domain // an ordinary user of the domain
	ReaderDN  = "CN=reader,CN=Users," + Suffix
	Password  = "Correct Horse 9" // of both
	People    = "OU=people," + Suffix
	Groups    = "OU=groups," + Suffix
)

// Options tune a server. The zero Options are a new domain with the reader, and
// the empty [People] and [Groups].
type Options struct {
	// LDIF is applied before the start, as by [Server.Ldbmodify].
	LDIF string
}

// A Server is a running domain controller.
type Server struct {
	URL           string // ldap://, with StartTLS; it binds nobody without
	TLSURL        string // ldaps://
	GlobalCatalog string // ldaps://, the catalog's port
	CAFile        string // the server's certificate, for its address, Host and localhost
	Dir           string

	tools tools
}

// Start runs a server until the test ends. Without Samba, or the right to listen
// on its fixed ports, the test is skipped, and fails where CI is set.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	tools := find(t)
	ip := address(t)
	domain, err := provisioned()
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		URL: "ldap://" + ip, TLSURL: "ldaps://" + ip, GlobalCatalog: "ldaps://" + ip + ":3269",
		Dir: shortDir(t), tools: tools,
	}
	s.CAFile = filepath.Join(s.Dir, "server.pem")
	if err := errors.Join(domain.copyTo(s.Dir), makeCertificate(s.Dir, net.ParseIP(ip)), writeConfig(s.Dir, ip)); err != nil {
		t.Fatal(err)
	}
	if o.LDIF != "" {
		s.Ldbmodify(t, o.LDIF)
	}
	s.run(t, ip)
	return s
}

// shortDir is a folder whose path leaves room for the names of sockets.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ad")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// tools are the programs of Samba.
type tools struct{ samba, sambaTool, ldbmodify string }

// find skips the test where a part of Samba is missing.
func find(t testing.TB) tools {
	t.Helper()
	for part, pattern := range map[string]string{
		"samba-ad-provision": "/usr/share/samba/setup/provision.ldif",
		"samba-dsdb-modules": "/usr/lib/*/samba/ldb/samba_dsdb.so",
		"python3-samba":      "/usr/lib/python3*/dist-packages/samba/provision",
	} {
		if files, _ := filepath.Glob(pattern); len(files) == 0 {
			missing(t, part+" is not installed")
		}
	}
	return tools{samba: program(t, "samba"), sambaTool: program(t, "samba-tool"), ldbmodify: program(t, "ldbmodify")}
}

func program(t testing.TB, name string) string {
	t.Helper()
	for _, p := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(p); err == nil {
			return path
		}
	}
	missing(t, name+" is not installed")
	return ""
}

// missing skips the test for a reason that CI must not have.
func missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s; CI must run the tests of Active Directory", reason)
	}
	t.Skip(reason)
}

// address returns a loopback address on whose ports nobody listened a moment ago.
// Samba cannot be told other ports, so that each server needs an address.
func address(t testing.TB) string {
	t.Helper()
	for range 20 {
		ip := net.IPv4(127, byte(2+rand.IntN(250)), byte(rand.IntN(256)), byte(1+rand.IntN(254))).String()
		err := canListen(ip)
		switch {
		case errors.Is(err, syscall.EACCES):
			missing(t, "a domain controller listens on ports 389 and 636, which takes root, or sysctl net.ipv4.ip_unprivileged_port_start=389")
		case err == nil:
			return ip
		}
	}
	t.Fatal("no loopback address is free")
	return ""
}

func canListen(ip string) error {
	for _, port := range []string{"389", "636", "3268", "3269"} {
		l, err := net.Listen("tcp", net.JoinHostPort(ip, port))
		if err != nil {
			return err
		}
		defer l.Close()
	}
	return nil
}

func (s *Server) run(t testing.TB, ip string) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(s.tools.samba, "--interactive", "--model=single", "--debug-stdout", "--configfile="+configFile(s.Dir))
	cmd.Stdout, cmd.Stderr = &out, &out
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		killGroup(cmd)
		<-ended
	})
	for range 600 {
		select {
		case <-ended:
			t.Fatalf("samba ended\n%s", out.Bytes())
		case <-time.After(50 * time.Millisecond):
		}
		if listens(ip) {
			return
		}
	}
	t.Fatal("samba does not listen")
}

// listens reports whether every port is open. The catalog's come last.
func listens(ip string) bool {
	for _, port := range []string{"389", "636", "3268", "3269"} {
		c, err := net.Dial("tcp", net.JoinHostPort(ip, port))
		if err != nil {
			return false
		}
		_ = c.Close()
	}
	return true
}

// command runs a program of Samba on the server's files.
func command(dir, stdin, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewBufferString(stdin)
	cmd.Env = append(os.Environ(), "HOME="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, out)
	}
	return string(out), nil
}
