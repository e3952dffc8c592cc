// SPDX-License-Identifier: Apache-2.0

//go:build !noentra

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/foureyes-iga/foureyes/connectors/ldap/sambatest"
	"github.com/foureyes-iga/foureyes/connectors/ldap/slapdtest"
	"github.com/foureyes-iga/foureyes/fixtures/graphapi"
)

// ottoInCorp and ottoInAD are the entries of one person in two directories.
const (
	ottoInCorp = "uid=otto,ou=people," + slapdtest.Suffix
	ottoInAD   = "CN=otto," + sambatest.People
	payInAD    = "CN=pay," + sambatest.Groups
)

// leaving is a company whose systems run: human resources and an application with
// exports, OpenLDAP, Active Directory, and a tenant of Entra ID. Otto leaves.
type leaving struct {
	*testing.T
	dir    string
	corp   *slapdtest.Server
	ad     *sambatest.Server
	tenant *graphapi.Server
	now    time.Time

	said  bytes.Buffer // what the watch told on stderr
	steps []leavingStep
	taken int // how many steps were taken
}

// A leavingStep is one removal, and what must live before it, each with its tie.
type leavingStep struct {
	name  string
	live  []string
	apply func(l *leaving, a leaverAnswer)
}

// A leaverAnswer is what this test reads of foureyes/leaver/1.
type leaverAnswer struct {
	Employment, Verdict string
	Accounts            []leaverAccount
	CannotTell          []struct{ Source, Dataset, Why string } `json:"cannot_tell"`
}

type leaverAccount struct {
	ID, Name, Tie, Lives string
	End                  suggestion   `json:"to_end_it"`
	Remove               []suggestion `json:"to_remove_its_grants"`
}

type suggestion struct{ Text, LDIF string }

// TestLeaverOnServers follows somebody out of a company: the watch goes on until
// nothing lives, and every removal is what the program itself suggested, done in
// the system that holds the access.
func TestLeaverOnServers(t *testing.T) {
	l := newLeaving(t)
	l.terminate()
	all := []string{"corp owned", "ad owned", "pipeline declared", "entra owned", "erp owned"}
	l.steps = []leavingStep{
		{"OpenLDAP", all, (*leaving).endInCorp},
		{"Active Directory", all[1:], (*leaving).endInAD},
		{"the application that he owns", all[2:], (*leaving).disown},
		{"Entra ID", all[3:], (*leaving).endInEntra},
		{"the export of the application", all[4:], (*leaving).endInERP},
	}
	var out bytes.Buffer
	receipt := filepath.Join(l.dir, "otto.pdf")
	code := run(l.world(&out, &l.said, "leaver", "--watch", "--every", "10m", "--employee", "E-otto", "--format", "json", "--receipt", receipt, "--by", "Ines Albrecht"))
	var last leaverAnswer
	if err := json.Unmarshal(out.Bytes(), &last); err != nil {
		t.Fatalf("code %d: %v\n%s\n%s", code, err, out.Bytes(), l.said.Bytes())
	}
	if code != 0 || l.taken != len(l.steps) || len(last.living()) > 0 || len(last.CannotTell) > 0 {
		t.Errorf("code %d after %d removals, %q lives, cannot tell %v\n%s", code, l.taken, last.living(), last.CannotTell, l.said.Bytes())
	}
	if want := "nothing that was read lives; everything was read"; last.Verdict != want || last.Employment != "left" {
		t.Errorf("the last verdict is %q of somebody %s, want %q of somebody left", last.Verdict, last.Employment, want)
	}
	if v := l.tenant.Violations(); len(v) > 0 {
		t.Errorf("asked of Graph what it does not have: %v", v)
	}
	l.readReceipt(receipt)
}

