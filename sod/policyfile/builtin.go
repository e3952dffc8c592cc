// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed builtin/*.yaml
var builtin embed.FS

// Builtins returns the names of the policies that ship, in order.
func Builtins() []string {
	return []string{"ad-tier0", "entra-privileged", "procure-to-pay", "sox-itgc"}
}

// Builtin returns the text of a policy that ships.
func Builtin(name string) ([]byte, error) {
	for _, known := range Builtins() {
		if name == known {
			return builtin.ReadFile("builtin/" + name + ".yaml")
		}
	}
	hint := ": want " + strings.Join(Builtins(), ", ")
	if near, ok := nearest(name, Builtins()); ok {
		hint = fmt.Sprintf("; did you mean %s?", near)
	}
	return nil, fmt.Errorf("no policy %s ships with this program%s", quote(name), hint)
}

// BuiltinName returns the name of the policy that ships which file stands for, such
// as "ad-tier0" for "builtin:ad-tier0".
func BuiltinName(file string) (string, bool) { return strings.CutPrefix(file, builtinPrefix) }
