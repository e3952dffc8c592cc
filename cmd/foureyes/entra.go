// SPDX-License-Identifier: Apache-2.0

//go:build !noentra

package main

import (
	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/connectors/entra"
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
