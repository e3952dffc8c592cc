// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/ldap"
	"github.com/foureyes-iga/foureyes/graph"
)

func TestScratch(t *testing.T) {
	t.Setenv("PWX", "pw")
	cfg := ldap.Config{URL: ldap.List{"ldap://127.0.0.1:38901"}, Plaintext: true, Bind: ldap.Bind{DN: "cn=reader,dc=example,dc=com", PasswordEnv: "PWX"}, Base: ldap.List{"dc=example,dc=com"}}
	opts := options()
	opts.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	c, err := ldap.New(cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	forgetPeak(t)
	began := time.Now()
	var b graph.Builder
	for f, err := range c.Collect(t.Context(), connectors.Want{}) {
		if err == nil {
			err = b.Add(f)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Log(time.Since(began))
	g := b.Graph()
	t.Log(time.Since(began), g.NumNodes(), g.NumGrants(), peak(t)>>10)
}
