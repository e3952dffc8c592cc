// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A peak is the root of a full subtree of the records read so far.
type peak struct {
	hash  tlog.Hash
	width int64
}

// grow adds a leaf's hash to the peaks: two of the same width become one.
func grow(peaks []peak, leaf tlog.Hash) []peak {
	peaks = append(peaks, peak{leaf, 1})
	for n := len(peaks); n > 1 && peaks[n-1].width == peaks[n-2].width; n = len(peaks) {
		joined := peak{tlog.NodeHash(peaks[n-2].hash, peaks[n-1].hash), 2 * peaks[n-1].width}
		peaks = append(peaks[:n-2], joined)
	}
	return peaks
}

// fold is the root over the peaks: the smaller tree is always on the right.
func fold(peaks []peak) tlog.Hash {
	h := peaks[len(peaks)-1].hash
	for i := len(peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(peaks[i].hash, h)
	}
	return h
}

// A claim is a signed checkpoint as the audit reads it.
type claim struct {
	origin string
	size   int64
	root   tlog.Hash
	by     map[string]bool // public keys whose signatures hold
}

// readClaim verifies a signed note by itself.
func readClaim(signed []byte, keys []auditKey) (claim, error) {
	verifiers := make([]note.Verifier, 0, len(keys))
	for _, k := range keys {
		v, err := note.NewVerifier(k.public)
		if err != nil {
			return claim{}, fmt.Errorf("key %q is no public key", k.public)
		}
		verifiers = append(verifiers, v)
	}
	n, err := note.Open(signed, note.VerifierList(verifiers...))
	if err != nil {
		return claim{}, fmt.Errorf("no key of the ledger vouches for it: %v", err) // a dead end for callers
	}
	c := claim{by: map[string]bool{}}
	for _, sig := range n.Sigs {
		for i, v := range verifiers {
			if v.Name() == sig.Name && v.KeyHash() == sig.Hash {
				c.by[keys[i].public] = true
			}
		}
	}
	rebuilt := n.Text + "\n"
	for rest := strings.TrimPrefix(string(signed), rebuilt); rest != ""; {
		line, more, _ := strings.Cut(rest, "\n")
		sig := line[strings.LastIndexByte(line, ' ')+1:]
		if _, err := base64.StdEncoding.Strict().DecodeString(sig); err != nil {
			return claim{}, errors.New("a signature is not written in the one way")
		}
		rest = more
	}
	if got := strings.Count(string(signed), "\n") - strings.Count(rebuilt, "\n"); got != len(n.Sigs)+len(n.UnverifiedSigs) {
		return claim{}, errors.New("a signature is there twice")
	}
	return c, c.read(n.Text)
}

func (c *claim) read(text string) error {
	var size, root string
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return errors.New("it does not have the three lines of a checkpoint")
	}
	c.origin, size, root = lines[0], lines[1], lines[2]
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != size {
		return fmt.Errorf("size %q is no number", size)
	}
	h, err := base64.StdEncoding.Strict().DecodeString(root)
	if err != nil || len(h) != tlog.HashSize {
		return fmt.Errorf("root %q is no hash", root)
	}
	c.size, c.root = n, tlog.Hash(h)
	return nil
}

// judgeHead holds the head against what the leaves add up to.
func (a *audit) judgeHead(head []byte) {
	n := int64(len(a.roots))
	c, err := readClaim(head, a.keys)
	switch {
	case len(head) == 0:
		a.problem(-1, "the ledger has no head")
		return
	case err != nil:
		a.problem(-1, "head: "+err.Error())
		return
	case c.origin != a.v.Origin:
		a.problem(-1, fmt.Sprintf("head: it is of ledger %s", c.origin))
	case c.size > n:
		a.anchor(Truncated)
		a.problem(-1, fmt.Sprintf("head: it counts %d records, and %d are there: the others were cut off", c.size, n))
		return
	case c.size < n:
		a.problem(c.size, fmt.Sprintf("the head counts %d records: this one and what follows were put in beside it", c.size))
	}
	if c.size > 0 && a.roots[c.size-1] != c.root {
		a.problem(-1, fmt.Sprintf("head: the first %d records do not add up to its root: one was changed, left out, put in or moved", c.size))
	}
	a.signedBy("head", c)
}

// signedBy asks that every key has signed whose time it was.
func (a *audit) signedBy(what string, c claim) {
	for _, k := range a.keys {
		if k.from <= c.size && (k.until == 0 || c.size <= k.until) && !c.by[k.public] {
			a.problem(-1, fmt.Sprintf("%s: key %s should have signed it and has not", what, k.id))
		}
	}
}

// judgeOutside holds the ledger against a checkpoint that somebody kept elsewhere.
func (a *audit) judgeOutside(signed, head []byte) {
	c, err := readClaim(signed, a.keys)
	n := int64(len(a.roots))
	switch {
	case err != nil:
		a.anchor(Forked)
		a.problem(-1, "outside checkpoint: "+err.Error()+"; the ledger is another one, or was made anew with another key")
	case c.origin != a.v.Origin:
		a.anchor(Forked)
		a.problem(-1, fmt.Sprintf("outside checkpoint: it is of ledger %s", c.origin))
	case c.size > n:
		a.anchor(RolledBack)
		a.problem(-1, fmt.Sprintf("outside checkpoint: it saw %d records, and %d are there: an older version was put back, or the end was cut off", c.size, n))
		a.v.Proofs = append(a.v.Proofs, [2]string{string(signed), string(head)})
	case c.size < 1:
		a.problem(-1, "outside checkpoint: it is of an empty ledger and proves nothing")
	case a.roots[c.size-1] != c.root:
		a.anchor(Forked)
		a.problem(-1, fmt.Sprintf("outside checkpoint: the first %d records are not those that it saw: the history was rewritten", c.size))
		a.v.Proofs = append(a.v.Proofs, [2]string{string(signed), string(head)})
	default:
		a.anchor(Consistent)
		a.anchored = max(a.anchored, c.size)
		a.signedBy("outside checkpoint", c)
	}
}

func (a *audit) anchor(found Anchor) { a.v.Anchor = max(a.v.Anchor, found) }
