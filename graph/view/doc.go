// SPDX-License-Identifier: Apache-2.0

// Package view shows a small part of a graph: what joins a subject to a finding.
//
// A [View] is a github.com/dominikbraun/graph value of a few nodes, made from
// given edges or paths or cut out of a large graph with [Around]. It is drawn as
// DOT and as SVG; [View.Layout] gives the same picture as boxes and arrows, for
// whoever draws on another surface. [View.Paths] lists every minimal way through it.
//
// Limitations: a view of more than [MaxEdges] edges is refused, but by [Around], for
// telling paths; its picture would be unreadable, and slow to lay out. The picture is
// layered simply: lines may cross where a better drawing has none. The same
// edges always give the same bytes.
package view
