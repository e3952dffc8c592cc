// SPDX-License-Identifier: Apache-2.0

package jsonout

import (
	"bytes"
	"testing"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
)

// TestEncodeLong holds what is written piece by piece against what encoding/json writes
// at once.
func TestEncodeLong(t *testing.T) {
	reviewed, compared := reportstest.Company(t), reportstest.Company(t)
	reviewed.Review = reportstest.Reviewed(t, reviewed)
	compared.Baseline, compared.Forward = reportstest.Earlier(t), reportstest.Forward(compared)
	values := map[string]any{
		"nothing": document{}, "empty lists": document{Findings: []finding{}, Figures: []figure{}, Leavers: &lateness{}},
		"hidden": document{Format: "a\u202eb", Findings: []finding{{ID: "a\u202eb<&>\n"}}},
	}
	for name, in := range map[string]reports.Input{
		"company": reportstest.Company(t), "compared": compared, "clean": reportstest.Clean(t), "leavers": reportstest.Leavers(t), "reviewed": reviewed, "many": reportstest.Many(t, 120),
	} {
		values[name] = documentOf(reportstest.Packet(t, in))
	}
	for name, v := range values {
		t.Run(name, func(t *testing.T) {
			var long, whole bytes.Buffer
			if err := encodeLong(&long, v); err != nil {
				t.Fatal(err)
			}
			if err := encode(&whole, v); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(long.Bytes(), whole.Bytes()) {
				t.Errorf("got\n%.2000s\nwant\n%.2000s", long.Bytes(), whole.Bytes())
			}
		})
	}
}
