// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/foureyes-iga/foureyes/evidence"
)

// Trees of 1 to 100 records: every record is proved, every earlier tree is proved to be
// continued, and with one bit of any hash of a proof changed, nothing is.
func TestProofsOfHundredTrees(t *testing.T) {
	l := create(t, &evidence.Memory{})
	keys := l.Keys()
	heads := [][]byte{head(t, l).Note}
	refusals := 0
	for size := 1; size <= 100; size++ {
		if size > 1 {
			add(t, l, record(size))
			heads = append(heads, head(t, l).Note)
		}
		for i := range int64(size) {
			p, err := l.ProveRecord(t.Context(), i)
			if err != nil {
				t.Fatal(err)
			}
			if e, s, err := evidence.OpenInclusion(p.Encode(), keys); err != nil || e.Index != i || s.Size != int64(size) {
				t.Fatalf("record %d of %d: %v", i, size, err)
			}
			refusals += flipped(p.Hashes, func() {
				if _, _, err := evidence.OpenInclusion(p.Encode(), keys); err == nil {
					t.Fatalf("record %d of %d: a changed proof holds", i, size)
				}
			})
		}
		for i, old := range heads {
			p, err := l.ProveConsistency(old)
			if err != nil {
				t.Fatal(err)
			}
			if was, now, err := evidence.OpenConsistency(p.Encode(), keys); err != nil || was.Size != int64(i+1) || now.Size != int64(size) {
				t.Fatalf("%d to %d: %v", i+1, size, err)
			}
			if i%3 != size%3 && os.Getenv("FOUREYES_NIGHTLY") == "" {
				continue // two signatures each: a third a commit, all each night
			}
			refusals += flipped(p.Hashes, func() {
				if _, _, err := evidence.OpenConsistency(p.Encode(), keys); err == nil {
					t.Fatalf("%d to %d: a changed proof holds", i+1, size)
				}
			})
		}
	}
	if refusals < 30_000 {
		t.Errorf("only %d changed proofs were tried", refusals)
	}
}

// flipped changes one bit of each hash in turn: another one for each.
func flipped(hashes []tlog.Hash, check func()) int {
	for i := range hashes {
		at, bit := (i*13)%tlog.HashSize, byte(1)<<(i%8)
		hashes[i][at] ^= bit
		check()
		hashes[i][at] ^= bit
	}
	return len(hashes)
}

// Every bit of a proof file.
func TestProofFileTakesNoChange(t *testing.T) {
	l := create(t, &evidence.Memory{})
	for n := range 5 {
		add(t, l, record(n))
	}
	keys := l.Keys()
	old := head(t, l).Note
	add(t, l, record(6))
	in, err := l.ProveRecord(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	con, err := l.ProveConsistency(old)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		file []byte
		open func([]byte) error
	}{
		"inclusion":   {in.Encode(), func(b []byte) error { _, _, err := evidence.OpenInclusion(b, keys); return err }},
		"consistency": {con.Encode(), func(b []byte) error { _, _, err := evidence.OpenConsistency(b, keys); return err }},
		"checkpoint":  {old, func(b []byte) error { _, err := evidence.OpenCheckpoint(b, keys); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tt.open(tt.file); err != nil {
				t.Fatal(err)
			}
			for i := range tt.file {
				for bit := range 8 {
					changed := bytes.Clone(tt.file)
					changed[i] ^= 1 << bit
					if tt.open(changed) == nil {
						t.Errorf("bit %d of byte %d changed, and it holds:\n%s", bit, i, changed)
					}
				}
				if tt.open(slices.Delete(bytes.Clone(tt.file), i, i+1)) == nil {
					t.Errorf("byte %d left out, and it holds", i)
				}
			}
			if tt.open(append(bytes.Clone(tt.file), '\n')) == nil {
				t.Error("a line more, and it holds")
			}
		})
	}
}

