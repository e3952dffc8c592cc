// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
)

// text returns what a pointer of the SDK points to; nothing is unknown.
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// objectID returns an id in lower case, which is how Graph compares them.
func objectID(p *string) string { return strings.ToLower(text(p)) }

func uuidText(p *uuid.UUID) string {
	if p == nil {
		return ""
	}
	return p.String()
}

func moment(p *time.Time) time.Time {
	if p == nil {
		return time.Time{}
	}
	return p.UTC()
}

// word returns the name of a value of an enumeration of the SDK.
func word[E interface{ String() string }](p *E) string {
	if p == nil {
		return ""
	}
	return (*p).String()
}

// baseOf returns the type that an object is of besides its own: those of Entra
// Agent ID are derived, and stand in the lists of their base types.
func baseOf(odataType string) string {
	switch odataType {
	case "#microsoft.graph.agentUser":
		return typeUser
	case "#microsoft.graph.agentIdentity", "#microsoft.graph.agentIdentityBlueprintPrincipal":
		return typePrincipal
	case "#microsoft.graph.agentIdentityBlueprint":
		return typeApp
	}
	return odataType
}

// kindOf returns the type of an object without its namespace.
func kindOf(odataType *string) string {
	return strings.TrimPrefix(baseOf(text(odataType)), "#microsoft.graph.")
}

func refOf(o models.DirectoryObjectable) tenant.Ref {
	return tenant.Ref{ID: objectID(o.GetId()), Type: kindOf(o.GetOdataType())}
}

// principalOf makes a reference of an id, and of the object if it was expanded.
func principalOf(id *string, o models.DirectoryObjectable) tenant.Ref {
	ref := tenant.Ref{ID: objectID(id)}
	if o != nil {
		ref.Type = kindOf(o.GetOdataType())
	}
	return ref
}
