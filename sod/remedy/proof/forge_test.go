// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/fixtures/synth"
	"github.com/foureyes-iga/foureyes/graph"
	"github.com/foureyes-iga/foureyes/sod"
	"github.com/foureyes-iga/foureyes/sod/remedy"
	"github.com/foureyes-iga/foureyes/sod/remedy/proof"
)

// An object is one of JSON, with its keys in order.
type object struct {
	keys   []string
	values []any
}

// decode reads JSON, and keeps the order of keys and how numbers are written.
func decode(t *testing.T, d *json.Decoder) any {
	t.Helper()
	token, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	switch token {
	case json.Delim('{'):
		o := &object{}
		for d.More() {
			o.keys = append(o.keys, decode(t, d).(string))
			o.values = append(o.values, decode(t, d))
		}
		_, err = d.Token()
		token = o
	case json.Delim('['):
		list := []any{}
		for d.More() {
			list = append(list, decode(t, d))
		}
		_, err = d.Token()
		token = list
	}
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func decoded(t *testing.T, text []byte) any {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return decode(t, d)
}

// encode writes what decode read.
func encode(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case *object:
		for i, k := range v.keys {
			b.WriteByte(map[bool]byte{true: '{', false: ','}[i == 0])
			encode(b, k)
			b.WriteByte(':')
			encode(b, v.values[i])
		}
		if len(v.keys) == 0 {
			b.WriteByte('{')
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			encode(b, x)
		}
		b.WriteByte(']')
	default:
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		b.Write(text)
	}
}

// A forger changes one value at a time.
type forger struct {
	others map[string][]string // by key: every text that is somewhere under it
}

// meet notes the texts of a document.
func (f *forger) meet(key string, v any) {
	switch v := v.(type) {
	case *object:
		for i, k := range v.keys {
			f.meet(k, v.values[i])
		}
	case []any:
		for _, x := range v {
			f.meet(key, x)
		}
	case string:
		for _, k := range kin(key) {
			if !slices.Contains(f.others[k], v) {
				f.others[k] = append(f.others[k], v)
			}
		}
	}
}

// kin lists keys of which the values are of the same kind.
func kin(key string) []string {
	for _, family := range [][]string{
		{"from", "to", "subject", "subjects", "meant", "besides", "remains"},
		{"finding", "clears", "reopens"},
	} {
		if slices.Contains(family, key) {
			return family
		}
	}
	return []string{key}
}

// changes yields a value with every single change of it: numbers a little and much more
// and less; texts longer, empty and as another one of their kind in the plan; of
// lists each element left out, twice, and in the place of every near one and of the
// first; of objects each key left out, twice, in capitals, and one more.
func (f *forger) changes(at, key string, v any, do func(what string, v any)) {
	switch v := v.(type) {
	case *object:
		f.changesOfObject(at, v, do)
	case []any:
		f.changesOfList(at, key, v, do)
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			panic(err)
		}
		for _, other := range []int64{n + 1, n - 1, n + 2, n - 2, 2*n + 1_000_003, -n - 1, 0, n + 1<<14, n - 1<<14} {
			if other != n {
				do(fmt.Sprintf("%s is %d and not %d", at, other, n), other)
			}
		}
		do(at+" is written otherwise", json.Number(v.String()+".0"))
		do(at+" is a text", v.String())
	case string:
		for _, other := range append([]string{v + "x", "", v[:max(len(v)-1, 0)], strings.ToUpper(v)}, f.others[key]...) {
			if other != v {
				do(fmt.Sprintf("%s is %q and not %q", at, other, v), other)
			}
		}
	case bool:
		do(at+" is turned", !v)
	}
	do(at+" is null", nil)
}

