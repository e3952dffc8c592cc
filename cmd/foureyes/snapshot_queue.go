// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/connectors/collect"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/graph/correlate"
	"github.com/foureyes-iga/foureyes/graph/snapshot"
	"github.com/foureyes-iga/foureyes/reports"
)

func queueCommand(w world) *cli.Command {
	return &cli.Command{
		Name: "queue", Usage: "propose whose the accounts may be that nobody owns, and why", ArgsUsage: "SNAPSHOT",
		Description: "Nothing is linked by it. What a person decides goes into the file of confirmed matches;\n" +
			"--format confirmed prints entries to begin with. Exit code 0 when done.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "config", Usage: "take the keys of correlate from this configuration `FILE`; default: employee_id"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the result: text, json or confirmed"},
			&cli.IntFlag{Name: "most", Value: 1000, Usage: "propose for at most `N` accounts that no key of somebody's looks like"},
		},
		Action: func(c *cli.Context) error {
			return withSnapshot(c, func(dir string) error { return snapshotQueue(c, w.stdout, dir) })
		},
	}
}

func snapshotQueue(c *cli.Context, w io.Writer, dir string) error {
	render, err := queueRender(c.String("format"))
	if err != nil {
		return err
	}
	if c.Int("most") < 1 {
		return usagef("--most %d: want a number from 1", c.Int("most"))
	}
	keys, err := keysOf(c.String("config"))
	if err != nil {
		return err
	}
	s, g, err := openGraph(dir)
	if err != nil {
		return err
	}
	return render(w, queued{correlate.Propose(g, keys, correlate.Limits{Hints: c.Int("most")}), s, g})
}

// keysOf reads the keys of correlation from a configuration; of none, none.
func keysOf(config string) ([]string, error) {
	if config == "" {
		return nil, nil
	}
	src, err := os.ReadFile(config)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	cfg, err := collect.ParseConfig(config, src)
	if err != nil {
		return nil, err
	}
	return cfg.Link.Keys, nil
}

// A queued queue is one of a snapshot.
type queued struct {
	*correlate.Queue
	snapshot *snapshot.Snapshot
	g        *graph.Graph
}

func queueRender(format string) (func(io.Writer, queued) error, error) {
	switch format {
	case "text":
		return queueText, nil
	case "json":
		return queueJSON, nil
	case "confirmed":
		return queueConfirmed, nil
	}
	return nil, usagef("--format %q: want text, json or confirmed", format)
}

// label names a thing: "identity:hr/E1 (Ana Ruiz)".
func (q queued) label(id graph.ID) string {
	if name := q.name(id); name != "" {
		return reports.Display(fmt.Sprintf("%s (%s)", id, name))
	}
	return reports.Display(id.String())
}

func (q queued) name(id graph.ID) string {
	n, ok := q.g.Find(id)
	if !ok {
		return ""
	}
	return q.g.Name(n)
}

