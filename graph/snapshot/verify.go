// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/foureyes-iga/foureyes/graph/facts"
)

// Verify reads all of the snapshot dir and returns what is wrong with it, one
// sentence each, in a fixed order; none means that every byte is as written. An
// error means that it could not be judged: there is no snapshot, it is of a newer
// format, or a file cannot be read.
func Verify(dir string) (problems []string, err error) {
	s, err := openManifest(dir)
	if errors.Is(err, ErrCorrupt) {
		return []string{err.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	strays, err := s.strays()
	if err != nil {
		return nil, err
	}
	for _, name := range strays {
		problems = append(problems, s.corrupt(name, errStray).Error())
	}
	if problem, err := s.acknowledgementProblem(); err != nil {
		return nil, err
	} else if problem != "" {
		problems = append(problems, problem)
	}
	files, err := s.fileProblems()
	if err != nil || len(files) > 0 {
		return append(problems, files...), err
	}
	if err := s.verifyContent(); errors.Is(err, ErrCorrupt) {
		problems = append(problems, err.Error())
	} else if err != nil {
		return problems, fmt.Errorf("verifying: %w", err)
	}
	return problems, nil
}

// acknowledgementProblem says why an acknowledgement is none: no verdict may then rest on
// the snapshot.
func (s *Snapshot) acknowledgementProblem() (string, error) {
	if s.manifest.Quarantine == nil {
		return "", nil
	}
	_, err := s.Acknowledgement()
	if unread := new(fs.PathError); err == nil || errors.As(err, &unread) {
		return "", err
	}
	return err.Error(), nil
}

// verifyContent computes the content fingerprint from the data files.
func (s *Snapshot) verifyContent() error {
	g, err := s.decodeAll()
	if err != nil {
		return err
	}
	if got := facts.Content(g); got != s.manifest.Content {
		return s.corrupt(manifestFile, fmt.Errorf("the content of the files is %s, and it says %s", got, s.manifest.Content))
	}
	return nil
}

func (s *Snapshot) fileProblems() (problems []string, err error) {
	for _, f := range s.manifest.Files {
		_, err := s.load(f)
		if errors.Is(err, ErrCorrupt) {
			problems = append(problems, err.Error())
		} else if err != nil {
			return nil, err
		}
	}
	return problems, nil
}
