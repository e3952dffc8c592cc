// SPDX-License-Identifier: Apache-2.0

package tenant

import "github.com/foureyes-iga/foureyes/graph"

// A Part is one thing that was asked of Graph: a list, or the same question about
// many objects. Each dataset rests on some parts.
type Part struct {
	// Name is what was read, in words, such as "members of groups".
	Name string

	// Query is the request, with {id} where there are many.
	Query string

	// State is Complete when every page of every request came.
	State graph.State

	// Reason says why it is not complete, and which permission or licence would
	// cure it.
	Reason string

	Requests, Pages, Items int
	Bytes                  int64

	// Expected is the count that was asked for besides, and Method how.
	Expected graph.Count
	Method   string

	// Drift is how many of these objects were made or deleted while they were
	// read: by so many the counts may differ.
	Drift int

	// Concerning are the employee ids of the people whom alone this was asked about, and
	// whole; the state is then NotRequested. Nil is nobody.
	Concerning []string

	// Notes are what an auditor may want to know, such as objects that changed
	// while they were read.
	Notes []string
}

// Parts of a reading. Anything else is a mistake of ours.
const (
	PartUsers           = "users"
	PartPrincipals      = "service principals"
	PartGroups          = "groups"
	PartMembers         = "members of groups"
	PartRoles           = "role definitions"
	PartRoleAssignments = "role assignments"
	PartRoleInstances   = "active instances of roles"
	PartAppRoles        = "app role assignments"
	PartConsents        = "delegated permissions"
	PartPackages        = "access packages"
	PartPackageHolders  = "assignments of access packages"
	PartRoleEligibility = "eligible instances of roles"
	PartGroupEligible   = "eligible instances of groups"
	PartGroupInstances  = "active instances of groups"
	PartActivations     = "activation rules"
	PartGroupOwners     = "owners of groups"
	PartAppOwners       = "owners of applications"
	PartSPOwners        = "owners of service principals"
	PartSPOwned         = "what service principals own"
	PartApplications    = "applications"
	PartFederated       = "federated credentials"
	PartUnits           = "administrative units"
	PartUnitMembers     = "members of administrative units"
	PartSignIns         = "sign-in activity"
	PartRegistrations   = "registration of second factors"
	PartPolicies        = "conditional access"
	PartDefaults        = "security defaults"
	PartDeleted         = "deleted users"
	PartSponsors        = "sponsors"
	PartMailboxes       = "mailbox purposes"
	PartAudits          = "audit log"
	PartLicences        = "licences"
	PartPrincipalGroups = "groups of service principals"
	PartStrangers       = "objects that were named and not listed"
)
