// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"time"

	"github.com/foureyes-iga/foureyes/evidence"
)

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

type (
	problemForm struct {
		Record *int64 `json:"record,omitempty"`
		What   string `json:"what"`
	}
	proofForm struct {
		Outside string `json:"outside"`
		Inside  string `json:"inside"`
	}
	verdictForm struct {
		Format   string        `json:"format"`
		Sound    bool          `json:"sound"`
		Anchor   string        `json:"anchor"`
		Origin   string        `json:"origin"`
		Records  int64         `json:"records"`
		Root     string        `json:"root"`
		Objects  int           `json:"objects"`
		Erased   int           `json:"erased"`
		Unnamed  int           `json:"unnamed"`
		Keys     []string      `json:"keys"`
		Problems []problemForm `json:"problems"`
		Proofs   []proofForm   `json:"proofs"`
		Notes    []string      `json:"notes"`
	}
)

func verdictJSON(v *evidence.Verdict) verdictForm {
	f := verdictForm{"foureyes/fsck/1", v.Sound(), v.Anchor.String(), v.Origin, v.Records, v.Root, v.Objects, v.Erased, v.Unnamed,
		append([]string{}, v.Keys...), []problemForm{}, []proofForm{}, append([]string{}, v.Notes...)}
	for _, p := range v.Problems {
		form := problemForm{What: p.What}
		if p.Record >= 0 {
			form.Record = &p.Record
		}
		f.Problems = append(f.Problems, form)
	}
	for _, p := range v.Proofs {
		f.Proofs = append(f.Proofs, proofForm{p[0], p[1]})
	}
	return f
}

type (
	holdForm struct {
		ID     string `json:"id"`
		Series string `json:"series"`
		Placed int64  `json:"placed"`
		Lifted *int64 `json:"lifted,omitempty"`
	}
	statusForm struct {
		Format     string         `json:"format"`
		Origin     string         `json:"origin"`
		Records    int64          `json:"records"`
		Last       time.Time      `json:"last"`
		Objects    int            `json:"objects"`
		Erased     int            `json:"erased"`
		Drills     int            `json:"drills"`
		Classes    map[string]int `json:"classes"`
		Keys       []string       `json:"keys"`
		Holds      []holdForm     `json:"holds"`
		Checkpoint string         `json:"checkpoint"`
	}
)

func statusJSON(l *evidence.Ledger, head *evidence.Signed) statusForm {
	s := l.Status()
	f := statusForm{"foureyes/evidence-status/1", s.Origin, s.Size, s.Last, s.Objects, s.Erased, s.Drills, s.Classes, l.Keys(), []holdForm{}, string(head.Note)}
	for _, h := range l.Holds() {
		form := holdForm{ID: h.ID, Series: h.Series, Placed: h.Placed}
		if h.Lifted != 0 {
			form.Lifted = &h.Lifted
		}
		f.Holds = append(f.Holds, form)
	}
	return f
}

type (
	retrievedForm struct {
		Record  int64     `json:"record"`
		Kind    string    `json:"kind"`
		Time    time.Time `json:"time"`
		Objects int       `json:"objects"`
		Erased  int       `json:"erased"`
		Problem string    `json:"problem,omitempty"`
	}
	drillForm struct {
		Format     string          `json:"format"`
		Checkpoint string          `json:"checkpoint"`
		Asked      int             `json:"asked"`
		Records    []retrievedForm `json:"records"`
		Failed     []int64         `json:"failed"`
		Recorded   int64           `json:"recorded"`
	}
)

func drillJSON(d *evidence.Drill) drillForm {
	f := drillForm{"foureyes/drill/1", string(d.Checkpoint.Note), d.Asked, []retrievedForm{}, d.Failed(), d.Index}
	for _, r := range d.Records {
		f.Records = append(f.Records, retrievedForm{r.Index, r.Kind, r.Time, r.Objects, r.Erased, r.Problem})
	}
	return f
}
