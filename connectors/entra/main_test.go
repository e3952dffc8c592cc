// SPDX-License-Identifier: Apache-2.0

package entra

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/foureyes-iga/foureyes/fixtures/graphapi"
)

// TestMain serves a large tenant instead of testing, when it is told to: then the
// memory of the server is not the connector's.
func TestMain(m *testing.M) {
	if os.Getenv("FOUREYES_SERVE_TENANT") != "" {
		if err := serveLarge(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func largeTenant() *graphapi.Tenant { return graphapi.Synthetic(1, 50_000, 10_000, 500_000) }

// serveLarge serves until its standard input ends, so that it cannot outlive the
// test.
func serveLarge() error {
	api, err := graphapi.New(largeTenant(), graphapi.Options{Latency: 5 * time.Millisecond, RequireToken: true})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/v1.0/", api)
	mux.HandleFunc("/requests", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, outer(api)) })
	fmt.Fprintln(os.Stderr, listener.Addr(), api.Token())
	go func() { _ = http.Serve(listener, mux) }()
	_, err = os.Stdin.Read(make([]byte, 1))
	_ = err
	return nil
}

// startLarge starts another process that serves the large tenant.
func startLarge(t testing.TB) (address, token string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "FOUREYES_SERVE_TENANT=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	if _, err := fmt.Fscan(out, &address, &token); err != nil {
		t.Fatal(err)
	}
	return "http://" + strings.TrimSpace(address), token
}
