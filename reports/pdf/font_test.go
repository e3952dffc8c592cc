// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jung-kurt/gofpdf"
)

// A testFont describes a small font: 山 is a triangle, 田 is made of it twice, 空 is
// empty.
type testFont struct {
	kind    string // the first four bytes
	fsType  uint16
	part    uint16 // what 田 is made of
	without string // a table
}

func (f testFont) bytes() []byte {
	be := binary.BigEndian
	head := make([]byte, 54)
	be.PutUint16(head[18:], 1000)
	hhea := make([]byte, 36)
	be.PutUint16(hhea[4:], 800)
	be.PutUint16(hhea[34:], 1)
	triangle := []byte{
		0, 1, 0, 0, 0, 0, 3, 232, 3, 232, // one contour, and its box
		0, 2, 0, 2, 7, 7, // three points, a program of two bytes
		0x37, 0x37, 0x37, 100, 100, 100, 100, 100, 100, // flags, x, y
		9, // something behind it
	}
	twice := []byte{0xff, 0xff, 0, 0, 0, 0, 3, 232, 3, 232, 0x01, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 5, 0, 2, 7, 7}
	be.PutUint16(twice[12:], f.part)
	be.PutUint16(twice[18:], f.part)
	glyphs := [][]byte{nil, triangle, twice, nil}
	var glyf []byte
	loca := []byte{0, 0, 0, 0}
	for _, g := range glyphs {
		glyf = append(glyf, g...)
		loca = be.AppendUint32(loca, uint32(len(glyf)))
	}
	be.PutUint16(head[50:], 1)
	os2 := make([]byte, 10)
	be.PutUint16(os2[8:], f.fsType)
	tables := []sfntTable{
		{"OS/2", os2}, {"cmap", characterMap([]rune{'山', '田', '空'})}, {"glyf", glyf}, {"head", head}, {"hhea", hhea},
		{"hmtx", []byte{3, 232, 0, 0, 0, 0, 0, 0, 0, 0}}, {"loca", loca}, {"maxp", []byte{0, 1, 0, 0, 0, 4}},
	}
	var kept []sfntTable
	for _, t := range tables {
		if t.name != f.without {
			kept = append(kept, t)
		}
	}
	out := sfnt(kept)
	if f.kind != "" {
		copy(out, f.kind)
	}
	return out
}

