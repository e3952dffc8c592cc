// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"
	"time"
)

// TestTrustedSignerCheats has files that a trusted key signs as they are, and that are
// still none of ours. The mutants: ranges that are not compared with the file, no
// grammar when a file is opened, no look at what a certificate is for, and both forms
// of an ECDSA signature.
func TestTrustedSignerCheats(t *testing.T) {
	file, _, _ := kept(t)
	honest := func(*document) {}
	same := func(r array) array { return r }
	for called, c := range map[string]struct {
		change func(*document)
		ranges func(array) array
		cert   func(*x509.Certificate)
		twin   bool
		why    string
	}{
		"nothing":         {honest, same, nil, false, ""},
		"a smaller hole":  {honest, func(r array) array { return array{r[0], r[1], add(r[2], -2), add(r[3], 2)} }, nil, false, "byte ranges are not those"},
		"a larger hole":   {honest, func(r array) array { return array{r[0], add(r[1], -9), r[2], r[3]} }, nil, false, "byte ranges are not those"},
		"a hidden object": {func(d *document) { d.drawn.objects = append(d.drawn.objects, dict{"Type": name("Annot")}) }, same, nil, false, "belongs to nothing that is shown"},
		"a script": {func(d *document) {
			d.drawn.objects[d.drawn.root-1] = d.drawn.dict(d.drawn.root).with("OpenAction", dict{"S": name("JavaScript")})
		}, same, nil, false, "has something that"},
		"a certificate for servers": {honest, same, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, false, "not for signing documents"},
		"the other form":            {honest, same, nil, true, "does not hold"},
	} {
		t.Run(called, func(t *testing.T) {
			d, err := readSealed(file)
			if err != nil {
				t.Fatal(err)
			}
			d.stamped = false
			c.change(d.document)
			s := cheat(t, c.cert)
			pdf, _, _ := d.layOut()
			exact, from, _ := d.covered(pdf)
			pdf = d.file(c.ranges(exact)).write() // of the same length
			m, err := s.sign(d.digest(pdf, c.ranges(exact)), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if c.twin {
				m = twin(t, m)
			}
			copy(pdf[from+1:], strings.ToUpper(hex.EncodeToString(append(m, make([]byte, len(d.signature)-len(m))...))))
			_, err = Open(pdf, s.top(), Check{At: d.claimed})
			switch {
			case c.why == "" && err != nil:
				t.Error(err)
			case c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)):
				t.Errorf("got %v, want %q", err, c.why)
			}
		})
	}
}

func add(v value, n int64) value {
	i, _ := new(big.Int).SetString(string(v.(number)), 10)
	return number(i.Add(i, big.NewInt(n)).String())
}

// digest is over what the ranges say.
func (d *document) digest(pdf []byte, ranges array) []byte {
	at := func(i int) int64 {
		n, _ := new(big.Int).SetString(string(ranges[i].(number)), 10)
		return n.Int64()
	}
	return sum(hash, pdf[at(0):at(1)], pdf[at(2):at(2)+at(3)])
}

func cheat(t *testing.T, change func(*x509.Certificate)) Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
	if change != nil {
		change(c)
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	return Signer{Key: key, Chain: []*x509.Certificate{c}}
}

// twin puts the other one of the two signatures that hold into a message.
func twin(t *testing.T, encoded []byte) []byte {
	t.Helper()
	m, err := readMessage(encoded)
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(m.signature, &v); err != nil {
		t.Fatal(err)
	}
	v.S.Sub(elliptic.P256().Params().N, v.S)
	if m.signature, err = asn1.Marshal(v); err != nil {
		t.Fatal(err)
	}
	return m.encode()
}
