// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/foureyes-iga/foureyes/graph"
)

// An Annex says how a packet stands to what only a restricted annex may show: who could
// obtain what by control over something, and whose second factor is weak.
type Annex string

// The packets beside and without an annex.
const (
	NoAnnex    Annex = ""           // nothing in it is restricted
	Withheld   Annex = "withheld"   // what is restricted stands in the annex only
	Restricted Annex = "restricted" // it is the annex, which has everything
)

const (
	inAnnex                  = "in the restricted annex"
	annexSource graph.Source = "restricted-annex"
	factorCheck              = "mfa"
)

// annexed stands for a thing that only the annex names.
func annexed(key string) Thing {
	return Thing{graph.ID{Kind: graph.Unresolved, Source: annexSource, Key: key}, inAnnex}
}

func annexedLine(line int) Thing { return annexed(fmt.Sprintf("line-%d", line)) }

// Annexed reports whether t stands for something that only the annex names.
func (t Thing) Annexed() bool { return t.ID.Source == annexSource }

// controls reports whether a path goes through control over something.
func (w Witness) controls() bool {
	return slices.ContainsFunc(w.Grants, func(g Grant) bool { return g.Kind == graph.Controls })
}

// Split parts a packet into one that may be handed on and the restricted annex, which is
// the whole one. Lines keep their numbers, and counts stay, but for causes: see
// [withholding.causes]. Without anything restricted the packet is open as it is, and the
// annex is nil.
func (p *Packet) Split() (open, annex *Packet) {
	part, whole := *p, *p
	w := &withholding{Packet: &part, paths: map[int]bool{}, factors: map[int]bool{}, told: map[string]bool{}}
	w.findings()
	w.causes()
	w.folds()
	w.notAssessed()
	w.accepted()
	w.accounts()
	w.earlier()
	w.gaps()
	w.authentication()
	w.lateness()
	w.review()
	w.notReviewed()
	w.remediation()
	if !w.any {
		return p, nil
	}
	part.Annex, whole.Annex = Withheld, Restricted
	return &part, &whole
}

// A withholding takes out of its packet what is restricted. Whatever it changes it clones:
// the annex has the same lists.
type withholding struct {
	*Packet
	any     bool
	paths   map[int]bool    // lines of findings with a path that is withheld
	factors map[int]bool    // lines of findings about second factors
	told    map[string]bool // ids of findings whose paths are not withheld
}

// text withholds words, where there are any.
func (w *withholding) text(s string) string {
	if s == "" {
		return ""
	}
	w.any = true
	return inAnnex
}

// each withholds something of the elements of a list.
func each[T any](list []T, withhold func(*T)) []T {
	list = slices.Clone(list)
	for i := range list {
		withhold(&list[i])
	}
	return list
}

// things withholds who they are, and not how many.
func (w *withholding) things(all []Thing, line int) []Thing {
	return each(all, func(t *Thing) { w.any, *t = true, annexedLine(line) })
}

func (w *withholding) findings() {
	w.Findings = each(w.Findings, func(f *Finding) {
		if slices.ContainsFunc(f.Witness, Witness.controls) {
			w.pathsOf(f)
		}
		if f.Rule == factorCheck {
			w.factorOf(f)
		}
		w.told[f.ID] = !w.paths[f.Line]
	})
}

func (w *withholding) pathsOf(f *Finding) {
	w.paths[f.Line] = true
	f.Witness = each(f.Witness, func(x *Witness) { w.path(x, annexedLine(f.Line)) })
	f.Detail = w.text(f.Detail)
	if !f.Cause.ID.IsZero() {
		f.Cause = annexed("cause")
	}
}

func (w *withholding) path(x *Witness, instead Thing) {
	if x.controls() {
		w.any, *x = true, Witness{Duty: x.Duty, Title: x.Title, Nodes: []Thing{instead}}
	}
}

// factorOf withholds whom a finding is about. Its ID would tell: it is a digest of that.
func (w *withholding) factorOf(f *Finding) {
	w.any, w.factors[f.Line] = true, true
	f.ID, f.Continues, f.Detail = fmt.Sprintf("F-annex-%d", f.Line), nil, inAnnex
	f.Subjects = each(f.Subjects, func(s *Subject) { *s = Subject{Thing: annexedLine(f.Line)} })
	if f.Acceptance != nil {
		a := *f.Acceptance
		w.acceptance(&a)
		f.Acceptance = &a
	}
}

// causes counts anew what stands behind findings: all whose paths are withheld have one
// cause, which is not named.
func (w *withholding) causes() {
	var told []Cause
	rest := Cause{Thing: annexed("cause")}
	for _, c := range w.Causes {
		lines := slices.DeleteFunc(slices.Clone(c.Lines), func(n int) bool { return w.paths[n] })
		for _, n := range c.Lines {
			if w.paths[n] {
				rest.Lines = append(rest.Lines, n)
			}
		}
		switch {
		case len(lines) == len(c.Lines):
			told = append(told, c)
		case len(lines) > 0:
			told = append(told, w.recounted(c, lines))
		}
	}
	if len(rest.Lines) > 0 {
		slices.Sort(rest.Lines)
		told = append(told, w.recounted(rest, rest.Lines))
	}
	slices.SortStableFunc(told, func(x, y Cause) int { return cmp.Compare(y.Findings, x.Findings) })
	w.Causes, w.Summary.Causes = told, len(told)
}

