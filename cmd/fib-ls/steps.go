package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/report"
)

// The flags of add that each phase alone takes: those that it reads.
const (
	everyStep     = "model-name hf-repo-id output-dir config set dry-run json "
	readConfig    = "revision infer offline "
	readSGLang    = "sglang-path sglang-url sglang-ref "
	writeEntry    = "models-ts tp ep page-size quantization gemm definitions dataset "
	extractFlags  = everyStep + readConfig
	baselineFlags = everyStep + readConfig + readSGLang + "skip-sglang"
	generateFlags = everyStep + writeEntry + "display-name description update diff"
	validateFlags = everyStep + writeEntry + "typecheck"
)

// newStep makes a command that runs one phase: it takes some flags of add.
func newStep(g *globals, use, short, long, takes string, run func(*cobra.Command, *phases.Env, phases.Request, []string) (*phases.Result, error)) (*cobra.Command, *addFlags) {
	f := &addFlags{}
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Args: atMost(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.complete(); err != nil {
				return err
			}
			env, err := g.environment(cmd.InOrStdin(), cmd.ErrOrStderr(), f.req.Offline)
			if err != nil {
				return err
			}
			display := newDisplay(cmd.ErrOrStderr(), g, f.json)
			env.Progress = display.event
			env.Ask = askOnTerminal(cmd.InOrStdin(), cmd.ErrOrStderr(), display)
			result, err := run(cmd, env, f.req, args)
			display.close()
			if err != nil || result == nil {
				return err
			}
			if !g.quiet && !f.json {
				for _, w := range result.Warnings {
					_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "note: "+clean(w))
				}
			}
			return f.printStep(cmd.OutOrStdout(), result)
		},
	}
	cmd.Flags().SortFlags = false
	f.flags().VisitAll(func(flag *pflag.Flag) {
		if slices.Contains(strings.Fields(takes), flag.Name) {
			cmd.Flags().AddFlag(flag)
		}
	})
	return cmd, f
}

// printStep prints the result, or the files that were written.
func (f *addFlags) printStep(out io.Writer, r *phases.Result) error {
	if f.diff {
		return f.print(out, &globals{}, r)
	}
	if f.json {
		data, err := report.MarshalJSON(r.Step())
		if err != nil {
			return fmt.Errorf("printing the result: %w", err)
		}
		if _, err := out.Write(data); err != nil {
			return err
		}
		if r.HasErrors() {
			return findingsError{}
		}
		return nil
	}
	if _, err := io.WriteString(out, report.Findings(r.Problems)); err != nil {
		return err
	}
	for _, name := range report.FileOrder {
		if path, ok := r.Files[name]; ok {
			if _, err := fmt.Fprintln(out, path); err != nil {
				return err
			}
		}
	}
	if r.HasErrors() {
		return findingsError{}
	}
	return nil
}

// repoArgument takes the repository from the only positional argument.
func repoArgument(req *phases.Request, args []string) error {
	switch {
	case len(args) == 1 && req.HFRepoID != "" && req.HFRepoID != args[0]:
		return &fault.Usage{Message: fmt.Sprintf("two repositories: %s and %s", req.HFRepoID, args[0])}
	case len(args) == 1:
		req.HFRepoID = args[0]
	}
	return nil
}

func newExtractCommand(g *globals) *cobra.Command {
	cmd, _ := newStep(g, "extract ORG/NAME", "Phase 1: read a model's config.json",
		"Writes "+report.FileConfig+" (the bytes as fetched) and "+report.FileArchitecture+" into the output directory.", extractFlags,
		func(cmd *cobra.Command, env *phases.Env, req phases.Request, args []string) (*phases.Result, error) {
			if err := repoArgument(&req, args); err != nil {
				return nil, err
			}
			return phases.RunExtract(cmd.Context(), env, req)
		})
	cmd.Args = atMost(1)
	return cmd
}

func newGenerateCommand(g *globals) *cobra.Command {
	var architecture, implementation string
	cmd, _ := newStep(g, "generate --model-name NAME", "Phase 3: make the entry from the files of phases 1 and 2",
		"Reads "+report.FileArchitecture+" (and "+report.FileImplementation+" when it is there) and puts the entry into models.ts;\nwrites "+report.FileMapping+" and "+report.FileEntry+".", generateFlags,
		func(_ *cobra.Command, env *phases.Env, req phases.Request, _ []string) (*phases.Result, error) {
			return phases.RunGenerate(env, req, architecture, implementation)
		})
	cmd.Flags().StringVar(&architecture, "architecture", "", "phase 1's file (default: the one in the output directory)")
	cmd.Flags().StringVar(&implementation, "implementation", "", "phase 2's file (default: the one in the output directory)")
	return cmd
}

func newValidateCommand(g *globals) *cobra.Command {
	var architecture, implementation string
	cmd, _ := newStep(g, "validate --model-name NAME", "Phase 4: check an entry and write the summary",
		"Checks the entry as it stands in models.ts; writes "+report.FileValidation+" and "+report.FileSummary+".", validateFlags,
		func(cmd *cobra.Command, env *phases.Env, req phases.Request, _ []string) (*phases.Result, error) {
			return phases.RunValidate(cmd.Context(), env, req, architecture, implementation)
		})
	cmd.Flags().StringVar(&architecture, "architecture", "", "phase 1's file (default: the one in the output directory)")
	cmd.Flags().StringVar(&implementation, "implementation", "", "phase 2's file (default: the one in the output directory)")
	return cmd
}
