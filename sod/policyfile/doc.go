// SPDX-License-Identifier: Apache-2.0

// Package policyfile reads and formats the policy, a YAML file, and reads and
// writes its lock. The format is described in docs/formats/policy.md.
//
// What it does not know it refuses by name, at file:line:column; nothing in a
// policy is ignored.
//
// Limitations: anchors, aliases, merge keys, explicit tags and directives of
// YAML are refused, and so are files above 1 MiB.
package policyfile