// readReceipt reads back what the watch left behind: one page, and as JSON each access
// with the round after which it was gone.
func (l *leaving) readReceipt(file string) {
	var r struct {
		Format, By string
		Rounds     []struct{ Verdict string }
		Accesses   []struct {
			Account  struct{ ID string }
			Reaches  *struct{ ID string }
			State    string
			LastSeen int `json:"last_seen_round"`
			SeenGone int `json:"seen_gone_round"`
		}
		Before, After leaverAnswer
	}
	src, err := os.ReadFile(strings.TrimSuffix(file, ".pdf") + ".json")
	if err := errors.Join(err, json.Unmarshal(src, &r)); err != nil {
		l.Fatal(err)
	}
	if r.Format != "foureyes/leaver-receipt/1" || r.By != "Ines Albrecht" || len(r.Rounds) != len(l.steps)+1 || len(r.Before.living()) != len(l.steps) || len(r.After.living()) != 0 {
		l.Errorf("the receipt has %d rounds, %q before and %q after:\n%s", len(r.Rounds), r.Before.living(), r.After.living(), src)
	}
	var gone []int
	for _, x := range r.Accesses {
		if x.Reaches == nil {
			gone = append(gone, x.SeenGone)
		}
		if x.State != "gone" || x.SeenGone != x.LastSeen+1 {
			l.Errorf("%s: %s, last seen in round %d, gone in round %d", x.Account.ID, x.State, x.LastSeen, x.SeenGone)
		}
	}
	if slices.Sort(gone); !slices.Equal(gone, []int{2, 3, 4, 5, 6}) {
		l.Errorf("the accounts were seen gone in rounds %v", gone)
	}
	if out, err := exec.Command("pdfinfo", file).Output(); err == nil && !regexp.MustCompile(`(?m)^Pages: +1$`).Match(out) {
		l.Errorf("the receipt is not one page:\n%s", out)
	}
}

// newLeaving starts all systems. Where one of them is missing, the test is skipped,
// and fails where CI is set.
func newLeaving(t *testing.T) *leaving {
	l := &leaving{T: t, dir: t.TempDir(), now: scriptClock()}
	l.corp = slapdtest.Start(t, slapdtest.Options{LDIF: corpOfOtto()})
	l.ad = sambatest.Start(t, sambatest.Options{LDIF: adOfOtto()})
	var err error
	if l.tenant, err = graphapi.New(ledgerTenant(), graphapi.Options{RequireToken: true, Now: func() time.Time { return l.now }}); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(l.tenant)
	t.Cleanup(web.Close)
	t.Setenv("GRAPH_TOKEN", l.tenant.Token())
	t.Setenv("CORP_PW", slapdtest.Password)
	t.Setenv("AD_PW", sambatest.Password)
	l.export("hr.csv", "EmpNo;Name;Status;End\nE-otto;Otto;A;\nE-eve;Eve;A;\n")
	l.export("erp.csv", erpOfOtto("0"))
	l.save("foureyes.yaml", fmt.Sprintf(`sources:
  - {name: hr, type: hr, path: hr.csv, delimiter: ";", zone: UTC, columns: {employee_id: EmpNo, name: Name, status: Status, end_date: End}, values: {status: {A: active, T: terminated}}}
  - {name: erp, type: table, path: erp.csv, delimiter: ";", columns: {account: USER, account_name: USER, employee_id: PERNR, status: LOCK, role: ROLE}, values: {status: {"0": enabled, "64": disabled}}, extracted_by: Maria Koch, extracted_at: 2026-10-01T08:00:00Z, how: [Report on users by role]}
  - {name: corp, type: ldap, url: %q, tls: {ca_file: %q}, bind: {dn: %q, password_env: CORP_PW}, base: [%q]}
  - {name: ad, type: ldap, url: %q, tls: {ca_file: %q}, bind: {dn: %q, password_env: AD_PW}, base: [%q]}
  - {name: entra, type: entra, tenant: %s, endpoint: %q, plaintext: true, credential: {static_token_env: GRAPH_TOKEN}}
`, l.corp.TLSURL, l.corp.CAFile, slapdtest.Reader, slapdtest.Suffix, l.ad.TLSURL, l.ad.CAFile, sambatest.Reader, sambatest.Suffix, tenantOfLedger, web.URL))
	return l
}

func corpOfOtto() string {
	var b strings.Builder
	for _, name := range []string{"otto", "eve"} {
		fmt.Fprintf(&b, "dn: uid=%[1]s,ou=people,%[2]s\nobjectClass: inetOrgPerson\nuid: %[1]s\ncn: %[1]s\nsn: %[1]s\nemployeeNumber: E-%[1]s\nuserPassword: %[3]s\npwdChangedTime: 20260301000000Z\n\n", name, slapdtest.Suffix, slapdtest.Password)
	}
	fmt.Fprintf(&b, "dn: cn=releases,ou=groups,%s\nobjectClass: groupOfNames\ncn: releases\nmember: %s\nmember: uid=eve,ou=people,%[1]s\n\n", slapdtest.Suffix, ottoInCorp)
	return b.String()
}

