// SPDX-License-Identifier: Apache-2.0

package check

// odd tells what an attribute says that is no word anybody knows, to be appended to a
// reason: ` (status "Enabled")`. It is "" when it says a word, or nothing. What human
// resources say of somebody's status is not to be told, so it is not asked here.
func (w *world) odd(n uint32, key string) string {
	said := w.g.OddWord(n, key)
	if said == "" {
		return ""
	}
	return " (" + key + " " + said + ")"
}
