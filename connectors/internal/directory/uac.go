// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"fmt"
	"strconv"
)

// An accountControl holds the bits of userAccountControl ([MS-ADTS] 2.2.16).
//
// The bits locked and passwordExpired are not kept in userAccountControl: a
// server computes them into msDS-User-Account-Control-Computed ([MS-ADTS]
// 3.1.1.4.5.17), which is of the same form. Clear in userAccountControl they say
// nothing.
type accountControl uint32

const (
	accountDisabled     accountControl = 0x2       // ADS_UF_ACCOUNT_DISABLE
	accountLocked       accountControl = 0x10      // ADS_UF_LOCKOUT; computed
	passwordNotRequired accountControl = 0x20      // ADS_UF_PASSWD_NOTREQD
	normalAccount       accountControl = 0x200     // ADS_UF_NORMAL_ACCOUNT: a user
	trustAccount        accountControl = 0x800     // ADS_UF_INTERDOMAIN_TRUST_ACCOUNT: another domain, nobody's login
	workstationAccount  accountControl = 0x1000    // ADS_UF_WORKSTATION_TRUST_ACCOUNT: a member computer, a gMSA or, with partialSecrets, an RODC
	serverAccount       accountControl = 0x2000    // ADS_UF_SERVER_TRUST_ACCOUNT: a domain controller
	passwordNeverEnds   accountControl = 0x10000   // ADS_UF_DONT_EXPIRE_PASSWD
	smartcardRequired   accountControl = 0x40000   // ADS_UF_SMARTCARD_REQUIRED
	trustedToDelegate   accountControl = 0x80000   // ADS_UF_TRUSTED_FOR_DELEGATION: to any service
	notDelegated        accountControl = 0x100000  // ADS_UF_NOT_DELEGATED
	desKeyOnly          accountControl = 0x200000  // ADS_UF_USE_DES_KEY_ONLY
	noPreauthentication accountControl = 0x400000  // ADS_UF_DONT_REQUIRE_PREAUTH
	passwordExpired     accountControl = 0x800000  // ADS_UF_PASSWORD_EXPIRED; computed
	trustedToAuthAs     accountControl = 0x1000000 // ADS_UF_TRUSTED_TO_AUTHENTICATE_FOR_DELEGATION: to chosen services, in anybody's name
	noAuthData          accountControl = 0x2000000 // ADS_UF_NO_AUTH_DATA_REQUIRED
	partialSecrets      accountControl = 0x4000000 // ADS_UF_PARTIAL_SECRETS_ACCOUNT: a read-only domain controller
)

// has reports whether all these bits are set.
func (c accountControl) has(bits accountControl) bool { return c&bits == bits }

func parseAccountControl(v []byte) (accountControl, error) {
	n, err := signed32(v)
	if err != nil {
		return 0, fmt.Errorf("account control %w", err)
	}
	return accountControl(n), nil
}

// signed32 reads bits as directories write them: a decimal number, negative when
// the highest bit is set.
func signed32(v []byte) (uint32, error) {
	if len(v) > len("-2147483648") || len(v) > 0 && v[0] == '+' {
		return 0, fmt.Errorf("%.16q is no decimal number of 32 bits", v)
	}
	n, err := strconv.ParseInt(string(v), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%.16q is no decimal number of 32 bits", v)
	}
	return uint32(n), nil
}

// A groupScope says where a group can be used and whom it can hold.
type groupScope uint8

const (
	_                groupScope = iota
	globalScope                 // GROUP_TYPE_ACCOUNT_GROUP: accounts and groups of its own domain
	domainLocalScope            // GROUP_TYPE_RESOURCE_GROUP: gives rights only in its own domain
	universalScope              // GROUP_TYPE_UNIVERSAL_GROUP
	builtinScope                // GROUP_TYPE_BUILTIN_LOCAL_GROUP: below S-1-5-32, made by the system
	applicationScope            // GROUP_TYPE_APP_BASIC_GROUP, …_APP_QUERY_GROUP: of Authorization Manager
)

// A groupType is a decoded groupType ([MS-ADTS] 2.2.12).
type groupType struct {
	scope    groupScope
	security bool // it can be given rights; otherwise it only distributes mail
}

// The bits of groupType.
const (
	groupBuiltin   = 0x1
	groupGlobal    = 0x2
	groupLocal     = 0x4
	groupUniversal = 0x8
	groupAppBasic  = 0x10
	groupAppQuery  = 0x20
	groupSecurity  = 0x80000000
)

// parseGroupType reads groupType. Builtin groups carry the bit of domain local
// ones too; any other two scopes at once are an error, and so is none.
func parseGroupType(v []byte) (groupType, error) {
	n, err := signed32(v)
	if err != nil {
		return groupType{}, fmt.Errorf("group type %w", err)
	}
	g := groupType{security: n&groupSecurity != 0}
	switch n & (groupBuiltin | groupGlobal | groupLocal | groupUniversal | groupAppBasic | groupAppQuery) {
	case groupGlobal:
		g.scope = globalScope
	case groupLocal:
		g.scope = domainLocalScope
	case groupUniversal:
		g.scope = universalScope
	case groupBuiltin, groupBuiltin | groupLocal:
		g.scope = builtinScope
	case groupAppBasic, groupAppQuery:
		g.scope = applicationScope
	default:
		return groupType{}, fmt.Errorf("group type %#x has no single scope", n)
	}
	return g, nil
}
