// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	proofHead       = "c2sp.org/tlog-proof@v1"
	consistencyHead = "foureyes/consistency/1"
)

// An Inclusion proves that a record is in a ledger, by itself and without the
// ledger. It is written as C2SP tlog-proof, with the record as extra data.
type Inclusion struct {
	Index  int64
	Record []byte // the leaf
	Hashes tlog.RecordProof
	Note   []byte // the signed checkpoint
}

// Encode returns the bytes of the proof file.
func (p Inclusion) Encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nextra %s\nindex %d\n", proofHead, base64.StdEncoding.EncodeToString(p.Record), p.Index)
	writeHashes(&b, p.Hashes)
	b.Write(p.Note)
	return b.Bytes()
}

// OpenInclusion verifies a proof file against public keys and returns what it
// proves. There is no way to the record around the check.
func OpenInclusion(file []byte, keys []string) (Entry, *Signed, error) {
	p, err := parseInclusion(file)
	if err != nil {
		return Entry{}, nil, err
	}
	s, err := OpenCheckpoint(p.Note, keys)
	if err != nil {
		return Entry{}, nil, err
	}
	if p.Index >= s.Size {
		return Entry{}, nil, fmt.Errorf("record %d is outside of a ledger of %d", p.Index, s.Size)
	}
	if err := tlog.CheckRecord(p.Hashes, s.Size, s.Root, p.Index, tlog.RecordHash(p.Record)); err != nil {
		return Entry{}, nil, fmt.Errorf("record %d is not proved to be in the ledger: its hashes do not lead to the root of the checkpoint", p.Index)
	}
	r, err := ParseRecord(p.Record)
	if err != nil {
		return Entry{}, nil, fmt.Errorf("record %d: %w", p.Index, err)
	}
	return Entry{p.Index, r}, s, nil
}

func parseInclusion(file []byte) (Inclusion, error) {
	lines, signed, ok := proofLines(file, proofHead, 2)
	if !ok {
		return Inclusion{}, fmt.Errorf("it is no proof: want %s, extra, index, hashes, an empty line and a checkpoint", proofHead)
	}
	extra, isExtra := strings.CutPrefix(lines[0], "extra ")
	record, err := base64.StdEncoding.Strict().DecodeString(extra)
	if !isExtra || err != nil {
		return Inclusion{}, errors.New("the proof does not carry its record on the line extra")
	}
	index, err := number(lines[1], "index ")
	if err != nil {
		return Inclusion{}, err
	}
	hashes, err := readHashes(lines[2:])
	p := Inclusion{index, record, hashes, signed}
	if err == nil && !bytes.Equal(p.Encode(), file) {
		err = errors.New("the proof is not in its one form")
	}
	return p, err
}

// A Consistency proves that one checkpoint's ledger was only continued until
// another's.
type Consistency struct {
	Hashes   tlog.TreeProof
	Old, New []byte // signed checkpoints
}

// Encode returns the bytes of the proof file.
func (p Consistency) Encode() []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, consistencyHead)
	writeHashes(&b, p.Hashes)
	b.Write(p.Old)
	b.WriteString("\n")
	b.Write(p.New)
	return b.Bytes()
}

// OpenConsistency verifies a proof file against public keys and returns both
// checkpoints.
func OpenConsistency(file []byte, keys []string) (old, later *Signed, err error) {
	lines, signed, ok := proofLines(file, consistencyHead, 0)
	head, tail, two := cutSecondNote(signed)
	if !ok || !two {
		return nil, nil, fmt.Errorf("it is no proof: want %s, hashes and two checkpoints", consistencyHead)
	}
	hashes, err := readHashes(lines)
	if err != nil {
		return nil, nil, err
	}
	if p := (Consistency{hashes, head, tail}); !bytes.Equal(p.Encode(), file) {
		return nil, nil, errors.New("the proof is not in its one form")
	}
	if old, err = OpenCheckpoint(head, keys); err != nil {
		return nil, nil, fmt.Errorf("earlier checkpoint: %w", err)
	}
	if later, err = OpenCheckpoint(tail, keys); err != nil {
		return nil, nil, fmt.Errorf("later checkpoint: %w", err)
	}
	return old, later, checkConsistency(hashes, old.Checkpoint, later.Checkpoint)
}

func checkConsistency(hashes tlog.TreeProof, old, later Checkpoint) error {
	if old.Origin != later.Origin {
		return fmt.Errorf("the checkpoints are of two ledgers, %s and %s", old.Origin, later.Origin)
	}
	if old.Size < 1 || old.Size > later.Size {
		return fmt.Errorf("a ledger of %d records is no continuation of one of %d", later.Size, old.Size)
	}
	if tlog.CheckTree(hashes, later.Size, later.Root, old.Size, old.Root) != nil {
		return fmt.Errorf("the ledger of %d records is not proved to continue the one of %d", later.Size, old.Size)
	}
	return nil
}

// cutSecondNote splits two signed notes. A note has one empty line, before its
// signatures; another one stands between the two.
func cutSecondNote(signed []byte) (first, second []byte, ok bool) {
	parts := bytes.SplitAfterN(signed, []byte("\n\n"), 3)
	if len(parts) < 3 {
		return nil, nil, false
	}
	first = slices.Concat(parts[0], bytes.TrimSuffix(parts[1], []byte("\n")))
	return first, parts[2], true
}

func writeHashes(b *bytes.Buffer, hashes []tlog.Hash) {
	for _, h := range hashes {
		fmt.Fprintln(b, h)
	}
	b.WriteByte('\n')
}

func readHashes(lines []string) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(lines))
	for i, line := range lines {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return nil, fmt.Errorf("%q is no hash of a proof", line)
		}
		hashes[i] = h
	}
	return hashes, nil
}

// proofLines splits a proof into the lines after its first, at least so many, and
// the checkpoint after the empty line.
func proofLines(file []byte, first string, atLeast int) (lines []string, rest []byte, ok bool) {
	head, rest, ok := bytes.Cut(file, []byte("\n\n"))
	lines = strings.Split(string(head), "\n")
	return lines[1:], rest, ok && lines[0] == first && len(lines) > atLeast
}

func number(line, name string) (int64, error) {
	text, ok := strings.CutPrefix(line, name)
	n, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil || n < 0 {
		return 0, fmt.Errorf("%q: want %sand a number", line, name)
	}
	return n, nil
}
