// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/foureyes-iga/foureyes/connectors/entra/internal/tenant"
)

// changes are the activities that give or take something, and whether they take it.
// https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities
func changes(activity string) (removed, known bool) {
	for _, word := range []string{" request", " cancel", " denied"} { // of PIM: nothing was given yet
		if strings.Contains(activity, word) {
			return false, false
		}
	}
	switch {
	case strings.HasPrefix(activity, "Add member to group"), strings.HasPrefix(activity, "Add member to role"),
		strings.HasPrefix(activity, "Add eligible member to role"), strings.HasPrefix(activity, "Add scoped member to role"),
		strings.HasPrefix(activity, "Add owner to"), strings.HasPrefix(activity, "Add app role assignment"):
		return false, true
	case strings.HasPrefix(activity, "Remove member from group"), strings.HasPrefix(activity, "Remove member from role"),
		strings.HasPrefix(activity, "Remove eligible member from role"), strings.HasPrefix(activity, "Remove scoped member from role"),
		strings.HasPrefix(activity, "Remove owner from"), strings.HasPrefix(activity, "Remove app role assignment"):
		return true, true
	}
	return false, false
}

// auditOf reads an entry of the audit log; not ok is one that gives and takes
// nothing.
func auditOf(d models.DirectoryAuditable) (tenant.Audit, bool) {
	removed, ok := changes(text(d.GetActivityDisplayName()))
	if !ok {
		return tenant.Audit{}, false
	}
	a := tenant.Audit{ID: text(d.GetId()), Activity: text(d.GetActivityDisplayName()), At: moment(d.GetActivityDateTime()), Removed: removed}
	if r := d.GetResult(); r != nil {
		succeeded := *r == models.SUCCESS_OPERATIONRESULT
		a.Succeeded = &succeeded
	}
	if by := d.GetInitiatedBy(); by != nil {
		a.ByID, a.By = initiator(by)
	}
	for _, t := range d.GetTargetResources() {
		if t != nil {
			addTarget(&a, t)
		}
	}
	return a, true
}

func initiator(by models.AuditActivityInitiatorable) (id, name string) {
	if u := by.GetUser(); u != nil && text(u.GetId()) != "" {
		return objectID(u.GetId()), cmp.Or(text(u.GetUserPrincipalName()), text(u.GetDisplayName()))
	}
	if app := by.GetApp(); app != nil {
		return objectID(app.GetServicePrincipalId()), text(app.GetDisplayName())
	}
	return "", ""
}

// addTarget takes one of the things that an entry is about. The group or role is
// a thing of its own in some entries, and a modified property of the holder in
// others, written as JSON.
func addTarget(a *tenant.Audit, t models.TargetResourceable) {
	ref := tenant.Ref{ID: objectID(t.GetId())}
	switch strings.ToLower(text(t.GetTypeEscaped())) {
	case "user":
		ref.Type = "user"
	case "serviceprincipal":
		ref.Type = "servicePrincipal"
	case "group":
		ref.Type = "group"
	case "role":
		ref.Type = "role"
	}
	isHolder := ref.Type == "user" || a.Holder.ID == "" && (ref.Type == "servicePrincipal" || ref.Type == "group" && a.Target.ID != "")
	if isHolder && a.Holder.ID == "" {
		a.Holder = ref
	} else if a.Target.ID == "" {
		a.Target, a.TargetName = ref, text(t.GetDisplayName())
	}
	for _, p := range t.GetModifiedProperties() {
		if p != nil {
			addProperty(a, text(p.GetDisplayName()), unquoted(cmp.Or(text(p.GetNewValue()), text(p.GetOldValue()))))
		}
	}
}

func addProperty(a *tenant.Audit, name, value string) {
	if value == "" {
		return
	}
	switch name {
	case "Group.ObjectID":
		a.Target = tenant.Ref{ID: strings.ToLower(value), Type: "group"}
	case "Role.TemplateId":
		a.Target = tenant.Ref{ID: strings.ToLower(value), Type: "role"}
	case "Role.ObjectID":
		if a.Target.Type != "role" {
			a.Target = tenant.Ref{ID: strings.ToLower(value), Type: "role"}
		}
	case "Group.DisplayName", "Role.DisplayName":
		a.TargetName = value
	}
}

// unquoted reads a text that is written as JSON, or takes it as it is.
func unquoted(s string) string {
	var out string
	if json.Unmarshal([]byte(s), &out) == nil {
		return out
	}
	return s
}
