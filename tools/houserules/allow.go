// SPDX-License-Identifier: Apache-2.0

package main

// allowed lists what the rules forbid and the house allows, each with its reason.
func allowed() []exception {
	return []exception{}
}
