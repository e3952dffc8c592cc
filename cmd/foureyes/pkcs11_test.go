// SPDX-License-Identifier: Apache-2.0

//go:build pkcs11

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// softModule is where Debian has the library of SoftHSM.
const softModule = "/usr/lib/softhsm/libsofthsm2.so"

// A key that never leaves its token seals a packet that holds, in both kinds of keys.
func TestTokenSeals(t *testing.T) {
	for _, tool := range []string{"softhsm2-util", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is not installed", tool)
			}
			t.Skipf("%s is not installed", tool)
		}
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "softhsm2.conf")
	store := filepath.Join(dir, "tokens")
	write(t, conf, "directories.tokendir = "+store+"\nobjectstore.backend = file\n")
	write(t, filepath.Join(dir, "pin"), "4711\n")
	if err := os.Mkdir(store, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	does(t, "softhsm2-util", "--init-token", "--free", "--label", "Audit Seal", "--pin", "4711", "--so-pin", "0815")
	snapshot, policy := tokenCompany(t, dir)
	for i, kind := range [][]string{{"-newkey", "rsa:2048"}, {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"}} {
		name := fmt.Sprint("key", i)
		key, cert, pem := filepath.Join(dir, name+".key"), filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".p8")
		does(t, "openssl", append([]string{"req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=Token", "-addext", "keyUsage=critical,digitalSignature,keyCertSign", "-keyout", key, "-out", cert}, kind...)...)
		does(t, "openssl", "pkcs8", "-topk8", "-nocrypt", "-in", key, "-out", pem)
		does(t, "softhsm2-util", "--import", pem, "--token", "Audit Seal", "--label", name, "--id", fmt.Sprintf("0%d", i+1), "--pin", "4711")
		uri := "pkcs11:token=Audit%20Seal;object=" + name + "?module-path=" + softModule + "&pin-source=" + filepath.Join(dir, "pin")
		out := filepath.Join(dir, name+".pdf")
		tokenRun(t, 0, "packet", "build", "--policy", policy, "--key", uri, "--cert", cert, "--out", out, snapshot)
		tokenRun(t, 0, "packet", "verify", "--trust", cert, out)
		said := tokenRun(t, 1, "packet", "build", "--policy", policy, "--key", strings.Replace(uri, name, "other", 1), "--cert", cert, "--out", filepath.Join(dir, "no.pdf"), snapshot)
		if !strings.Contains(said, `token Audit Seal, key "other" with id : `) {
			t.Errorf("a key that is not there: %s", said)
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func does(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// tokenRun calls a verb now, when the certificates are valid, and returns all that it says.
func tokenRun(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	w := world{args: append([]string{"foureyes"}, args...), stdin: strings.NewReader(""), stdout: &out, stderr: &out, clock: time.Now, env: os.Getenv}
	if code := run(w); code != want {
		t.Fatalf("%v: exit code %d, want %d:\n%s", args, code, want, out.String())
	}
	return out.String()
}

// tokenCompany is a snapshot and a policy to make a packet of.
func tokenCompany(t *testing.T, dir string) (snapshot, policy string) {
	t.Helper()
	write(t, filepath.Join(dir, "facts.jsonl"), `{"fact":"node","id":"identity:hr/E1","name":"Ana Ruiz"}`+"\n"+
		`{"fact":"node","id":"account:erp/A1","name":"aruiz"}`+"\n"+`{"fact":"grant","from":"identity:hr/E1","to":"account:erp/A1","kind":"owns"}`+"\n"+
		`{"fact":"grant","from":"account:erp/A1","to":"role:erp/PAY","kind":"assigned"}`+"\n"+`{"fact":"node","id":"role:erp/PAY","name":"Pay"}`+"\n")
	write(t, filepath.Join(dir, "foureyes.yaml"), "sources:\n  - {name: erp, type: facts, path: facts.jsonl}\n")
	policy = filepath.Join(dir, "policy.yaml")
	write(t, policy, "version: 1\nname: p\nrules:\n  - {id: PAY, title: Who pays, severity: high, critical: \"role:erp/PAY\"}\n")
	snapshot = filepath.Join(dir, "snapshot")
	tokenRun(t, 4, "collect", "--config", filepath.Join(dir, "foureyes.yaml"), "--out", snapshot)
	return snapshot, policy
}
