// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"
)

// kept returns a sealed packet of an earlier version and whom to trust.
func kept(t testing.TB) (file []byte, roots *x509.CertPool, c Check) {
	t.Helper()
	read := func(name string) []byte {
		b, err := os.ReadFile("testdata/kept/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	roots, c.Authorities = x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM(read("roots.pem"))
	c.Authorities.AppendCertsFromPEM(read("tsa-roots.pem"))
	return read("packet-1.pdf"), roots, c
}

func TestKept(t *testing.T) {
	file, roots, c := kept(t)
	s, err := Open(file, roots, c)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 11, 27, 7, 32, 34, 0, time.UTC); !s.SignedAt().Equal(want) || len(s.Attachments()) != 3 {
		t.Errorf("signed at %s, with %d attachments", s.SignedAt(), len(s.Attachments()))
	}
}

// TestUnsignedParts changes what a signature does not cover by itself: everything in
// the message around it. Each change keeps the message well formed.
func TestUnsignedParts(t *testing.T) {
	file, roots, c := kept(t)
	d, err := readSealed(file)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := d.messageIn()
	if err != nil {
		t.Fatal(err)
	}
	token := func(m *message) *message {
		raw, err := m.tokenOf()
		if err != nil {
			t.Fatal(err)
		}
		inner, err := readMessage(raw)
		if err != nil {
			t.Fatal(err)
		}
		return inner
	}
	c.At = d.claimed
	for name, change := range map[string]func(*message){
		"the timestamp is taken away":  func(m *message) { m.unsigned = nil },
		"the timestamp is there twice": func(m *message) { m.unsigned = append(m.unsigned, m.unsigned...) },
		"something unsigned":           func(m *message) { m.unsigned = attribute(oidContentType(), oid(oidData())) },
		"another version":              func(m *message) { m.version = 3 },
		"with content": func(m *message) {
			m.content = der(tagSequence, oid(oidData()), der(tagFirst, der(tagOctets, []byte("KEEP"))))
		},
		"another digest algorithm":    func(m *message) { m.digest = algorithm(oidSHA512()) },
		"digest parameters":           func(m *message) { m.digest = algorithm(oidSHA256(), null()) },
		"another signature algorithm": func(m *message) { m.algorithm = algorithm(oidRSASHA256(), null()) },
		"signature parameters":        func(m *message) { m.algorithm = algorithm(oidECDSASHA256(), null()) },
		"a certificate less":          func(m *message) { m.certs = m.certs[:1] },
		"a certificate more":          func(m *message) { m.certs = append(m.certs, token(m).signer) },
		"a certificate twice":         func(m *message) { m.certs = append(m.certs, m.certs[1]) },
		"another signed attribute":    func(m *message) { m.attrs = append(m.attrs, attribute(oidTimestamp(), null())...) },
		"a timestamp of something else": func(m *message) {
			in := token(m)
			in.signature = in.signature[:8]
			m.unsigned = timestamped(in.encode())
		},
		"its digest has parameters": func(m *message) {
			in := token(m)
			in.digest = algorithm(oidSHA256(), null())
			m.unsigned = timestamped(in.encode())
		},
		"its version":               func(m *message) { in := token(m); in.version = 1; m.unsigned = timestamped(in.encode()) },
		"it has something unsigned": func(m *message) { in := token(m); in.unsigned = m.unsigned; m.unsigned = timestamped(in.encode()) },
		"it has more certificates": func(m *message) {
			in := token(m)
			in.certs = append(in.certs, m.signer)
			m.unsigned = timestamped(in.encode())
		},
		"it lacks its certificate": func(m *message) { in := token(m); in.certs = m.certs; m.unsigned = timestamped(in.encode()) },
		"the token is no token":    func(m *message) { m.unsigned = timestamped(encoded) },
	} {
		t.Run(name, func(t *testing.T) {
			m, err := readMessage(bytes.Clone(encoded))
			if err != nil {
				t.Fatal(err)
			}
			change(m)
			changed := m.encode()
			if bytes.Equal(changed, encoded) {
				t.Fatal("nothing was changed")
			}
			from := bytes.LastIndex(file, []byte("/Contents <")) + len("/Contents <")
			digits := strings.ToUpper(hex.EncodeToString(append(changed, make([]byte, len(d.signature)-len(changed))...)))
			forged := bytes.Clone(file)
			copy(forged[from:], digits)
			if _, err := readSealed(forged); err != nil {
				t.Fatalf("the file is not well formed: %v", err)
			}
			if _, err := Open(forged, roots, c); err == nil {
				t.Error("it was opened")
			} else {
				t.Log(err)
			}
		})
	}
}

// FuzzOpen looks for bytes that are no sealed packet and are opened, or that break
// something. Whatever is opened must be the file that is kept.
func FuzzOpen(f *testing.F) {
	file, roots, c := kept(f)
	f.Add([]byte(nil), 0)
	f.Add([]byte("endobj"), 100)
	f.Add([]byte("<< /Type /Sig >>"), len(file)-100)
	f.Fuzz(func(t *testing.T, piece []byte, at int) {
		if at < 0 || at > len(file) {
			return
		}
		changed := append(bytes.Clone(file[:at]), piece...)
		if rest := at + len(piece); rest < len(file) {
			changed = append(changed, file[rest:]...)
		}
		if _, err := Open(changed, roots, c); err == nil && !bytes.Equal(changed, file) {
			t.Error("something else was opened")
		}
	})
}

// TestPagesElsewhere has a catalog whose pages are among what a seal adds, which is
// taken away before anybody looks at them.
func TestPagesElsewhere(t *testing.T) {
	file, roots, c := kept(t)
	f, err := readFile(file, sealedHead)
	if err != nil {
		t.Fatal(err)
	}
	for n := range f.objects {
		for _, key := range []name{"Pages", "Names", "Perms", "AcroForm"} {
			g := *f
			g.objects = append([]value{}, f.objects...)
			g.objects[f.root-1] = f.dict(f.root).with(key, ref(n+1))
			if d, ok := g.objects[n].(dict); ok && n != int(f.root)-1 {
				g.objects[n] = d.with("Kids", array{ref(1), ref(n + 1)})
			}
			if _, err := Open(g.write(), roots, c); err == nil {
				t.Errorf("%s in object %d: it was opened", key, n+1)
			}
		}
	}
}
