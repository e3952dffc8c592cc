// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestCollectScale measures collect as a process of its own on an export of the
// large directory of TestLDAPScale and the feed of its people: what that costs
// without a server. It runs with FOUREYES_SCALE=1.
func TestCollectScale(t *testing.T) {
	if os.Getenv("FOUREYES_SCALE") == "" {
		t.Skip("FOUREYES_SCALE is not set")
	}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	c := newCorp(100_000, 5_000, 1_000_000)
	c.ldif(t, path("corp.ldif"))
	c.hr(t, dir, time.Now())
	save(t, path("foureyes.yaml"), `sources:
  - {name: hr, type: hr, path: hr.csv, delimiter: ";", columns: {employee_id: EmpNo, name: Name, status: Status}, values: {status: {A: active}}}
  - {name: corp, type: ldif, path: corp.ldif}
`)
	program := path("foureyes")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	table := measurements{t: t}
	for _, snapshot := range []string{"first", "second", "third"} {
		table.run("collect, "+snapshot, 4, nil, program, "collect", "--config", path("foureyes.yaml"), "--out", path(snapshot))
		table.run("collect, "+snapshot+", GOGC=100", 4, []string{"GOGC=100"}, program, "collect", "--config", path("foureyes.yaml"), "--out", path(snapshot+"-100"))
	}
	table.print(c, path("first"))
}