func (f *forger) changesOfObject(at string, v *object, do func(string, any)) {
	with := func(i int, keys []string, values []any) *object {
		return &object{slices.Concat(v.keys[:i], keys, v.keys[i+1:]), slices.Concat(v.values[:i], values, v.values[i+1:])}
	}
	for i, k := range v.keys {
		f.changes(at+"."+k, k, v.values[i], func(what string, x any) { do(what, with(i, []string{k}, []any{x})) })
		do(at+"."+k+" is left out", with(i, nil, nil))
		do(at+"."+k+" is in capitals", with(i, []string{strings.ToUpper(k)}, []any{v.values[i]}))
		do(at+"."+k+" is there twice", with(i, []string{k, k}, []any{v.values[i], v.values[i]}))
		do(at+"."+k+" comes with more", with(i, []string{k, "also"}, []any{v.values[i], true}))
	}
}

func (f *forger) changesOfList(at, key string, v []any, do func(string, any)) {
	for i, x := range v {
		at := fmt.Sprintf("%s[%d]", at, i)
		f.changes(at, key, x, func(what string, x any) {
			other := slices.Clone(v)
			other[i] = x
			do(what, other)
		})
		do(at+" is left out", slices.Delete(slices.Clone(v), i, i+1))
		do(at+" is there twice", slices.Insert(slices.Clone(v), i, x))
		for _, j := range []int{0, i + 1, i + 2, i + 3, len(v) - 1} {
			if j != i && j < len(v) {
				other := slices.Clone(v)
				other[i], other[j] = other[j], other[i]
				do(fmt.Sprintf("%s is in the place of %d", at, j), other)
			}
		}
		do(at+" comes first", slices.Concat([]any{x}, v[:i], v[i+1:]))
		do(at+" and what follows is left out", v[:i])
	}
	if key != "" {
		do(at+" has one more", append(slices.Clone(v), "more"))
	}
}

// forge tries every step-th change of a plan, each with the digest that it needs, and
// reports those that pass. What says the same in the same letters is no change.
func forge(t *testing.T, is proof.Case, file []byte, every int) (tried int) {
	t.Helper()
	doc := decoded(t, file)
	f := &forger{others: map[string][]string{}}
	f.meet("", doc)
	n := 0
	f.changes("", "", doc, func(what string, v any) {
		if n++; n%every != 0 || v == nil {
			return
		}
		var b bytes.Buffer
		encode(&b, v)
		b.WriteByte('\n')
		forged := sealed(b.Bytes())
		if bytes.Equal(forged, file) { // the digest, made anew; or two elements that are alike
			return
		}
		tried++
		if _, err := proof.Check(is, forged); err == nil {
			t.Errorf("it passes when %s", what)
		}
		if tried%50 == 0 {
			if _, err := proof.Check(is, b.Bytes()); err == nil {
				t.Errorf("without its digest it passes when %s", what)
			}
		}
	})
	return tried
}

// sealed gives a plan the digest that it needs, if it has any.
func sealed(file []byte) []byte {
	key := []byte(`"digest":"`)
	at := bytes.Index(file, key)
	if at < 0 {
		return file
	}
	at += len(key)
	end := at + bytes.IndexByte(file[at:], '"')
	if end < at {
		return file
	}
	file = slices.Concat(file[:at], file[end:])
	return slices.Concat(file[:at], []byte(proof.Digest(file)), file[at:])
}

// TestEveryFieldIsChecked changes every value of plans, one at a time, and gives each
// forgery the digest that it needs. None may pass: what a plan says is what the checker
// works out, and a proof has one form only.
func TestEveryFieldIsChecked(t *testing.T) {
	g, p, asOf, o := ring(t)
	file, is := planFor(t, g, p, asOf, o)
	v, err := proof.Check(is, file)
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	if v.Stuck == 0 || v.Clears < 3 || v.Clauses < 4 {
		t.Fatalf("the plan shows too little: %+v\n%s", v, file)
	}
	if tried := forge(t, is, file, 1); tried < 2000 {
		t.Errorf("%d forgeries: too few", tried)
	}
}

