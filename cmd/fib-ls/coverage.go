package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2/maybe"
	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/coverage"
	"github.com/fib-ls/fib-ls/phases/disk"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
)

// coverageFlags are the flags of coverage.
type coverageFlags struct {
	modelsTS, dataset, format, update string
	offline                           bool
}

func newCoverageCommand(g *globals) *cobra.Command {
	f := &coverageFlags{}
	cmd := &cobra.Command{
		Use:   "coverage",
		Short: "Show which required Definitions the dataset has, per model",
		Long: `Holds each model of models.ts to the dataset: a flashinfer-trace clone, else the
list of its files, which the Hub is asked for once an hour, else the list in
fib-ls. A model requires the Definitions that its modules name, and those that
its own config asks for where fib-ls knows the config. Each is present with
workloads, present, or missing; modules without any Definition are listed as
unmapped.

--update FILE.mdx refreshes a docs/model_coverage.mdx: the status of each row,
rows that are lacking, the counts. Words and rows of others stay.`,
		Example: `  fib-ls coverage
  fib-ls coverage --dataset tmp/flashinfer-trace
  fib-ls coverage --format markdown > model_coverage.mdx
  fib-ls coverage --update docs/model_coverage.mdx`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, g) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dataset, "dataset", "", "a flashinfer-trace clone (default FIB_DATASET_PATH, FLASHINFER_TRACE_PATH, then tmp/flashinfer-trace upward of models.ts)")
	flags.StringVar(&f.modelsTS, "models-ts", filepath.FromSlash(modelsfile.DefaultPath), "the models.ts")
	flags.StringVar(&f.format, "format", "text", "text, markdown or json")
	flags.BoolVar(&f.offline, "offline", isTrue(os.Getenv("FIB_LS_OFFLINE")), "ask nothing of the network")
	flags.StringVar(&f.update, "update", "", "refresh this .mdx file instead of printing")
	return cmd
}

func (f *coverageFlags) run(cmd *cobra.Command, g *globals) error {
	print, ok := map[string]func(io.Writer, *coverage.Report) error{
		"text": func(w io.Writer, r *coverage.Report) error { _, err := io.WriteString(w, r.Text()); return err },
		"markdown": func(w io.Writer, r *coverage.Report) error {
			_, err := io.WriteString(w, r.Markdown())
			return err
		},
		"json": printCoverageJSON,
	}[f.format]
	if !ok {
		return &fault.Usage{Message: fmt.Sprintf("--format %s: choose text, markdown or json", f.format)}
	}
	env, err := g.environment(cmd.InOrStdin(), cmd.ErrOrStderr(), f.offline)
	if err != nil {
		return err
	}
	env.RefreshDataset(cmd.Context(), f.dataset, filepath.Dir(env.Path(env.ModelsTS(f.modelsTS))))
	report, err := coverage.Of(env, f.modelsTS, f.dataset)
	if err != nil {
		return err
	}
	if f.update == "" {
		return print(cmd.OutOrStdout(), report)
	}
	return f.refresh(cmd, report)
}

func printCoverageJSON(w io.Writer, r *coverage.Report) error {
	data, err := report.MarshalJSON(r)
	if err != nil {
		return fmt.Errorf("printing the coverage: %w", err)
	}
	_, err = w.Write(data)
	return err
}

// maxCoverageDocument bounds the document that is refreshed: upstream's has 30 KB.
const maxCoverageDocument = 16 << 20

// refresh rewrites the document, unless it is up to date.
func (f *coverageFlags) refresh(cmd *cobra.Command, report *coverage.Report) error {
	before, err := disk.ReadRegular(f.update, maxCoverageDocument)
	if err != nil {
		return fmt.Errorf("--update: %w", err)
	}
	if !report.Of.KnowsWorkloads() {
		return &fault.Usage{Message: "--update needs a clone of the dataset: " + report.Of.Listed + " does not say which Definitions have workloads", Hint: "give --dataset DIR; " + phases.CloneDataset}
	}
	after, notes := report.Update(string(before), report.Of.Lookup)
	for _, n := range notes {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "note: %s: %s\n", f.update, prose.Terminal(n))
	}
	if after == string(before) {
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is up to date\n", f.update)
		return err
	}
	info, err := os.Stat(f.update)
	if err != nil {
		return fmt.Errorf("--update: %w", err)
	}
	// The document is the old one or the new one, never half of it.
	path, err := filepath.EvalSymlinks(f.update)
	if err != nil {
		return fmt.Errorf("--update: %w", err)
	}
	if err := maybe.WriteFile(path, []byte(after), info.Mode().Perm()); err != nil {
		return fmt.Errorf("writing %s: %w", f.update, err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "refreshed %s\n", f.update)
	return err
}
