// SPDX-License-Identifier: Apache-2.0

package snapshot_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/foureyes-iga/foureyes/graph/snapshot"
)

// TestCodecWritesTheSameBytes holds what is written against parquet-go's own
// codec, with which snapshots began.
func TestCodecWritesTheSameBytes(t *testing.T) {
	own := zstd.Codec{Level: zstd.SpeedDefault, Concurrency: 1}
	small, err := snapshot.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 1000, 1024, 1025, 100_000, 1 << 17, 1<<17 + 1, 300_000, 1 << 20, snapshot.Window} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			var page []byte
			for len(page) < size {
				page = fmt.Appendf(page, "%08x-%d ", r.Uint32()>>8, r.IntN(1000))
			}
			page = page[:size]
			want, err := own.Encode(nil, page)
			if err != nil {
				t.Fatal(err)
			}
			got, err := small.Encode(nil, page)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%d bytes and %v, want %d bytes that are parquet-go's", len(got), err, len(want))
			}
			if back, err := small.Decode(nil, got); err != nil || !bytes.Equal(back, page) {
				t.Errorf("decoded to %d bytes and %v", len(back), err)
			}
		})
	}
}