func adOfOtto() string {
	return fmt.Sprintf("dn: %s\nobjectClass: user\nsAMAccountName: otto\nemployeeID: E-otto\nuserAccountControl: 512\nunicodePwd:: %s\n\n", ottoInAD, sambatest.UnicodePwd(sambatest.Password)) +
		fmt.Sprintf("dn: %s\nobjectClass: group\nsAMAccountName: pay\ngroupType: -2147483646\nmember: %s\n\n", payInAD, ottoInAD)
}

func erpOfOtto(lock string) string {
	return "USER;PERNR;LOCK;ROLE\nOOTTO;E-otto;" + lock + ";Z_AP_PAYMENT_RUN\nEEVE;E-eve;0;Z_GL_DISPLAY\n"
}

func (l *leaving) save(name, text string) { save(l.T, filepath.Join(l.dir, name), text) }

// export writes a feed and the manifest that makes it complete.
func (l *leaving) export(name, text string) {
	l.save(name, text)
	l.save(name+".manifest.json", fmt.Sprintf(`{"rows": %d, "sha256": "%x", "as_of": %q}`, strings.Count(text, "\n")-1, sha256.Sum256([]byte(text)), l.now.Format(time.RFC3339)))
}

// terminate lets human resources say that Otto left, the day before.
func (l *leaving) terminate() {
	l.export("hr.csv", "EmpNo;Name;Status;End\nE-otto;Otto;T;2026-09-30\nE-eve;Eve;A;\n")
}

func (l *leaving) world(stdout, stderr *bytes.Buffer, args ...string) world {
	args = append([]string{"foureyes", args[0], "--config", filepath.Join(l.dir, "foureyes.yaml")}, args[1:]...)
	return world{args: args, stdin: strings.NewReader(""), stdout: stdout, stderr: stderr, clock: func() time.Time { return l.now }, wait: l.wait, env: os.Getenv}
}

// wait is where the watch waits: what lives is looked at, one access is taken away,
// and the clock moves on.
func (l *leaving) wait(_ context.Context, d time.Duration) error {
	if l.taken == len(l.steps) {
		return errors.New("all was taken away, and something lives")
	}
	s := l.steps[l.taken]
	a := l.ask(s)
	if l.Failed() {
		return fmt.Errorf("before the removal of %s: not what must live", s.name)
	}
	s.apply(l, a)
	l.taken++
	l.now = l.now.Add(d)
	return nil
}

// ask holds the round of the watch, and the answer to the same question asked once,
// against what must live.
func (l *leaving) ask(s leavingStep) (a leaverAnswer) {
	l.Helper()
	var out, said bytes.Buffer
	if code := run(l.world(&out, &said, "leaver", "--employee", "E-otto", "--format", "json")); code != 3 {
		l.Errorf("before the removal of %s: code %d, want 3\n%s%s", s.name, code, out.Bytes(), said.Bytes())
		return a
	}
	if err := json.Unmarshal(out.Bytes(), &a); err != nil {
		l.Error(err)
		return a
	}
	verdict := strconv.Itoa(len(s.live)) + " accounts live; everything was read"
	if len(s.live) == 1 {
		verdict = "1 account lives; everything was read"
	}
	want := slices.Sorted(slices.Values(s.live))
	if got := a.living(); !slices.Equal(got, want) || a.Verdict != verdict || a.Employment != "left" || len(a.CannotTell) > 0 {
		l.Errorf("before the removal of %s %q live, want %q; %s, cannot tell %v", s.name, got, want, a.Verdict, a.CannotTell)
	}
	if line := l.now.Format(time.RFC3339) + ": " + verdict + "\n"; strings.Count(l.said.String(), line) != 1 || strings.Count(l.said.String(), "accounts live") > l.taken+1 {
		l.Errorf("before the removal of %s the watch did not say %q:\n%s", s.name, line, l.said.Bytes())
	}
	return a
}

// living lists what lives, by source or name, and by what ties it to the person.
func (a leaverAnswer) living() (all []string) {
	for _, x := range a.Accounts {
		if strings.HasPrefix(x.Lives, "live") {
			name, _, _ := strings.Cut(strings.TrimPrefix(x.ID, "account:"), "/")
			if x.ID == "account:entra/"+pipeline {
				name = "pipeline"
			}
			all = append(all, name+" "+x.Tie)
		}
	}
	slices.Sort(all)
	return all
}

