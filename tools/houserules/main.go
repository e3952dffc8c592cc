// SPDX-License-Identifier: Apache-2.0

// Command houserules checks what vet and staticcheck do not know: the habits of
// this house, each with its reason. It reads every Go file below the folder it is
// given, prints one line per breach and exits with 1 when there is any.
//
//	houserules [DIR]
//
// Exceptions stand in allow.go, each with a reason; one that is no longer needed
// is a breach too.
package main

import (
	"fmt"
	"os"
)

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	breaches, files, err := check(os.DirFS(root), allowed())
	if err != nil {
		fmt.Fprintln(os.Stderr, "houserules:", err)
		os.Exit(2)
	}
	for _, b := range breaches {
		fmt.Println(b)
	}
	if len(breaches) > 0 {
		fmt.Fprintf(os.Stderr, "houserules: %d breaches in %d files\n", len(breaches), files)
		os.Exit(1)
	}
}
