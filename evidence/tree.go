// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// A tree is the hashes of a ledger in the order of [tlog.StoredHashIndex]. Hashes
// are only ever added, so a copy of the struct is a picture of that moment.
type tree struct {
	size   int64
	hashes []tlog.Hash
}

// ReadHashes implements [tlog.HashReader].
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("hash %d of %d", x, len(t.hashes))
		}
		out[i] = t.hashes[x]
	}
	return out, nil
}

func (t *tree) add(leaf []byte) error {
	more, err := tlog.StoredHashes(t.size, leaf, t)
	if err != nil {
		return err
	}
	t.hashes = append(t.hashes, more...)
	t.size++
	return nil
}

func (t *tree) root() (tlog.Hash, error) { return tlog.TreeHash(t.size, t) }

// LeafHash returns the hash of a leaf, as of RFC 6962.
func LeafHash(leaf []byte) tlog.Hash { return tlog.RecordHash(leaf) }
