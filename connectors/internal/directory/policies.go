// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A policyClass is a class of entries that say how people authenticate.
type policyClass struct {
	classes  []string
	title    string   // of the policy; empty is the entry's DN
	names    []string // attributes that name it, the best first; none names it by its title
	settings []setting
}

// A setting is one line of a policy.
type setting struct {
	attr, label string
	tell        func(string) (text string, ok bool)
}

// Policies returns the authentication policies that the first pass met: a name,
// and the settings as "label: value", in order. Where two policies have one name,
// the later one's DN is added.
func (r *Reading) Policies() []Policy {
	var all []Policy
	for _, name := range slices.Sorted(maps.Keys(r.policies)) {
		all = append(all, Policy{name, r.policies[name]})
	}
	return all
}

// A Policy says how people authenticate, or may.
type Policy struct {
	Name     string
	Settings []string
}

// TellPolicy takes an entry that may be a policy; [Reading.Register] does so with
// every entry, others may lie elsewhere.
func (r *Reading) TellPolicy(e Entry) {
	for _, p := range r.dialect.Policies {
		if e.isOf(p.classes) {
			r.addPolicy(p, e)
		}
	}
}

func (r *Reading) addPolicy(p policyClass, e Entry) {
	var lines []string
	for _, s := range p.settings {
		for _, v := range r.texts(e, s.attr) {
			text, ok := s.tell(v)
			if !ok {
				r.unread[s.attr]++
				text = "unreadable"
			}
			lines = append(lines, s.label+": "+text)
		}
	}
	name := p.title
	if name == "" || len(p.names) > 0 {
		name = strings.TrimSpace(p.title + " " + r.name(e, p.names))
	}
	if len(lines) == 0 {
		return
	}
	if was, known := r.policies[name]; known && !slices.Equal(was, lines) {
		name += " at " + dnText([]byte(e.DN))
	}
	r.policies[name] = lines
}

func (d *Dialect) policyAttributes() []string {
	var names []string
	for _, p := range d.Policies {
		names = append(names, p.names...)
		for _, s := range p.settings {
			names = append(names, s.attr)
		}
	}
	return names
}

func asIs(v string) (string, bool) { return v, true }

// yes tells what switches say in the spellings of all directories.
func yes(v string) (string, bool) {
	switch strings.ToUpper(v) {
	case "TRUE", "ON", "1":
		return "yes", true
	case "FALSE", "OFF", "0":
		return "no", true
	}
	return "", false
}

// seconds tells a number of seconds; 0 is told by a word.
func seconds(zero string) func(string) (string, bool) {
	return func(v string) (string, bool) {
		n, err := strconv.ParseInt(v, 10, 64)
		switch {
		case err != nil || n > int64(1<<62)/int64(time.Second):
			return "", false
		case n <= 0:
			return zero, true
		}
		return durationText(time.Duration(n) * time.Second), true
	}
}

