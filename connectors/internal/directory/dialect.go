// SPDX-License-Identifier: Apache-2.0

package directory

// A Dialect says which classes and attributes a family of directories uses.
type Dialect struct {
	Name string

	AccountClasses []string
	ContactClasses []string // what looks like an account and cannot sign in
	GroupClasses   []string
	DynamicClasses []string // groups whose members are the result of a search
	FilledClasses  []string // groups that the schema does not let be empty

	Keys         []string // immutable ids, the best first
	Logins       []string // names of an account, the best first
	HasChildren  string   // TRUE at an entry with entries below it
	MemberDNs    []string // members of a group, by DN
	MemberLogins string   // members of a group, by login
	MemberURLs   string   // the search of a dynamic group
	GroupID      string   // of a group, and at an account its primary group
	Owner        string   // of a group, by DN

	// Accounts and Groups name the attributes that are told of each.
	Accounts, Groups []Field

	Disabled    string   // true or false
	LockedAt    string   // a time, or lockedForGood
	PolicyState []string // kept by a password policy at accounts it governs
}

// A Field is an attribute of ours and the directory's attributes that tell it,
// the best first.
type Field struct {
	Key  string
	From []string
}

// OpenLDAP is the dialect of OpenLDAP and of what uses the standard schemas.
func OpenLDAP() Dialect {
	return Dialect{
		Name: "openldap",
		AccountClasses: []string{
			"person", "organizationalPerson", "inetOrgPerson", "residentialPerson", "newPilotPerson", "pilotPerson",
			"account", "posixAccount", "shadowAccount", "simpleSecurityObject", "uidObject", "inetUser",
		},
		ContactClasses: []string{"contact"},
		GroupClasses:   []string{"groupOfNames", "groupOfUniqueNames", "groupOfMembers", "groupOfEntries", "posixGroup", "groupOfURLs"},
		DynamicClasses: []string{"groupOfURLs"},
		FilledClasses:  []string{"groupOfNames", "groupOfUniqueNames"},
		Keys:           []string{"entryUUID", "nsUniqueId"},
		Logins:         []string{"uid", "cn"},
		HasChildren:    "hasSubordinates",
		MemberDNs:      []string{"member", "uniqueMember"},
		MemberLogins:   "memberUid",
		MemberURLs:     "memberURL",
		GroupID:        "gidNumber",
		Owner:          "owner",
		Accounts: []Field{
			{created, []string{"createTimestamp"}},
			{"description", []string{"description"}},
			{displayName, []string{"displayName", "cn"}},
			{employeeID, []string{"employeeNumber"}},
			{lastSignIn, []string{"authTimestamp", "pwdLastSuccess"}},
			{"mail", []string{"mail"}},
		},
		Groups: []Field{
			{created, []string{"createTimestamp"}},
			{"description", []string{"description"}},
			{displayName, []string{"displayName"}},
		},
		Disabled:    "nsAccountLock",
		LockedAt:    "pwdAccountLockedTime",
		PolicyState: []string{"pwdChangedTime", "pwdFailureTime", "pwdPolicySubentry", "pwdReset"},
	}
}

// Attributes of ours that mean more than their text.
const (
	created     = "created"
	disabledAt  = "disabled_at"
	displayName = "display_name"
	employeeID  = "employee_id"
	lastSignIn  = "last_sign_in"
	owner       = "owner"
	status      = "status"
	accountType = "type"
)
