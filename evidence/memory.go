// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"
)

// Memory is a [Store] that forgets when the process ends. The zero Memory is empty
// and ready.
type Memory struct {
	// Fault, when it is set, is asked before every change, and its error is returned instead
	// of making the change: "append", "append-after" (when the change was made and is not
	// acknowledged), "put", "delete". It is for trying out what happens then.
	Fault func(op string) error

	mu      sync.Mutex
	head    []byte
	leaves  [][]byte
	objects map[Digest][]byte
}

func (m *Memory) fault(op string) error {
	if m.Fault == nil {
		return nil
	}
	return m.Fault(op)
}

// Head implements [Log].
func (m *Memory) Head(context.Context) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.head), nil
}

// Append implements [Log].
func (m *Memory) Append(_ context.Context, old, next []byte, first int64, leaves [][]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fault("append"); err != nil {
		return err
	}
	if !bytes.Equal(m.head, old) {
		return ErrMoved
	}
	if first != int64(len(m.leaves)) {
		return fmt.Errorf("records from %d on follow %d", first, len(m.leaves))
	}
	for _, leaf := range leaves {
		m.leaves = append(m.leaves, bytes.Clone(leaf))
	}
	m.head = bytes.Clone(next)
	return m.fault("append-after")
}

// Leaves implements [Log].
func (m *Memory) Leaves(_ context.Context, lo, hi int64) iter.Seq2[[]byte, error] {
	m.mu.Lock()
	all := m.leaves
	m.mu.Unlock()
	return func(yield func([]byte, error) bool) {
		for i := lo; i < min(hi, int64(len(all))); i++ {
			if !yield(bytes.Clone(all[i]), nil) {
				return
			}
		}
	}
}

// PutObject implements [Objects].
func (m *Memory) PutObject(_ context.Context, r io.Reader) (Digest, error) {
	content, err := io.ReadAll(r)
	if err != nil {
		return Digest{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fault("put"); err != nil {
		return Digest{}, err
	}
	if m.objects == nil {
		m.objects = map[Digest][]byte{}
	}
	d := DigestOf(content)
	m.objects[d] = content
	return d, nil
}

// Object implements [Objects].
func (m *Memory) Object(_ context.Context, d Digest) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	content, ok := m.objects[d]
	if !ok {
		return nil, fmt.Errorf("%s: %w", d, ErrNoObject)
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

// DeleteObject implements [Objects].
func (m *Memory) DeleteObject(_ context.Context, d Digest) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fault("delete"); err != nil {
		return err
	}
	delete(m.objects, d)
	return nil
}

// ObjectNames implements [Objects].
func (m *Memory) ObjectNames(context.Context) iter.Seq2[Digest, error] {
	m.mu.Lock()
	names := slices.SortedFunc(maps.Keys(m.objects), func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	m.mu.Unlock()
	return func(yield func(Digest, error) bool) {
		for _, d := range names {
			if !yield(d, nil) {
				return
			}
		}
	}
}
