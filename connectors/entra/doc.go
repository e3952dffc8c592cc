// SPDX-License-Identifier: Apache-2.0

// Package entra reads a tenant of Microsoft Entra ID through Microsoft Graph.
//
// It only ever reads: apart from the questions that are put in batches, every
// request is a GET, and no request leaves for another host than the endpoint.
package entra
