// SPDX-License-Identifier: Apache-2.0

// Package reports makes the packet: all that a reviewer or an auditor sees of one
// evaluation, fully resolved. Packages pdf, text, jsonout and table only draw it;
// what they print they find here, and they decide nothing.
//
// Strings in a packet are as the sources gave them, hostile or not. A renderer
// shows them through [Display].
//
// What human resources know and reviewers must not is left out while the packet
// is made: leave, notice given, and every end date after the day of evaluation.
// Whoever is not known to have left is "employed".
package reports