// Signatures of others are no matter; one of a known key that does not hold is.
func TestSignaturesOfACheckpoint(t *testing.T) {
	key, other := newKey(t, 1), newKey(t, 2)
	witnessSecret, _, err := note.GenerateKey(steady(9), "witness.example")
	if err != nil {
		t.Fatal(err)
	}
	witness, err := note.NewSigner(witnessSecret)
	if err != nil {
		t.Fatal(err)
	}
	c := evidence.Checkpoint{Origin: origin, Size: 3, Root: tlog.RecordHash(nil)}
	sign := func(signers ...note.Signer) []byte {
		b, err := c.Sign(signers...)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	both := sign(key.Signer, other.Signer)
	broken := bytes.Replace(both, []byte("\n3\n"), []byte("\n4\n"), 1)
	half := bytes.Replace(sign(key.Signer), []byte("\n3\n"), []byte("\n3\n"), 1)
	tail := both[bytes.LastIndex(both, []byte("—")):]
	for _, tt := range []struct {
		name string
		note []byte
		keys []string
		by   int // 0: refused
	}{
		{"its key", sign(key.Signer), []string{key.Public}, 1},
		{"a witness beside it is ignored", sign(key.Signer, witness), []string{key.Public}, 1},
		{"two keys, both known", both, []string{key.Public, other.Public}, 2},
		{"two keys, one known", both, []string{other.Public}, 1},
		{"another key", sign(key.Signer), []string{other.Public}, 0},
		{"no key at all", sign(key.Signer), nil, 0},
		{"changed", broken, []string{key.Public, other.Public}, 0},
		{"a known key fails, another holds", append(bytes.Clone(half), corrupt(tail)...), []string{key.Public, other.Public}, 0},
		{"an unknown key fails", append(bytes.Clone(half), corrupt(tail)...), []string{key.Public}, 1},
		{"a signature twice", append(bytes.Clone(both), tail...), []string{key.Public, other.Public}, 0},
		{"only a witness that is known", sign(witness), []string{vkeyOf(t, witnessSecret)}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := evidence.OpenCheckpoint(tt.note, tt.keys)
			switch {
			case (err != nil) != (tt.by == 0):
				t.Errorf("got %v", err)
			case err == nil && len(s.By) != tt.by:
				t.Errorf("signed by %d, want %d", len(s.By), tt.by)
			}
		})
	}
}

// corrupt changes the last signature's bytes and keeps the key's name and hash.
func corrupt(line []byte) []byte {
	b := bytes.Clone(line)
	i := bytes.LastIndexByte(b, ' ') + 20
	b[i] = map[bool]byte{true: 'B', false: 'A'}[b[i] == 'A']
	return b
}

func vkeyOf(t *testing.T, secret string) string {
	k, err := evidence.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return k.Public
}

func TestKeyTexts(t *testing.T) {
	secret, err := evidence.GenerateKey(steady(1), origin)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := evidence.ParseKey(secret + "x"); err == nil || strings.Contains(err.Error(), secret[20:]) {
		t.Errorf("a broken key is read, or shown: %v", err)
	}
	k := newKey(t, 1)
	keys, err := evidence.ParseKeys("# of the ledger\n\n" + k.Public + "\n")
	if err != nil || !slices.Equal(keys, []string{k.Public}) {
		t.Errorf("%v, %v", keys, err)
	}
	for _, bad := range []string{"", "# nothing", k.Public + "\nx", secret} {
		if _, err := evidence.ParseKeys(bad); err == nil {
			t.Errorf("read %q", bad)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "é", strings.Repeat("a", 300)} {
		if _, err := evidence.GenerateKey(steady(1), name); err == nil {
			t.Errorf("made a key for %q", name)
		}
	}
	if got := fmt.Sprintf("%x", evidence.KeyID(k.Public)); got == "" || evidence.KeyID("x") != "invalid" {
		t.Error("short names of keys")
	}
}
