// SPDX-License-Identifier: Apache-2.0

package pdfcputest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// validate returns what pdfcpu says of the signatures in a file.
func validate(t *testing.T, file string) []*model.SignatureValidationResult {
	t.Helper()
	model.TrustedCertDir = "../testdata/kept"
	c := model.NewDefaultConfiguration()
	c.Offline = true
	all, err := api.ValidateSignatures(file, true, c)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestKept asks about every sealed packet that is kept.
func TestKept(t *testing.T) {
	api.DisableConfigDir()
	files, err := filepath.Glob("../testdata/kept/*.pdf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sealed packets: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if err := api.ValidateFile(file, nil); err != nil {
				t.Errorf("it is no valid PDF: %v", err)
			}
			all := validate(t, file)
			if len(all) != 1 {
				t.Fatalf("%d signatures", len(all))
			}
			// offline, the only doubt that is left is whether the certificate was revoked
			r := all[0]
			if r.Reason != model.SignatureReasonCertRevocationUnknown || r.DocModified == model.True {
				t.Errorf("pdfcpu doubts more than that:\n%v", r)
			}
			if !r.Certified() || r.Permissions() != model.CertifiedSigPermNoChangesAllowed || r.Details.SubFilter != "ETSI.CAdES.detached" {
				t.Errorf("it is no certification that forbids changes:\n%v", r)
			}
		})
	}
}

// TestChanged proves that the question can be answered with no.
func TestChanged(t *testing.T) {
	api.DisableConfigDir()
	b, err := os.ReadFile("../testdata/kept/packet-1.pdf")
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(b, []byte("/Dest ["))
	i += bytes.IndexByte(b[i:], '.') + 1
	b[i] ^= 1 // another digit
	file := filepath.Join(t.TempDir(), "changed.pdf")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, r := range validate(t, file) {
		if r.Reason == model.SignatureReasonCertRevocationUnknown || r.Reason == model.SignatureReasonDocNotModified {
			t.Errorf("pdfcpu does not see the change:\n%v", r)
		}
	}
}
