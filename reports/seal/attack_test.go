// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jung-kurt/gofpdf"

	"github.com/foureyes-iga/foureyes/reports/seal"
)

// refused fails when somebody who trusts p is shown file as sealed.
func refused(t *testing.T, p person, file []byte, why string) {
	t.Helper()
	s, err := seal.Open(file, pool(p.root()), check())
	switch {
	case err == nil || s != nil:
		t.Error("it was opened")
	case !strings.Contains(err.Error(), why):
		t.Errorf("refused because %q, want %q", err, why)
	}
}

// TestEveryByte changes every byte of a small sealed file, two bits of each, and of
// packets a bit of each byte in the signature and of every 29th elsewhere. In a
// nightly run it changes every bit of the small one and of a packet. It catches a mutant that skips the comparison of the
// whole, the padding, or anything in the signature that is not signed itself.
func TestEveryByte(t *testing.T) {
	who, tsa := newSigner(t, "p256"), newAuthority(t, "rsa")
	small, err := seal.Seal(smallDrawing(t), attachments(t), who.signer(), seal.Options{Claimed: claimed(), Stamp: tsa.stamp(t)})
	if err != nil {
		t.Fatal(err)
	}
	nightly := os.Getenv("FOUREYES_NIGHTLY") != ""
	for name, c := range map[string]struct {
		file   []byte
		bits   int  // of each byte
		outer  bool // also outside the signature
		always bool // all of it in a nightly run
	}{
		"small":               {file: small, bits: 2, outer: true, always: true},
		"without a timestamp": {file: sealed(t, who, seal.Options{}), bits: 1},
		"with a timestamp":    {file: sealed(t, who, seal.Options{Stamp: tsa.stamp(t)}), bits: 1, always: true},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := hole(t, c.file)
			end := from + 2*len(contents(t, c.file[from+1:to-1]))
			tried := everyByte(t, c.file, pool(who.root()), tsa.check(), func(i, bit int) bool {
				switch {
				case nightly && c.always:
					return true
				case (bit+i)%8 >= c.bits:
					return false
				case i > end && i < to-1: // padding
					return i%29 == 0
				}
				return c.outer || i >= from && i < to || i%29 == 0
			})
			t.Logf("%d changes of %d bytes", tried, len(c.file))
			if tried < len(c.file)/29 {
				t.Error("that is too few")
			}
		})
	}
}

// everyByte changes the bits that want picks, one at a time, and returns how many
// that were. Beyond the first 64 KiB there are two of each byte.
func everyByte(t *testing.T, file []byte, roots *x509.CertPool, c seal.Check, want func(at, bit int) bool) int {
	t.Helper()
	if _, err := seal.Open(file, roots, c); err != nil {
		t.Fatal(err)
	}
	var tried atomic.Int64
	var work sync.WaitGroup
	for w := range runtime.GOMAXPROCS(0) {
		work.Go(func() {
			mine := bytes.Clone(file)
			for i := w; i < len(mine); i += runtime.GOMAXPROCS(0) {
				for bit := range 8 {
					if !want(i, bit) || i >= 64<<10 && bit != 0 && bit != 5 {
						continue
					}
					mine[i] ^= 1 << bit
					if _, err := seal.Open(mine, roots, c); err == nil {
						t.Errorf("byte %d of %d, bit %d: it was opened", i, len(mine), bit)
					}
					mine[i] ^= 1 << bit
					tried.Add(1)
				}
			}
		})
	}
	work.Wait()
	return int(tried.Load())
}

