// SPDX-License-Identifier: Apache-2.0

// Package tenant says what a tenant of Entra ID means as facts.
//
// It knows no network and no library of Microsoft Graph: whoever reads Graph
// fills a [Tenant], and [Tenant.Facts] tells what it means. docs/formats/entra.md
// is its specification.
package tenant

import (
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Tenant is all that was read. Everything may be added in any order, and again:
// what came last under an id counts.
//
// In all records an empty string, a zero time, a nil slice and a nil *bool are
// unknown, which is not the same as "none", "never" and "false". Keys of maps are
// ids in lower case, but those of assignments and instances, which are as Graph has
// them.
type Tenant struct {
	Source graph.Source
	Now    time.Time // of the collection
	ID     string    // of the tenant
	Name   string

	Users             map[string]User             // by object id
	SignIns           map[string]SignIn           // by object id of the user
	Registrations     map[string]Registration     // by object id of the user
	Sponsors          map[string][]string         // object ids, by object id of the guest
	Mailboxes         map[string]string           // purposes, by object id of the user
	Groups            map[string]Group            // by object id
	ServicePrincipals map[string]ServicePrincipal // by object id
	Applications      map[string]Application      // by object id
	Units             map[string]Unit             // administrative units, by id
	Devices           map[string]Device           // by object id, those that something names
	Roles             map[string]Role             // definitions of directory roles, by id
	RoleAssignments   map[string]RoleAssignment   // by id
	RoleInstances     map[string]RoleInstance     // of active assignments, by id
	RoleEligibilities map[string]RoleInstance     // of eligible assignments, by id
	GroupInstances    map[string]GroupInstance    // PIM for Groups: active, by id
	GroupEligibility  map[string]GroupInstance    // PIM for Groups: eligible, by id
	AppRoleAssignment map[string]AppRoleAssignment
	Consents          map[string]Consent         // delegated permissions, by id
	Activations       map[string]Activation      // rules of activating a role, by role definition id
	Packages          map[string]AccessPackage   // by id
	PackageHolders    map[string]PackageHolder   // delivered assignments of access packages, by id
	Policies          map[string]ConditionPolicy // conditional access, by id
	SecurityDefaults  *bool
	Audits            map[string]Audit // by id

	// Late are the types of objects that something names, that were not listed, and
	// that answered when they were looked for, by object id; but not of those that
	// were made while this was read.
	Late map[string]string

	Members      Links // group → members
	GroupOwners  Links
	AppOwners    Links // application → owners
	SPOwners     Links // service principal → owners
	UnitMembers  Links // administrative unit → members
	Licences     []string
	LicencesRead bool // subscribed SKUs were readable

	parts       map[string]*part
	gaps        []graph.Gap
	hiddenUnits int // whose members could not be read
}

// A Ref is a directory object that something names: its id, and its type as Graph
// says it without "#microsoft.graph.", such as "user"; empty is unknown.
type Ref struct {
	ID   string
	Type string
}

// Links are what objects list: members of groups, owners of applications. A key
// without refs has been read and lists nothing.
type Links map[string][]Ref

// A User is a user of the directory, deleted ones included. One that was deleted at
// the beginning of 1970 is deleted, and nobody knows since when.
type User struct {
	ID, UPN, Name, Mail      string
	Enabled                  *bool
	UserType                 string // Member, Guest
	CreationType             string // Invitation, LocalAccount, EmailVerified; empty also for ordinary users
	ExternalState            string // PendingAcceptance, Accepted
	ExternalStateChanged     time.Time
	Identities               []UserIdentity
	EmployeeID, EmployeeType string
	HireDate, LeaveDate      time.Time
	Company, Department      string
	Title                    string
	Manager                  string // object id
	Created, Deleted         time.Time
	PasswordChanged          time.Time
	Licensed                 *bool // has assigned licences
	OnPremises               OnPremises
	Extensions               map[string]string // onPremisesExtensionAttributes and mapped attributes, by Graph's name
	Bare                     bool              // only type and id were shown
}

// A UserIdentity is one way in which a user is known: SignInType is such as
// userPrincipalName, federated or emailAddress.
type UserIdentity struct{ SignInType, Issuer, AssignedID string }

// OnPremises says how an object hangs together with Active Directory.
type OnPremises struct {
	Synced           *bool
	SID, ImmutableID string
	SAMAccountName   string
	Domain           string
}

// A SignIn is signInActivity of a user. See docs/formats/entra.md for what follows.
type SignIn struct{ LastSuccessful, LastInteractive, LastNonInteractive time.Time }

// A Registration is a row of the report userRegistrationDetails.
type Registration struct {
	Registered, Capable *bool
	Methods             []string
	Updated             time.Time
}

// A Group is a group of any type.
type Group struct {
	ID, Name, Description, Mail    string
	SecurityEnabled, MailEnabled   *bool
	Types                          []string // Unified, DynamicMembership; nil is unknown, empty is none
	RoleAssignable                 *bool
	Visibility                     string // Public, Private, HiddenMembership
	MembershipRule, RuleProcessing string
	Created                        time.Time
	OnPremises                     OnPremises
	Bare                           bool
}

// A ServicePrincipal is an application as it exists in this tenant.
type ServicePrincipal struct {
	ID, AppID, Name, Type string // Type: Application, ManagedIdentity, Legacy, SocialIdp
	OwnerTenant           string
	Enabled               *bool
	Created               time.Time
	AppRoles              []AppRole
	Scopes                []Permission // delegated permissions that it offers
	Credentials           []Credential
	Bare                  bool
}

// A Device is what a group may have for a member besides accounts.
type Device struct{ ID, Name string }

// An Application is the registration of an application in this tenant.
type Application struct {
	ID, AppID, Name string
	Credentials     []Credential
	Federated       []Federated
}

// An AppRole is a right that an application offers.
type AppRole struct {
	ID, Value, Name, Description string
	Enabled                      *bool
}

// A Permission is a delegated permission.
type Permission struct{ ID, Value, Name string }

// A Credential is a secret or a certificate. Kind is "secret" or "certificate".
type Credential struct {
	Kind, KeyID string
	Until       time.Time
}

// A Federated credential lets a subject of another issuer be the application.
type Federated struct{ Issuer, Subject, Name string }

// A Unit is an administrative unit.
type Unit struct {
	ID, Name   string
	Visibility string // Public, HiddenMembership
	Restricted *bool  // restricted management
}

// A Role is the definition of a directory role. For a built-in one TemplateID is
// the same in all tenants.
type Role struct {
	ID, TemplateID, Name, Description string
	BuiltIn, Enabled, Privileged      *bool
	Actions                           []string // allowed resource actions
}

// A RoleAssignment is an active assignment. Scope is the directory scope, "/" for
// the whole tenant, or else the scope within an application.
type RoleAssignment struct {
	ID, Role, Scope string
	Principal       Ref
}

// A RoleInstance is a schedule instance, active or eligible, of a directory role.
type RoleInstance struct {
	ID, Role, Scope string
	Principal       Ref
	Member          string // Direct, Group, Inherited
	Assignment      string // Assigned, Activated; empty for eligibility
	Origin          string // the id of the role assignment
	Start, End      time.Time
}

// A GroupInstance is a schedule instance of PIM for Groups.
type GroupInstance struct {
	ID, Group  string
	Principal  Ref
	Access     string // member, owner
	Member     string // Direct, Group, Inherited
	Assignment string // Assigned, Activated; empty for eligibility
	Start, End time.Time
}

// An AppRoleAssignment lets a user, a group or a service principal use a resource.
type AppRoleAssignment struct {
	ID, Role, Resource, ResourceName string
	Principal                        Ref // Type: user, group, servicePrincipal
	Created                          time.Time
}

// A Consent is an oauth2PermissionGrant: Client acts on Resource for everyone, or
// for one Principal.
type Consent struct {
	ID, Client, Resource string
	Everyone             *bool
	Principal            string
	Scopes               []string
}

// An Activation says what activating a role demands.
type Activation struct {
	Approval, MFA, Justification, Ticket *bool
	AuthenticationContext                *bool
	Longest                              time.Duration // zero is unknown
}

// An AccessPackage is a bundle of entitlement management. Incompatible are ids of
// other packages and of groups.
type AccessPackage struct {
	ID, Name, Description string
	Incompatible          []string // packages
	IncompatibleGroups    []string
}

// A PackageHolder has an access package.
type PackageHolder struct {
	ID, Package, Holder string // Holder: object id of the user; empty is unknown
	Name                string // of the holder, as entitlement management calls it
}

// A ConditionPolicy is one of conditional access, as far as it matters to who must
// use a second factor.
type ConditionPolicy struct {
	ID, Name, State string // enabled, disabled, enabledForReportingButNotEnforced
	// Controls such as mfa, block, compliantDevice; Strength is the name of an
	// authentication strength. Any is true when one of the controls is enough.
	Controls []string
	Strength string
	Any      *bool

	IncludeUsers, ExcludeUsers   []string // object ids, All, None, GuestsOrExternalUsers
	IncludeGroups, ExcludeGroups []string
	IncludeRoles, ExcludeRoles   []string // template ids
	IncludeApps, ExcludeApps     []string // app ids, All, Office365, …
	Actions                      []string // user actions instead of applications
	Guests                       bool     // includes or excludes kinds of guests by itself

	// Narrowed names the conditions besides that make the policy apply only now and
	// then: locations, platforms, client apps, devices, risks, ….
	Narrowed []string
}

// An Audit is an entry of the directory's audit log that made or took a grant.
type Audit struct {
	ID, Activity string
	At           time.Time
	By           string // UPN or name of who did it
	ByID         string
	Holder       Ref    // whom it was given to or taken from
	Target       Ref    // group, role or service principal
	TargetName   string // as the log calls it
	Succeeded    *bool
	Removed      bool
}