// TestForgeries does the same with plans of many small worlds in both scopes, and of
// companies in which proofs have shares, several weights, cases and kept grants.
func TestForgeries(t *testing.T) {
	worlds, every := uint64(40), 7
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		worlds, every = 300, 1
	}
	tried := 0
	for seed := range worlds {
		g, p, asOf := smallGraph(t, seed+1)
		o := remedy.Options{Scope: remedy.Scope(seed % 2)}
		if seed%3 == 0 {
			o.Costs = &sod.Costs{Digest: "sha256:3", Rules: []sod.CostRule{{Kind: graph.Eligible, Keep: true}, {Kind: graph.Member, Times: 3}, {Kind: graph.Assigned, Cost: 2}}}
		}
		if plan, err := remedy.Solve(t.Context(), g, p, asOf, o); seed%4 == 3 && err == nil && len(plan.Targets) > 0 {
			o.Subject = plan.Targets[0].Subjects[0]
		}
		file, is := planFor(t, g, p, asOf, o)
		tried += forge(t, is, file, every)
		if t.Failed() {
			t.Fatalf("seed %d\n%s", seed+1, file)
		}
	}
	t.Logf("%d forgeries of plans of small worlds", tried)
}

// TestForgeriesOfCases forges proofs that part plans by cases.
func TestForgeriesOfCases(t *testing.T) {
	most := 200 // of each plan
	if os.Getenv("FOUREYES_NIGHTLY") != "" {
		most = 5000
	}
	cases, shares, keeps := 0, 0, 0
	for i, knot := range knots() {
		g, p := knot.Graph(), knot.Policy()
		o := remedy.Options{Scope: remedy.Structure}
		if i%2 == 0 {
			o.Costs = flat()
		}
		file, is := planFor(t, g, p, synth.AsOf(), o)
		v, err := proof.Check(is, file)
		if err != nil {
			t.Fatalf("%+v: %v", knot, err)
		}
		if v.Clears == 0 {
			continue
		}
		cases, shares, keeps = cases+bytes.Count(file, []byte(`"revoked":`)), shares+v.Shares, keeps+bytes.Count(file, []byte(`"keeps":`))
		all := 0
		f := &forger{others: map[string][]string{}}
		doc := decoded(t, file)
		f.meet("", doc)
		f.changes("", "", doc, func(string, any) { all++ })
		tried := forge(t, is, file, all/most+1)
		t.Logf("%d people, seed %d: %+v; %d of %d forgeries", knot.People, knot.Seed, v, tried, all)
	}
	if cases == 0 || shares == 0 || keeps == 0 {
		t.Errorf("%d cases, %d shares, %d kept: the proofs show too little", cases, shares, keeps)
	}
}

// knots lists small companies of which some proofs have cases and some shares.
func knots() (all []synth.Tangle) {
	for _, seed := range []uint64{14, 42, 51, 53} {
		all = append(all, synth.Tangle{Seed: seed, People: 14, Groups: 14, Roles: 8, Rights: 6, Rules: 4, Joins: 3, Nests: 3, Assigns: 2, Contains: 3})
	}
	return append(all, synth.Office(28, 49), synth.Office(28, 6))
}

func flat() *sod.Costs {
	return &sod.Costs{Digest: "sha256:0", Rules: []sod.CostRule{
		{From: []sod.Selector{{Source: synth.Corp, Kind: graph.Group}}, Cost: 4}, {Kind: graph.Contains, Cost: 9},
	}}
}

// TestRefusesWhatIsNoFile holds what is no plan against a case.
func TestRefusesWhatIsNoFile(t *testing.T) {
	g, p, asOf, o := ring(t)
	file, is := planFor(t, g, p, asOf, o)
	for name, text := range map[string][]byte{"nothing": nil, "half": file[:len(file)/2], "two": slices.Concat(file, file)} {
		if _, err := proof.Check(is, text); err == nil || errors.Is(err, io.EOF) && name != "nothing" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
