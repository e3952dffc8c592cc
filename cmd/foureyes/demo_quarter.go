// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/fixtures"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
)

// The people of the demo company who have parts in its certification.
const (
	demoAdmin    = "identity:hr/E1038" // Leila Haddad runs it
	demoBySheet  = "identity:hr/E1159" // Mei-Lin Zhou answers by mail
	demoByKey    = "identity:hr/E1192" // Henrik Sandvik signs with a key of his own
	demoDeputy   = "identity:hr/E1170" // Ingrid Thorsen
	demoChief    = "identity:hr/E1168" // Margaret Ashdown decides about Henrik Sandvik and Ingrid Thorsen's chief
	demoLate     = "identity:hr/E1097" // Declan O'Rourke leaves a line
	demoDoubting = "identity:hr/E1029" // Priya Raghunathan cannot tell
	demoWatched  = "identity:hr/E1072" // Hannah Whitfield owns a compensating control, and could deploy herself
	demoWatcher  = "identity:hr/E1112" // Gareth Pritchard carries it out
	demoDesk     = "the identity desk, by telephone"
)

// A play is a certification that the demo company goes through, verb by verb, each at its
// own moment.
type play struct {
	ctx  context.Context
	w    world
	dir  string // where the files are made
	last time.Time
	log  bytes.Buffer
}

// demoQuarter certifies the second and the third quarter of the company, applies what was
// revoked, and seals the packets.
func demoQuarter(ctx context.Context, w world, work, out string, g *graph.Graph) error {
	w.random = mathrand.NewChaCha8(sha256.Sum256([]byte("the demo of foureyes: no secret"))) // each demo is the same
	p := &play{ctx: ctx, w: w, dir: filepath.Clean(work)}
	for _, act := range []func(*graph.Graph) error{p.prepare, p.lastQuarter, p.begin, p.decide, p.finish, p.follow, p.seal} {
		if err := act(g); err != nil {
			return fmt.Errorf("the certification of the demo: %w", err)
		}
	}
	text := strings.ReplaceAll(p.log.String(), p.dir, out)
	return writeAll([]string{p.path("quarter.txt")}, [][]byte{[]byte(text)})
}

func (p *play) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

// run calls a verb as somebody at a terminal would, at a moment or, when the call before
// came later, a minute after that; and wants its exit code.
func (p *play) run(at string, code int, args ...string) (string, error) {
	when, err := time.Parse("2006-01-02 15:04", at)
	if err != nil {
		return "", err
	}
	if !when.After(p.last) {
		when = p.last.Add(time.Minute)
	}
	p.last = when
	w := p.w
	var out, told bytes.Buffer
	w.stdout, w.stderr, w.clock = &out, &told, func() time.Time { return when }
	err = newApp(w).RunContext(p.ctx, append([]string{tool}, args...))
	explain(&told, err)
	fmt.Fprintf(&p.log, "[%s]\n$ foureyes %s\n%s%s", when.Format("2006-01-02 15:04"), quoted(args), told.String(), out.String())
	if got := exitCode(err); got != code {
		return "", fmt.Errorf("%s: exit code %d, want %d:\n%s%s", quoted(args), got, code, told.String(), out.String())
	}
	fmt.Fprintf(&p.log, "(exit code %d)\n\n", code)
	return out.String(), nil
}

// quoted writes arguments as a shell takes them.
func quoted(args []string) string {
	var all []string
	for _, a := range args {
		if strings.ContainsAny(a, " '\"…") {
			a = `"` + a + `"`
		}
		all = append(all, a)
	}
	return strings.Join(all, " ")
}

// in is the arguments of a verb of campaigns.
func (p *play) in(campaign, verb string, more ...string) []string {
	return append([]string{"campaign", verb, "--evidence", p.path("evidence"), "--ledger-key", p.path("keys/ledger.key"), "--campaign", campaign}, more...)
}

