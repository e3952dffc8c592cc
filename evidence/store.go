// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"errors"
	"io"
	"iter"
)

// The answers of a [Store] that callers branch on, wrapped.
var (
	// ErrMoved means that somebody else changed the head: nothing was written.
	ErrMoved = errors.New("the head of the ledger is not what it was")
	// ErrNoObject means that the store has no such object.
	ErrNoObject = errors.New("there is no such object")
)

// A Log keeps leaves and the head. It knows no trees and believes nobody: that the
// head fits the leaves is the ledger's and [Fsck]'s matter.
type Log interface {
	// Head returns the last head, or nothing when there is none yet.
	Head(ctx context.Context) ([]byte, error)

	// Append writes leaves from index first on and puts next in the place of the head
	// old, all or nothing. When it returns nil, all is durable. When the head is not
	// old any more it returns [ErrMoved] and has changed nothing. After any other
	// error, whether the leaves are there is not known before the store was opened again.
	Append(ctx context.Context, old, next []byte, first int64, leaves [][]byte) error

	// Leaves yields the leaves from index lo until before hi, or until the last. An
	// error is the last value; so is a leaf that is missing between others.
	Leaves(ctx context.Context, lo, hi int64) iter.Seq2[[]byte, error]
}

// Objects keeps objects by their digest.
type Objects interface {
	// PutObject keeps what r says, durable when it returns. To put what is there
	// already is no error.
	PutObject(ctx context.Context, r io.Reader) (Digest, error)

	// Object returns the bytes that are kept under a digest, or [ErrNoObject]. They are
	// not checked: see [ReadObject].
	Object(ctx context.Context, d Digest) (io.ReadCloser, error)

	// DeleteObject removes an object. To delete what is not there is no error.
	DeleteObject(ctx context.Context, d Digest) error

	// ObjectNames yields the digests of all objects, in order.
	ObjectNames(ctx context.Context) iter.Seq2[Digest, error]
}

// A Store is what a ledger is kept in.
type Store interface {
	Log
	Objects
}

// ReadObject returns an object whose bytes were held against its digest.
func ReadObject(ctx context.Context, s Objects, d Digest) (content []byte, err error) {
	r, err := s.Object(ctx, d)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	content, err = io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if DigestOf(content) != d {
		return nil, &CorruptError{"object " + d.String(), "its bytes have another digest"}
	}
	return content, nil
}

// A CorruptError is something in the ledger that is not as it was written. Nothing
// in the ledger can be relied on before [Fsck] has told what is wrong.
type CorruptError struct {
	What string // such as "record 17"
	Why  string
}

func (e *CorruptError) Error() string { return e.What + ": " + e.Why }
