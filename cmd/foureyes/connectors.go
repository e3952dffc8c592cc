// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/connectors/file"
	"github.com/foureyes-iga/foureyes/connectors/hr"
	"github.com/foureyes-iga/foureyes/connectors/ldap"
	"github.com/foureyes-iga/foureyes/connectors/table"
)

// open makes the connector of a source. This switch is the table of connectors.
func open(s collect.Source, opts connectors.Options) (connectors.Collector, error) {
	switch s.Type {
	case "facts":
		var cfg file.Config
		return opened(s, &cfg, func() (connectors.Collector, error) {
			cfg.Path = s.Path(cfg.Path)
			return file.New(cfg, opts)
		})
	case "ldif":
		var cfg file.LDIFConfig
		return opened(s, &cfg, func() (connectors.Collector, error) {
			cfg.Path = s.Path(cfg.Path)
			return file.NewLDIF(cfg, opts)
		})
	case "hr":
		var cfg hr.Config
		return opened(s, &cfg, func() (connectors.Collector, error) {
			cfg.Path = s.Path(cfg.Path)
			for i := range cfg.Feeds {
				cfg.Feeds[i].Path = s.Path(cfg.Feeds[i].Path)
			}
			return hr.New(cfg, opts)
		})
	case "table":
		var cfg table.Config
		return opened(s, &cfg, func() (connectors.Collector, error) {
			cfg.Path = s.Path(cfg.Path)
			return table.New(cfg, opts)
		})
	case "ldap":
		var cfg ldap.Config
		return opened(s, &cfg, func() (connectors.Collector, error) { return openLDAP(s, cfg, opts) })
	case "entra":
		return openEntra(s, opts)
	}
	return nil, s.Errorf("unknown type %q: want entra, facts, hr, ldap, ldif or table", s.Type)
}

// opened decodes the settings of a source before it is made.
func opened(s collect.Source, cfg any, make func() (connectors.Collector, error)) (connectors.Collector, error) {
	if err := s.Settings(cfg); err != nil {
		return nil, err
	}
	c, err := make()
	if err != nil {
		return nil, s.Errorf("%w", err)
	}
	return c, nil
}

// jobs reads a configuration and makes all its connectors.
func jobs(path string, now time.Time, clock func() time.Time, log *slog.Logger) (*collect.Config, []collect.Job, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("configuration: %w", err)
	}
	cfg, err := collect.ParseConfig(path, src)
	if err != nil {
		return nil, nil, err
	}
	if err := takePeople(cfg); err != nil {
		return nil, nil, err
	}
	var all []collect.Job
	for _, s := range cfg.Sources {
		c, err := open(s, connectors.Options{Source: s.Name, Now: now.UTC(), Clock: clock, Log: log})
		if err != nil {
			return nil, nil, err
		}
		all = append(all, collect.Job{Name: s.Name, Collector: c, Strip: s.Strip, Last: s.Type == "entra"})
	}
	return cfg, all, nil
}

// takePeople reads the files in which people say whose accounts are and who is who.
func takePeople(cfg *collect.Config) error {
	for _, f := range []struct {
		path string
		take func(name string, src []byte) error
	}{{cfg.Confirmed, cfg.TakeConfirmed}, {cfg.SamePerson, cfg.TakeSamePerson}} {
		if f.path == "" {
			continue
		}
		src, err := os.ReadFile(f.path)
		if err != nil {
			return fmt.Errorf("correlate: %w", err)
		}
		if err := f.take(f.path, src); err != nil {
			return err
		}
	}
	return nil
}

func openLDAP(s collect.Source, cfg ldap.Config, opts connectors.Options) (connectors.Collector, error) {
	for _, p := range []*string{&cfg.TLS.CAFile, &cfg.TLS.CertFile, &cfg.TLS.KeyFile, &cfg.Bind.PasswordFile} {
		*p = s.Path(*p)
	}
	return ldap.New(cfg, opts)
}