// smallDrawing has one page and no fonts.
func smallDrawing(t testing.TB) []byte {
	t.Helper()
	p := gofpdf.New("P", "pt", "A4", "")
	p.SetCatalogSort(true)
	p.SetCreationDate(claimed())
	p.SetModificationDate(claimed())
	p.AddPage()
	p.Rect(72, 72, 100, 100, "F")
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hole is where the signature stands, angle brackets included.
func hole(t testing.TB, file []byte) (from, to int) {
	t.Helper()
	m := regexp.MustCompile(`/ByteRange \[0 (\d+) (\d+) \d+\]`).FindSubmatch(file)
	if m == nil {
		t.Fatal("no ByteRange")
	}
	if _, err := fmt.Sscan(string(m[1])+" "+string(m[2]), &from, &to); err != nil {
		t.Fatal(err)
	}
	return from, to
}

// update appends a revision with these objects, as PDF allows it.
func update(t testing.TB, file []byte, objects map[int]string) []byte {
	t.Helper()
	at := func(pattern string) string {
		m := regexp.MustCompile(pattern).FindAllSubmatch(file, -1)
		if m == nil {
			t.Fatalf("no %s", pattern)
		}
		return string(m[len(m)-1][1])
	}
	out, table := bytes.Clone(file), "xref\n"
	for n, body := range objects {
		table += fmt.Sprintf("%d 1\n%010d 00000 n \n", n, len(out))
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", n, body)
	}
	return fmt.Appendf(out, "%strailer\n<</Size 500/Root %s/Prev %s>>\nstartxref\n%d\n%%%%EOF\n", table, at(`/Root (\d+ 0 R)`), at(`startxref\n(\d+)`), len(out))
}

// contentOf is the object that draws the first page that says something.
func contentOf(t testing.TB, p person, file []byte, words string) (n int) {
	t.Helper()
	s, err := seal.Open(file, pool(p.root()), check())
	if err != nil {
		t.Fatal(err)
	}
	pages, err := s.Text()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(pages, func(page string) bool { return strings.Contains(page, words) })
	m := regexp.MustCompile(`/Contents (\d+) 0 R`).FindAllSubmatch(file, -1)
	if i < 0 || len(m) != len(pages) {
		t.Fatalf("%q is on page %d of %d", words, i+1, len(pages))
	}
	if _, err := fmt.Sscan(string(m[i][1]), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func stream(content string) string {
	return fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content)
}

// TestUpdateOf200Bytes turns REVOKE into KEEP, as a reader of PDF shows it.
func TestUpdateOf200Bytes(t *testing.T) {
	p := newSigner(t, "p256")
	file := sealed(t, p, seal.Options{})
	m := regexp.MustCompile(`/(F[0-9a-f]{40}) \d+ 0 R`).FindSubmatch(file)
	changed := update(t, file, map[int]string{
		contentOf(t, p, file, "\nrevoke\n"): stream("BT /" + string(m[1]) + " 24 Tf 72 400 Td (\x00K\x00E\x00E\x00P) Tj ET"),
	})
	if grown := len(changed) - len(file); grown > 300 {
		t.Errorf("the update has %d bytes", grown)
	}
	if text, ok := pdftotext(t, file); ok && !strings.Contains(text, "revoke") {
		t.Errorf("the packet does not say revoke: %.60q", text)
	}
	if text, ok := pdftotext(t, changed); ok && !strings.Contains(text, "KEEP") {
		t.Errorf("the attack does not work on a reader: it shows %.60q", text)
	}
	refused(t, p, changed, "behind the end")
}

func TestAttacks(t *testing.T) {
	p := newSigner(t, "p256")
	file := sealed(t, p, seal.Options{})
	from, to := hole(t, file)
	replace := func(old, new string) []byte {
		t.Helper()
		if !bytes.Contains(file, []byte(old)) {
			t.Fatalf("the file has no %q", old)
		}
		return bytes.Replace(file, []byte(old), []byte(new), 1)
	}
	ranges := regexp.MustCompile(`/ByteRange \[0 \d+ \d+ \d+\]`).FindString(string(file))
	page := regexp.MustCompile(`(?s)(\d+) 0 obj\n(<< /Annots .*? >>)\nendobj`).FindStringSubmatch(string(file))
	var pageNumber int
	if _, err := fmt.Sscan(page[1], &pageNumber); err != nil {
		t.Fatal(err)
	}
	noted := "<</Type/Annot/Subtype/FreeText/Rect[50 600 400 700]/Contents(KEEP)/DA(/Helv 12 Tf)>>"
	for name, attack := range map[string][]byte{
		"junk behind":           append(bytes.Clone(file), "KEEP"...),
		"a line feed behind":    append(bytes.Clone(file), '\n'),
		"a zero behind":         append(bytes.Clone(file), 0),
		"the file twice":        append(bytes.Clone(file), file...),
		"junk before":           append([]byte("junk\n"), file...),
		"a comment inside":      replace("endobj\n", "endobj\n%KEEP\n"),
		"another head":          replace("%PDF-1.7", "%PDF-1.6"),
		"cut short":             file[:len(file)-1],
		"empty":                 nil,
		"range of everything":   replace(ranges, fmt.Sprintf("/ByteRange [0 %d %d 0]", len(file), len(file))),
		"range of nothing":      replace(ranges, "/ByteRange [0 0 0 0]"),
		"range with more hole":  replace(ranges, fmt.Sprintf("/ByteRange [0 %d %d %d]", from-2, to, len(file)-to)),
		"range with overlap":    replace(ranges, fmt.Sprintf("/ByteRange [0 %d %d %d]", to, from, len(file)-from)),
		"range of three pieces": replace(ranges, ranges[:len(ranges)-1]+" 0 0]"),
		"range below zero":      replace(ranges, fmt.Sprintf("/ByteRange [-%d %d %d %d]", 1, from, to, len(file)-to)),
		// USF: the signature is there and cannot be checked
		"no range":          replace(ranges, ""),
		"range is null":     replace(ranges, "/ByteRange null"),
		"contents are null": append(append(bytes.Clone(file[:from]), "null"...), file[to:]...),
		"contents are none": append(append(bytes.Clone(file[:from]), "<>"...), file[to:]...),
		"contents are zero": append(append(append(bytes.Clone(file[:from+1]), bytes.Repeat([]byte("0"), to-from-2)...), '>'), file[to:]...),
		"no subfilter":      replace("/SubFilter /ETSI.CAdES.detached ", ""),
		"another subfilter": replace("/ETSI.CAdES.detached", "/adbe.pkcs7.sha1"),
		// SWA: something between the two ranges, the second moved behind it
		"wrapped":            wrap(file, from, to, "6 0 obj\n"+stream("BT (KEEP) Tj ET")+"\nendobj\n"),
		"wrapped by a space": wrap(file, from, to, " "),
		"lower case digits":  append(append(bytes.Clone(file[:from]), bytes.ToLower(file[from:to])...), file[to:]...),
		"space in digits":    append(append(bytes.Clone(file[:from+1]), ' '), file[from+1:]...),
		// ISA
		"an update without objects": update(t, file, nil),
		"an update":                 update(t, file, map[int]string{contentOf(t, p, file, "revoke"): stream("")}),
		"an annotation on top": update(t, file, map[int]string{
			400: noted, pageNumber: strings.Replace(page[2], "/Annots [", "/Annots [400 0 R ", 1),
		}),
		"a second signature":        update(t, file, map[int]string{400: "<</Type/Sig/Filter/Adobe.PPKLite/Contents<00>/ByteRange[0 1 2 3]>>"}),
		"a trailer without a table": fmt.Appendf(bytes.Clone(file), "trailer\n<</Root 1 0 R>>\nstartxref\n0\n%%%%EOF\n"),
		// one revision, written differently
		"a key twice":             replace("/Type /Catalog", "/Type /Catalog /Type /Catalog"),
		"a key in disguise":       replace("/Type /Catalog", "/#54ype /Catalog /Type /Catalog"),
		"two spaces":              replace("/Type /Catalog", "/Type  /Catalog"),
		"keys in another order":   replace("<< /Ascent 928 /CapHeight 928", "<< /CapHeight 928 /Ascent 928"),
		"a script":                replace("/Type /Catalog", "/OpenAction <</S /JavaScript /JS (KEEP)>> /Type /Catalog"),
		"an object nobody shows":  replace("xref\n", "400 0 obj\n"+noted+"\nendobj\nxref\n"),
		"an object twice":         replace("xref\n", "6 0 obj\n"+stream("")+"\nendobj\nxref\n"),
		"another generation":      replace("6 0 obj", "6 1 obj"),
		"a stream of streams":     replace("xref\n", "400 0 obj\n<</Type/ObjStm/N 1/First 4/Length 4>>\nstream\n6 0 \nendstream\nendobj\nxref\n"),
		"a place in the table":    replace("0000000015", "0000000016"),
		"no places in the table":  replace(" 00000 n \n", " 00000 f \n"),
		"another root":            []byte(regexp.MustCompile(`/Root \d+ 0 R`).ReplaceAllString(string(file), "/Root 6 0 R")),
		"encrypted":               replace("trailer\n<< /Info", "trailer\n<< /Encrypt 6 0 R /Info"),
		"carriage returns":        bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")),
		"the time that is stated": replace(fmt.Sprintf("%X", "D:20261005093000Z"), fmt.Sprintf("%X", "D:20251005093000Z")),
		"drawn only":              drawn(t),
	} {
		t.Run(name, func(t *testing.T) {
			if bytes.Equal(attack, file) {
				t.Fatal("the attack changes nothing")
			}
			refused(t, p, attack, "")
		})
	}
}

func wrap(file []byte, from, to int, between string) []byte {
	var out bytes.Buffer
	out.Write(file[:to])
	out.WriteString(between)
	out.Write(file[to:])
	return bytes.Replace(out.Bytes(), fmt.Appendf(nil, "[0 %d %d ", from, to), fmt.Appendf(nil, "[0 %d %d ", from, to+len(between)), 1)
}

// TestNothingElseIsSealed has drawings with something in them that could change
// later what is shown: what shadow attacks plant before somebody signs.
func TestNothingElseIsSealed(t *testing.T) {
	p, file := newSigner(t, "p256"), drawn(t)
	for name, change := range map[string][2]string{
		"an object nobody shows": {"xref\n", "400 0 obj\n<</Type /Page>>\nendobj\nxref\n"},
		"a script":               {"/Type /Catalog", "/Type /Catalog\n/OpenAction <</S /JavaScript /JS (x)>>"},
		"a form":                 {"/Type /Catalog", "/Type /Catalog\n/AcroForm <</Fields []>>"},
		"layers":                 {"/Type /Catalog", "/Type /Catalog\n/OCProperties <<>>"},
		"an annotation":          {"<</Type /Page\n", "<</Type /Page\n/Annots [<</Type /Annot /Subtype /Link>>]\n"},
		"something on opening":   {"<</Type /Page\n", "<</Type /Page\n/AA <<>>\n"},
		"a picture":              {"/XObject <<\n>>", "/XObject <<\n/Im1 6 0 R>>"},
		"an outside file":        {"<</Filter /FlateDecode", "<</F (http://example.com)/Filter /FlateDecode"},
		"a link in the outline":  {"/Dest [", "/A <</S /URI /URI (http://example.com)>>\n/Dest ["},
		"a key twice":            {"/Type /Catalog", "/Type /Catalog\n/Type /Catalog"},
		"two pages in one":       {"/Kids [3 0 R ", "/Kids [3 0 R 4 0 R "},
	} {
		t.Run(name, func(t *testing.T) {
			if !bytes.Contains(file, []byte(change[0])) {
				t.Fatalf("the drawing has no %q", change[0])
			}
			planted := reindexed(t, strings.Replace(string(file), change[0], change[1], 1))
			if _, err := seal.Seal(planted, nil, p.signer(), seal.Options{Claimed: claimed()}); err == nil {
				t.Error("it was sealed")
			} else if strings.Contains(err.Error(), "table of objects") {
				t.Errorf("the attack is no proper PDF: %v", err)
			}
		})
	}
	if _, err := seal.Seal(reindexed(t, string(file)), nil, p.signer(), seal.Options{Claimed: claimed()}); err != nil {
		t.Errorf("the drawing itself is refused: %v", err)
	}
}

// reindexed writes the table of objects again after a change.
func reindexed(t testing.TB, file string) []byte {
	t.Helper()
	body := file[:strings.LastIndex(file, "xref\n0 ")]
	found := regexp.MustCompile(`(?m)^(\d+) 0 obj$`).FindAllStringSubmatchIndex(body, -1)
	places := map[string]int{}
	for _, m := range found {
		places[body[m[2]:m[3]]] = m[0]
	}
	table := fmt.Sprintf("xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for n := 1; n <= len(places); n++ {
		table += fmt.Sprintf("%010d 00000 n \n", places[fmt.Sprint(n)])
	}
	trailer := regexp.MustCompile(`(?s)trailer\n.*>>\n`).FindString(file)
	trailer = regexp.MustCompile(`/Size \d+`).ReplaceAllString(trailer, fmt.Sprintf("/Size %d", len(places)+1))
	return fmt.Appendf(nil, "%s%s%sstartxref\n%d\n%%%%EOF\n", body, table, trailer, len(body))
}
