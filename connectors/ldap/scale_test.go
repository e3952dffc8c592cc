// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/ldap/slapdtest"
	"github.com/foureyes-iga/foureyes/graph"
)

const (
	scalePeople = 100_000
	scaleGroups = 5_000
)

// TestScale collects a large directory and prints time and memory beside
// ldapsearch dumping the same tree. It runs with FOUREYES_SCALE=1.
func TestScale(t *testing.T) {
	if os.Getenv("FOUREYES_SCALE") == "" {
		t.Skip("FOUREYES_SCALE is not set")
	}
	ldif := filepath.Join(t.TempDir(), "scale.ldif")
	memberships := writeScale(t, ldif)
	began := time.Now()
	s := slapdtest.Start(t, slapdtest.Options{LDIFFile: ldif})
	t.Logf("slapadd: %s", time.Since(began).Round(time.Second))
	cfg := configFor(t, s)
	ldapsearch(t, s) // fills the server's cache for both
	c := newCollector(t, cfg)
	runtime.GC()
	forgetPeak(t)
	base := peak(t)
	began = time.Now()
	var b graph.Builder
	for f, err := range c.Collect(t.Context(), connectors.Want{}) {
		if err == nil {
			err = b.Add(f)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	collected := time.Since(began)
	g := b.Graph()
	took, most := time.Since(began), peak(t)
	t.Logf("collect: %s, and the graph: %s; peak %d MB, of which %d MB before; %d nodes, %d grants",
		collected.Round(10*time.Millisecond), took.Round(10*time.Millisecond), most>>10, base>>10, g.NumNodes(), g.NumGrants())
	ldapsearch(t, s)
	if g.NumNodes() != scalePeople+scaleGroups+1 || g.NumGrants() != memberships {
		t.Errorf("%d nodes and %d grants, want %d and %d", g.NumNodes(), g.NumGrants(), scalePeople+scaleGroups+1, memberships)
	}
	for _, d := range []graph.Dataset{graph.Accounts, graph.Groups, graph.Memberships} {
		if got := g.State("corp", d); got != graph.Complete {
			t.Errorf("%s: %s", d, got)
		}
	}
}

// writeScale writes people and nested groups with cycles, the same each time, and
// returns how many memberships there are.
func writeScale(t *testing.T, path string) (memberships int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range scalePeople {
		fmt.Fprintf(w, "dn: uid=u%06d,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: u%06[1]d\ncn: Person Number %[1]d\nsn: Number\ngivenName: Person\n"+
			"displayName: Person Number %[1]d\nmail: u%06[1]d@example.com\nemployeeNumber: E%06[1]d\ndescription: Office %d\n\n", i, rnd.IntN(400))
	}
	for i := range scaleGroups {
		fmt.Fprintf(w, "dn: cn=g%05d,ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: g%05[1]d\ndescription: Group %[1]d\n", i)
		fmt.Fprintf(w, "member: cn=g%05d,ou=groups,dc=example,dc=com\n", (i*7+3)%scaleGroups)
		memberships++
		seen := map[int]bool{}
		for range 100 + rnd.IntN(200) {
			m := rnd.IntN(scalePeople)
			if !seen[m] {
				seen[m] = true
				memberships++
				fmt.Fprintf(w, "member: uid=u%06d,ou=people,dc=example,dc=com\n", m)
			}
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return memberships
}

// ldapsearch dumps the same tree with the tool of the server's makers.
func ldapsearch(t *testing.T, s *slapdtest.Server) {
	t.Helper()
	path, err := exec.LookPath("ldapsearch")
	if err != nil {
		t.Log("ldapsearch is not installed")
		return
	}
	cmd := exec.Command(path, "-LLL", "-o", "nettimeout=60", "-H", s.TLSURL, "-x", "-D", slapdtest.Reader, "-w", slapdtest.Password,
		"-b", slapdtest.Suffix, "-E", "pr=1000/noprompt", "(objectClass=*)", "*", "+")
	cmd.Env = append(os.Environ(), "LDAPTLS_REQCERT=allow")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := os.Create(filepath.Join(s.Dir, "dump.ldif"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout = out
	began := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("ldapsearch: %v: %s", err, stderr.String())
	}
	info, _ := out.Stat()
	t.Logf("ldapsearch: %s, %d MB of LDIF", time.Since(began).Round(10*time.Millisecond), info.Size()>>20)
}

// forgetPeak and peak read the largest resident size of this process, in KB.
func forgetPeak(t *testing.T) {
	t.Helper()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Logf("the peak includes the making of the directory: %v", err)
	}
}

func peak(t *testing.T) (kb int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Log(err)
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			_, _ = fmt.Sscan(rest, &kb)
		}
	}
	return kb
}
