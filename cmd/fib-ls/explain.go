package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/validate"
)

func newExplainCommand(_ *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [RULE|DEFINITION…]",
		Short: "Explain a rule, or a Definition name field by field",
		Long:  "Without an argument, lists the rules of check and the families of Definition names.",
		Example: `  fib-ls explain unknown-parent
  fib-ls explain gqa_paged_decode_h32_kv8_d128_ps1`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listExplainable(cmd.OutOrStdout())
			}
			for i, arg := range args {
				if i > 0 {
					_, _ = fmt.Fprintln(cmd.OutOrStdout())
				}
				if err := explain(cmd.OutOrStdout(), arg); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func listExplainable(w io.Writer) error {
	var b strings.Builder
	b.WriteString("Rules:\n")
	for _, r := range validate.Rules() {
		fmt.Fprintf(&b, "  %-26s %-8s %s\n", r.ID, r.Severity, r.Doc)
	}
	b.WriteString("\nFamilies of Definition names:\n")
	for _, f := range definition.Families() {
		fmt.Fprintf(&b, "  %-44s %s\n", f.ID, f.Doc)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func explain(w io.Writer, arg string) error {
	if r, ok := validate.RuleByID(arg); ok {
		_, err := fmt.Fprintf(w, "%s (%s)\n%s\n\n%s\n\n%s#%s\n", r.ID, r.Severity, r.Doc, r.Long, rulesURL, r.ID)
		return err
	}
	name, err := definition.Parse(arg)
	if err != nil {
		modern, from, ok := definition.ParseLegacy(arg)
		if !ok {
			return &phases.UsageError{
				Message: fmt.Sprintf("%q is neither a rule nor a Definition name: %v", arg, err),
				Hint:    "fib-ls explain lists the rules and the families of names",
			}
		}
		if _, err := fmt.Fprintf(w, "%s is an older spelling (%s) of %s\n\n", arg, from, modern); err != nil {
			return err
		}
		name = modern
	}
	_, err = io.WriteString(w, definition.Explain(name))
	return err
}
