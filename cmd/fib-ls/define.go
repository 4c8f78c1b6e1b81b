package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases/coverage"
	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// defineFlags are the flags of define.
type defineFlags struct {
	out, dataset, modelsTS string
	missing, force         bool
	offline                bool
	tp                     int
	epsilon                float64
	models                 []string
}

func newDefineCommand(g *globals) *cobra.Command {
	f := &defineFlags{}
	cmd := &cobra.Command{
		Use:   "define NAME… | define --missing",
		Short: "Write Definition JSONs for names",
		Long: `Writes Definitions (axes, inputs, outputs, constraints, a plain PyTorch
reference) for the families of the dataset that have one signature: norms,
gemm, gqa, mla, dsa, gdn, mamba_ssu, rope, sampling, and MoE with renormalised
FP8 or precomputed FP4 routing. With --out DIR
they go to DIR/definitions/OP_TYPE/NAME.json, otherwise to standard output.
Of several names one that cannot be written is left out, with the reason on
standard error; the others are written, and the exit code is 2.`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, g, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "directory to write into, laid out as a flashinfer-trace clone")
	flags.BoolVar(&f.missing, "missing", false, "every Definition that the models of models.ts require and the dataset lacks")
	flags.StringVar(&f.dataset, "dataset", "", "a flashinfer-trace clone")
	flags.StringVar(&f.modelsTS, "models-ts", filepath.FromSlash(modelsfile.DefaultPath), "the models.ts whose models are meant by --missing")
	flags.BoolVar(&f.offline, "offline", isTrue(os.Getenv("FIB_LS_OFFLINE")), "with --missing: ask nothing of the network")
	flags.BoolVar(&f.force, "force", false, "replace files that are there")
	wholeVar(flags, &f.tp, "tp", 0, 1, "tensor parallelism for the tp:N tag (default with --missing: the model's)")
	flags.Var(positive{&f.epsilon}, "epsilon", "epsilon of norms (default with --missing: the model's rms_norm_eps, else 1e-6)")
	flags.StringSliceVar(&f.models, "model", nil, "models for the model:NAME tags (default with --missing: those that need the name)")
	return cmd
}

func (f *defineFlags) run(cmd *cobra.Command, g *globals, args []string) error {
	env, err := g.environment(cmd.InOrStdin(), cmd.ErrOrStderr(), f.offline)
	if err != nil {
		return err
	}
	of := map[string]dataset.DefineOptions{} // of the models that lack a name
	if f.missing {
		env.RefreshDataset(cmd.Context(), f.dataset, filepath.Dir(env.Path(env.ModelsTS(f.modelsTS))))
		names, err := coverage.MissingDefinitions(env, f.modelsTS, f.dataset)
		if err != nil {
			return err
		}
		for _, missing := range names {
			args = append(args, missing.Name)
			of[missing.Name] = missing.DefineOptions
		}
	}
	if len(args) == 0 {
		if f.missing {
			_, err := fmt.Fprintln(cmd.ErrOrStderr(), "nothing is missing")
			return err
		}
		return &fault.Usage{Message: "no name", Hint: "for example: fib-ls define rmsnorm_h4096, or fib-ls define --missing"}
	}
	made, leftOut, err := f.define(cmd, args, of)
	if err != nil {
		return err
	}
	asked := len(made) + leftOut
	if f.out == "" {
		err = printDefinitions(cmd.OutOrStdout(), made, asked > 1)
	} else {
		var there int
		there, err = f.writeAll(cmd, made)
		leftOut += there
	}
	if err == nil && leftOut > 0 && !f.missing {
		return &fault.Usage{Message: fmt.Sprintf("%d of %s %s left out", leftOut, prose.Count(asked, "Definition"), prose.Plural(leftOut, "was", "were"))}
	}
	return err
}

// define makes the Definitions of names, each once. One of several that cannot
// be made is told of, counted and leaves the others alone, as a model of a
// batch does; without --missing one name alone is an error.
func (f *defineFlags) define(cmd *cobra.Command, names []string, of map[string]dataset.DefineOptions) (made []*dataset.Definition, leftOut int, err error) {
	seen := map[string]bool{}
	for _, name := range names {
		opts := of[name]
		opts.TP = cmp.Or(f.tp, opts.TP)
		opts.Epsilon = cmp.Or(f.epsilon, opts.Epsilon)
		if len(f.models) > 0 {
			opts.Models = f.models
		}
		d, err := coverage.Define(name, opts)
		switch {
		case err != nil && len(names) == 1 && !f.missing:
			return nil, 0, &fault.Usage{Message: err.Error()}
		case err != nil && seen[name]:
		case err != nil:
			seen[name] = true
			leftOut++
			why := strings.TrimPrefix(definition.Why(err), name+": ")
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "skipped %s: %s\n", prose.Terminal(name), prose.Terminal(why))
		case !seen[d.Name]:
			seen[d.Name] = true
			made = append(made, d)
		}
	}
	return made, leftOut, nil
}

// printDefinitions writes one Definition as it is; where several were asked
// for, an array, however many came of it.
func printDefinitions(w io.Writer, made []*dataset.Definition, several bool) error {
	if len(made) == 0 {
		return nil
	}
	if !several {
		data, err := made[0].JSON()
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}
	return writeJSON(w, made)
}

// writeAll writes the Definitions into --out. One of several whose file is there
// already is left out and told of.
func (f *defineFlags) writeAll(cmd *cobra.Command, made []*dataset.Definition) (leftOut int, err error) {
	for _, d := range made {
		err := f.write(cmd, d)
		if there := (*fault.Usage)(nil); len(made) > 1 && errors.As(err, &there) {
			leftOut++
			_, err = fmt.Fprintf(cmd.ErrOrStderr(), "skipped %s: %s (--force replaces it)\n", d.Name, prose.Terminal(there.Message))
		}
		if err != nil {
			return leftOut, err
		}
	}
	return leftOut, nil
}

func (f *defineFlags) write(cmd *cobra.Command, d *dataset.Definition) error {
	file, err := d.Write(f.out, f.force)
	if errors.Is(err, dataset.ErrExists) {
		return &fault.Usage{Message: file + " is there already", Hint: "add --force to replace it"}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), file)
	return err
}