// prepare makes the evidence folder, and the key and certificate that packets are sealed
// with.
func (p *play) prepare(*graph.Graph) error {
	if err := copyPrivate(p.path("quarter"), fixtures.Quarter()); err != nil {
		return err
	}
	if err := os.Mkdir(p.path("keys"), 0o700); err != nil {
		return err
	}
	key, cert, err := demoSigner()
	if err != nil {
		return err
	}
	if err := writeAll([]string{p.path("keys/seal.key"), p.path("roots.pem")}, [][]byte{key, cert}); err != nil {
		return err
	}
	public, err := p.run("2026-06-30 20:00", 0, "evidence", "init", "--origin", "tarnwick.example/evidence", "--key", p.path("keys/ledger.key"), p.path("evidence"))
	if err != nil {
		return err
	}
	return writeAll([]string{p.path("ledger.pub")}, [][]byte{[]byte(public)})
}

// demoSigner makes the same key and certificate each time: whoever has this program has the
// key, and nothing that is sealed with it proves anything outside of the demo.
func demoSigner() (key, cert []byte, err error) {
	seed := sha256.Sum256([]byte("the demo of foureyes: no secret"))
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "foureyes demo, not to be trusted", Organization: []string{fixtures.DemoEntity}},
		NotBefore: time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2056, time.January, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}
	made, err := x509.CreateCertificate(nil, template, template, private.Public(), crypto.Signer(private))
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made}), nil
}

// snapshotAt writes the company as of another moment.
func (p *play) snapshotAt(name, at string, g *graph.Graph, keep func(graph.Grant) bool) error {
	moment, err := time.Parse("2006-01-02 15:04", at)
	if err != nil {
		return err
	}
	then, err := fixtures.At(g, moment, keep)
	if err != nil {
		return err
	}
	_, err = snapshot.Write(p.path(name), then, snapshot.Meta{Tool: snapshot.Tool{Name: tool, Version: version()}, Started: moment.Add(-time.Minute), Ended: moment})
	return err
}

// lastQuarter is short: a few lines, of which one is revoked and, as the next quarter
// shows, was never taken away.
func (p *play) lastQuarter(g *graph.Graph) error {
	if err := p.snapshotAt("snapshot-q2", "2026-06-30 21:00", g, func(graph.Grant) bool { return true }); err != nil {
		return err
	}
	if err := p.earlierPolicy(); err != nil {
		return err
	}
	_, err := p.run("2026-07-01 08:00", 0, "campaign", "new", "--evidence", p.path("evidence"), "--ledger-key", p.path("keys/ledger.key"),
		"--terms", p.path("quarter/q2.yaml"), "--policy", p.path("quarter/policy-q2.yaml"), "--as-of", "2026-06-30", "--by", demoAdmin, p.path("snapshot-q2"))
	if err != nil {
		return err
	}
	lines, err := p.lines("2026-Q2", "2026-07-01 08:30")
	if err != nil {
		return err
	}
	for _, who := range reviewersIn(lines) {
		if err := p.answers("2026-Q2", "2026-07-06 10:00", who, lines, p.answerQ2); err != nil {
			return err
		}
		if _, err := p.run("2026-07-06 10:05", 0, p.in("2026-Q2", "sign-off", "--reviewer", who, "--entered-by", demoDesk)...); err != nil {
			return err
		}
	}
	_, err = p.run("2026-07-14 18:00", 0, p.in("2026-Q2", "close", "--by", demoAdmin)...)
	return err
}

// earlierPolicy writes the policy without a rule that came in the third quarter.
func (p *play) earlierPolicy() error {
	text, err := os.ReadFile(p.path("company/policy.yaml"))
	if err != nil {
		return err
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "  - {id: ADMIN-LOG,") {
			kept = append(kept, line)
		}
	}
	return writeAll([]string{p.path("quarter/policy-q2.yaml")}, [][]byte{[]byte(strings.Join(kept, ""))})
}

// A playLine is what the play reads of a line.
type playLine struct {
	Item     string
	Findings []string
	From, To struct{ ID, Name string }
	People   []struct{ ID, Name string }
	Reviewer *struct{ ID, Name string }
	Before   string
	Answer   string
}

func (l playLine) reviewer() string {
	if l.Reviewer == nil {
		return ""
	}
	return l.Reviewer.ID
}

func (l playLine) of(person string) bool {
	return slices.ContainsFunc(l.People, func(x struct{ ID, Name string }) bool { return x.ID == person })
}

func (p *play) lines(campaign, at string) ([]playLine, error) {
	text, err := p.silently(at, "campaign", "items", "--evidence", p.path("evidence"), "--campaign", campaign, "--format", "json")
	if err != nil {
		return nil, err
	}
	var r struct{ Lines []playLine }
	return r.Lines, json.Unmarshal([]byte(text), &r)
}

