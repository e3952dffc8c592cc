// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"fmt"
	"slices"
	"strings"
)

// A Dialect says which classes and attributes a family of directories uses.
type Dialect struct {
	Name string

	Everything    string // the filter that finds every entry
	AccountFilter string // empty finds by AccountClasses
	MachineFilter string // empty: there are no machines

	AccountClasses []string
	LoginClasses   []string // accounts that have a login, or may; one that shows none may hide it
	ServiceClasses []string // accounts of services, whatever other classes they have
	MachineClasses []string // computers: accounts only where a group or an access list names them
	ContactClasses []string // what looks like an account and cannot sign in
	ForeignClasses []string // stand-ins for things of other directories, called by their SID
	GroupClasses   []string
	DynamicClasses []string // groups whose members are the result of a search
	FilledClasses  []string // groups that the schema does not let be empty
	RoleClasses    []string
	TokenClasses   []string // second factors

	Keys         []string // immutable ids, the best first
	SID          string   // security identifier; empty: things are called by DN only
	SIDHistory   string
	Logins       []string // names of an account, the best first
	GroupNames   []string // names of a group, the best first
	HasChildren  []string // TRUE or a number at an entry with entries below it; empty: nothing tells
	MemberDNs    []string // members of a group, by DN
	MemberLogins string   // members of a group, by login
	MemberURLs   string   // the search of a dynamic group
	BackLink     string   // at a member, its groups; direct ones only
	Roles        string   // at an account, its roles, as the server works them out
	GroupID      string   // of a group, and at an account its primary group
	PrimaryGroup string   // at an account, the last part of the SID of its primary group
	Owner        string   // of a group, by DN
	ModifiedAt   string   // when an entry was last changed
	Descriptor   string   // the access list of an entry
	TokenOwner   string   // at a second factor, by DN

	// Accounts and Groups name the attributes that are told of each.
	Accounts, Groups []Field

	Policies []policyClass // entries that say how people authenticate

	Disabled    string   // true or false
	LockedAt    string   // a time, or lockedForGood
	PolicyState []string // kept by a password policy at accounts it governs
	More        []string // what the dialect's own code reads of an account

	flags flags
}

// flags are what a dialect does that is more than another name.
type flags uint8

const (
	activeDirectory flags = 1 << iota
	absentIsEnabled       // where Disabled is readable and absent, the account is enabled
)

func (d *Dialect) does(f flags) bool { return d.flags&f != 0 }

// IsActiveDirectory reports whether this is the dialect of Active Directory.
func (d *Dialect) IsActiveDirectory() bool { return d.does(activeDirectory) }

// Dialects lists the names that [DialectNamed] knows.
func Dialects() []string { return []string{"openldap", "389ds", "freeipa", "ad"} }

// DialectNamed returns the dialect of a name in a configuration.
func DialectNamed(name string) (Dialect, error) {
	switch name {
	case "openldap":
		return OpenLDAP(), nil
	case "389ds", "freeipa":
		return DirectoryServer(), nil
	case "ad":
		return ActiveDirectory(), nil
	}
	return Dialect{}, fmt.Errorf("dialect %q: want one of %s", name, strings.Join(Dialects(), ", "))
}

// A Field is an attribute of ours and the directory's attributes that tell it,
// the best first.
type Field struct {
	Key  string
	From []string
}

const everyEntry = "(objectClass=*)"

// OpenLDAP is the dialect of OpenLDAP and of what uses the standard schemas.
func OpenLDAP() Dialect {
	return Dialect{
		Name:       "openldap",
		Everything: everyEntry,
		AccountClasses: []string{
			"person", "organizationalPerson", "inetOrgPerson", "residentialPerson", "newPilotPerson", "pilotPerson",
			"account", "posixAccount", "shadowAccount", "simpleSecurityObject", "uidObject", "inetUser",
		},
		LoginClasses:   []string{"posixAccount", "shadowAccount", "account", "uidObject", "inetOrgPerson", "inetUser"},
		ContactClasses: []string{"contact"},
		GroupClasses:   []string{"groupOfNames", "groupOfUniqueNames", "groupOfMembers", "groupOfEntries", "posixGroup", "groupOfURLs"},
		DynamicClasses: []string{"groupOfURLs"},
		FilledClasses:  []string{"groupOfNames", "groupOfUniqueNames"},
		Keys:           []string{"entryUUID", "nsUniqueId"},
		Logins:         []string{"uid", "cn"},
		GroupNames:     []string{"cn"},
		HasChildren:    []string{"hasSubordinates"},
		MemberDNs:      []string{"member", "uniqueMember"},
		MemberLogins:   "memberUid",
		MemberURLs:     "memberURL",
		GroupID:        "gidNumber",
		Owner:          "owner",
		ModifiedAt:     "modifyTimestamp",
		Accounts: []Field{
			{created, []string{"createTimestamp"}},
			{"description", []string{"description"}},
			{displayName, []string{"displayName", "cn"}},
			{employeeID, []string{"employeeNumber"}},
			{lastSignIn, []string{"authTimestamp", "pwdLastSuccess"}},
			{"mail", []string{"mail"}},
			{passwordSet, []string{"pwdChangedTime"}},
		},
		Groups: []Field{
			{created, []string{"createTimestamp"}},
			{"description", []string{"description"}},
			{displayName, []string{"displayName"}},
		},
		Policies:    []policyClass{behera()},
		Disabled:    "nsAccountLock",
		LockedAt:    "pwdAccountLockedTime",
		PolicyState: []string{"pwdChangedTime", "pwdFailureTime", "pwdPolicySubentry", "pwdReset"},
		More:        []string{"shadowExpire", "sambaAcctFlags", "oathHOTPToken", "oathTOTPToken"},
	}
}

