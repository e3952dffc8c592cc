// SPDX-License-Identifier: Apache-2.0

// Package directorytest writes the world of package connectortest as LDIF, for
// the connectors of directories. Only tests may import it.
package directorytest

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors/connectortest"
	"github.com/foureyes-iga/foureyes/graph"
)

// Suffix is the DN below which the world lies. Its entry is not part of the LDIF.
const Suffix = "dc=example,dc=com"

// Withheld is the group whose members a reader must not see.
const Withheld = "cn=secret," + Suffix

// Attributes and Values are the mapping under which the LDIF is to be read.
func Attributes() map[string]string { return map[string]string{"status": "employeeType"} }

// Values translates the mapped attributes.
func Values() map[string]map[string]string {
	return map[string]map[string]string{"status": {"on": "enabled", "off": "disabled", "held": "locked"}}
}

// Lacks is what a directory of the standard schemas cannot hold.
func Lacks() []connectortest.Feature {
	return []connectortest.Feature{
		connectortest.Identities, connectortest.Assignments, connectortest.Eligibility, connectortest.Control, connectortest.MFA,
		connectortest.Correlation, connectortest.UnresolvedMembers, connectortest.OtherHolders, connectortest.NestedRoles,
		connectortest.Windows, connectortest.Uses, connectortest.Departments,
	}
}

// Key returns the key that the world gave a thing: see [connectortest.Subject].
func Key(id graph.ID) string {
	for _, f := range connectortest.Standard().Facts {
		if n, ok := f.(graph.Node); ok && n.ID.Kind == id.Kind && uuid(n.ID) == id.Key {
			return n.ID.Key
		}
	}
	return ""
}

// uuid makes an entryUUID of an ID.
func uuid(id graph.ID) string {
	sum := sha256.Sum256([]byte(id.Kind.String() + ":" + id.Key))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// LDIF writes the accounts and groups of a world, and says how many entries that
// is. A group without members shows the class that requires them.
func LDIF(w connectortest.World) (text string, entries int) {
	members := map[graph.ID][]string{}
	names := map[graph.ID]string{}
	for _, f := range w.Facts {
		if n, ok := f.(graph.Node); ok {
			names[n.ID] = n.Name
		}
	}
	for _, f := range w.Facts {
		if g, ok := f.(graph.Grant); ok && g.Kind == graph.Member {
			members[g.To] = append(members[g.To], dn(g.From, names[g.From]))
		}
	}
	var b strings.Builder
	for _, f := range w.Facts {
		if n, ok := f.(graph.Node); ok {
			entries++
			writeEntry(&b, n, members[n.ID])
		}
	}
	return b.String(), entries
}

func dn(id graph.ID, name string) string {
	if id.Kind == graph.Account {
		return "uid=" + ldap.EscapeDN(name) + "," + Suffix
	}
	return "cn=" + ldap.EscapeDN(name) + "," + Suffix
}

func writeEntry(b *strings.Builder, n graph.Node, members []string) {
	pair := func(name, value string) {
		fmt.Fprintf(b, "%s:: %s\n", name, base64.StdEncoding.EncodeToString([]byte(value)))
	}
	pair("dn", dn(n.ID, n.Name))
	pair("entryUUID", uuid(n.ID))
	pair("cn", n.Name)
	if n.ID.Kind == graph.Group {
		pair("objectClass", "groupOfNames")
	} else {
		pair("objectClass", "inetOrgPerson")
		pair("uid", n.Name)
		pair("sn", n.Name)
	}
	status := map[string]string{"enabled": "on", "disabled": "off", "locked": "held"}
	for _, a := range n.Attrs {
		switch v := a.Values[0]; a.Key {
		case "employee_id":
			pair("employeeNumber", v)
		case "description":
			pair("description", v)
		case "status":
			pair("employeeType", status[v])
		case "last_sign_in":
			at, _ := time.Parse(time.RFC3339, v)
			pair("pwdLastSuccess", at.Format("20060102150405Z"))
		}
	}
	for _, m := range members {
		pair("member", m)
	}
	b.WriteString("\n")
}
