// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"

	"github.com/parquet-go/parquet-go/compress"

	"github.com/foureyes-iga/foureyes/graph"
)

// ParseManifest lets tests read a manifest without a snapshot around it.
func ParseManifest(text []byte) (Manifest, error) { return parseManifest(text) }

// EncodeManifest lets tests write one.
func EncodeManifest(m Manifest) ([]byte, error) { return m.encode() }

// ReadBack lets tests compare what is written with another graph.
func ReadBack(dir string, m Manifest, g *graph.Graph) error {
	_, text, err := m.sealed()
	if err == nil {
		_, err = readBack(dir, text, g)
	}
	return err
}

// Reseal makes the manifest of a damaged snapshot agree with its files, as a
// forger would.
func Reseal(dir string, m Manifest) error {
	m.Files = slices.Clone(m.Files)
	for i, f := range m.Files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		m.Files[i].Bytes, m.Files[i].SHA256 = int64(len(data)), hex.EncodeToString(sum[:])
	}
	_, text, err := m.sealed()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, manifestFile), text, fileMode)
}

// Window is the largest page of which the codec promises its bytes.
const Window = window

// NewCodec makes the codec of the files.
func NewCodec() (compress.Codec, error) { return newCodec() }
