// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// writeAll writes private files so that a failure leaves none of them under its
// final name: all are written under temporary names and synced first, then
// renamed. Existing files are not overwritten.
func writeAll(names []string, contents [][]byte) (err error) {
	var temporary, placed []string
	defer func() {
		for _, t := range temporary {
			_ = os.Remove(t) // a renamed one is gone already
		}
		if err != nil {
			for _, name := range placed {
				_ = os.Remove(name)
			}
		}
	}()
	for i, name := range names {
		t, err := writeTemporary(name, contents[i])
		if t != "" {
			temporary = append(temporary, t)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for i, name := range names {
		// A link fails when the name exists, where a rename would overwrite.
		if err := os.Link(temporary[i], name); err != nil {
			return err
		}
		placed = append(placed, name)
	}
	return syncFolders(names)
}

// replaceFile puts new content in the place of a private file, or leaves it as it was.
func replaceFile(name string, content []byte) error { return replaceAs(name, content, 0o600) }

// rewriteFile is replaceFile for a file of somebody's own: a link to it stays one, and who
// may read it still may.
func rewriteFile(name string, content []byte) error {
	file, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	return replaceAs(file, content, info.Mode().Perm())
}

func replaceAs(name string, content []byte, mode os.FileMode) error {
	t, err := writeTemporary(name, content)
	if t != "" {
		defer func() { _ = os.Remove(t) }()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := os.Chmod(t, mode); err != nil {
		return err
	}
	if err := os.Rename(t, name); err != nil {
		return err
	}
	return syncFolders([]string{name})
}

func writeTemporary(name string, content []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	return f.Name(), errors.Join(err, f.Sync(), f.Close())
}

func syncFolders(names []string) error {
	done := map[string]bool{}
	for _, name := range names {
		dir := filepath.Dir(name)
		if done[dir] {
			continue
		}
		done[dir] = true
		if runtime.GOOS == "windows" {
			continue // folders cannot be synced there
		}
		f, err := os.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
