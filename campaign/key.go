// SPDX-License-Identifier: Apache-2.0

package campaign

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/foureyes-iga/foureyes/graph"
)

// Enrolled says that a key is somebody's (RFC 8032, Ed25519). What it signs is theirs from
// then on.
type Enrolled struct {
	Person graph.ID `json:"person"`
	Key    string   `json:"key"` // the public key, 32 bytes in base64
}

// KeyID names a public key: the beginning of its SHA-256.
func KeyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}

func (e Enrolled) public() (ed25519.PublicKey, error) {
	key, err := base64.StdEncoding.Strict().DecodeString(e.Key)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("a public key is 32 bytes in base64")
	}
	return key, nil
}

// Enroll takes a reviewer's public key.
func (c *Campaign) Enroll(ctx context.Context, e Enrolled, by graph.ID, at time.Time) error {
	return c.write(ctx, Record{By: by, At: at, Enrolled: &e})
}

func (c *Campaign) admitEnrolled(by graph.ID, e Enrolled) error {
	key, err := e.public()
	if err != nil {
		return err
	}
	who := c.rule.crowd.Person(e.Person)
	switch {
	case !c.isAdmin(by):
		return fmt.Errorf("%s is no administrator of campaign %s", by, c.Terms.ID)
	case !c.rule.knows(who):
		return fmt.Errorf("%s is nobody that the snapshot knows", e.Person)
	case c.keys[KeyID(key)].key != nil:
		return fmt.Errorf("key %s is enrolled already", KeyID(key))
	}
	return nil
}

// An owned key is enrolled for somebody.
type ownedKey struct {
	who graph.ID
	key ed25519.PublicKey
}

func (c *Campaign) applyEnrolled(e Enrolled) {
	if key, err := e.public(); err == nil {
		c.keys[KeyID(key)] = ownedKey{c.rule.crowd.Person(e.Person), key}
	}
}

// SignedText is what a reviewer's key signs of an answer: all of it, of which campaign,
// and on which data.
func (c *Campaign) SignedText(d Decided) ([]byte, error) {
	d.Signature = ""
	return signedText(c, "decision", d)
}

// SignOffText is what a reviewer's key signs of a statement.
func (c *Campaign) SignOffText(s SignOff) ([]byte, error) {
	s.Signature = ""
	return signedText(c, "sign-off", s)
}

func signedText(c *Campaign, what string, x any) ([]byte, error) {
	return json.Marshal(struct {
		Format   string `json:"format"`
		Campaign string `json:"campaign"`
		Snapshot string `json:"snapshot"`
		Policy   string `json:"policy"`
		Signed   any    `json:"signed"`
	}{"foureyes/" + what + "/1", c.Terms.ID, c.Snapshot, c.Policy, x})
}

// checkSource says why an answer does not come from where it says.
func (c *Campaign) checkSource(who graph.ID, stage int, from Source, text []byte, signature string) error {
	if from.Of == "" {
		return errors.New("it does not say how it came in")
	}
	switch from.Kind {
	case ByOperator:
		return onlyKeysSign(signature)
	case ByAddress:
		if from.Of != c.WrittenTo(who, stage) {
			return fmt.Errorf("it came from %s, and not from the address that was written to", from.Of)
		}
		return onlyKeysSign(signature)
	case ByKey:
		k, ok := c.keys[from.Of]
		if !ok || k.who != c.rule.crowd.Person(who) {
			return fmt.Errorf("key %s is not enrolled for %s", from.Of, who)
		}
		sig, err := base64.StdEncoding.Strict().DecodeString(signature)
		if err != nil || !ed25519.Verify(k.key, text, sig) {
			return fmt.Errorf("the signature by key %s does not hold", from.Of)
		}
		return nil
	}
	return fmt.Errorf("%q is no way in which an answer comes in", from.Kind)
}

func onlyKeysSign(signature string) error {
	if signature != "" {
		return errors.New("it has a signature, and no key that made it")
	}
	return nil
}
