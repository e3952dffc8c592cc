// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/reports/pdf"
	"github.com/foureyes-iga/foureyes/reports/seal"
)

var keep = flag.String("keep", "", "a folder to write sealed files to, to look at them")

// drawn returns a small packet as it is drawn.
func drawn(t testing.TB) []byte {
	t.Helper()
	p := reportstest.Packet(t, reportstest.Clean(t))
	p.Draft = false
	var b bytes.Buffer
	if err := pdf.Render(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func attachments() []seal.Attachment {
	return []seal.Attachment{
		{Name: "findings.json", MediaType: "application/json", Description: "All lines, for programs", Data: []byte(`{"decision":"REVOKE"}` + "\n")},
		{Name: "lines.csv", MediaType: "text/csv", Description: "All lines, for spreadsheets", Data: []byte("line,decision\n1,REVOKE\n")},
	}
}

func sealed(t testing.TB, p person, o seal.Options) []byte {
	t.Helper()
	o.Claimed = claimed()
	out, err := seal.Seal(drawn(t), attachments(), p.signer(), o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSealAndOpen(t *testing.T) {
	for _, kind := range []string{"rsa", "p256", "p384"} {
		t.Run(kind, func(t *testing.T) {
			p := newSigner(t, kind)
			file := sealed(t, p, seal.Options{})
			if again := sealed(t, p, seal.Options{}); !bytes.Equal(again, file) {
				t.Error("two runs give different bytes")
			}
			s, err := seal.Open(file, pool(p.root()), check())
			if err != nil {
				t.Fatal(err)
			}
			if !s.SignedAt().IsZero() || s.Authority() != nil {
				t.Error("a file without a timestamp has a time that somebody proves")
			}
			if !s.Claimed().Equal(claimed()) || !s.CheckedAt().Equal(claimed()) || !s.Signer().Equal(p.chain[0]) {
				t.Errorf("claimed %s, checked at %s, signed by %s", s.Claimed(), s.CheckedAt(), s.Signer().Subject)
			}
			for _, want := range attachments() {
				if got, ok := s.Attachment(want.Name); !ok || !bytes.Equal(got, want.Data) {
					t.Errorf("attachment %s is %q", want.Name, got)
				}
			}
			if *keep != "" {
				write(t, filepath.Join(*keep, kind+".pdf"), file)
				writePEM(t, filepath.Join(*keep, kind+"-roots.pem"), p.root())
			}
		})
	}
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
