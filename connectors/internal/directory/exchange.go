// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"fmt"
	"strconv"
)

// recipientType returns what kind of account msExchRecipientTypeDetails says this
// is: "shared", "resource", "system" or, for a person's mailbox or mail user
// and for what is no account, nothing. The values are those of Exchange's
// RecipientTypeDetails; each is one bit, and an object has exactly one. A value
// that is not known here is nothing, too: it proves nothing.
//
// It speaks of the mailbox. A person may sign in with the account of a shared
// mailbox that was never disabled.
func recipientType(v []byte) (string, error) {
	if len(v) > 20 {
		return "", fmt.Errorf("recipient type %.24q is no number", v)
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		return "", fmt.Errorf("recipient type %.24q is no number", v)
	}
	switch n {
	case 1 << 2, // SharedMailbox
		1 << 35, // RemoteSharedMailbox, 34359738368
		1 << 37, // TeamMailbox: of a site
		1 << 38, // RemoteTeamMailbox
		1 << 40, // GroupMailbox
		1 << 43: // RemoteGroupMailbox
		return "shared", nil
	case 1 << 4, // RoomMailbox
		1 << 5,  // EquipmentMailbox
		1 << 33, // RemoteRoomMailbox, 8589934592
		1 << 34, // RemoteEquipmentMailbox, 17179869184
		1 << 41: // LinkedRoomMailbox
		return "resource", nil
	case 1 << 13, // SystemAttendantMailbox
		1 << 14, // SystemMailbox
		1 << 22, // MicrosoftExchange
		1 << 23, // ArbitrationMailbox
		1 << 24, // MailboxPlan
		1 << 29, // DiscoveryMailbox
		1 << 36, // PublicFolderMailbox
		1 << 39, // MonitoringMailbox
		1 << 42: // AuditLogMailbox
		return "system", nil
	}
	return "", nil
}