// recounted is a cause of these lines alone.
func (w *withholding) recounted(c Cause, lines []int) Cause {
	who := map[graph.ID]bool{}
	for _, n := range lines {
		for _, s := range w.Findings[n-1].Subjects {
			who[s.ID] = true
		}
	}
	c.Lines, c.Findings, c.Subjects = lines, len(lines), len(who)
	return c
}

func (w *withholding) withheld(line int) bool { return w.paths[line] }

func (w *withholding) folds() {
	w.Attainable = each(w.Attainable, func(a *Attainable) {
		if slices.ContainsFunc(a.Lines, w.withheld) {
			a.Cause = annexed("cause")
		}
	})
	w.ControlPlane = each(w.ControlPlane, func(h *Holder) { w.path(&h.Path, annexed("control-plane")) })
	w.Flaws = each(w.Flaws, func(f *Flaw) {
		if !slices.ContainsFunc(f.Lines, w.withheld) {
			return
		}
		f.Causes = nil
		for _, n := range f.Lines {
			f.Causes = counted(f.Causes, w.Findings[n-1].Cause)
		}
		sortCounts(f.Causes)
	})
}

// isAccount reports whether a text is the ID of an account or of a person.
func isAccount(s string) bool {
	id, err := graph.ParseID(s)
	return err == nil && (id.Kind == graph.Account || id.Kind == graph.Identity || id.Kind == graph.Somebody)
}

func (w *withholding) notAssessed() {
	w.NotAssessed = each(w.NotAssessed, func(n *NotAssessed) {
		if n.Rule != factorCheck {
			return
		}
		n.Examples = w.things(n.Examples, n.Line)
		if slices.ContainsFunc(n.Gaps, isAccount) {
			n.Reason = w.text(n.Reason)
			n.Gaps, n.GapNames = []string{inAnnex}, []string{inAnnex}
		}
	})
}

func (w *withholding) accepted() {
	w.Acceptances = each(w.Acceptances, func(a *Acceptance) {
		if a.Rule == factorCheck {
			w.acceptance(a)
		}
	})
}

func (w *withholding) acceptance(a *Acceptance) {
	a.Subjects = each(a.Subjects, func(t *Thing) { w.any, *t = true, annexed("accepted") })
	a.Reason = w.text(a.Reason)
	a.Unknown = each(a.Unknown, func(s *string) { *s = w.text(*s) })
	a.Lapses = slices.Clone(a.Lapses)
	for i := range a.Lapses {
		a.Lapses[i].Why = w.text(a.Lapses[i].Why)
	}
}

// accounts withholds second factors, also that they are not known, and accounts that are
// listed for a finding about theirs alone.
func (w *withholding) accounts() {
	known := slices.ContainsFunc(w.Accounts, func(a Account) bool { return a.MFA != "" })
	w.Accounts = each(w.Accounts, func(a *Account) {
		a.Lines = slices.DeleteFunc(slices.Clone(a.Lines), func(n int) bool { return w.factors[n] })
		if known {
			a.MFA = w.text("known or not")
		}
	})
	w.Accounts = slices.DeleteFunc(w.Accounts, func(a Account) bool { return len(a.Lines) == 0 })
}

// earlier withholds the same of an earlier report.
func (w *withholding) earlier() {
	if w.Changes == nil {
		return
	}
	c := *w.Changes
	c.Gone, c.Before = each(c.Gone, w.gone), each(c.Before, w.gone)
	c.ToPolicy = each(c.ToPolicy, func(x *PolicyChange) {
		if strings.HasPrefix(x.Name, factorCheck+" of ") {
			x.Name = factorCheck + " of " + w.text(x.Name)
		}
	})
	w.Changes = &c
}

func (w *withholding) gone(g *Gone) {
	if g.Rule == factorCheck {
		g.ID, g.Why = "F-annex", w.text(g.Why)
		g.Subjects = each(g.Subjects, func(t *Thing) { w.any, *t = true, annexed("earlier") })
	}
}

// gaps withholds of which accounts second factors could not be read.
func (w *withholding) gaps() {
	w.Sources = each(w.Sources, func(s *Source) {
		s.Gaps = each(s.Gaps, func(g *GapGroup) {
			if g.Dataset == graph.MFA && len(g.Examples) > 0 {
				w.any, g.Examples = true, []Thing{annexed("accounts")}
			}
		})
	})
}

// authentication withholds accounts that need less than others to sign in.
func (w *withholding) authentication() {
	w.Authentication = each(w.Authentication, func(a *Authentication) {
		a.Policies = each(a.Policies, func(p *AuthPolicy) {
			p.Settings = each(p.Settings, func(s *Setting) {
				if isAccount(s.Value) {
					s.Value, s.Name = w.text(s.Value), ""
				}
			})
		})
		a.Tallies = each(a.Tallies, func(t *Tally) {
			if len(t.Examples) > 0 {
				w.any, t.Examples = true, []Thing{annexed("accounts")}
			}
		})
	})
}
