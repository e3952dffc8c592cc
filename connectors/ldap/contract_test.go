// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"fmt"
	"testing"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/connectortest"
	"github.com/foureyes-iga/foureyes/connectors/internal/directory/directorytest"
	"github.com/foureyes-iga/foureyes/connectors/ldap"
	"github.com/foureyes-iga/foureyes/connectors/ldap/slapdtest"
)

// TestContract puts the connector and a real server through the contract of
// connectors. A group and a used account of the server's own are always there: a
// directory without any is suspicious.
func TestContract(t *testing.T) {
	own := fmt.Sprintf("dn: cn=readers,ou=groups,%[1]s\nobjectClass: groupOfNames\ncn: readers\nmember: %[2]s\nentryUUID: 00000000-0000-4000-8000-000000000005\n\n"+
		"dn: uid=used,ou=people,%[1]s\nobjectClass: account\nuid: used\npwdLastSuccess: 20261101000000Z\nentryUUID: 00000000-0000-4000-8000-000000000006\n\n", slapdtest.Suffix, slapdtest.Reader)
	connectortest.Run(t, connectortest.Subject{
		Open: func(t *testing.T, w connectortest.World) connectors.Collector {
			text, _ := directorytest.LDIF(w)
			s := slapdtest.Start(t, slapdtest.Options{
				LDIF:   own + text,
				Access: fmt.Sprintf("access to dn.exact=%q attrs=member by * none\naccess to * by * read", directorytest.Withheld),
				Loose:  true,
				Config: "lastbind off", // the reader's own would change with every run
			})
			cfg := configFor(t, s)
			cfg.Attributes, cfg.Values = directorytest.Attributes(), directorytest.Values()
			opts := options()
			opts.Source = w.Source
			c, err := ldap.New(cfg, opts)
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
		Lacks: directorytest.Lacks(),
		Key:   directorytest.Key,
	})
}
