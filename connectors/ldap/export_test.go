// SPDX-License-Identifier: Apache-2.0

package ldap

import (
	"context"
	"net"
)

// DialWith lets a collector connect to something that is not on the network.
func (c *Collector) DialWith(dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	c.dialer = dial
}
