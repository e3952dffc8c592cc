// SPDX-License-Identifier: Apache-2.0

package reports

import "io"

// A Render writes p to w. The same packet always gives the same bytes.
type Render func(w io.Writer, p *Packet) error
