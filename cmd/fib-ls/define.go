package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases/coverage"
	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// defineFlags are the flags of define.
type defineFlags struct {
	out, dataset, modelsTS string
	missing, force         bool
	tp                     int
}

func newDefineCommand(g *globals) *cobra.Command {
	f := &defineFlags{}
	cmd := &cobra.Command{
		Use:   "define NAME… | define --missing --dataset DIR",
		Short: "Write Definition JSONs for names whose axes are fixed by the name",
		Long: `Writes Definitions (axes, inputs, outputs, constraints, a plain PyTorch
reference) for rmsnorm, gemm, gqa, mla, rope and sampling names. With --out DIR
they go to DIR/definitions/OP_TYPE/NAME.json, otherwise to standard output.`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, g, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "directory to write into, laid out as a flashinfer-trace clone")
	flags.BoolVar(&f.missing, "missing", false, "every Definition that the models of models.ts require and the dataset lacks")
	flags.StringVar(&f.dataset, "dataset", "", "a flashinfer-trace clone")
	flags.StringVar(&f.modelsTS, "models-ts", filepath.FromSlash(modelsfile.DefaultPath), "the models.ts whose models are meant by --missing")
	flags.BoolVar(&f.force, "force", false, "replace files that are there")
	flags.IntVar(&f.tp, "tp", 0, "tensor parallelism for the tp:N tag (default with --missing: the model's)")
	return cmd
}

func (f *defineFlags) run(cmd *cobra.Command, g *globals, args []string) error {
	env, err := g.environment(cmd.InOrStdin(), cmd.ErrOrStderr(), true)
	if err != nil {
		return err
	}
	tp := map[string]int{} // of the model that lacks a name
	if f.missing {
		names, err := coverage.MissingDefinitions(env, f.modelsTS, f.dataset)
		if err != nil {
			return err
		}
		for _, missing := range names {
			args = append(args, missing.Name)
			tp[missing.Name] = missing.TP
		}
	}
	if len(args) == 0 {
		if f.missing {
			_, err := fmt.Fprintln(cmd.ErrOrStderr(), "nothing is missing")
			return err
		}
		return &fault.Usage{Message: "no name", Hint: "for example: fib-ls define rmsnorm_h4096, or fib-ls define --missing --dataset DIR"}
	}
	var skipped int
	for _, name := range args {
		d, opType, err := coverage.Define(name, cmp.Or(f.tp, tp[name]))
		if err != nil {
			if !f.missing {
				return &fault.Usage{Message: err.Error()}
			}
			skipped++
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "skipped %s\n", prose.Terminal(err.Error()))
			continue
		}
		if err := f.write(cmd, name, opType, d); err != nil {
			return err
		}
	}
	return nil
}

func (f *defineFlags) write(cmd *cobra.Command, name, opType string, d *dataset.Definition) error {
	data, err := d.JSON()
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if f.out == "" {
		_, err := cmd.OutOrStdout().Write(data)
		return err
	}
	dir := filepath.Join("definitions", opType)
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	root, err := os.OpenRoot(f.out) // no planted link leads out of the directory
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	defer func() { _ = root.Close() }()
	if err := root.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	file := filepath.Join(dir, name+".json")
	if _, err := root.Lstat(file); err == nil && !f.force {
		return &fault.Usage{Message: filepath.Join(f.out, file) + " is there already", Hint: "add --force to replace it"}
	}
	if err := root.WriteFile(file, data, 0o644); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), filepath.Join(f.out, file))
	return err
}
