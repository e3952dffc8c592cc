// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
)

func ownKeyFlag() cli.Flag {
	return &cli.StringFlag{Name: "key", Usage: "the reviewer's own key `FILE`, instead of --entered-by"}
}

func campaignKeyCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "key", Usage: "make a key to sign answers with, and print its public part to be enrolled",
		Description: "The key stays with the reviewer. Whoever has it answers as them.",
		Flags:       []cli.Flag{&cli.StringFlag{Name: "out", Usage: "the new `FILE`"}},
		Action: func(c *cli.Context) error {
			out, err := wantFlag(c, "out")
			if err != nil {
				return err
			}
			if err := refuseExisting(out); err != nil {
				return err
			}
			public, private, err := ed25519.GenerateKey(randomOf(c))
			if err != nil {
				return err
			}
			der, err := x509.MarshalPKCS8PrivateKey(private)
			if err != nil {
				return err
			}
			if err := writeAll([]string{out}, [][]byte{pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})}); err != nil {
				return err
			}
			_, err = fmt.Fprintln(w.stdout, base64.StdEncoding.EncodeToString(public))
			return err
		},
	}
}

func campaignEnrollCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "enroll", Usage: "take a reviewer's public key: what it signs is theirs", ArgsUsage: "PUBLICKEY",
		Flags: []cli.Flag{evidenceFlag(), ledgerKeyFlag(), campaignFlag(), byFlag(), reviewerFlag()},
		Action: func(c *cli.Context) error {
			args, err := wantArgs(c, 1, 1)
			if err != nil {
				return err
			}
			who, err := idFlag(c, "reviewer")
			if err != nil {
				return err
			}
			return acting(c, w, func(s *session, by graph.ID) error {
				if err := s.Enroll(c.Context, campaign.Enrolled{Person: who, Key: args[0]}, by, w.clock()); err != nil {
					return err
				}
				_, err := fmt.Fprintf(w.stdout, "%s: key enrolled\n", who)
				return err
			})
		},
	}
}

// A signer says how an answer comes in: by a key, which signs it, or by whoever enters it.
type signer struct {
	source campaign.Source
	key    ed25519.PrivateKey // nil: it is entered
}

func signerFrom(c *cli.Context) (signer, error) {
	file, by := c.String("key"), c.String("entered-by")
	switch {
	case file == "" && by == "":
		return signer{}, usagef("%s needs --key, or --entered-by when somebody else enters it", verbName(c))
	case file != "" && by != "":
		return signer{}, usagef("%s takes --key or --entered-by, not both", verbName(c))
	case file == "":
		return signer{source: campaign.Source{Kind: campaign.ByOperator, Of: by}}, nil
	}
	key, err := readOwnKey(file)
	if err != nil {
		return signer{}, err
	}
	return signer{campaign.Source{Kind: campaign.ByKey, Of: campaign.KeyID(key.Public().(ed25519.PublicKey))}, key}, nil
}

func readOwnKey(file string) (ed25519.PrivateKey, error) {
	if err := ownerOnly(file); err != nil {
		return nil, err
	}
	src, err := readBounded(file, 1<<20)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(src)
	if block == nil || block.Type != "PRIVATE KEY" || len(rest) > 0 {
		return nil, fmt.Errorf("%s: want one private key in PEM (PKCS #8)", file)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s: want an Ed25519 key", file)
	}
	return key, nil
}

// sign signs a text, when there is a key; err is that of making the text.
func (s signer) sign(text []byte, err error) (string, error) {
	if err != nil || s.key == nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, text)), nil
}

// decide signs and takes answers, all or none.
func (s *session) decide(c *cli.Context, w world, answers []campaign.Decided, in incoming) error {
	signed, err := s.signed(answers, in.by)
	if err == nil {
		err = s.DecideAll(c.Context, signed, in.reviewer, w.clock())
	}
	return nothingTaken(err)
}

// mayDecide says why decide would take nothing.
func (s *session) mayDecide(answers []campaign.Decided, in incoming, now time.Time) error {
	signed, err := s.signed(answers, in.by)
	if err == nil {
		err = s.MayDecide(signed, in.reviewer, now)
	}
	return nothingTaken(err)
}

func nothingTaken(err error) error {
	if err != nil {
		return fmt.Errorf("nothing was taken: %w", err)
	}
	return nil
}

func (s *session) signed(answers []campaign.Decided, by signer) (all []campaign.Decided, err error) {
	for _, d := range answers {
		d.Source = by.source
		if d.Signature, err = by.sign(s.SignedText(d)); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}