// durationText tells a duration in days where it is whole days.
func durationText(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String() // such as 1h0m0s
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// behera is the password policy of OpenLDAP (draft-behera-ldap-password-policy).
func behera() policyClass {
	return policyClass{[]string{"pwdPolicy"}, "password policy", []string{"cn"}, []setting{
		{"pwdMinLength", "minimum length", asIs},
		{"pwdCheckQuality", "quality check", asIs},
		{"pwdInHistory", "history", asIs},
		{"pwdMaxAge", "maximum age", seconds("never expires")},
		{"pwdMinAge", "minimum age", seconds("none")},
		{"pwdLockout", "lockout", yes},
		{"pwdMaxFailure", "lockout after", asIs},
		{"pwdLockoutDuration", "lockout for", seconds("until unlocked")},
		{"pwdFailureCountInterval", "lockout window", seconds("until a sign-in")},
		{"pwdMaxIdle", "locked when unused for", seconds("never")},
		{"pwdGraceAuthNLimit", "sign-ins after expiry", asIs},
		{"pwdMustChange", "change after reset", yes},
		{"pwdAllowUserChange", "users may change it", yes},
		{"pwdSafeModify", "old password asked for", yes},
	}}
}

// netscape is the password policy of 389 Directory Server: at cn=config for all,
// and in entries of their own for subtrees and users.
func netscape() policyClass {
	return policyClass{[]string{"passwordPolicy", "nsslapdConfig"}, "password policy", []string{"cn"}, []setting{
		{"nsslapd-pwpolicy-local", "policies for subtrees and users", yes},
		{"passwordMinLength", "minimum length", asIs},
		{"passwordCheckSyntax", "syntax check", yes},
		{"passwordHistory", "history kept", yes},
		{"passwordInHistory", "history", asIs},
		{"passwordExp", "passwords expire", yes},
		{"passwordMaxAge", "maximum age", seconds("never expires")},
		{"passwordMinAge", "minimum age", seconds("none")},
		{"passwordLockout", "lockout", yes},
		{"passwordMaxFailure", "lockout after", asIs},
		{"passwordLockoutDuration", "lockout for", seconds("until unlocked")},
		{"passwordUnlock", "unlocked after a time", yes},
		{"passwordResetFailureCount", "lockout window", seconds("none")},
		{"passwordMustChange", "change after reset", yes},
		{"passwordStorageScheme", "stored as", asIs},
		{"nsslapd-allow-anonymous-access", "anonymous access", asIs},
		{"nsslapd-require-secure-binds", "binds must be encrypted", yes},
		{"nsslapd-minssf", "least encryption strength", asIs},
	}}
}

// kerberos is the password policy of FreeIPA.
func kerberos() policyClass {
	return policyClass{[]string{"krbPwdPolicy"}, "kerberos policy", []string{"cn"}, []setting{
		{"krbPwdMinLength", "minimum length", asIs},
		{"krbPwdMinDiffChars", "character classes", asIs},
		{"krbPwdHistoryLength", "history", asIs},
		{"krbMaxPwdLife", "maximum age", seconds("never expires")},
		{"krbMinPwdLife", "minimum age", seconds("none")},
		{"krbPwdMaxFailure", "lockout after", asIs},
		{"krbPwdLockoutDuration", "lockout for", seconds("until unlocked")},
		{"krbPwdFailureCountInterval", "lockout window", seconds("until a sign-in")},
	}}
}

// domainPolicy is what the head of an Active Directory domain says (MS-ADTS
// 3.1.1.3.4.6, MS-SAMR 3.1.1.5). A lockoutThreshold of 0 locks nobody.
func domainPolicy() policyClass {
	return policyClass{[]string{"domainDNS"}, "default domain policy", nil, []setting{
		{"minPwdLength", "minimum length", asIs},
		{"pwdProperties", "complexity", pwdProperties},
		{"pwdHistoryLength", "history", asIs},
		{"maxPwdAge", "maximum age", span("never expires")},
		{"minPwdAge", "minimum age", span("none")},
		{"lockoutThreshold", "lockout after", never("never")},
		{"lockoutDuration", "lockout for", span("until unlocked")},
		{"lockOutObservationWindow", "lockout window", span("none")},
		{"ms-DS-MachineAccountQuota", "computers that any user may join", asIs},
	}}
}

// fineGrained is a password settings object (MS-ADTS 3.1.1.1.10, MS-ADSC).
func fineGrained() policyClass {
	return policyClass{[]string{"msDS-PasswordSettings"}, "fine-grained policy", []string{"cn"}, []setting{
		{"msDS-PasswordSettingsPrecedence", "precedence", asIs},
		{"msDS-PSOAppliesTo", "applies to", asIs},
		{"msDS-MinimumPasswordLength", "minimum length", asIs},
		{"msDS-PasswordComplexityEnabled", "complexity", required},
		{"msDS-PasswordHistoryLength", "history", asIs},
		{"msDS-MaximumPasswordAge", "maximum age", span("never expires")},
		{"msDS-MinimumPasswordAge", "minimum age", span("none")},
		{"msDS-LockoutThreshold", "lockout after", never("never")},
		{"msDS-LockoutDuration", "lockout for", span("until unlocked")},
		{"msDS-LockoutObservationWindow", "lockout window", span("none")},
		{"msDS-PasswordReversibleEncryptionEnabled", "reversible encryption", yes},
	}}
}

// span tells a length of time of Active Directory.
func span(zero string) func(string) (string, bool) {
	return func(v string) (string, bool) {
		d, kind, err := interval([]byte(v))
		switch {
		case err != nil:
			return "", false
		case kind.never():
			return zero, true
		}
		return durationText(d), true
	}
}

func never(zero string) func(string) (string, bool) {
	return func(v string) (string, bool) {
		if v == "0" {
			return zero, true
		}
		return v, true
	}
}

func required(v string) (string, bool) {
	text, ok := yes(v)
	return map[string]string{"yes": "required", "no": "not required"}[text], ok
}

// pwdProperties tells the bits of MS-SAMR 2.2.3.5 that weaken or strengthen.
func pwdProperties(v string) (string, bool) {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return "", false
	}
	text := "not required"
	if n&0x1 != 0 {
		text = "required"
	}
	if n&0x10 != 0 {
		text += ", reversible encryption"
	}
	return text, true
}
