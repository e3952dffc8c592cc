// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The kinds of records that the ledger writes itself. Nobody else may append them.
const (
	KindLedger     = "ledger"        // the first record: name, key and classes
	KindKey        = "key"           // another key takes over
	KindCheckpoint = "checkpoint"    // a checkpoint worth keeping, such as that of a change of keys
	KindClock      = "clock-anomaly" // the record that follows is older than one before it
	KindClosed     = "series-closed" // the years of the series' classes begin to count
	KindHold       = "hold-placed"   // nothing of a series may be erased
	KindLifted     = "hold-lifted"
	KindErased     = "erased" // an object is gone; whoever erased it said why
	KindDrill      = "drill"  // old records were retrieved and verified
)

// Tolerance is how far the clock may go back from one record to the next without
// being told of. It is part of the format: [Fsck] holds the ledger to it.
const Tolerance = time.Minute

func isOurs(kind string) bool {
	switch kind {
	case KindLedger, KindKey, KindCheckpoint, KindClock, KindClosed, KindHold, KindLifted, KindErased, KindDrill:
		return true
	}
	return false
}

// ClassSox is the class of what auditors of financial reporting ask for. Every
// ledger has it; what it itself records belongs to it.
const ClassSox = "sox"

// DefaultClasses are the years for which the objects of each class are kept at
// least after the end of their series.
func DefaultClasses() map[string]int { return map[string]int{ClassSox: 8, "standard": 3} }

// The bodies of those records.
type (
	ledgerBody struct {
		Origin  string         `json:"origin"`
		Key     string         `json:"key"`
		Classes map[string]int `json:"classes"`
	}
	keyBody struct {
		Key         string `json:"key"`
		Replaces    string `json:"replaces"`
		Compromised bool   `json:"compromised"`
	}
	clockBody struct {
		Was string `json:"was"`
		Is  string `json:"is"`
	}
	holdBody struct {
		Hold string `json:"hold"`
	}
	erasedBody struct {
		Object string `json:"object"`
	}
	drillBody struct {
		Checkpoint string  `json:"checkpoint"`
		Before     string  `json:"before"`
		Asked      int     `json:"asked"`
		Records    []int64 `json:"records"`
		Failed     []int64 `json:"failed"`
	}
)

func encodeBody(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("evidence: %T: %v", v, err)) // plain structs
	}
	return append(b, '\n')
}

// decodeBody reads what encodeBody wrote, and nothing else.
func decodeBody(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if !bytes.Equal(encodeBody(v), body) {
		return errors.New("the body is not in its one form")
	}
	return nil
}

// A Statement is what a named person says about something they do to the ledger.
// It names a person, so it is kept as a salted object and not in a record.
type Statement struct {
	By     string
	Reason string
	At     time.Time // the writer's clock
}

func (s Statement) check() error {
	switch {
	case s.By == "":
		return errors.New("nobody is named who answers for it")
	case s.Reason == "":
		return errors.New("no reason is given")
	case s.At.IsZero():
		return errors.New("no time is given")
	}
	return nil
}

type statementBody struct {
	Format string `json:"format"`
	By     string `json:"by"`
	Reason string `json:"reason"`
}

const statementFormat = "foureyes/statement/1"

// ParseStatement reads the object of a statement.
func ParseStatement(object []byte) (by, reason string, err error) {
	content, err := Unsalted(object)
	if err != nil {
		return "", "", err
	}
	var b statementBody
	if err := decodeBody(content, &b); err != nil {
		return "", "", err
	}
	if b.Format != statementFormat {
		return "", "", fmt.Errorf("format %q, want %s", b.Format, statementFormat)
	}
	return b.By, b.Reason, nil
}
