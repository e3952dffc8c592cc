// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Checkpoint says what a ledger was at one size: whoever keeps it can show later
// whether that ledger was continued or rewritten.
type Checkpoint struct {
	Origin string // the ledger's name
	Size   int64  // how many records it has
	Root   tlog.Hash
}

// Text returns the checkpoint as C2SP tlog-checkpoint has it: three lines.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, errors.New("a checkpoint has three lines: origin, size and root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return Checkpoint{}, fmt.Errorf("size %q is no number of records", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("root %q is no hash", lines[2])
	}
	c := Checkpoint{lines[0], size, root}
	if c.Text() != text || checkOrigin(c.Origin) != nil {
		return Checkpoint{}, errors.New("the checkpoint is not in its one form")
	}
	return c, nil
}

func checkOrigin(origin string) error {
	bad := func(r rune) bool { return r <= ' ' || r == '+' || r > '~' }
	if origin == "" || len(origin) > 200 || strings.ContainsFunc(origin, bad) {
		return fmt.Errorf("origin %q: want a name such as example.com/evidence, without spaces and +", origin)
	}
	return nil
}

// Sign returns the checkpoint as a signed note.
func (c Checkpoint) Sign(signers ...note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.Text()}, signers...)
}

// A Signed checkpoint is one whose signature was verified. Only [OpenCheckpoint]
// makes one.
type Signed struct {
	Checkpoint
	Note []byte   // as it was signed
	By   []string // the public keys whose signatures hold, in the order of the note
}

// OpenCheckpoint verifies a signed note against public keys, each as
// [Key.Public] has it. Signatures of other keys are ignored, so that keys can be
// changed and witnesses can sign; one of a known key that does not hold makes the
// whole note invalid, and so does it when no known key has signed.
func OpenCheckpoint(signed []byte, keys []string) (*Signed, error) {
	known := make([]note.Verifier, len(keys))
	for i, k := range keys {
		v, err := note.NewVerifier(k)
		if err != nil {
			return nil, fmt.Errorf("public key %q: %w", k, err)
		}
		known[i] = v
	}
	n, err := note.Open(signed, note.VerifierList(known...))
	if err != nil {
		return nil, noteError(err)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return nil, err
	}
	if err := oneForm(n, signed); err != nil {
		return nil, err
	}
	s := &Signed{Checkpoint: c, Note: slices.Clone(signed)}
	for _, sig := range n.Sigs {
		i := slices.IndexFunc(known, func(v note.Verifier) bool { return v.Name() == sig.Name && v.KeyHash() == sig.Hash })
		if sig.Name != c.Origin {
			continue // a witness may sign, and does not speak for the ledger
		}
		s.By = append(s.By, keys[i])
	}
	if len(s.By) == 0 {
		return nil, fmt.Errorf("no known key of %s has signed this checkpoint", c.Origin)
	}
	return s, nil
}

// oneForm refuses what [note.Open] is lenient about: bits that base64 does not
// use, and signatures that the note repeats.
func oneForm(n *note.Note, signed []byte) error {
	all := slices.Concat(n.Sigs, n.UnverifiedSigs)
	for _, sig := range all {
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return fmt.Errorf("the signature of %s is not in its one form", sig.Name)
		}
	}
	if lines := strings.Count(string(signed), "\n") - strings.Count(n.Text, "\n") - 1; lines != len(all) {
		return errors.New("the checkpoint repeats a signature")
	}
	return nil
}

// noteError says the library's verdicts in words that stand alone.
func noteError(err error) error {
	var invalid *note.InvalidSignatureError
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &invalid):
		return fmt.Errorf("the signature of %s, key %08x, does not hold", invalid.Name, invalid.Hash)
	case errors.As(err, &unverified):
		return errors.New("no known key has signed this checkpoint")
	}
	return errors.New("it is no signed checkpoint")
}

// WithoutTrust reads a signed note and checks no signature: for an outside
// checkpoint that is to be named in an error, never for a verdict.
func WithoutTrust(signed []byte) (Checkpoint, error) {
	text, _, ok := strings.Cut(string(signed), "\n\n")
	if !ok {
		return Checkpoint{}, errors.New("it is no signed checkpoint")
	}
	return parseCheckpoint(text + "\n")
}
