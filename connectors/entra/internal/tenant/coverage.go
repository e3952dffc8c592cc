// SPDX-License-Identifier: Apache-2.0

package tenant

import "github.com/foureyes-iga/foureyes/graph"

type shortfall struct {
	dataset graph.Dataset
	state   graph.State
	reason  string
}

type part struct{ Part }

// Read records how much of a part was read. A part that is recorded twice has the
// later record.
func (t *Tenant) Read(p Part) {
	if t.parts == nil {
		t.parts = map[string]*part{}
	}
	t.parts[p.Name] = &part{p}
}

// Withheld records that of one object the grants of a dataset could not be read.
func (t *Tenant) Withheld(about graph.ID, d graph.Dataset, reason string) {
	t.gaps = append(t.gaps, graph.Gap{About: about, Dataset: d, Reason: reason})
}
