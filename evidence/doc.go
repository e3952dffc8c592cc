// SPDX-License-Identifier: Apache-2.0

// Package evidence keeps records in an append-only Merkle ledger that proves, to
// somebody who does not trust whoever keeps it, that nothing was changed, left
// out or put in afterwards.
//
// A [Record] is a few lines of header and a body that this package does not
// read. Records are the leaves of a tree as of RFC 6962; their order is their
// index, and a clock is an attribute. The head of the ledger is always a signed
// [Checkpoint] (C2SP tlog-checkpoint). Proofs are made from it that hold without
// the ledger. Personal data belong into objects, which records name by digest:
// an object can be erased, and the ledger stays whole.
//
// [Fsck] derives everything again from raw leaves and shares nothing with what
// writes but the hash functions.
//
// Limitations: whoever holds the signing key and the ledger can write another
// history. Only a checkpoint that was kept elsewhere (on a packet, by an auditor)
// shows that; without one, Fsck says UNANCHORED. All hashes of the tree are kept
// in memory, 64 bytes a record.
package evidence
