// SPDX-License-Identifier: Apache-2.0

//go:build !noentra

package main

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/connectors/entra"
	"github.com/foureyes-iga/foureyes/fixtures"
	"github.com/foureyes-iga/foureyes/fixtures/graphapi"
)

func openEntra(s collect.Source, opts connectors.Options) (connectors.Collector, error) {
	var cfg entra.Config
	return opened(s, &cfg, func() (connectors.Collector, error) {
		for _, p := range []*string{&cfg.Credential.ClientSecretFile, &cfg.Credential.CertificateFile, &cfg.Credential.TokenFile} {
			*p = s.Path(*p)
		}
		return entra.New(cfg, opts)
	})
}

// demoTenant makes the demo read the company's tenant through Microsoft Graph, as
// a server in this process plays it, and not the facts that were read so before.
func demoTenant(all []collect.Job) ([]collect.Job, error) {
	i := slices.IndexFunc(all, func(j collect.Job) bool { return j.Name == fixtures.DemoTenant })
	if i < 0 {
		return nil, fmt.Errorf("the demo has no source %s", fixtures.DemoTenant)
	}
	c, err := tenantCollector()
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", fixtures.DemoTenant, err)
	}
	all = slices.Clone(all)
	all[i].Collector = c
	return all, nil
}

// tenantCollector reads the tenant of the demo company.
func tenantCollector() (*entra.Collector, error) {
	text, err := fs.ReadFile(fixtures.Demo(), "entra.json")
	if err != nil {
		return nil, err
	}
	described, err := graphapi.Parse(text)
	if err != nil {
		return nil, err
	}
	now, err := parseDate(fixtures.DemoTenantRead)
	if err != nil {
		return nil, err
	}
	server, err := graphapi.New(described, graphapi.Options{RequireToken: true})
	if err != nil {
		return nil, err
	}
	cfg := entra.Config{Tenant: described.ID, Endpoint: "http://localhost:8090", Plaintext: true, Transport: server.Transport()}
	cfg.Credential.Token = connectors.NewSecret(server.Token())
	return entra.New(cfg, connectors.Options{Source: fixtures.DemoTenant, Now: now})
}
