// SPDX-License-Identifier: Apache-2.0

package text

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/reports"
)

// WhatIf writes what a change does to the findings.
func WhatIf(w io.Writer, x *reports.WhatIf) error {
	out := &printer{w: bufio.NewWriter(w)}
	out.line(0, "as of "+x.AsOf.Format("2006-01-02 15:04 UTC")+by(x.Policy.Name)+", "+reports.Plural(x.Judged, "subject")+" judged again")
	out.whatIf(x, "")
	out.line(0, "")
	_, _ = out.w.WriteString(reports.Display(x.Verdict()) + "\n") // one line, however long
	return out.w.Flush()
}

// whatIf tells all lists, which have titles that begin alike.
func (p *printer) whatIf(x *reports.WhatIf, title string) {
	p.bounded(title+"ADDED", len(x.Added), func(i int) {
		p.whatIfHead(x.Added[i])
		p.proof(x.Added[i])
	})
	p.bounded(title+"REMOVED", len(x.Removed), func(i int) {
		p.whatIfHead(x.Removed[i].Finding)
		p.proof(x.Removed[i].Finding)
		if why := x.Removed[i].Unsure; why != "" {
			p.line(4, "NOT ASSESSED now: "+why)
		}
	})
	p.changed(title+"CHANGED", x.Changed)
	p.whatIfRows("NEWLY NOT ASSESSED", x.Doubts)
	p.whatIfRows("NO LONGER NOT ASSESSED", x.Cleared)
}

func by(policy string) string {
	if policy == "" {
		return ""
	}
	return ", by " + policy
}

// bounded calls tell for the first items, and counts the others.
func (p *printer) bounded(title string, n int, tell func(i int)) {
	if n == 0 {
		return
	}
	p.head(title)
	for i := range n {
		if i == perRule {
			p.line(2, fmt.Sprintf("… and %s more; --format json lists all", reports.Number(n-i)))
			return
		}
		tell(i)
	}
}

func (p *printer) whatIfHead(f reports.Finding) {
	var who []string
	for _, s := range f.Subjects {
		who = append(who, subject(s))
	}
	s := fmt.Sprintf("%s  %s  %s: %s", f.Rule, f.Severity, f.Title, strings.Join(who, ", "))
	if f.Mode != 0 {
		s += ", " + f.Mode.String()
	}
	if f.Acceptance != nil && f.Acceptance.InForce {
		s += ", accepted"
	}
	p.line(2, s+" ("+f.ID+")")
}

func (p *printer) proof(f reports.Finding) {
	if f.Detail != "" {
		p.line(4, f.Detail)
	}
	for _, w := range f.Witness {
		p.line(4, w.Title+": "+path(w))
	}
	if f.Acceptance != nil {
		p.line(4, acceptance(*f.Acceptance))
	}
}

func (p *printer) changed(title string, all []reports.Changed) {
	p.bounded(title, len(all), func(i int) {
		c := all[i]
		p.whatIfHead(c.After)
		if c.Worse {
			p.line(4, "worse than before")
		}
		for _, what := range c.What {
			if was, now := c.Was(what); was != "" {
				p.line(4, fmt.Sprintf("%s: %s before, %s now", what, was, now))
			}
		}
		if slices.Contains(c.What, "witness") {
			p.paths(c)
		}
	})
}

// paths tells the access paths that are not the same.
func (p *printer) paths(c reports.Changed) {
	before := map[string]string{}
	for _, w := range c.Before.Witness {
		before[w.Title] = path(w)
	}
	for _, w := range c.After.Witness {
		now := path(w)
		if was := before[w.Title]; was != now {
			p.line(4, w.Title+", now: "+now)
			if was != "" {
				p.line(4, w.Title+", before: "+was)
			}
		}
	}
}

func (p *printer) whatIfRows(title string, all []reports.NotAssessed) {
	rows := reports.MergeModes(all)
	p.bounded(title, len(rows), func(i int) {
		n := rows[i]
		n.Examples = n.Examples[:min(len(n.Examples), maxNames)]
		p.line(2, strings.TrimPrefix(row(n), n.LineText()+". "))
		if behind := n.Behind(); behind != "" {
			p.line(5, "behind "+behind)
		}
	})
}

// maxNames is how many subjects of a row are named.
const maxNames = 5
