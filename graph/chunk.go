// SPDX-License-Identifier: Apache-2.0

package graph

const chunkSize = 256 << 10

// room returns chunks with room for n more bytes in the last one. What grows in
// chunks is never copied to grow. Only the first begins small.
func room(chunks [][]byte, n int) [][]byte {
	last := len(chunks) - 1
	switch {
	case last < 0:
		return [][]byte{nil}
	case len(chunks[last])+n > chunkSize:
		return append(chunks, make([]byte, 0, max(chunkSize, n)))
	}
	return chunks
}
