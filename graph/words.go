// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"slices"
	"strconv"
	"strings"
)

// Word returns what an attribute of a closed vocabulary says of node n, and whether that
// is known. Whatever is none of the words of facts.md, letter by letter, is as unknown as
// an attribute that is not there, and so are several words that differ.
func (g *Graph) Word(n uint32, key string) (word string, known bool) {
	if g.at[n] == 0 {
		return "", false
	}
	said, one := g.text.only(g.at[n], key)
	if !one || !isWord(g.ID(n).Kind, key, said) {
		return "", false
	}
	return said, true
}

// OddWord returns what an attribute of a closed vocabulary says of node n when that is
// not known, quoted; "" when it says nothing, or a word.
func (g *Graph) OddWord(n uint32, key string) string {
	if _, known := g.Word(n, key); known {
		return ""
	}
	values := g.AttrValues(n, key)
	const told, long = 3, 40
	var all []string
	for _, v := range values[:min(len(values), told)] {
		if runes := []rune(v); len(runes) > long {
			v = string(runes[:long]) + "…"
		}
		all = append(all, strconv.Quote(v))
	}
	if len(values) > told {
		all = append(all, "…")
	}
	return strings.Join(all, ", ")
}

// isWord reports whether an attribute of things of a kind may say a word.
func isWord(k Kind, key, word string) bool {
	switch {
	case k == Identity && key == "status":
		return isOneOf(word, "active", "leave", "pending", "terminated")
	case k == Identity && key == "worker_type":
		return isOneOf(word, "employee", "contractor", "vendor")
	case k == Account && key == "status":
		return isOneOf(word, "enabled", "disabled", "locked", "expired")
	case k == Account && key == "type":
		return isOneOf(word, "person", "service", "shared", "resource", "guest", "breakglass", "system")
	case k == Account && key == "mfa":
		return isOneOf(word, "none", "registered", "capable", "enforced", "not-applicable")
	case k != Identity && key == "privileged":
		return isOneOf(word, "true", "false")
	}
	return false
}

func isOneOf(word string, words ...string) bool { return slices.Contains(words, word) }
