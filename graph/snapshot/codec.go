// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
	parquetzstd "github.com/parquet-go/parquet-go/compress/zstd"
)

// A codec compresses with one encoder whose window is no larger than pages are.
// That of parquet-go takes 16 MB for its window, for each encoder it happens to
// make. A page within the window becomes the same bytes either way.
type codec struct {
	*parquetzstd.Codec // decodes
	encoder            *zstd.Encoder
}

// window is twice the largest dictionary. Pages of other columns are smaller,
// unless texts are very long.
const window = 2 * maxDictionary

func newCodec() (codec, error) {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderConcurrency(1), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
	if err != nil {
		return codec{}, fmt.Errorf("zstd: %w", err)
	}
	return codec{&parquetzstd.Codec{}, e}, nil
}

// Encode implements [compress.Codec] of parquet-go.
func (c codec) Encode(dst, src []byte) ([]byte, error) { return c.encoder.EncodeAll(src, dst[:0]), nil }
