package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/disk"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/report"
)

func newBaselineCommand(g *globals) *cobra.Command {
	var all bool
	var configs string
	var f *addFlags
	var cmd *cobra.Command
	cmd, f = newStep(g, "baseline [CLASS|KEYWORD]", "Phase 2: find a model's implementation in SGLang",
		"Reads SGLang's source (never runs it) and writes "+report.FileImplementation+", "+report.FileKernelCalls+" and "+report.DirSnippets+".\n"+
			"Without a class it continues from "+report.FileArchitecture+" in the output directory; a class or keyword is\n"+
			"read with --config, --hf-repo-id, or the defaults of its configuration class.", baselineFlags,
		func(cmd *cobra.Command, env *phases.Env, req phases.Request, args []string) (*phases.Result, error) {
			switch {
			case all:
				return nil, survey(cmd, env, req, configs, f.json)
			case len(args) == 1:
				return phases.RunBaselineOf(cmd.Context(), env, req, args[0])
			}
			return phases.RunBaseline(cmd.Context(), env, req)
		})
	cmd.Args = atMost(1)
	cmd.Flags().BoolVar(&all, "all", false, "read every registered text causal LM and say whether its source was decided")
	cmd.Flags().StringVar(&configs, "configs", "", "with --all: a directory of config.json files (*.json) to read classes with")
	return cmd
}

// survey is baseline --all.
func survey(cmd *cobra.Command, env *phases.Env, req phases.Request, dir string, asJSON bool) error {
	known, err := configsByClass(dir)
	if err != nil {
		return err
	}
	env.Progress = nil
	reports, err := phases.SurveyBaseline(cmd.Context(), env, req, known)
	if err != nil {
		return err
	}
	decided := 0
	for _, r := range reports {
		if r.Decided {
			decided++
		}
	}
	if asJSON {
		data, err := report.MarshalJSON(map[string]any{"classes": reports, "decided": decided, "all": len(reports)})
		if err != nil {
			return fmt.Errorf("printing the survey: %w", err)
		}
		_, err = cmd.OutOrStdout().Write(data)
		return err
	}
	return printSurvey(cmd.OutOrStdout(), reports, decided)
}

func printSurvey(w io.Writer, reports []phases.ClassReport, decided int) error {
	for _, r := range reports {
		state, why := "decided", fmt.Sprintf("%d modules", r.Modules)
		if !r.Decided {
			state, why = "undecided", r.Error
			if len(r.Undecided) > 0 {
				u := r.Undecided[0]
				why = fmt.Sprintf("%s: %s (%s)", u.Location, u.Expression, u.Reason)
			}
		}
		if _, err := fmt.Fprintf(w, "%-10s %-44s %s\n", state, r.Name, clean(why)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d of %d text causal LMs decided\n", decided, len(reports))
	return err
}

// configsByClass reads the config files of a directory; the first file that
// names a class counts.
func configsByClass(dir string) (map[string]*extract.Object, error) {
	known := map[string]*extract.Object{}
	if dir == "" {
		return known, nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, &fault.Missing{Err: fmt.Errorf("there are no config files (*.json) in %s", dir)}
	}
	for _, file := range files {
		data, err := disk.ReadRegular(file, extract.MaxConfigSize)
		if err != nil {
			return nil, fmt.Errorf("reading a config: %w", err)
		}
		config, _, err := extract.ParseConfig(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		names, _ := config.Strings("architectures")
		for _, name := range names {
			if known[name] == nil {
				known[name] = config
			}
		}
	}
	return known, nil
}