// silently is run for what the log need not show.
func (p *play) silently(at string, args ...string) (string, error) {
	n := p.log.Len()
	out, err := p.run(at, 0, args...)
	p.log.Truncate(n)
	return out, err
}

func reviewersIn(lines []playLine) (all []string) {
	for _, l := range lines {
		if who := l.reviewer(); who != "" {
			all = append(all, who)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// An answering says what a reviewer answers to a line, and why; "" leaves it.
type answering func(l playLine) (answer, reason string)

func (p *play) answerQ2(l playLine) (answer, reason string) {
	if len(l.Findings) > 0 {
		return "revoke", "maintains vendors, too"
	}
	return "keep", ""
}

func (p *play) answerQ3(l playLine) (answer, reason string) {
	switch {
	case l.reviewer() == demoLate && l.To.Name == "Release payments":
		return "", ""
	case l.reviewer() == demoDoubting && l.From.Name == "ci-abacus":
		return "cannot-tell", "whoever set this account up has left"
	case l.Before == "revoke":
		return "revoke", "was to be removed in July"
	case len(l.Findings) == 0:
		return "keep", ""
	case l.reviewer() == "identity:hr/E1068":
		return "keep", "needed until the year is closed; manual journals are reviewed each month"
	}
	return "revoke", "one hand too many"
}

// answers enters what a reviewer says: what is revoked line by line, what is kept in bulk.
func (p *play) answers(campaign, at, who string, lines []playLine, say answering) error {
	by := []string{"--entered-by", demoDesk}
	if who == demoByKey && campaign == "2026-Q3" {
		by = []string{"--key", p.path("keys/sandvik.pem")}
	}
	groups := map[[2]string][]string{}
	var order [][2]string
	for _, l := range lines {
		if l.reviewer() != who || l.Answer != "undecided" {
			continue
		}
		answer, reason := say(l)
		k := [2]string{answer, reason}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], l.Item)
	}
	for _, k := range order {
		if k[0] == "" {
			continue
		}
		args := append(p.in(campaign, "decide", "--reviewer", who, "--answer", k[0]), by...)
		if k[1] != "" {
			args = append(args, "--reason", k[1])
		}
		if _, err := p.run(at, 0, append(args, groups[k]...)...); err != nil {
			return err
		}
	}
	return nil
}

// begin plans and begins the third quarter, and writes to the reviewers.
func (p *play) begin(*graph.Graph) error {
	about := []string{"--evidence", p.path("evidence"), "--terms", p.path("quarter/q3.yaml"), "--policy", p.path("company/policy.yaml")}
	if _, err := p.run("2026-10-01 08:00", 0, append(append([]string{"campaign", "plan"}, about...), p.path("snapshot"))...); err != nil {
		return err
	}
	if _, err := p.run("2026-10-01 09:00", 0, append(append([]string{"campaign", "new", "--ledger-key", p.path("keys/ledger.key"), "--by", demoAdmin}, about...), p.path("snapshot"))...); err != nil {
		return err
	}
	if _, err := p.run("2026-10-01 09:10", 0, p.in("2026-Q3", "send", "--by", demoAdmin, "--from", "access-review@tarnwick.example",
		"--addresses", p.path("quarter/addresses.csv"), "--out", p.path("mails"))...); err != nil {
		return err
	}
	public, err := p.run("2026-10-01 09:20", 0, "campaign", "key", "--out", p.path("keys/sandvik.pem"))
	if err != nil {
		return err
	}
	_, err = p.run("2026-10-01 09:30", 0, p.in("2026-Q3", "enroll", "--by", demoAdmin, "--reviewer", demoByKey, strings.TrimSpace(public))...)
	return err
}

// decide is two weeks of the reviewers.
func (p *play) decide(*graph.Graph) error {
	lines, err := p.lines("2026-Q3", "2026-10-02 08:00")
	if err != nil {
		return err
	}
	if err := p.selfReview(lines); err != nil {
		return err
	}
	if lines, err = p.lines("2026-Q3", "2026-10-05 08:00"); err != nil {
		return err
	}
	if err := p.answerByMail(lines); err != nil {
		return err
	}
	for i, who := range reviewersIn(lines) {
		at := fmt.Sprintf("2026-10-06 %02d:00", 8+i%10)
		if who != demoBySheet {
			if err := p.answers("2026-Q3", at, who, lines, p.answerQ3); err != nil {
				return err
			}
		}
		by := []string{"--entered-by", demoDesk}
		if who == demoByKey {
			by = []string{"--key", p.path("keys/sandvik.pem")}
		}
		if _, err := p.run("2026-10-08 09:00", 0, p.in("2026-Q3", "sign-off", append(by, "--reviewer", who)...)...); err != nil {
			return err
		}
	}
	return nil
}

// selfReview tries to let somebody decide about access of his own, by two steps, and is
// refused.
func (p *play) selfReview(lines []playLine) error {
	i := slices.IndexFunc(lines, func(l playLine) bool { return l.of(demoByKey) && l.reviewer() == demoChief })
	if i < 0 {
		return errors.New("the chief has no line of the treasurer")
	}
	item := lines[i].Item
	steps := []struct {
		by, to, how string
		code        int
	}{{demoChief, demoByKey, "delegated", 1}, {demoChief, demoDeputy, "delegated", 0}, {demoDeputy, demoByKey, "forwarded", 1}, {demoDeputy, demoChief, "forwarded", 0}}
	for _, s := range steps {
		if _, err := p.run("2026-10-02 11:00", s.code, p.in("2026-Q3", "assign", "--by", s.by, "--to", s.to, "--how", s.how, "--reason", "away until Monday", item)...); err != nil {
			return err
		}
	}
	return nil
}

// finish records that a compensating control was carried out, by one who is not watched, and ends the quarter: one line stays undecided, and is counted.
func (p *play) finish(*graph.Graph) error {
	for _, x := range []struct {
		by   string
		code int
	}{{demoWatched, 1}, {demoWatcher, 0}} {
		if _, err := p.run("2026-10-09 10:00", x.code, "control", "performed", "--ledger", p.path("evidence"), "--ledger-key", p.path("keys/ledger.key"), "--policy", p.path("company/policy.yaml"),
			"--by", x.by, "--evidence", p.path("quarter/minutes.txt"), "--on", "2026-10-05", "CC-1", p.path("snapshot")); err != nil {
			return err
		}
	}
	_, err := p.run("2026-10-12 18:00", 4, p.in("2026-Q3", "close", "--by", demoAdmin)...)
	return err
}

// follow holds what was revoked against a later snapshot, in which one thing was forgotten.
func (p *play) follow(g *graph.Graph) error {
	lines, err := p.lines("2026-Q3", "2026-10-19 08:00")
	if err != nil {
		return err
	}
	type grant struct{ from, to string }
	removed := map[grant]bool{}
	for _, l := range lines {
		if l.Answer == "revoke" && l.Before != "revoke" {
			removed[grant{l.From.ID, l.To.ID}] = true
		}
	}
	keep := func(x graph.Grant) bool { return !removed[grant{x.From.String(), x.To.String()}] }
	if err := p.snapshotAt("snapshot-after", "2026-10-19 21:00", g, keep); err != nil {
		return err
	}
	_, err = p.run("2026-10-20 09:00", 3, p.in("2026-Q3", "follow-up", "--by", demoAdmin, p.path("snapshot-after"))...)
	return err
}

// seal writes the packets and checks each.
func (p *play) seal(*graph.Graph) error {
	if _, err := p.run("2026-10-21 09:00", 0, "packet", "build", "--evidence", p.path("evidence"), "--ledger-key", p.path("keys/ledger.key"), "--campaign", "2026-Q3",
		"--key", p.path("keys/seal.key"), "--cert", p.path("roots.pem"), "--entity", fixtures.DemoEntity, "--remedy", "--all", p.path("packets")); err != nil {
		return err
	}
	if _, err := p.run("2026-10-21 09:10", 0, "evidence", "checkpoint", p.path("evidence")); err != nil {
		return err
	}
	if _, err := p.run("2026-10-21 09:20", 0, "packet", "verify", "--trust", p.path("roots.pem"), "--ledger", p.path("ledger.pub"), p.path("packets/campaign.pdf")); err != nil {
		return err
	}
	_, err := p.run("2026-10-21 09:30", 0, "campaign", "calendar", "--evidence", p.path("evidence"), "--policy", p.path("company/policy.yaml"))
	return err
}
