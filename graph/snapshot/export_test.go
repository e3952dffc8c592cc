// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
)

// ParseManifest lets tests read a manifest without a snapshot around it.
func ParseManifest(text []byte) (Manifest, error) { return parseManifest(text) }

// EncodeManifest lets tests write one.
func EncodeManifest(m Manifest) ([]byte, error) { return m.encode() }

// Reseal makes the manifest of a damaged snapshot agree with its files, as a
// forger would.
func Reseal(dir string, m Manifest) error {
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
