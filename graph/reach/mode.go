// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"fmt"

	"github.com/foureyes-iga/foureyes/graph"
)

// A Mode says how firmly something is held: by the weakest edge of the path that
// leads to it. Modes are ordered from the strongest. The zero Mode is invalid.
type Mode uint8

// The modes.
const (
	_          Mode = iota
	Standing        // no eligible and no controls edge
	Eligible        // some eligible edge, no controls edge
	Attainable      // some controls edge
)

var modeNames = [...]string{"", "standing", "eligible", "attainable"}

// String returns the mode's name, such as "standing".
func (m Mode) String() string {
	if m < Standing || m > Attainable {
		return fmt.Sprintf("Mode(%d)", uint8(m))
	}
	return modeNames[m]
}

// ParseMode reads what [Mode.String] writes. Anything else is an error.
func ParseMode(s string) (Mode, error) {
	for m := Standing; m <= Attainable; m++ {
		if modeNames[m] == s {
			return m, nil
		}
	}
	return 0, fmt.Errorf("unknown mode %q: want standing, eligible or attainable", s)
}

// MarshalText implements [encoding.TextMarshaler].
func (m Mode) MarshalText() ([]byte, error) {
	if m < Standing || m > Attainable {
		return nil, fmt.Errorf("invalid mode %d", uint8(m))
	}
	return []byte(m.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]; unknown text is an error.
func (m *Mode) UnmarshalText(b []byte) (err error) {
	*m, err = ParseMode(string(b))
	return err
}

// ModeOf returns the mode of a path that is this one edge.
func ModeOf(k graph.GrantKind) Mode {
	switch k {
	case graph.Eligible:
		return Eligible
	case graph.Controls:
		return Attainable
	}
	return Standing
}

// A Path is a way from a subject to something it holds: Kinds[i] joins Nodes[i]
// and Nodes[i+1]. A path of one node is what the subject itself is.
type Path struct {
	Nodes []graph.ID
	Kinds []graph.GrantKind
}

// Mode returns the mode of the weakest edge.
func (p Path) Mode() Mode {
	m := Standing
	for _, k := range p.Kinds {
		m = max(m, ModeOf(k))
	}
	return m
}

// End returns the last node.
func (p Path) End() graph.ID { return p.Nodes[len(p.Nodes)-1] }
