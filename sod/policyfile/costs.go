// SPDX-License-Identifier: Apache-2.0

package policyfile

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
)

// What a price may be, so that sums of prices stay numbers.
const (
	maxCost  = 1_000_000_000
	maxTimes = 1000
)

// Costs reads a cost file. What must stay comes before the rules. The name is used in
// errors only, which are as [Parse] gives.
func Costs(name string, src []byte) (*sod.Costs, error) {
	m := &mistakes{file: name}
	_, root := m.load(src)
	if root == nil || !m.version(root, "cost file") {
		return nil, m.err()
	}
	o := m.object(root, costsSection)
	o.need("version")
	sum := sha256.Sum256(src)
	c := &sod.Costs{Digest: "sha256:" + hex.EncodeToString(sum[:])}
	for _, k := range o.objects("keep", keepSection) {
		k.need("from", "to")
		c.Rules = append(c.Rules, sod.CostRule{
			From: onlyID(k, "from"), To: onlyID(k, "to"), Kind: parsed(k, "kind", graph.ParseGrantKind), Keep: true, Why: k.text("why"),
		})
	}
	for _, r := range o.objects("rules", costRuleSection) {
		c.Rules = append(c.Rules, costRule(r))
	}
	return c, m.err()
}

// onlyID reads the one thing that a key names.
func onlyID(o object, key string) []sod.Selector {
	id := o.id(key)
	return []sod.Selector{{ID: &sod.IDPattern{Kind: id.Kind, Source: id.Source, Key: sod.Glob(strings.ReplaceAll(id.Key, "*", `\*`))}}}
}

func costRule(o object) sod.CostRule {
	says := 0
	for _, key := range []string{"cost", "times", "keep"} {
		if o.has(key) {
			says++
		}
	}
	if says != 1 {
		o.errorf(o.node, "a cost rule says one of cost, times and keep")
	}
	if o.has("keep") && !o.flag("keep", true) {
		o.errorf(o.values["keep"], "keep of a cost rule is true, or left out")
	}
	return sod.CostRule{
		From: selectors(o, "from", true), To: selectors(o, "to", true), Kind: parsed(o, "kind", graph.ParseGrantKind),
		Via: o.text("via"), Unused: o.span("unused"), Cost: o.number("cost", 1, maxCost, ""), Times: o.number("times", 1, maxTimes, ""),
		Keep: o.has("keep"), Why: o.text("why"),
	}
}
