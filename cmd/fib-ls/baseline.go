package main

import (
	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases"
)

func newBaselineCommand(g *globals) *cobra.Command {
	cmd, _ := newStep(g, "baseline [CLASS|KEYWORD]", "Phase 2: find a model's implementation in SGLang",
		"Reads "+phases.FileArchitecture+" of the output directory; writes "+phases.FileImplementation+", "+phases.FileKernelCalls+" and "+phases.DirSnippets+".",
		func(cmd *cobra.Command, env *phases.Env, req phases.Request, _ []string) (*phases.Result, error) {
			return phases.RunBaseline(cmd.Context(), env, req)
		})
	return cmd
}
