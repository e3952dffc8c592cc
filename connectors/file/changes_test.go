// SPDX-License-Identifier: Apache-2.0

package file_test

import (
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/connectors/file"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/facts"
)

// smallDirectory has two accounts, two groups and a second source.
func smallDirectory(t testing.TB) *file.Directory {
	t.Helper()
	var b graph.Builder
	for f, err := range facts.Read(strings.NewReader(`{"fact":"node","id":"account:corp/a","name":"ana","attrs":{"dn":"uid=ana,ou=people,dc=x"}}
{"fact":"node","id":"account:corp/b","name":"ana","attrs":{"dn":"uid=ben,ou=people,dc=x"}}
{"fact":"node","id":"group:corp/g","name":"g","attrs":{"dn":"cn=g,ou=groups,dc=x"}}
{"fact":"node","id":"group:corp/h","name":"h","attrs":{"dn":"cn=h,cn=g,ou=groups,dc=x"}}
{"fact":"node","id":"group:other/g","name":"g","attrs":{"dn":"cn=twice,dc=y"}}
{"fact":"node","id":"group:other/h","name":"g","attrs":{"dn":"CN=Twice,dc=y"}}
{"fact":"grant","from":"account:corp/a","to":"group:corp/h","kind":"member"}
{"fact":"gap","about":"group:corp/h","dataset":"memberships","reason":"denied"}
{"fact":"end","facts":8}
`), "d") {
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return file.NewDirectory(b.Graph())
}

func TestChangeRecordsThatAreNotUnderstood(t *testing.T) {
	for text, want := range map[string]string{
		"dn: cn=g,ou=groups,dc=x\nchangetype: modify\nadd: member\nmember: uid=eve,dc=x\n-\n":             `c:3: "uid=eve,dc=x" is not in the snapshot`,
		"dn: cn=g,ou=groups,dc=x\nchangetype: modify\nadd: memberUid\nmemberUid: ana\n":                   `c:3: several accounts of corp are called "ana"`,
		"dn: cn=g,ou=groups,dc=x\nchangetype: modify\nadd: memberUid\nmemberUid: eve\n":                   `c:3: no account of corp is called "eve"`,
		"dn: cn=g,ou=groups,dc=x\nchangetype: modify\nadd: member\n-\n":                                   `c:3: member: nothing is added`,
		"dn: cn=g,ou=groups,dc=x\nchangetype: modify\nincrement: member\n-\n":                             `c:3: "increment": want "add:", "delete:" or "replace:"`,
		"dn: cn=g,ou=groups,dc=x\nchangetype: modify\nadd: member\nowner: x\n-\n":                         `c:4: "owner": want "member:"`,
		"dn: uid=ana,ou=people,dc=x\nchangetype: modify\nadd: member\nmember: uid=ben,ou=people,dc=x\n":   `c:3: member of account:corp/a, which is no group`,
		"dn: cn=twice,dc=y\nchangetype: delete\n":                                                         `c:1: "cn=twice,dc=y" is both group:other/g and group:other/h`,
		"dn: cn=g,ou=groups,dc=x\nchangetype: delete\nmember: x\n":                                        `c:3: "member: x": nothing follows changetype: delete`,
		"dn: cn=g,ou=groups,dc=x\nchangetype: modrdn\nnewrdn: cn=i\ndeleteoldrdn: 1\n":                    `c:1: group:corp/g has entries below it`,
		"dn: cn=h,cn=g,ou=groups,dc=x\nchangetype: modrdn\nnewrdn: cn=i\ndeleteoldrdn: 1\n":               `c:1: group:corp/h could not be read completely`,
		"dn: cn=h,cn=g,ou=groups,dc=x\nchangetype: modrdn\nnewrdn: cn=i\n":                                `c:1: a renaming needs newrdn: and deleteoldrdn: 0 or 1`,
		"dn: cn=h,cn=g,ou=groups,dc=x\nchangetype: modrdn\nnewrdn: cn=i\nnewrdn: cn=j\ndeleteoldrdn: 1\n": `c:4: "newrdn": want newrdn:, deleteoldrdn: and newsuperior:, each once`,
		"dn: cn=i,ou=groups,dc=x\nchangetype: add\nobjectClass: organizationalUnit\n":                     `c:1: an entry is added whose objectClass says neither group nor account`,
		"dn: cn=i,ou=groups,dc=z\nchangetype: add\nobjectClass: groupOfNames\n":                           `c:1: no source of the snapshot has an entry near`,
		"dn: cn=g,ou=groups,dc=x\nchangetype: add\nobjectClass: groupOfNames\n":                           `c:1: "cn=g,ou=groups,dc=x" is in the snapshot already`,
		"dn: uid=eve,ou=people,dc=x\nchangetype: add\nobjectClass: posixAccount\ngidNumber: 4\n":          `c:4: gidNumber of an account`,
		"dn: cn=g,ou=groups,dc=x\nchangetype: moddn\n":                                                    `c:1: a renaming needs newrdn:`,
		"dn: cn=g,ou=groups,dc=x\nchangetype: rename\n":                                                   `c:2: changetype "rename": want add, delete, modify or modrdn`,
		"dn: cn=g,ou=groups,dc=x\nmember: x\n":                                                            `c:2: "member": want "changetype:"`,
		"dn: cn=g,ou=groups,dc=x\nchangetype: delete\n\ndn: cn=g,ou=groups,dc=x\nchangetype: delete\n":    `c:4: "cn=g,ou=groups,dc=x" is not in the snapshot`,
		"cn: g\n": `c:1: "cn": want "dn:"`,
		"dn: cn=h,cn=g,ou=groups,dc=x\nchangetype: modify\nadd: member\nmember: uid=ben,ou=people,dc=x\n-\ndelete: member\n-": `c:6: all members of group:corp/h go, and an earlier record`,
	} {
		if _, err := file.ReadChanges(strings.NewReader(text), "c", smallDirectory(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// Whatever the text: no crash, every mistake has its line, and what comes out could
// stand in a graph.
func FuzzChangeRecords(f *testing.F) {
	f.Add("dn: cn=g,ou=groups,dc=x\nchangetype: modify\nadd: member\nmember: uid=ben,ou=people,dc=x\n-\n")
	f.Add("dn: uid=eve,ou=people,dc=x\nchangetype: add\nobjectClass: person\nuid:: ZXZl\n\ndn: uid=ana,ou=people,dc=x\nchangetype: modrdn\nnewrdn: uid=anna\ndeleteoldrdn: 1\nnewsuperior: ou=new,dc=x\n")
	f.Add("version: 1\ndn: cn=g,ou=groups,\n dc=x\nchangetype: delete\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := file.ReadChanges(strings.NewReader(text), "c", smallDirectory(t))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "c:") {
				t.Errorf("no line: %v", err)
			}
			return
		}
		var b graph.Builder
		for _, c := range all {
			if c.Remove {
				continue
			}
			if err := b.Add(c.Fact); err != nil && !strings.Contains(err.Error(), graph.ErrConflict.Error()) {
				t.Errorf("line %d: %v", c.Line, err)
			}
		}
	})
}
