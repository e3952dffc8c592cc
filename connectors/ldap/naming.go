// SPDX-License-Identifier: Apache-2.0

package ldap

import "context"

// NamingContexts connects, binds and returns the naming contexts that the root
// DSE lists (RFC 4512, section 5.1) and that may hold accounts: of Active
// Directory that is the domain. It reads nothing else.
func (c *Collector) NamingContexts(ctx context.Context) ([]string, error) {
	cn, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer cn.close()
	if cn.root.ad && cn.root.defaultContext != "" {
		return []string{cn.root.defaultContext}, nil
	}
	return cn.root.contexts, nil
}