// DirectoryServer is the dialect of 389 Directory Server and of FreeIPA, which
// stands on it.
func DirectoryServer() Dialect {
	d := OpenLDAP()
	d.Name = "389ds"
	d.Everything = "(|(objectClass=*)(objectClass=ldapsubentry))" // roles are hidden from searches that do not ask for them
	d.AccountClasses = append(d.AccountClasses, "nsPerson", "nsAccount", "nsOrgPerson", "krbPrincipalAux", "inetAdmin")
	d.GroupClasses = append(d.GroupClasses, "groupOfCertificates", "nestedGroup", "ipaUserGroup")
	d.DynamicClasses = append(d.DynamicClasses, "groupOfCertificates")
	d.FilledClasses = nil // its schema lets all of them be empty
	d.RoleClasses = []string{"nsRoleDefinition"}
	d.TokenClasses = []string{"ipaToken"}
	d.TokenOwner = "ipatokenOwner"
	d.HasChildren = []string{"hasSubordinates", "numSubordinates"}
	d.Roles = "nsRole"
	d.Accounts = slices.DeleteFunc(d.Accounts, func(f Field) bool { return f.Key == lastSignIn || f.Key == passwordSet })
	d.Accounts = append(d.Accounts, Field{lastSignIn, []string{"lastLoginTime", "krbLastSuccessfulAuth"}}, Field{passwordSet, []string{"krbLastPwdChange", "passwordChangedTime"}})
	d.Policies = []policyClass{netscape(), kerberos()}
	d.LockedAt = ""
	d.PolicyState = nil
	d.More = []string{"nsRoleDN", "accountUnlockTime", "ipaUserAuthType", "krbPrincipalExpiration", "nsAccountLock", "shadowExpire"}
	d.flags = absentIsEnabled
	return d
}

// ActiveDirectory is the dialect of Active Directory and of Samba as its domain
// controller.
func ActiveDirectory() Dialect {
	return Dialect{
		Name:           "ad",
		Everything:     everyEntry,
		AccountFilter:  "(|(&(objectClass=user)(!(objectClass=computer)))(objectClass=msDS-ManagedServiceAccount)(objectClass=msDS-GroupManagedServiceAccount)(objectClass=msDS-DelegatedManagedServiceAccount))",
		MachineFilter:  "(objectClass=computer)",
		AccountClasses: []string{"user"},
		LoginClasses:   []string{"user"},
		ServiceClasses: []string{"msDS-ManagedServiceAccount", "msDS-GroupManagedServiceAccount", "msDS-DelegatedManagedServiceAccount"},
		MachineClasses: []string{"computer"},
		ContactClasses: []string{"contact"},
		ForeignClasses: []string{"foreignSecurityPrincipal"},
		GroupClasses:   []string{"group"},
		Keys:           []string{"objectGUID"},
		SID:            "objectSid",
		SIDHistory:     "sIDHistory",
		Logins:         []string{"sAMAccountName", "cn"},
		GroupNames:     []string{"sAMAccountName", "cn", "displayName"},
		MemberDNs:      []string{"member"},
		BackLink:       "memberOf",
		PrimaryGroup:   "primaryGroupID",
		Owner:          "managedBy",
		Descriptor:     "nTSecurityDescriptor",
		Accounts: []Field{
			{created, []string{"whenCreated"}},
			{"description", []string{"description"}},
			{displayName, []string{"displayName", "cn"}},
			{employeeID, []string{"employeeID"}},
			{lastSignIn, []string{"lastLogonTimestamp", "lastLogon"}},
			{"mail", []string{"mail"}},
			{"service_principals", []string{"servicePrincipalName"}},
			{"upn", []string{"userPrincipalName"}},
		},
		Groups: []Field{
			{created, []string{"whenCreated"}},
			{"description", []string{"description"}},
			{displayName, []string{"displayName"}},
			{"mail", []string{"mail"}},
		},
		Policies: []policyClass{domainPolicy(), fineGrained()},
		More: []string{
			"userAccountControl", "msDS-User-Account-Control-Computed", "accountExpires", "lockoutTime", "pwdLastSet",
			"msExchRecipientTypeDetails", "msDS-ResultantPSO", "msDS-GroupMSAMembership", "adminCount", "groupType", "objectSid",
		},
		flags: activeDirectory,
	}
}

// Attributes of ours that mean more than their text.
const (
	created     = "created"
	disabledAt  = "disabled_at"
	displayName = "display_name"
	employeeID  = "employee_id"
	expires     = "expires"
	lastSignIn  = "last_sign_in"
	mfa         = "mfa"
	owner       = "owner"
	passwordSet = "password_set"
	privileged  = "privileged"
	status      = "status"
	accountType = "type"
)