// of returns the account of a source that lives and has this tie.
func (l *leaving) of(a leaverAnswer, prefix, tie string) leaverAccount {
	l.Helper()
	i := slices.IndexFunc(a.Accounts, func(x leaverAccount) bool { return strings.HasPrefix(x.ID, prefix) && x.Tie == tie })
	if i < 0 {
		l.Fatalf("the answer has no account %s that is %s: %+v", prefix, tie, a.Accounts)
	}
	return a.Accounts[i]
}

// endInCorp applies the record that ends the account, as it was printed.
func (l *leaving) endInCorp(a leaverAnswer) {
	x := l.of(a, "account:corp/", "owned")
	if x.End.LDIF == "" {
		l.Fatalf("no record is suggested: %+v", x)
	}
	l.corp.Ldapmodify(l.T, x.End.LDIF)
}

// endInAD takes the account out of its group by the record that was printed, which
// ends nothing by itself, and then does what the command does that was named.
func (l *leaving) endInAD(a leaverAnswer) {
	x := l.of(a, "account:ad/", "owned")
	i := slices.IndexFunc(x.Remove, func(s suggestion) bool { return strings.Contains(s.LDIF, "dn: "+payInAD+"\n") })
	if i < 0 || !strings.Contains(x.End.Text, "Disable-ADAccount -Identity "+strings.TrimPrefix(x.ID, "account:ad/")+",") || !strings.Contains(x.End.Text, "adds 2 to userAccountControl") {
		l.Fatalf("not suggested: %+v", x)
	}
	l.ad.Ldapmodify(l.T, x.Remove[i].LDIF)
	c := l.ad.Bind(l.T, sambatest.Admin, sambatest.Password)
	r, err := c.Search(goldap.NewSearchRequest(ottoInAD, goldap.ScopeBaseObject, goldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"userAccountControl", "memberOf"}, nil))
	if err != nil || len(r.Entries) != 1 || len(r.Entries[0].GetAttributeValues("memberOf")) > 0 {
		l.Fatalf("%s after he was taken out of his group: %+v, %v", ottoInAD, r, err)
	}
	flags, err := strconv.Atoi(r.Entries[0].GetAttributeValue("userAccountControl"))
	if err != nil {
		l.Fatal(err)
	}
	l.ad.Ldapmodify(l.T, fmt.Sprintf("dn: %s\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: %d\n", ottoInAD, flags|2))
}

// endInEntra does the first call of Graph that was printed.
func (l *leaving) endInEntra(a leaverAnswer) {
	text := l.of(a, "account:entra/", "owned").End.Text
	m := regexp.MustCompile(`^Graph: PATCH /users/([^ ]+) with (\{[^}]*\}), then POST /users/[^ ]+/revokeSignInSessions$`).FindStringSubmatch(text)
	if m == nil {
		l.Fatalf("not a call of Graph: %s", text)
	}
	var set graphapi.Object
	if err := errors.Join(json.Unmarshal([]byte(m[2]), &set), l.tenant.Update("users", m[1], set)); err != nil {
		l.Fatal(err)
	}
}

// disown does the call that takes away the ownership of the application, which is
// printed with what his own account holds.
func (l *leaving) disown(a leaverAnswer) {
	if x := l.of(a, "account:entra/"+pipeline, "declared"); !strings.HasPrefix(x.End.Text, "name somebody else as its owner") {
		l.Fatalf("not suggested: %+v", x)
	}
	var m []string
	for _, s := range l.of(a, "account:entra/", "owned").Remove {
		if m == nil {
			m = regexp.MustCompile(`^Graph: DELETE /applications\(appId='([^']+)'\)/owners/([^/]+)/\$ref$`).FindStringSubmatch(s.Text)
		}
	}
	if m == nil {
		l.Fatalf("no call of Graph takes the application from him: %+v", a.Accounts)
	}
	if err := l.tenant.RemoveOwner("applications", m[1], m[2]); err != nil { // in this tenant its id is its appId
		l.Fatal(err)
	}
}

// endInERP makes the export of the day after somebody locked the account.
func (l *leaving) endInERP(a leaverAnswer) {
	if x := l.of(a, "account:erp/", "owned"); x.End.Text != "disable OOTTO in erp" {
		l.Fatalf("not suggested: %+v", x)
	}
	l.export("erp.csv", erpOfOtto("64"))
}
