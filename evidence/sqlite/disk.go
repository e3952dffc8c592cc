// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// A disk is the calls to the file system by which this package changes anything apart
// from the database. Tests put failures into them.
type disk struct {
	mkdir  func(name string) error
	create func(dir string) (writeFile, error) // a temporary file, 0600
	rename func(from, to string) error
	remove func(name string) error
	sync   func(dir string) error
}

// A writeFile is a file that is being made.
type writeFile interface {
	io.WriteCloser
	Name() string
	Sync() error
}

const unfinished = ".new-"

func realDisk() disk {
	return disk{
		mkdir:  func(name string) error { return os.Mkdir(name, 0o700) },
		create: func(dir string) (writeFile, error) { return os.CreateTemp(dir, unfinished+"*") },
		rename: os.Rename,
		remove: os.Remove,
		sync:   syncFolder,
	}
}

func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// place writes a file so that it is under its name whole or not at all, and durable
// when place returns nil. The name is asked for when all bytes are written.
func (d disk) place(dir string, content io.Reader, name func() (string, error)) (err error) {
	f, err := d.create(dir)
	if err != nil {
		return err
	}
	renamed := false
	defer func() {
		if !renamed {
			err = errors.Join(err, d.remove(f.Name()))
		}
	}()
	if _, err := io.Copy(struct{ io.Writer }{f}, content); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	final, err := name()
	if err != nil {
		return err
	}
	if err := d.rename(f.Name(), final); err != nil {
		return err
	}
	renamed = true
	return d.sync(filepath.Dir(final))
}
