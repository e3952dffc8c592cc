// SPDX-License-Identifier: Apache-2.0

package directory

// wellKnownName returns the English name of an identifier that is the same in
// every domain ([MS-DTYP] 2.4.2.4). Such a principal has no entry of its own, or
// only one that stands for a foreign principal and has no name.
func wellKnownName(s sid) (string, bool) {
	name := ""
	if n, ok := s.builtin(); ok {
		name = builtinName(n)
	} else if n, ok := s.ofNT(); ok {
		name = ntName(n)
	} else {
		name = universalName(s)
	}
	return name, name != ""
}

func universalName(s sid) string {
	if s.count() != 1 {
		return ""
	}
	switch [2]uint64{s.authority(), uint64(s.sub(0))} {
	case [2]uint64{0, 0}:
		return "NULL"
	case [2]uint64{1, 0}:
		return "Everyone"
	case [2]uint64{2, 0}:
		return "LOCAL"
	case [2]uint64{2, 1}:
		return "CONSOLE LOGON"
	case [2]uint64{3, 0}:
		return "CREATOR OWNER"
	case [2]uint64{3, 1}:
		return "CREATOR GROUP"
	case [2]uint64{3, 4}:
		return "OWNER RIGHTS"
	case [2]uint64{18, 1}:
		return "Authentication authority asserted identity"
	case [2]uint64{18, 2}:
		return "Service asserted identity"
	}
	return ""
}

// ntName returns the name of S-1-5-n.
func ntName(n uint32) string {
	switch n {
	case 1:
		return "DIALUP"
	case 2:
		return "NETWORK"
	case 3:
		return "BATCH"
	case 4:
		return "INTERACTIVE"
	case 6:
		return "SERVICE"
	case 7:
		return "ANONYMOUS LOGON"
	case 8:
		return "PROXY"
	case 9:
		return "ENTERPRISE DOMAIN CONTROLLERS"
	case 10:
		return "SELF"
	case 11:
		return "Authenticated Users"
	case 12:
		return "RESTRICTED"
	case 13:
		return "TERMINAL SERVER USER"
	case 14:
		return "REMOTE INTERACTIVE LOGON"
	case 15:
		return "This Organization"
	case 17:
		return "IUSR"
	case 18:
		return "SYSTEM"
	case 19:
		return "LOCAL SERVICE"
	case 20:
		return "NETWORK SERVICE"
	case 1000:
		return "OTHER ORGANIZATION"
	}
	return ""
}

// builtinName returns the name of S-1-5-32-n.
func builtinName(n uint32) string {
	switch n {
	case 544:
		return "Administrators"
	case 545:
		return "Users"
	case 546:
		return "Guests"
	case 547:
		return "Power Users"
	case 548:
		return "Account Operators"
	case 549:
		return "Server Operators"
	case 550:
		return "Print Operators"
	case 551:
		return "Backup Operators"
	case 552:
		return "Replicator"
	case 554:
		return "Pre-Windows 2000 Compatible Access"
	case 555:
		return "Remote Desktop Users"
	case 556:
		return "Network Configuration Operators"
	case 557:
		return "Incoming Forest Trust Builders"
	}
	return newerBuiltinName(n)
}

// newerBuiltinName returns the name of a group that came with Windows Server 2003
// SP1 or later.
func newerBuiltinName(n uint32) string {
	switch n {
	case 558:
		return "Performance Monitor Users"
	case 559:
		return "Performance Log Users"
	case 560:
		return "Windows Authorization Access Group"
	case 561:
		return "Terminal Server License Servers"
	case 562:
		return "Distributed COM Users"
	case 568:
		return "IIS_IUSRS"
	case 569:
		return "Cryptographic Operators"
	case 573:
		return "Event Log Readers"
	case 574:
		return "Certificate Service DCOM Access"
	case 575:
		return "RDS Remote Access Servers"
	case 576:
		return "RDS Endpoint Servers"
	case 577:
		return "RDS Management Servers"
	case 578:
		return "Hyper-V Administrators"
	case 579:
		return "Access Control Assistance Operators"
	case 580:
		return "Remote Management Users"
	case 582:
		return "Storage Replica Administrators"
	}
	return ""
}

// privilegedSID reports whether a principal can, as it comes, take over its domain
// or what the domain trusts. That is every principal whose security descriptor
// Active Directory itself guards ([MS-ADTS] 3.1.1.6.1.2, Protected Objects; the
// table of Microsoft's "Appendix C: Protected Accounts and Groups"), and the few
// others whose default rights reach as far, each with its reason. Groups that are
// made at install without a fixed number, such as DnsAdmins, are not told here.
func privilegedSID(s sid) bool {
	if n, ok := s.builtin(); ok {
		return privilegedBuiltin(n)
	}
	if s == systemSID {
		return true
	}
	if _, ok := s.domain(); !ok {
		return false
	}
	n, _ := s.rid()
	return privilegedRID(n)
}

func privilegedBuiltin(n uint32) bool {
	switch n {
	case 544, // Administrators: protected
		548, // Account Operators: protected
		549, // Server Operators: protected
		550, // Print Operators: protected
		551, // Backup Operators: protected
		552: // Replicator: protected
		return true
	}
	return false
}

func privilegedRID(n uint32) bool {
	switch n {
	case 500, // Administrator: protected
		502, // krbtgt: protected
		512, // Domain Admins: protected
		516, // Domain Controllers: protected
		518, // Schema Admins: protected
		519, // Enterprise Admins: protected
		521: // Read-only Domain Controllers: protected
		return true
	case 498, // Enterprise Read-only Domain Controllers: what 521 is, for the forest; not protected
		517, // Cert Publishers: protected up to Windows Server 2003; publishes certificates on all accounts
		520, // Group Policy Creator Owners: makes policies that configure whatever they get linked to; not protected
		526, // Key Admins: writes msDS-KeyCredentialLink, thus a way to sign in, on all accounts of the domain; not protected
		527: // Enterprise Key Admins: as 526, for the forest; not protected
		return true
	}
	return false
}

// ownPrincipal reports whether rights of this principal over an object tell
// nothing about who else controls it:
//
//   - SELF (S-1-5-10) is the object itself,
//   - CREATOR OWNER and CREATOR GROUP (S-1-3-0, S-1-3-1) are replaced by whoever
//     makes a child when an entry is inherited, and match nobody where they stand
//     ([MS-DTYP] 2.5.3.4.4),
//   - SYSTEM (S-1-5-18) is, in a directory, the domain controller itself.
//
// ENTERPRISE DOMAIN CONTROLLERS (S-1-5-9) is not among them: its members are
// accounts of the directory, so it names others, though they could do all anyway.
func ownPrincipal(s sid) bool {
	switch s {
	case selfSID, creatorOwnerSID, creatorGroupSID, systemSID:
		return true
	}
	return false
}
