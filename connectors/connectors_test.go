// SPDX-License-Identifier: Apache-2.0

package connectors_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/foureyes-iga/foureyes/connectors"
)

// A password must not show, even where package fmt reaches it through unexported
// fields without asking its methods.
func TestSecretIsUnprintable(t *testing.T) {
	const password = "hunter2-very-secret"
	s := connectors.NewSecret(password)
	hidden := struct{ secret connectors.Secret }{s}
	open := struct{ Secret connectors.Secret }{s}
	var said bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&said, verb, s)
		fmt.Fprintf(&said, verb, &s)
		fmt.Fprintf(&said, verb, hidden)
		fmt.Fprintf(&said, verb, &hidden)
		fmt.Fprintf(&said, verb, open)
	}
	text, err := json.Marshal(open)
	if err != nil {
		t.Fatal(err)
	}
	said.Write(text)
	slog.New(slog.NewTextHandler(&said, nil)).Info("bind", "password", s, "in", hidden)
	if strings.Contains(said.String(), password) || strings.Contains(said.String(), fmt.Sprintf("%x", password)) {
		t.Errorf("the password shows in %s", said.String())
	}
	if s.Reveal() != password || s.IsEmpty() || !(connectors.Secret{}).IsEmpty() || (connectors.Secret{}).Reveal() != "" {
		t.Error("a secret is not what was put into it")
	}
}
