package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases/fault"
)

// atMost refuses what follows a command and its flags beyond n arguments.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= n {
			return nil
		}
		return &fault.Usage{Message: fmt.Sprintf("unexpected argument %q", args[n]), Hint: "see " + cmd.CommandPath() + " --help"}
	}
}

// tidyCompletion makes cobra's own command for completions answer a shell that it
// does not know as the other commands answer a mistake.
func tidyCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	completion, _, err := root.Find([]string{"completion"})
	if err != nil {
		return
	}
	var shells []string
	for _, shell := range completion.Commands() {
		shell.Args = atMost(0)
		shells = append(shells, shell.Name())
	}
	completion.Args = cobra.ArbitraryArgs
	completion.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return &fault.Usage{Message: fmt.Sprintf("no completions for the shell %q", args[0]), Hint: "choose one of " + strings.Join(shells, ", ")}
		}
		return cmd.Help()
	}
}
