// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// accessLists are what is known of who may change entries. Most entries share a
// few access lists, so each is taken apart once.
type accessLists struct {
	known       map[accessKey][]control
	undescribed []graph.ID // entries that do not show theirs
	hidden      int        // of undescribed, those that were told
	shown       int
	bad         int
}

type accessKey struct {
	sum  [sha256.Size]byte
	kind objectKind
}

func newAccessLists() accessLists { return accessLists{known: map[accessKey][]control{}} }

// maxAccessLists bounds how many different access lists are remembered.
const maxAccessLists = 100_000

// Control yields who could make an account or group his own by the entry's access
// list: grants of kind controls, whose Via names the rights. An entry that does
// not show the list is a gap. It is false when yield was.
func (r *Reading) Control(e Entry, id graph.ID, yield func(graph.Fact) bool) bool {
	if r.dialect.Descriptor == "" {
		return true
	}
	vs := e.values(r.dialect.Descriptor)
	if len(vs) != 1 {
		r.access.undescribed = append(r.access.undescribed, id)
		return true
	}
	all, err := r.controllers(vs[0], r.objectKind(e, id))
	if err != nil {
		r.access.bad++
		return yield(graph.Gap{About: id, Dataset: graph.Control, Reason: "its access list cannot be understood: " + err.Error()})
	}
	r.access.shown++
	for _, c := range all {
		if !r.tellControl(c, id, yield) {
			return false
		}
	}
	return r.passwordReaders(e, id, yield)
}

func (r *Reading) objectKind(e Entry, id graph.ID) objectKind {
	switch {
	case id.Kind == graph.Group:
		return groupObject
	case e.isOf(r.dialect.ServiceClasses), e.isOf(r.dialect.MachineClasses):
		return computerObject
	}
	return userObject
}

func (r *Reading) controllers(sd []byte, kind objectKind) ([]control, error) {
	key := accessKey{sha256.Sum256(sd), kind}
	if all, ok := r.access.known[key]; ok {
		return all, nil
	}
	all, err := controllers(sd, kind)
	if err != nil {
		return nil, err // also one without an owner: who that is is not known
	}
	if len(r.access.known) < maxAccessLists {
		r.access.known[key] = all
	}
	return all, nil
}

// passwordReaders yields who may read the password of a group managed service
// account (msDS-GroupMSAMembership, MS-ADTS).
func (r *Reading) passwordReaders(e Entry, id graph.ID, yield func(graph.Fact) bool) bool {
	for _, sd := range e.values("msDS-GroupMSAMembership") {
		all, err := readers(sd)
		if err != nil {
			r.access.bad++
			return yield(graph.Gap{About: id, Dataset: graph.Control, Reason: "who may read its password cannot be understood: " + err.Error()})
		}
		for _, c := range all {
			if !r.tellControl(c, id, yield) {
				return false
			}
		}
	}
	return true
}

// tellControl tells a grant to whatever a SID stands for, unless it stands for
// the system or for the entry itself. Control that a denial may take away again
// is told: whether it does depends on who asks.
func (r *Reading) tellControl(c control, to graph.ID, yield func(graph.Fact) bool) bool {
	if ownPrincipal(c.sid) {
		return true
	}
	via := strings.Join(c.rights, ", ")
	if c.denied {
		via += ", unless a denial applies"
	}
	all, more := r.principals(c.sid, yield)
	if !more {
		return false
	}
	for _, p := range all {
		if p.id == to {
			continue
		}
		how := via
		if p.via != "" {
			how += ", by " + p.via
		}
		r.count.control++
		if !yield(graph.Grant{From: p.id, To: to, Kind: graph.Controls, Terms: graph.Terms{Via: how}}) {
			return false
		}
	}
	return true
}

// tellUndescribed tells the entries without an access list as gaps; when none has
// one, that is a shortfall of the whole dataset.
func (r *Reading) tellUndescribed(yield func(graph.Fact) bool) bool {
	ids := r.access.undescribed
	r.access.undescribed, r.access.hidden = nil, r.access.hidden+len(ids)
	if len(ids) == 0 {
		return true
	}
	if r.access.shown == 0 {
		r.Shortfall(graph.Control, graph.Denied, "no entry shows its access list (nTSecurityDescriptor)")
		return true
	}
	for _, id := range slices.SortedFunc(slices.Values(ids), graph.ID.Compare) {
		if !yield(graph.Gap{About: id, Dataset: graph.Control, Reason: "denied: its access list is not shown"}) {
			return false
		}
	}
	return true
}