func queueText(w io.Writer, q queued) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Nobody owns %s; for %s of them somebody is proposed. Nothing is linked by that.\n",
		reports.Plural(q.Unlinked, "account"), reports.Number(len(q.Entries)+q.Left))
	for _, e := range q.Entries {
		fmt.Fprintf(&b, "\n%s\n", q.label(e.Account))
		for i, p := range e.Proposals {
			fmt.Fprintf(&b, "  %d. %s\n", i+1, q.label(p.Identity))
			for _, r := range p.Reasons {
				fmt.Fprintf(&b, "     %s\n", because(r))
			}
		}
		for _, s := range rest(e) {
			fmt.Fprintf(&b, "  %s\n", s)
		}
	}
	if q.Left > 0 {
		fmt.Fprintf(&b, "\n… and %s more with weaker reasons: --most N shows them\n", reports.Plural(q.Left, "account"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// rest says what an entry does not list.
func rest(e correlate.Entry) (all []string) {
	if e.More > 0 {
		all = append(all, "… and "+reports.Plural(e.More, "more identity"))
	}
	for _, what := range e.Common {
		all = append(all, fmt.Sprintf("by its %s it may be one of many others", what))
	}
	return all
}

// because says a reason in words. Texts are quoted so that what looks alike does not.
func because(r correlate.Reason) string {
	mine, theirs := strconv.QuoteToASCII(r.Value), strconv.QuoteToASCII(r.Other)
	switch {
	case r.Rank == correlate.SameKey || r.Rank == correlate.SameAddress:
		return fmt.Sprintf("the %s %s is that of the person%s", r.What, mine, as(r))
	case r.Differ != "":
		return fmt.Sprintf("the %s %s looks like the person's%s %s: they differ in %s only", r.What, mine, as(r), theirs, r.Differ)
	case r.Rank == correlate.SameName:
		return fmt.Sprintf("the %s %s has the words of the name %s", r.What, mine, theirs)
	case r.Rank == correlate.LoginFromName:
		return fmt.Sprintf("the %s %s can be made from the name %s", r.What, mine, theirs)
	}
	return fmt.Sprintf("the %s %s fits the person's %s %s", r.What, mine, r.Whose, theirs)
}

// as names the person's attribute where it is another one.
func as(r correlate.Reason) string {
	if r.What == r.Whose {
		return ""
	}
	return " (" + r.Whose + ")"
}

type queueDocument struct {
	Format   string      `json:"format"`
	Snapshot queueOf     `json:"snapshot"`
	Unlinked int         `json:"unlinked"`
	Proposed int         `json:"proposed"`
	Left     int         `json:"left_out"`
	Queue    []queueItem `json:"queue"`
}

type queueOf struct {
	Digest  string `json:"digest"`
	Content string `json:"content"`
}

type queueItem struct {
	Account   graph.ID        `json:"account"`
	Name      string          `json:"name,omitempty"`
	Proposals []queueProposal `json:"proposals"`
	More      int             `json:"more,omitempty"`
	Common    []string        `json:"common,omitempty"`
}

type queueProposal struct {
	Identity graph.ID      `json:"identity"`
	Name     string        `json:"name,omitempty"`
	Reasons  []queueReason `json:"reasons"`
}

type queueReason struct {
	Rank   int    `json:"rank"`
	Kind   string `json:"kind"`
	What   string `json:"what"`
	Whose  string `json:"whose"`
	Value  string `json:"value"`
	Other  string `json:"other"`
	Differ string `json:"differ,omitempty"`
	Text   string `json:"text"`
}

func queueJSON(w io.Writer, q queued) error {
	m := q.snapshot.Manifest()
	d := queueDocument{"foureyes/queue/1", queueOf{m.Digest, m.Content}, q.Unlinked, len(q.Entries) + q.Left, q.Left, []queueItem{}}
	for _, e := range q.Entries {
		item := queueItem{Account: e.Account, Name: q.name(e.Account), More: e.More, Common: e.Common}
		for _, p := range e.Proposals {
			item.Proposals = append(item.Proposals, queueProposal{p.Identity, q.name(p.Identity), reasonsOf(p)})
		}
		d.Queue = append(d.Queue, item)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}

func reasonsOf(p correlate.Proposal) (all []queueReason) {
	for _, r := range p.Reasons {
		all = append(all, queueReason{int(r.Rank), r.Rank.String(), r.What, r.Whose, r.Value, r.Other, r.Differ, because(r)})
	}
	return all
}

// queueConfirmed writes entries for the file of confirmed matches, as comments: one that a
// person makes true counts only with who decided it, when and why.
func queueConfirmed(w io.Writer, q queued) error {
	var b strings.Builder
	b.WriteString("# Proposals, not matches. Take the # away from what is true, say who decided it, when and why, and delete the rest.\nconfirmed:\n")
	for _, e := range q.Entries {
		fmt.Fprintf(&b, "\n  # %s\n", q.label(e.Account))
		for _, p := range e.Proposals {
			fmt.Fprintf(&b, "  # %s: %s\n", q.label(p.Identity), because(p.Reasons[0]))
			fmt.Fprintf(&b, "  # - {account: %s, identity: %s, by: , on: , why: }\n", strconv.QuoteToASCII(e.Account.String()), strconv.QuoteToASCII(p.Identity.String()))
		}
		for _, s := range rest(e) {
			fmt.Fprintf(&b, "  # %s\n", s)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
