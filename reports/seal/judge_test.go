// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/reports/seal"
)

// say runs a program of somebody else and returns what it prints.
func say(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(tool(t, name), args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestPdfsig asks poppler, which is no code of ours, about whole files.
func TestPdfsig(t *testing.T) {
	tool(t, "pdfsig")
	for _, kind := range []string{"rsa", "p256", "p384"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			in := func(name string) string { return filepath.Join(dir, name) }
			p, a := newSigner(t, kind), newAuthority(t, "rsa")
			write(t, in("sealed.pdf"), sealed(t, p, seal.Options{Stamp: a.stamp(t)}))
			writePEM(t, in("root.pem"), p.root())
			say(t, "certutil", "-N", "-d", "sql:"+dir, "--empty-password")
			say(t, "certutil", "-A", "-d", "sql:"+dir, "-n", "root", "-t", "C,C,C", "-i", in("root.pem"))
			said := say(t, "pdfsig", "-nssdir", "sql:"+dir, in("sealed.pdf"))
			for _, want := range []string{
				"Total document signed", "Signature is Valid", "Certificate is Trusted", "ETSI.CAdES.detached", "Signer Certificate Common Name: Ben Okafor",
				"Signing Time: Oct 05 2026 09:30:00",
			} {
				if !strings.Contains(said, want) {
					t.Errorf("pdfsig does not say %q:\n%s", want, said)
				}
			}
			if strings.Contains(said, "Signature #2") {
				t.Errorf("pdfsig finds two signatures:\n%s", said)
			}
			say(t, "pdfdetach", "-saveall", "-o", dir, in("sealed.pdf"))
			for _, a := range attachments(t) {
				if got := readFile(t, in(a.Name)); !bytes.Equal(got, a.Data) {
					t.Errorf("pdfdetach gives %q for %s", got, a.Name)
				}
			}
		})
	}
}

// TestOpenssl asks openssl about the signatures and timestamps inside, and about
// detached ones. The attribute that names the certificates is checked by -cades.
func TestOpenssl(t *testing.T) {
	tool(t, "openssl")
	for _, kind := range []string{"rsa", "p256", "p384"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			in := func(name string) string { return filepath.Join(dir, name) }
			p, a := newSigner(t, kind), newAuthority(t, kind)
			file := sealed(t, p, seal.Options{Stamp: a.stamp(t)})
			from, to := hole(t, file)
			signature := contents(t, file[from+1:to-1])
			write(t, in("signed"), append(bytes.Clone(file[:from]), file[to:]...))
			write(t, in("signature"), signature)
			writePEM(t, in("root.pem"), p.root())
			verify := []string{"cms", "-verify", "-cades", "-binary", "-inform", "DER", "-CAfile", in("root.pem"), "-purpose", "any", "-out", os.DevNull}
			say(t, "openssl", append(verify, "-in", in("signature"), "-content", in("signed"))...)
			if signingTime := "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05"; strings.Contains(string(inner(t, signature, 0xa0)), signingTime) {
				t.Error("the signature states a time, which PAdES forbids")
			}

			write(t, in("over"), inner(t, signature, 0x04))
			write(t, in("token"), token(t, signature))
			said := say(t, "openssl", "ts", "-verify", "-token_in", "-in", in("token"), "-data", in("over"), "-CAfile", a.file("root.pem"), "-untrusted", a.file("chain.pem"))
			if !strings.Contains(said, "Verification: OK") {
				t.Errorf("openssl ts says %s", said)
			}

			write(t, in("data"), []byte("some data\n"))
			beside, err := seal.Detach([]byte("some data\n"), p.signer(), seal.Options{Claimed: claimed(), Stamp: a.stamp(t)})
			if err != nil {
				t.Fatal(err)
			}
			write(t, in("beside"), beside)
			say(t, "openssl", append(verify, "-in", in("beside"), "-content", in("data"))...)
		})
	}
}

// contents decodes the digits and drops the zeros behind the message.
func contents(t testing.TB, digits []byte) []byte {
	t.Helper()
	b, err := hex.DecodeString(string(digits))
	if err != nil {
		t.Fatal(err)
	}
	var v asn1.RawValue
	if _, err := asn1.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v.FullBytes
}

// signerInfo returns the members of the only signer.
func signerInfo(t testing.TB, message []byte) []asn1.RawValue {
	t.Helper()
	split := func(b []byte) (out []asn1.RawValue) {
		for len(b) > 0 {
			var v asn1.RawValue
			rest, err := asn1.Unmarshal(b, &v)
			if err != nil {
				t.Fatal(err)
			}
			out, b = append(out, v), rest
		}
		return out
	}
	data := split(split(split(split(message)[0].Bytes)[1].Bytes)[0].Bytes)
	return split(split(data[len(data)-1].Bytes)[0].Bytes)
}

// inner returns the content of the first member of the signer with a tag.
func inner(t testing.TB, message []byte, tag byte) []byte {
	t.Helper()
	for _, v := range signerInfo(t, message) {
		if v.FullBytes[0] == tag {
			return v.Bytes
		}
	}
	t.Fatalf("no %#x", tag)
	return nil
}

// token returns the timestamp among the unsigned attributes.
func token(t testing.TB, message []byte) []byte {
	t.Helper()
	attribute := inner(t, message, 0xa1)
	i := bytes.Index(attribute, []byte{0x31, 0x82})
	if i < 0 {
		t.Fatal("no timestamp")
	}
	return attribute[i+4:]
}
