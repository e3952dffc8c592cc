// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// A guid is a GUID in its text form, in lower case: "bf9679c0-0de6-…". The empty
// guid is none.
type guid string

const guidLength = 16

// parseGUID reads the 16 bytes of a GUID as attributes and access control entries
// hold it ([MS-DTYP] 2.3.4.2): its first three parts are in little endian, the
// last two are not.
func parseGUID(b []byte) (guid, bool) {
	if len(b) != guidLength {
		return "", false
	}
	var text [36]byte
	var head [8]byte
	binary.BigEndian.PutUint32(head[:], binary.LittleEndian.Uint32(b))
	binary.BigEndian.PutUint16(head[4:], binary.LittleEndian.Uint16(b[4:]))
	binary.BigEndian.PutUint16(head[6:], binary.LittleEndian.Uint16(b[6:]))
	hex.Encode(text[:], head[:4])
	hex.Encode(text[9:], head[4:6])
	hex.Encode(text[14:], head[6:])
	hex.Encode(text[19:], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return guid(text[:]), true
}

// guidFromText reads the text form in any letter case, with or without braces.
func guidFromText(s string) (guid, bool) {
	if len(s) == 38 && s[0] == '{' && s[37] == '}' {
		s = s[1:37]
	}
	b, ok := hexGUID(s)
	if !ok {
		return "", false
	}
	return guid(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])), true
}

// hexGUID returns the digits between the hyphens.
func hexGUID(s string) ([]byte, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return nil, false
	}
	b, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
	return b, err == nil
}

// bytes returns the 16 bytes that [parseGUID] reads; of none it returns nil.
func (g guid) bytes() []byte {
	b, ok := hexGUID(string(g))
	if !ok {
		return nil
	}
	binary.LittleEndian.PutUint32(b, binary.BigEndian.Uint32(b))
	binary.LittleEndian.PutUint16(b[4:], binary.BigEndian.Uint16(b[4:]))
	binary.LittleEndian.PutUint16(b[6:], binary.BigEndian.Uint16(b[6:]))
	return b
}

// Attributes, by their schemaIDGUID ([MS-ADA1] to [MS-ADA3]). An entry of an
// access control list names by it what it gives the right to write.
const (
	guidMember          guid = "bf9679c0-0de6-11d0-a285-00aa003049e2" // also the validated write Self-Membership
	guidKeyCredentials  guid = "5b47d60f-6090-40b2-9f37-2a4de88f3063" // msDS-KeyCredentialLink
	guidAltIdentities   guid = "00fbf30c-91fe-11d1-aebc-0000f80367c1" // altSecurityIdentities
	guidActOnBehalf     guid = "3f78c3e5-f79a-46bd-a0b8-9d18116ddc79" // msDS-AllowedToActOnBehalfOfOtherIdentity
	guidGMSAMembership  guid = "888eedd6-ce04-df40-b462-b8a50e41ba38" // msDS-GroupMSAMembership
	guidResetPassword   guid = "00299570-246d-11d0-a768-00aa006e0529" // extended right User-Force-Change-Password
	guidMembershipSet   guid = "bc0ac240-79a9-11d0-9020-00c04fc2d4cf" // property set: member, memberOf
	guidPublicSet       guid = "e48d0154-bcf8-11d1-8702-00c04fb96050" // property set: altSecurityIdentities among others
	guidRestrictionsSet guid = "4c164200-20c0-11d0-a768-00aa006e0529" // property set: …OnBehalfOfOtherIdentity among others
)

// Classes, by their schemaIDGUID ([MS-ADSC]). An entry that names the class of the
// object speaks of all its attributes ([MS-ADTS] 5.1.3.3.3).
const (
	guidUser          guid = "bf967aba-0de6-11d0-a285-00aa003049e2"
	guidInetOrgPerson guid = "4828cc14-1437-45bc-9b07-ad6f015e5f28"
	guidGroup         guid = "bf967a9c-0de6-11d0-a285-00aa003049e2"
	guidComputer      guid = "bf967a86-0de6-11d0-a285-00aa003049e2"
	guidManagedSvc    guid = "ce206244-5827-4a86-ba1c-1c0c386c1b64" // msDS-ManagedServiceAccount
	guidGroupManaged  guid = "7b8b558a-93a5-4af7-adca-c017e67f1057" // msDS-GroupManagedServiceAccount
)
