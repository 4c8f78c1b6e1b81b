package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/expect"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// explainFlags are the flags of explain.
type explainFlags struct {
	model, modelsTS string
	json            bool
}

func newExplainCommand(g *globals) *cobra.Command {
	f := &explainFlags{}
	cmd := &cobra.Command{
		Use:   "explain [RULE|DEFINITION…]",
		Short: "Explain a rule, or a Definition name field by field",
		Long: `Without an argument, lists the rules of check and the families of Definition
names. With --model, a name is also shown with that model's numbers: which
modules need it, under which parallelism, and what goes into each field. The
model is an id in models.ts, a repository, or a name of the built-in catalogue.`,
		Example: `  fib-ls explain unknown-parent
  fib-ls explain gqa_paged_decode_h32_kv8_d128_ps1
  fib-ls explain gemm_n2112_k7168 --model deepseek-v3`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, g, args) },
	}
	cmd.Flags().StringVar(&f.model, "model", "", "show names with this model's numbers")
	cmd.Flags().StringVar(&f.modelsTS, "models-ts", filepath.FromSlash(modelsfile.DefaultPath), "the models.ts in which --model is looked up first")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

func (f *explainFlags) run(cmd *cobra.Command, g *globals, args []string) error {
	if len(args) == 0 {
		if f.model != "" {
			return &fault.Usage{Message: "--model shows the numbers of a Definition name: give the name too", Hint: "for example: fib-ls explain gemm_n2112_k7168 --model deepseek-v3"}
		}
		if f.json {
			return writeJSON(cmd.OutOrStdout(), map[string]any{"rules": allRulesJSON(), "families": familiesJSON()})
		}
		return listExplainable(cmd.OutOrStdout())
	}
	if f.json {
		return f.runJSON(cmd, g, args)
	}
	for i, arg := range args {
		if i > 0 {
			_, _ = fmt.Fprintln(cmd.OutOrStdout())
		}
		name, err := explain(cmd.OutOrStdout(), arg)
		if err == nil && f.model != "" && !name.IsZero() {
			err = f.numbers(cmd, g, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// numbers prints a name with the numbers of the model.
func (f *explainFlags) numbers(cmd *cobra.Command, g *globals, name definition.Name) error {
	text, err := f.numbersOf(cmd, g, name)
	if err != nil {
		return err
	}
	_, err = io.WriteString(cmd.OutOrStdout(), "\n"+text)
	return err
}

func (f *explainFlags) numbersOf(cmd *cobra.Command, g *globals, name definition.Name) (string, error) {
	env, err := g.environment(cmd.InOrStdin(), cmd.ErrOrStderr(), true)
	if err != nil {
		return "", err
	}
	return expect.Explain(env, name, f.model, f.modelsTS)
}

func listExplainable(w io.Writer) error {
	var b strings.Builder
	b.WriteString("Rules:\n")
	for _, r := range validate.Rules() {
		fmt.Fprintf(&b, "  %-26s %-8s %s\n", r.ID, r.Severity, r.Doc)
	}
	for _, r := range report.OtherRules() {
		fmt.Fprintf(&b, "  %-26s %-8s %s\n", r.ID, r.Severity, r.Doc)
	}
	b.WriteString("\nFamilies of Definition names:\n")
	for _, f := range definition.Families() {
		fmt.Fprintf(&b, "  %-44s %s\n", f.ID, f.Doc)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// explain prints a rule or a name; the name is zero for a rule.
func explain(w io.Writer, arg string) (definition.Name, error) {
	none := definition.Name{}
	if r, ok := validate.RuleByID(arg); ok {
		_, err := fmt.Fprintf(w, "%s (%s)\n%s\n\n%s\n\nTo silence it: // fib: ignore %s\n%s#%s\n", r.ID, r.Severity, r.Doc, r.Long, r.ID, rulesURL, r.ID)
		return none, err
	}
	if r, ok := report.RuleByID(arg); ok { // of the last phase alone
		_, err := fmt.Fprintf(w, "%s (%s)\n%s\n\n%s\n", r.ID, r.Severity, r.Doc, r.Long)
		return none, err
	}
	if f, ok := familyByID(arg); ok {
		return none, explainFamily(w, f)
	}
	name, spelled, err := definition.Meant(arg)
	if err != nil {
		return none, unexplained(arg, err)
	}
	if spelled != nil {
		if _, err := fmt.Fprintf(w, "%s is %s of %s\n\n", arg, spelled.Words(), name); err != nil {
			return none, err
		}
	}
	_, err = io.WriteString(w, definition.Explain(name))
	return name, err
}

// unexplained refuses what is neither a rule nor a name; err is why it is no
// name.
func unexplained(arg string, err error) error {
	hint := "fib-ls explain lists the rules and the families of names"
	var names []string
	for _, r := range slices.Concat(validate.Rules(), report.OtherRules()) {
		names = append(names, r.ID)
	}
	for _, f := range definition.Families() {
		names = append(names, f.ID)
	}
	if near := prose.Nearest(arg, names); near != "" {
		return &fault.Usage{Message: fmt.Sprintf("%q is neither a rule nor a Definition name", arg), Hint: "did you mean " + near + "? " + hint}
	}
	return &fault.Usage{Message: fmt.Sprintf("%q is neither a rule nor a Definition name: %s", arg, definition.Why(err)), Hint: hint}
}

// familyByID finds a family of either vocabulary.
func familyByID(id string) (*definition.Family, bool) {
	if f, ok := definition.FamilyByID(id); ok {
		return f, true
	}
	return definition.FlashInfer().Family(id)
}

// explainFamily prints a family of names without numbers.
func explainFamily(w io.Writer, f *definition.Family) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\nop type: %s\n\n", f.Pattern(), f.Doc, f.OpType)
	for _, field := range f.Fields {
		fmt.Fprintf(&b, "  %-5s %s\n        %s; %s\n", field.Abbrev, field.Meaning, field.From(), field.Divisor.Words())
	}
	_, err := io.WriteString(w, b.String())
	return err
}
