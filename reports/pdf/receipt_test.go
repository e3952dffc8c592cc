// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/reports"
	"github.com/foureyes-iga/foureyes/reports/internal/reportstest"
	"github.com/foureyes-iga/foureyes/reports/pdf"
)

func receipt(t *testing.T, name string, r *reports.Receipt) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pdf.Receipt(&b, r); err != nil {
		t.Fatal(err)
	}
	if *keep != "" {
		if err := os.WriteFile(filepath.Join(*keep, name+".pdf"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestReceiptGolden(t *testing.T) {
	file := receipt(t, "receipt", reportstest.Receipt(t, 5))
	if !bytes.Equal(file, receipt(t, "receipt", reportstest.Receipt(t, 5))) {
		t.Error("two runs give different bytes")
	}
	reportstest.Golden(t, "receipt.txt", []byte(plain(textOf(t, file))))
}

// TestReceiptIsOnePage: whatever the size, what has no room is counted. A list that goes
// on below the floor, or over another, would make this fail.
func TestReceiptIsOnePage(t *testing.T) {
	for _, n := range []int{0, 1, 3, 12, 60, 700} {
		text := textOf(t, receipt(t, fmt.Sprintf("receipt%d", n), reportstest.Receipt(t, n)))
		if pages := strings.Count(text, "\f"); pages != 1 {
			t.Errorf("%d accounts: %d pages", n, pages)
		}
		if more := strings.Count(text, "more accounts, in the JSON") + strings.Count(text, "more sources, in the JSON"); n >= 60 && more != 2 || n <= 3 && more != 0 {
			t.Errorf("%d accounts: what is left out is counted %d times:\n%s", n, more, text)
		}
		for _, want := range []string{"LEAVER RECEIPT", "Before and after", "What could not be told", "Sources, and of when", "this page is not sealed", "Ines Albrecht"} {
			if !strings.Contains(text, want) {
				t.Errorf("%d accounts: %q is missing", n, want)
			}
		}
	}
}
