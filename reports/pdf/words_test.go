// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSeen tests the order on paper, which no reader of the file tells.
func TestSeen(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Ana Ruiz", "Ana Ruiz"},
		{"חנה", "הנח"},
		{"חנה לוי  ", "יול הנח  "},
		{"abc חנה def", "abc הנח def"},
		{"חנה (x)", "הנח (x)"},
		{"a (חנה) b", "a (הנח) b"},
		{"חנה 12 לוי", "יול 12 הנח"},
		{"חנה 12 b", "12 הנח b"},
		{"12 חנה", "12 הנח"},
	}
	for _, tt := range tests {
		if got := seen(tt.in); got != tt.want {
			t.Errorf("seen(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSet(t *testing.T) {
	f, err := newFonts(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := style{f.mono, 10, color{}} // each letter is 6.02 wide
	tests := []struct {
		name, in string
		width    float64
		want     []string
	}{
		{"fits", "one two", 50, []string{"one two"}},
		{"at the space", "one two", 40, []string{"one", "two"}},
		{"after a hyphen", "ledger-developers", 80, []string{"ledger-", "developers"}},
		{"anywhere", "abcdefghij", 31, []string{"abcde", "fghij"}},
		{"nothing", "", 40, []string{""}},
		{"narrower than a letter", "ab", 1, []string{"a", "b"}},
		{"what the font lacks", "山", 200, []string{"⟨U+5C71⟩"}},
		{"hidden", "a\u202eb", 200, []string{"a⟨U+202E⟩b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, l := range set([]span{{tt.in, s}}, tt.width) {
				text := ""
				for _, r := range l.runs {
					text += r.text
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzSet breaks any text and finds all of it again.
func FuzzSet(f *testing.F) {
	fonts, err := newFonts(nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"one two three", "a-b-c", "חנה לוי", "\xff\u202e山", "  lead"} {
		f.Add(s, 60.0)
	}
	f.Fuzz(func(t *testing.T, text string, width float64) {
		s := style{fonts.plain, 9, color{}}
		count := func(s string) int { return len([]rune(strings.ReplaceAll(s, " ", ""))) }
		n := 0
		for _, l := range set([]span{{text, s}}, width) {
			for _, r := range l.runs {
				n += count(r.text)
				if strings.ContainsFunc(r.text, func(r rune) bool { return !fonts.plain.has(r) }) {
					t.Errorf("%q came out with a letter that the font lacks", text)
				}
			}
		}
		if want := count(shown(fonts.plain, text)); n != want {
			t.Errorf("%q: %d letters came out, want %d", text, n, want)
		}
	})
}

func TestLineNumbers(t *testing.T) {
	for _, tt := range []struct {
		in   []int
		want string
	}{
		{nil, ""},
		{[]int{4}, "4"},
		{[]int{1, 2, 3, 7, 9, 10}, "1–3, 7, 9–10"},
		{[]int{1, 3, 5, 7, 9}, "1, 3, 5 and 2 more"},
	} {
		if got := lineNumbers(tt.in, 3); got != tt.want {
			t.Errorf("lineNumbers(%v) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestFontRefusesDamage(t *testing.T) {
	f, err := newFonts(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 11, 40, 400, 4000} {
		if _, err := newFace("cut", f.plain.ttf[:n]); err == nil {
			t.Errorf("a font of %d bytes was read", n)
		}
	}
}
