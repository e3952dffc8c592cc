// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/evidence"
	"github.com/foureyes-iga/foureyes/evidence/sqlite"
)

// campaignKind is the kind of the ledger's records that hold records of campaigns.
const campaignKind = "campaign"

// A ledgerStore keeps campaigns in an evidence folder. Records and files name people, so
// that all of them are objects with a salt: the ledger itself holds digests only.
type ledgerStore struct {
	folder *sqlite.Store
	ledger *evidence.Ledger
	size   int64 // how many records of it are read; 0 is all
}

// writeStore opens the evidence folder that the flags name, to add to it.
func writeStore(c *cli.Context) (*ledgerStore, error) { return writeStoreIn(c, "evidence") }

// writeStoreIn is writeStore for a verb in which another flag names the folder.
func writeStoreIn(c *cli.Context, flag string) (*ledgerStore, error) {
	dir, err := wantFlag(c, flag)
	if err != nil {
		return nil, err
	}
	file, err := wantFlag(c, "ledger-key")
	if err != nil {
		return nil, err
	}
	key, err := readKey(file)
	if err != nil {
		return nil, err
	}
	folder, err := sqlite.Open(dir)
	if err != nil {
		return nil, err
	}
	return storeIn(c, dir, folder, &key)
}

// readStore opens the evidence folder that the flags name, and changes nothing in it.
func readStore(c *cli.Context) (*ledgerStore, error) { return readStoreIn(c, "evidence") }

// readStoreIn is readStore for a verb in which another flag names the folder.
func readStoreIn(c *cli.Context, flag string) (*ledgerStore, error) {
	dir, err := wantFlag(c, flag)
	if err != nil {
		return nil, err
	}
	folder, err := sqlite.OpenReader(dir)
	if err != nil {
		return nil, err
	}
	return storeIn(c, dir, folder, nil)
}

func storeIn(c *cli.Context, dir string, folder *sqlite.Store, key *evidence.Key) (*ledgerStore, error) {
	ledger, err := evidence.Open(c.Context, folder, key, randomOf(c))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, err), folder.Close())
	}
	return &ledgerStore{folder: folder, ledger: ledger}, nil
}

// Append implements [campaign.Recorder]: one record of the ledger for each, all or none.
func (s *ledgerStore) Append(ctx context.Context, records ...[]byte) error {
	var all []evidence.Record
	for _, text := range records {
		r, err := campaign.ParseRecord(text)
		if err != nil {
			return err
		}
		objects := []evidence.Digest{{}} // the first is of the record itself
		for _, text := range r.Objects() {
			d, err := evidence.ParseDigest(text)
			if err != nil {
				return err
			}
			objects = append(objects, d)
		}
		all = append(all, evidence.Record{
			Kind: campaignKind, Class: evidence.ClassSox, Series: seriesOf(r.Campaign),
			Time: r.At.UTC().Truncate(time.Second), Objects: objects,
		})
	}
	bodies, err := s.ledger.PutAllSalted(ctx, records)
	if err != nil {
		return err
	}
	for i, d := range bodies {
		all[i].Objects[0] = d
	}
	_, err = s.ledger.Append(ctx, all...)
	return err
}

// Records yields what the records of one kind hold, in order.
func (s *ledgerStore) Records(ctx context.Context, kind string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for e, err := range s.ledger.Records(ctx, 0) {
			switch {
			case err == nil && s.size > 0 && e.Index >= s.size:
				return
			case err == nil && e.Kind != kind:
				continue
			}
			var body []byte
			if err == nil {
				body, err = s.body(ctx, e)
			}
			if !yield(body, err) || err != nil {
				return
			}
		}
	}
}

func (s *ledgerStore) body(ctx context.Context, e evidence.Entry) ([]byte, error) {
	if len(e.Objects) == 0 {
		return nil, fmt.Errorf("record %d: it names no object", e.Index)
	}
	object, err := s.ledger.Object(ctx, e.Objects[0])
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", e.Index, err)
	}
	return evidence.Unsalted(object)
}

// Put keeps a file and returns the digest of its object.
func (s *ledgerStore) Put(ctx context.Context, file []byte) (string, error) {
	d, err := s.ledger.PutSalted(ctx, file)
	return d.String(), err
}

// Get returns a file that Put has kept.
func (s *ledgerStore) Get(ctx context.Context, digest string) ([]byte, error) {
	d, err := evidence.ParseDigest(digest)
	if err != nil {
		return nil, err
	}
	object, err := s.ledger.Object(ctx, d)
	if err != nil {
		return nil, err
	}
	return evidence.Unsalted(object)
}

// Close ends the work.
func (s *ledgerStore) Close() error {
	s.ledger.Close()
	return s.folder.Close()
}