func TestReadFont(t *testing.T) {
	long := make([]byte, MaxFont+1)
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"nothing":          {nil, "no TrueType font"},
		"CFF":              {testFont{kind: "OTTO"}.bytes(), "PostScript"},
		"collection":       {testFont{kind: "ttcf"}.bytes(), "collection"},
		"web":              {testFont{kind: "wOF2"}.bytes(), "packed for the web"},
		"too large":        {long, "more than 32 MiB"},
		"restricted":       {testFont{fsType: 2}.bytes(), "may not be embedded"},
		"no subset":        {testFont{fsType: 0x100}.bytes(), "may not be embedded"},
		"bitmaps":          {testFont{fsType: 0x200}.bytes(), "may not be embedded"},
		"says nothing":     {testFont{without: "OS/2"}.bytes(), "does not say whether it may be embedded"},
		"no outlines":      {testFont{without: "glyf"}.bytes(), "want tables head"},
		"no map":           {testFont{without: "cmap"}.bytes(), "damaged"},
		"cut short":        {testFont{part: 1}.bytes()[:200], "damaged"},
		"preview printing": {testFont{fsType: 4, part: 1}.bytes(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadFont(c.file)
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func TestFontShows(t *testing.T) {
	f, err := ReadFont(testFont{part: 1}.bytes())
	if err != nil {
		t.Fatal(err)
	}
	fonts, err := newFonts(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := set([]span{{"a山b空", style{fonts.plain, 10, color{}}}}, 500)
	var got []string
	for _, r := range lines[0].runs {
		got = append(got, r.style.face.key+" "+r.text)
	}
	if want := "plain a|fallback 山|plain b⟨U+7A7A⟩"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q: an empty shape would hide a character", strings.Join(got, "|"), want)
	}
	if w := lines[0].runs[2].x - lines[0].runs[1].x; w != 10 {
		t.Errorf("山 is %v wide, want 10", w)
	}
}

func TestFontClipped(t *testing.T) {
	f, err := ReadFont(testFont{part: 1}.bytes())
	if err != nil {
		t.Fatal(err)
	}
	fonts, err := newFonts(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := clip([]span{{"a山山山山山山", style{fonts.plain, 10, color{}}}}, 40, 1)
	var text strings.Builder
	for _, r := range lines[0].runs {
		text.WriteString(r.text)
	}
	if text.String() != "a山山…" || lines[0].width > 40 {
		t.Errorf("got %q, %v wide", text.String(), lines[0].width)
	}
}

func TestCut(t *testing.T) {
	f, err := ReadFont(testFont{part: 1}.bytes())
	if err != nil {
		t.Fatal(err)
	}
	ttf, err := f.cut([]rune{'田'})
	if err != nil {
		t.Fatal(err)
	}
	tables, err := tablesOf(ttf)
	if err != nil {
		t.Fatal(err)
	}
	o, err := outlinesOf(tables)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(o.at) - 1; n != 3 { // none, 田, and its part
		t.Fatalf("%d glyphs, want 3", n)
	}
	out, parts, err := composite(o.data(1))
	if err != nil || len(parts) != 2 || parts[0].glyph != 2 || parts[1].glyph != 2 {
		t.Errorf("田 is %v, %v; want its part twice, by the new number", parts, err)
	}
	if bytes.Contains(out, []byte{7, 7}) || bytes.Contains(o.data(2), []byte{7, 7}) || bytes.Contains(o.data(2), []byte{9}) {
		t.Error("a program, or what stands behind a shape, was taken over")
	}
	for name, part := range map[string]uint16{"itself": 2, "no glyph": 77} {
		f, err := ReadFont(testFont{part: part}.bytes())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.cut([]rune{'田'}); err == nil {
			t.Errorf("a shape made of %s was taken over", name)
		}
	}
}

// document draws a page with one line, in f where the own faces do not do.
func document(t *testing.T, f *Font, text string) []byte {
	t.Helper()
	d, err := newDoc(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	d.flow(0, span{text, d.body()})
	var b bytes.Buffer
	if err := d.draw(&b, "test", "", time.Unix(0, 0).UTC()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// drawnBy reads a file as a font and lets gofpdf draw what it says it has, unless it
// was seen before. gofpdf checks nothing.
func drawnBy(t *testing.T, file []byte, seen map[string]bool) {
	font, err := ReadFont(file)
	if err != nil {
		return
	}
	var used []rune
	for r := range rune(len(font.face.advance)) {
		if font.face.has(r) && len(used) < 100 {
			used = append(used, r)
		}
	}
	ttf, err := font.cut(used)
	if err != nil || len(used) == 0 || seen[string(ttf)] {
		return
	}
	seen[string(ttf)] = true
	pdf := gofpdf.New("P", "pt", "A4", "")
	pdf.AddUTF8FontFromBytes("f", "", ttf)
	pdf.SetFont("f", "", 10)
	pdf.AddPage()
	for _, r := range used {
		pdf.Text(9, 9, string(r))
	}
	if err := pdf.Output(io.Discard); err != nil {
		t.Error(err)
	}
}

func FuzzFont(f *testing.F) {
	for _, c := range []testFont{{part: 1}, {part: 2}, {part: 77}} {
		f.Add(c.bytes())
	}
	f.Fuzz(func(t *testing.T, file []byte) { drawnBy(t, file, map[string]bool{}) })
}

// TestFontDamaged changes every byte of a font.
func TestFontDamaged(t *testing.T) {
	whole, seen := testFont{part: 1}.bytes(), map[string]bool{}
	for i := range whole {
		for _, b := range []byte{0, 0x80, 0xff} {
			file := bytes.Clone(whole)
			file[i] = b
			drawnBy(t, file, seen)
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d fonts were drawn with", len(seen))
	}
}

// TestDroid draws with a real font, and lets another reader read it.
func TestDroid(t *testing.T) {
	file, err := os.ReadFile("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("fonts-droid-fallback is not installed")
	}
	font, err := ReadFont(file)
	if err != nil {
		t.Fatal(err)
	}
	const text = "Ana 山田 太郎 カナ Ruiz"
	drawn := document(t, font, text)
	if !bytes.Equal(drawn, document(t, font, text)) {
		t.Error("two runs give different bytes")
	}
	if len(drawn) > 400_000 {
		t.Errorf("the document has %d bytes: more of the font is in it than what was used", len(drawn))
	}
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("pdftotext is not installed")
	}
	path := filepath.Join(t.TempDir(), "d.pdf")
	if err := os.WriteFile(path, drawn, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, path, "-").CombinedOutput()
	if err != nil || !strings.Contains(string(out), text) || strings.Contains(string(out), "rror") {
		t.Errorf("pdftotext reads %q, %v", out, err)
	}
}

// TestDroidWhole takes over every shape of a real font.
func TestDroidWhole(t *testing.T) {
	file, err := os.ReadFile("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("fonts-droid-fallback is not installed")
	}
	font, err := ReadFont(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []rune
	for r := range rune(1 << 16) {
		if font.face.has(r) {
			all = append(all, r)
		}
	}
	ttf, err := font.cut(all)
	if err != nil || len(all) < 20_000 {
		t.Fatalf("%d characters, %v", len(all), err)
	}
	if _, err := newFace("again", ttf); err != nil {
		t.Error(err)
	}
}
