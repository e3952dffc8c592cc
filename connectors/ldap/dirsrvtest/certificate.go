// SPDX-License-Identifier: Apache-2.0

package dirsrvtest

import (
	"crypto/rand"
	"os/exec"
	"path/filepath"
	"testing"
)

// makeCertificate makes the server's database of keys, with a certificate that
// signs itself: a client may trust it as its own authority.
func (s *Server) makeCertificate(t testing.TB, certutil string) {
	t.Helper()
	noise := make([]byte, 1024)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	write(t, s.path("noise"), string(noise))
	db := "sql:" + s.path(s.config)
	command(t, certutil, "-N", "-d", db, "--empty-password")
	command(t, certutil, "-S", "-d", db, "-n", "Server-Cert", "-x", "-t", "CTu,,", "-s", "CN=localhost",
		"--extSAN", "dns:localhost,ip:127.0.0.1", "-k", "ec", "-q", "nistp256", "-z", s.path("noise"))
	write(t, s.CAFile, command(t, certutil, "-L", "-d", db, "-n", "Server-Cert", "-a"))
}

// command runs a program and returns what it printed.
func command(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, out)
	}
	return string(out)
}
