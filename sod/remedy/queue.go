// SPDX-License-Identifier: Apache-2.0

package remedy

import "container/heap"

// A queue yields grants by what they cost for what they do, the least first, and of
// those the first in order.
type queue struct{ items []queued }

type queued struct {
	grant int32
	price float64
}

func newQueue(n int) *queue { return &queue{make([]queued, 0, n)} }

// Len, Less, Swap, Push and Pop are for package heap.
func (q *queue) Len() int      { return len(q.items) }
func (q *queue) Swap(i, j int) { q.items[i], q.items[j] = q.items[j], q.items[i] }
func (q *queue) Push(x any)    { q.items = append(q.items, x.(queued)) }
func (q *queue) Less(i, j int) bool {
	a, b := q.items[i], q.items[j]
	return a.price < b.price || a.price == b.price && a.grant < b.grant
}
func (q *queue) Pop() any {
	last := q.items[len(q.items)-1]
	q.items = q.items[:len(q.items)-1]
	return last
}

func (q *queue) empty() bool                 { return len(q.items) == 0 }
func (q *queue) put(g int32, price float64)  { heap.Push(q, queued{g, price}) }
func (q *queue) take() (g int32, at float64) { x := heap.Pop(q).(queued); return x.grant, x.price }
