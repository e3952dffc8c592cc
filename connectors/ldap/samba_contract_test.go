// SPDX-License-Identifier: Apache-2.0

package ldap_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/connectortest"
	"github.com/foureyes-iga/foureyes/connectors/ldap"
	"github.com/foureyes-iga/foureyes/connectors/ldap/sambatest"
	"github.com/foureyes-iga/foureyes/graph"
)

func sambaConfig(s *sambatest.Server) ldap.Config {
	return ldap.Config{
		URL: ldap.List{s.TLSURL}, TLS: ldap.TLS{CAFile: s.CAFile}, Base: ldap.List{sambatest.Suffix},
		Bind: ldap.Bind{DN: sambatest.Reader, PasswordEnv: "FOUREYES_TEST_SAMBA_PW"}, Timeout: "30s",
	}
}

// TestContractOfActiveDirectory puts the connector and a domain controller through
// the contract of connectors, as an ordinary user.
func TestContractOfActiveDirectory(t *testing.T) {
	t.Setenv("FOUREYES_TEST_SAMBA_PW", sambatest.Password)
	keys := sambaKeys{}
	connectortest.Run(t, connectortest.Subject{
		Open: func(t *testing.T, w connectortest.World) connectors.Collector {
			s := sambatest.Start(t, sambatest.Options{LDIF: sambaWorld(w)})
			keys.learn(t, s, w)
			for _, f := range w.Facts {
				switch f := f.(type) {
				case graph.Gap:
					s.Grant(t, sambaDN(f.About), "(OD;;RP;bf9679c0-0de6-11d0-a285-00aa003049e2;;AU)")
				case graph.Grant:
					if f.Kind == graph.Controls {
						s.Grant(t, sambaDN(f.To), fmt.Sprintf("(A;;WD;;;%s)", s.SID(t, sambaDN(f.From))))
					}
				case graph.Node:
					if _, known := f.Attrs.Get("status"); !known && f.ID.Kind == graph.Account {
						s.Grant(t, sambaDN(f.ID), "(OD;;RP;bf967a68-0de6-11d0-a285-00aa003049e2;;AU)")
					}
				}
			}
			cfg := sambaConfig(s)
			cfg.Attributes = map[string]string{"employee_id": "employeeNumber", "status": "employeeType", "mfa": "roomNumber"}
			cfg.Values = map[string]map[string]string{"status": {"held": "locked", "off": "disabled"}}
			opts := options()
			opts.Source = w.Source
			c, err := ldap.New(cfg, opts)
			if err != nil {
				t.Fatal(err)
			}
			return renamed{c, w}
		},
		Lacks: []connectortest.Feature{
			connectortest.Identities, connectortest.Assignments, connectortest.Eligibility, connectortest.Correlation,
			connectortest.UnresolvedMembers, // the world's has a SID that no domain can have; see TestSamba
			connectortest.OtherHolders, connectortest.NestedRoles, connectortest.Windows, connectortest.Uses, connectortest.Departments,
		},
		Key: keys.key,
	})
}

// sambaKeys holds which thing of the world an objectGUID is. Every server gives
// its own.
type sambaKeys struct{ byGUID sync.Map }

func (k *sambaKeys) key(id graph.ID) string {
	world, ok := k.byGUID.Load(id.Key)
	if !ok {
		return ""
	}
	return world.(string)
}

func (k *sambaKeys) learn(t *testing.T, s *sambatest.Server, w connectortest.World) {
	t.Helper()
	c := s.Bind(t, sambatest.Admin, sambatest.Password)
	for _, f := range w.Facts {
		n, ok := f.(graph.Node)
		if !ok {
			continue
		}
		res, err := c.Search(goldap.NewSearchRequest(sambaDN(n.ID), goldap.ScopeBaseObject, goldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"objectGUID"}, nil))
		if err != nil || len(res.Entries) != 1 {
			t.Fatalf("%s: %v", n.ID, err)
		}
		b := res.Entries[0].GetRawAttributeValue("objectGUID")
		guid := fmt.Sprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%x-%x", b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8:10], b[10:])
		k.byGUID.Store(guid, n.ID.Key)
	}
}

func sambaDN(id graph.ID) string {
	return fmt.Sprintf("CN=%s %x,%s", id.Kind, id.Key, sambatest.People)
}

// legal makes a login of a name that Active Directory forbids.
func legal(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"/\[]:;|=,+*?<>`, r) {
			return '_'
		}
		return r
	}, name)
}

// renamed gives things the names of the world again.
type renamed struct {
	connectors.Collector
	world connectortest.World
}

func (r renamed) Collect(ctx context.Context, want connectors.Want) iter.Seq2[graph.Fact, error] {
	names := map[string]string{}
	for _, f := range r.world.Facts {
		if n, ok := f.(graph.Node); ok {
			names[legal(n.Name)] = n.Name
		}
	}
	return func(yield func(graph.Fact, error) bool) {
		for f, err := range r.Collector.Collect(ctx, want) {
			if n, ok := f.(graph.Node); ok && names[n.Name] != "" {
				n.Name = names[n.Name]
				f = n
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

// sambaWorld writes a world as LDIF. A withheld group gets a member who is not of
// the world: a hidden group without members shows no trace.
func sambaWorld(w connectortest.World) string {
	var b, members strings.Builder
	pair := func(name, value string) {
		fmt.Fprintf(&b, "%s:: %s\n", name, base64.StdEncoding.EncodeToString([]byte(value)))
	}
	for _, f := range w.Facts {
		switch f := f.(type) {
		case graph.Node:
			pair("dn", sambaDN(f.ID))
			pair("sAMAccountName", legal(f.Name))
			if f.ID.Kind == graph.Group {
				fmt.Fprint(&b, "objectClass: group\ngroupType: -2147483646\n")
			} else {
				fmt.Fprint(&b, "objectClass: user\nuserAccountControl: 512\n")
			}
			for _, a := range f.Attrs {
				switch v := a.Values[0]; a.Key {
				case "employee_id":
					pair("employeeNumber", v)
				case "description":
					pair("description", v)
				case "mfa":
					pair("roomNumber", v)
				case "status":
					pair("employeeType", map[string]string{"disabled": "off", "locked": "held", "enabled": "on"}[v])
				case "last_sign_in":
					at, _ := time.Parse(time.RFC3339, v)
					pair("lastLogonTimestamp", fmt.Sprint(sambatest.FileTime(at)))
				}
			}
			b.WriteString("\n")
		case graph.Grant:
			if f.Kind == graph.Member {
				fmt.Fprintf(&members, "dn:: %s\nchangetype: modify\nadd: member\nmember:: %s\n\n",
					base64.StdEncoding.EncodeToString([]byte(sambaDN(f.To))), base64.StdEncoding.EncodeToString([]byte(sambaDN(f.From))))
			}
		case graph.Gap:
			fmt.Fprintf(&b, "dn: CN=insider,%s\nobjectClass: user\nsAMAccountName: insider\nuserAccountControl: 512\n\n", sambatest.People)
			fmt.Fprintf(&members, "dn: %s\nchangetype: modify\nadd: member\nmember: CN=insider,%s\n\n", sambaDN(f.About), sambatest.People)
		}
	}
	return b.String() + members.String()
}
