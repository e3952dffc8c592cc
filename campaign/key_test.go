// SPDX-License-Identifier: Apache-2.0

package campaign_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"slices"
	"testing"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
)

func keyPair(seed byte) (ed25519.PrivateKey, string) {
	private := ed25519.NewKeyFromSeed(slices.Repeat([]byte{seed}, ed25519.SeedSize))
	return private, base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
}

// An answer that a key signed holds as it was signed, and no other does.
func TestKeys(t *testing.T) {
	s := subject(world(t, company()...))
	c, log := open(t, s, terms(t))
	boss, admin, owner := id(t, "identity:hr/E0"), id(t, "identity:hr/E8"), id(t, "identity:hr/E9")
	private, public := keyPair(1)
	other, otherPublic := keyPair(2)
	if err := c.Enroll(t.Context(), campaign.Enrolled{Person: boss, Key: public}, boss, start); err == nil {
		t.Error("a reviewer enrolled a key by themselves")
	}
	for who, key := range map[graph.ID]string{boss: public, owner: otherPublic} {
		if err := c.Enroll(t.Context(), campaign.Enrolled{Person: who, Key: key}, admin, start); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Enroll(t.Context(), campaign.Enrolled{Person: owner, Key: public}, admin, start); err == nil {
		t.Error("one key was enrolled for two")
	}
	sign := func(d campaign.Decided, key ed25519.PrivateKey) campaign.Decided {
		d.Source = campaign.Source{Kind: campaign.ByKey, Of: campaign.KeyID(key.Public().(ed25519.PublicKey))}
		text, err := c.SignedText(d)
		if err != nil {
			t.Fatal(err)
		}
		d.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(key, text))
		return d
	}
	good := sign(answer(lineOf(t, c, "account:corp/ana"), campaign.Keep, "needed"), private)
	for name, change := range map[string]func(d *campaign.Decided){
		"another answer":      func(d *campaign.Decided) { d.Answer = campaign.Revoke },
		"another reason":      func(d *campaign.Decided) { d.Reason += "." },
		"another line":        func(d *campaign.Decided) { d.Item = lineOf(t, c, "account:corp/ben").ID },
		"as one of many":      func(d *campaign.Decided) { d.Bulk = 2 },
		"no signature":        func(d *campaign.Decided) { d.Signature = "" },
		"another's key":       func(d *campaign.Decided) { *d = sign(*d, other) },
		"said to be entered":  func(d *campaign.Decided) { d.Source = entered() },
		"by a key of nowhere": func(d *campaign.Decided) { d.Source.Of = "0000000000000000" },
	} {
		d := good
		change(&d)
		if err := c.Decide(t.Context(), d, boss, start); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
	if err := c.Decide(t.Context(), good, boss, start); err != nil {
		t.Fatal(err)
	}
	if err := c.Decide(t.Context(), good, boss, start); err == nil {
		t.Error("the same signed answer was taken twice")
	}
	statement := c.Statement(0, "I have looked at each line.", good.Source, boss)
	text, err := c.SignOffText(statement)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SignOff(t.Context(), statement, boss, start); err == nil {
		t.Error("a statement by a key was taken without a signature")
	}
	statement.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(private, text))
	if err := c.SignOff(t.Context(), statement, boss, start); err != nil {
		t.Fatal(err)
	}
	records := slices.Collect(log.all(t))
	if _, err := campaign.Replay(s, slices.Values(records)); err != nil {
		t.Fatal(err)
	}
	for i, r := range records { // each signed record, changed in the ledger, is found
		if d := r.Decided; d != nil {
			changed := slices.Clone(records)
			x := *d
			x.Answer = campaign.Revoke
			changed[i].Decided = &x
			if _, err := campaign.Replay(s, slices.Values(changed)); err == nil {
				t.Error("a signed answer was changed, and read back")
			}
		}
	}
}
