// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"slices"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// placeholder is the source of what templates hold in place of what only their
// user knows. No source yields it, so that rules are not assessed until it is
// filled in.
const placeholder graph.Source = "replace-me"

// IsPlaceholder reports whether a selector stands for what a template asks to be
// filled in.
func IsPlaceholder(s sod.Selector) bool { return s.ID != nil && s.ID.Source == placeholder }

// Placeholder is what a template holds in place of a duty's selectors.
func Placeholder(duty string) string { return "entitlement:" + string(placeholder) + "/" + duty }

func placeholderOf(d sod.Duty) string {
	return d.Holds[slices.IndexFunc(d.Holds, IsPlaceholder)].ID.String()
}
