// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

const tool = "foureyes"

// version is what the build says of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "0.1.0-dev"
	}
	return info.Main.Version
}

// newApp builds the command line. The library must neither exit nor print on its
// own: usage errors come back as errors, and stdout carries results only.
func newApp(w world) *cli.App {
	verbs := []*cli.Command{
		demoCommand(w), initCommand(w), collectCommand(w), sourceCommand(w), analyzeCommand(w), explainCommand(w), whatIfCommand(w), remedyCommand(w), diffCommand(w), leaverCommand(w), moverCommand(w),
		snapshotCommand(w), policyCommand(w), packetCommand(w), evidenceCommand(w), campaignCommand(w), controlCommand(w), runCommand(w), completionCommand(w), helpCommand(),
	}
	app := &cli.App{
		Name:  tool,
		Usage: "find who can do too much, and prove it",
		Description: "Exit codes: 0 assessed and clean, or done; 1 it could not run; 2 wrong usage;\n" +
			"3 open findings; 4 no open finding, but something was NOT ASSESSED.",
		Version: version(), Reader: w.stdin, Writer: w.stdout, ErrWriter: w.stderr,
		EnableBashCompletion: true,
		Metadata:             map[string]any{randomKey: w.random},
		Flags:                []cli.Flag{cli.HelpFlag}, // the library adds none beside a help verb of our own
		ExitErrHandler:       func(*cli.Context, error) {},
		Action:               func(c *cli.Context) error { return unknownVerb(c) },
		OnUsageError:         onUsageError,
		Commands:             verbs,
	}
	for _, c := range verbs {
		settle(c)
	}
	return app
}

// randomKey is under what an app keeps where its keys and salts come from.
const randomKey = "random"

// randomOf is where the keys and salts of a verb come from.
func randomOf(c *cli.Context) io.Reader {
	if r, ok := c.App.Metadata[randomKey].(io.Reader); ok && r != nil {
		return r
	}
	return rand.Reader
}

// settle gives a command what the library does not inherit.
func settle(c *cli.Command) {
	c.OnUsageError = onUsageError
	if c.Action != nil {
		c.Flags = append(c.Flags,
			&cli.BoolFlag{Name: "quiet", Usage: "say nothing but errors on stderr"},
			&cli.BoolFlag{Name: "verbose", Usage: "log what is done, on stderr"})
		c.Action = withoutEmptyFlags(c.Action)
	} else {
		c.Action = unknownVerb
	}
	c.HideHelpCommand = true
	for _, sub := range c.Subcommands {
		settle(sub)
	}
}

// withoutEmptyFlags refuses a flag that was given with nothing, as a shell variable that is
// not set gives it: what was asked for is not known, and the default is something else.
func withoutEmptyFlags(act cli.ActionFunc) cli.ActionFunc {
	return func(c *cli.Context) error {
		for _, f := range c.Command.Flags {
			name := f.Names()[0]
			if text, ok := f.(*cli.StringFlag); ok && c.IsSet(text.Name) && c.String(text.Name) == "" {
				return usagef("--%s is empty: give it a value, or leave it out", name)
			}
			if list, ok := f.(*cli.StringSliceFlag); ok && slices.Contains(c.StringSlice(list.Name), "") {
				return usagef("--%s is empty: give it a value, or leave it out", name)
			}
		}
		return act(c)
	}
}

func onUsageError(_ *cli.Context, err error, _ bool) error { return &usageError{err} }

// unknownVerb answers a call without a verb, or with one that does not exist.
func unknownVerb(c *cli.Context) error {
	names := verbNames(c.Command.Subcommands)
	if c.Args().Present() {
		return usagef("unknown verb %q: want one of %s", c.Args().First(), strings.Join(names, ", "))
	}
	return usagef("a verb is missing: want one of %s", strings.Join(names, ", "))
}

// verbName is the verb as it is called, such as "packet build".
func verbName(c *cli.Context) string { return strings.TrimPrefix(c.Command.HelpName, tool+" ") }

func helpCommand() *cli.Command {
	return &cli.Command{
		Name: "help", Usage: "show how a verb is called", ArgsUsage: "[VERB [VERB]]",
		Action: func(c *cli.Context) error {
			args, err := wantArgs(c, 0, 2)
			if err != nil {
				return err
			}
			known := c.App.Commands
			for _, name := range args {
				i := slices.IndexFunc(known, func(k *cli.Command) bool { return k.HasName(name) })
				switch {
				case len(known) == 0:
					return usagef("%s has no verbs", args[0])
				case i < 0:
					return usagef("unknown verb %q: want one of %s", name, strings.Join(verbNames(known), ", "))
				}
				known = known[i].Subcommands
			}
			return c.App.RunContext(c.Context, slices.Concat([]string{tool}, args, []string{"--help"}))
		},
	}
}

func verbNames(commands []*cli.Command) []string {
	var names []string
	for _, c := range commands {
		names = append(names, c.Name)
	}
	return names
}

// wantArgs returns at least lo and at most hi arguments. The library takes a flag
// written after an argument for an argument; we refuse it rather than ignore it.
// A file really named "-x" can be given as "./-x".
func wantArgs(c *cli.Context, lo, hi int) ([]string, error) {
	args := c.Args().Slice()
	for _, a := range args {
		if len(a) > 1 && a[0] == '-' {
			return nil, usagef("%s must come before %s", a, c.Command.ArgsUsage)
		}
	}
	switch {
	case len(args) < lo:
		return nil, usagef("%s needs %s", verbName(c), c.Command.ArgsUsage)
	case len(args) > hi && hi == 0:
		return nil, usagef("%s takes no argument, and got %q", verbName(c), args[0])
	case len(args) > hi:
		return nil, usagef("%s takes %s, and got %d arguments", verbName(c), c.Command.ArgsUsage, len(args))
	}
	return args, nil
}

// wantFlag returns the value of a flag that a verb cannot do without.
func wantFlag(c *cli.Context, name string) (string, error) {
	if v := c.String(name); v != "" {
		return v, nil
	}
	return "", usagef("%s needs --%s", verbName(c), name)
}

// logger returns the log: of everything with --verbose, of nothing with --quiet,
// and else of what a person has to act on, such as a code to sign in with.
func (w world) logger(c *cli.Context) *slog.Logger {
	level := slog.LevelWarn
	switch {
	case c.Bool("verbose"):
		level = slog.LevelDebug
	case c.Bool("quiet"):
		return nil
	}
	return slog.New(slog.NewTextHandler(w.stderr, &slog.HandlerOptions{Level: level}))
}
