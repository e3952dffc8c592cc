// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v4"

	"github.com/foureyes-iga/foureyes/campaign"
	"github.com/foureyes-iga/foureyes/graph"
)

const maxTerms = 1 << 20

// termsFile is a campaign as people write it: docs/formats/campaign.md.
type termsFile struct {
	ID          string     `yaml:"id"`
	Name        string     `yaml:"name"`
	Period      string     `yaml:"period"`
	Scope       scopeFile  `yaml:"scope"`
	Stages      []stage    `yaml:"stages"`
	Admins      []string   `yaml:"admins"`
	Independent bool       `yaml:"independent"`
	ReasonFor   []string   `yaml:"reason_for"`
	Accepted    []accepted `yaml:"accepted_gaps"`
	Birthright  []string   `yaml:"birthright"`
}

type scopeFile struct {
	Applications []string `yaml:"applications"`
	Sources      []string `yaml:"sources"`
	Things       []string `yaml:"things"`
	Privileged   bool     `yaml:"privileged"`
	People       []string `yaml:"people"`
	Findings     bool     `yaml:"findings"`
	Changed      bool     `yaml:"changed"`
	Structure    bool     `yaml:"structure"`
}

type stage struct {
	Name string   `yaml:"name"`
	By   []string `yaml:"by"`
	List []string `yaml:"list"`
	Due  string   `yaml:"due"`
}

type accepted struct {
	About string `yaml:"about"`
	Why   string `yaml:"why"`
	By    string `yaml:"by"`
}

// readTerms reads a file of terms. What it does not know is an error with its line.
func readTerms(name string) (campaign.Terms, error) {
	f, err := os.Open(name)
	if err != nil {
		return campaign.Terms{}, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxTerms+1))
	if err != nil {
		return campaign.Terms{}, err
	}
	if len(src) > maxTerms {
		return campaign.Terms{}, fmt.Errorf("%s: larger than %d KiB", name, maxTerms>>10)
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	dec.KnownFields(true)
	var x termsFile
	if err := dec.Decode(&x); errors.Is(err, io.EOF) {
		return campaign.Terms{}, fmt.Errorf("%s: it is empty", name)
	} else if err != nil {
		return campaign.Terms{}, fmt.Errorf("%s: %w", name, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return campaign.Terms{}, fmt.Errorf("%s: a second document follows the first", name)
	}
	t, err := x.terms()
	if err != nil {
		return t, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

func (x termsFile) terms() (campaign.Terms, error) {
	var errs []error
	ids := func(what string, all []string) (out []graph.ID) {
		for _, s := range all {
			id, err := graph.ParseID(s)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", what, err))
			}
			out = append(out, id)
		}
		return out
	}
	t := campaign.Terms{ID: x.ID, Name: x.Name, Period: x.Period, Admins: ids("admins", x.Admins), Independent: x.Independent, Birthright: x.Birthright, Scope: campaign.Scope{
		Applications: x.Scope.Applications, Things: x.Scope.Things, Privileged: x.Scope.Privileged, People: ids("scope, people", x.Scope.People),
		Findings: x.Scope.Findings, Changed: x.Scope.Changed, Structure: x.Scope.Structure,
	}}
	for _, s := range x.Scope.Sources {
		source, err := graph.ParseSource(s)
		errs = append(errs, err)
		t.Scope.Sources = append(t.Scope.Sources, source)
	}
	for i, s := range x.Stages {
		out := campaign.Stage{Name: s.Name, List: ids(fmt.Sprintf("stage %d, list", i+1), s.List)}
		for _, w := range s.By {
			out.By = append(out.By, campaign.Way(w))
		}
		due, err := parseDate(s.Due)
		if err != nil {
			errs = append(errs, fmt.Errorf("stage %d, due: %w", i+1, err))
		}
		out.Due = due
		t.Stages = append(t.Stages, out)
	}
	for _, a := range x.ReasonFor {
		t.ReasonFor = append(t.ReasonFor, campaign.Answer(a))
	}
	for _, a := range x.Accepted {
		by := ids("accepted_gaps, by", []string{a.By})
		t.Accepted = append(t.Accepted, campaign.Accepted{About: a.About, Why: a.Why, By: by[0]})
	}
	return t, errors.Join(errs...)
}
