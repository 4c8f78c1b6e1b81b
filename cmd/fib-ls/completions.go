package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// flagChoices are the values of flags that take one of a few, for the shells'
// completion. The flags themselves refuse other values.
var flagChoices = map[string][]string{
	"add quantization": {"auto", "none", "fp8", "nvfp4"},
	"add definitions":  {"all", "dataset"},
	"add gemm":         {"auto", "compact", "underscored"},
	"add tp":           {"auto", "1", "2", "4", "8", "16"},
	"add ep":           {"auto", "1", "2", "4", "8", "16"},
	"check format":     {"text", "json", "github", "sarif"},
	"check fail-level": {"error", "warning"},
	"coverage format":  {"text", "markdown", "json"},
	"fib-ls color":     {"auto", "always", "never"},
	"fib-ls log-level": {"debug", "info", "warn", "error"},
}

// registerCompletions tells cobra what may follow, below the root command.
func registerCompletions(g *globals, root *cobra.Command) {
	for _, cmd := range append(root.Commands(), root) {
		for key, values := range flagChoices {
			name, flag, _ := strings.Cut(key, " ")
			if name == cmd.Name() {
				// It fails only for a flag that is not there, which a test rules out.
				_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
			}
		}
		if cmd.Flags().Lookup("hf-repo-id") != nil {
			_ = cmd.RegisterFlagCompletionFunc("hf-repo-id", completeRepos(g))
		}
		if cmd.Name() == "add" || cmd.Name() == "extract" {
			cmd.ValidArgsFunction = completeRepos(g)
		}
		if cmd.Name() == "explain" {
			cmd.ValidArgsFunction = completeExplainable
		}
		if cmd.Name() == "check" {
			_ = cmd.RegisterFlagCompletionFunc("severity", completeSeverities)
		}
	}
}

// completeRepos offers the repositories that are known without the network.
func completeRepos(g *globals) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		env, err := g.environment(strings.NewReader(""), io.Discard, true)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var ids []string
		for _, r := range phases.KnownRepos(env) {
			if strings.HasPrefix(strings.ToLower(r.ID), strings.ToLower(typed)) {
				ids = append(ids, r.ID)
			}
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}

func completeExplainable(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var ids []string
	for _, r := range validate.Rules() {
		ids = append(ids, r.ID+"\t"+r.Doc)
	}
	for _, f := range definition.Families() {
		ids = append(ids, f.Prefix+"\t"+f.Doc)
	}
	for _, r := range report.OtherRules() {
		ids = append(ids, r.ID+"\t"+r.Doc)
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

func completeSeverities(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var choices []string
	for _, r := range validate.Rules() {
		for _, s := range append(slices.Clone(validate.Severities), validate.Off) {
			choices = append(choices, r.ID+"="+string(s))
		}
	}
	return choices, cobra.ShellCompDirectiveNoFileComp
}
