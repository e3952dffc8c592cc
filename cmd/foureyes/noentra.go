// SPDX-License-Identifier: Apache-2.0

//go:build noentra

package main

import (
	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/collect"
)

// openEntra says that this program cannot read Entra ID.
func openEntra(s collect.Source, _ connectors.Options) (connectors.Collector, error) {
	return nil, s.Errorf("this program was built without Entra ID (tag noentra), which makes it small; build it with: make build")
}

// demoTenant leaves the demo what was read of the company's tenant before.
func demoTenant(all []collect.Job) ([]collect.Job, error) { return all, nil }
