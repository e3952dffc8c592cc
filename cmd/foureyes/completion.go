// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

func completionCommand(w world) *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a completion script for a shell",
		ArgsUsage: "bash|zsh|fish",
		Description: "bash: source <(foureyes completion bash)\n" +
			"zsh:  source <(foureyes completion zsh)\n" +
			"fish: foureyes completion fish | source",
		Action: func(c *cli.Context) error {
			args, err := wantArgs(c, 1, 1)
			if err != nil {
				return err
			}
			script, err := completionScript(c.App, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(w.stdout, script)
			return err
		},
	}
}

// completionScript asks the program itself for the words: the library answers
// --generate-bash-completion with one candidate a line.
func completionScript(app *cli.App, shell string) (string, error) {
	switch shell {
	case "bash":
		return `_foureyes() {
  local sofar=("${COMP_WORDS[@]:0:COMP_CWORD}") word="${COMP_WORDS[COMP_CWORD]}"
  [[ "$word" == -* ]] && sofar+=("$word")
  mapfile -t COMPREPLY < <(compgen -W "$("${sofar[@]}" --generate-bash-completion 2>/dev/null)" -- "$word")
}
complete -o default -o bashdefault -F _foureyes foureyes
`, nil
	case "zsh":
		return `#compdef foureyes
_foureyes() {
  local -a sofar found
  sofar=("${(@)words[1,CURRENT-1]}")
  [[ "${words[CURRENT]}" == -* ]] && sofar+=("${words[CURRENT]}")
  found=("${(@f)$("${sofar[@]}" --generate-bash-completion 2>/dev/null)}")
  [[ -n "${found[1]}" ]] && compadd -a found || _files
}
compdef _foureyes foureyes
`, nil
	case "fish":
		return app.ToFishCompletion()
	}
	return "", usagef("unknown shell %q: want bash, zsh or fish", shell)
}
