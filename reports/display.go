// SPDX-License-Identifier: Apache-2.0

package reports

import "github.com/foureyes-iga/foureyes/graph/view"

// Display makes s safe to show: control, direction and zero-width characters are
// written out, such as ⟨U+202E⟩. Every renderer shows strings through it. A
// second call changes nothing.
func Display(s string) string { return view.Visible(s) }

// Hidden reports whether [Display] would write r out.
func Hidden(r rune) bool { return view.Hidden(r) }
