package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/batch"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/typecheck"
)

// addFlags are the flags of add as they are typed.
type addFlags struct {
	req    phases.Request
	tp, ep string
	set    []string
	batch  string
	diff   bool
	json   bool
}

func newAddCommand(g *globals) *cobra.Command {
	f := &addFlags{}
	cmd := &cobra.Command{
		Use:     "add [--hf-repo-id] ORG/NAME [--model-name NAME] | add NAME=ORG/REPO… | add --batch FILE",
		Aliases: []string{"add-new-model"},
		Short:   "Add a model from HuggingFace to models.ts",
		Long: `Runs the four phases: extract the model's config.json, find its baseline in
SGLang's source, generate the entry, validate and report.

The entry goes into models.ts, which is found from anywhere in a clone;
everything else goes into the output directory. The default one,
model_analysis_NAME at the root of the clone, is ignored by git. In a clone it
has what the addition asks for in the serving configs and the coverage document,
too, as changes to review.

Several models are a batch: each is added or fails by itself, and what is there
already is skipped. An id that is another model's is refused before anything
runs. model_analysis_batch/model_addition_batch_summary.md tells of all; beside
it stand the changes of a clone's other files for all models at once.`,
		Example: `  fib-ls add --model-name llama-3.3-70b --hf-repo-id meta-llama/Llama-3.3-70B-Instruct
  fib-ls add --model-name my-model --config ./config.json --diff --dry-run
  fib-ls add --batch models.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, g, args) },
	}
	cmd.Flags().SortFlags = false // the original workflow's come first
	cmd.Flags().AddFlagSet(f.flags())
	return cmd
}

// flags are all flags of add; each phase alone takes some of them.
func (f *addFlags) flags() *pflag.FlagSet {
	flags := pflag.NewFlagSet("add", pflag.ContinueOnError)
	flags.SortFlags = false
	r := &f.req
	flags.StringVar(&r.ModelName, "model-name", "", "short model identifier, for example llama-3.3-70b (default: made of the repository's name)")
	flags.StringVar(&r.HFRepoID, "hf-repo-id", "", "HuggingFace repository, ORG/NAME, or a local directory with a config.json")
	flags.StringVar(&r.DisplayName, "display-name", "", "full display name (default: made of the model name)")
	flags.StringVar(&r.Description, "description", "", "description (default: layers, attention, MLP, parallelism)")
	flags.StringVar(&r.SGLangPath, "sglang-path", os.Getenv("FIB_LS_SGLANG_PATH"), "SGLang source: a clone, a directory or an installed package (default ./sglang where it exists, then fib-ls's own copy)")
	flags.StringVar(&r.OutputDir, "output-dir", "", "directory for the files of each phase (default model_analysis_NAME at the root of the clone, which git ignores)")
	flags.BoolVar(&r.SkipSGLang, "skip-sglang", false, "use the HuggingFace config only")
	flags.StringVar(&r.ModelsTS, "models-ts", "", "the models.ts to edit (default "+modelsfile.DefaultPath+")")
	flags.StringVar(&r.Revision, "revision", "", "branch, tag or commit of the HuggingFace repository (default main)")
	flags.StringVar(&r.Config, "config", "", "read this config.json (- is standard input) instead of asking the Hub")
	flags.StringVar(&f.tp, "tp", "auto", "tensor parallelism: a number, or auto")
	flags.StringVar(&f.ep, "ep", "auto", "expert parallelism: a number, or auto")
	flags.IntSliceVar(&r.PageSizes, "page-size", []int{1, 64}, "page sizes of the KV cache")
	flags.StringArrayVar(&f.set, "set", nil, "fill or override a config field: key=value (may be repeated)")
	flags.BoolVar(&r.Infer, "infer", false, "take missing config fields from the model's namesake in the catalogue")
	flags.StringVar(&r.Weights, "weights", "auto", "whether the checkpoint's tensors confirm the entry (their headers are read, a few KB): auto, off")
	flags.StringVar(&r.Quantization, "quantization", "auto", "which MoE kernels are named: auto, none, fp8, nvfp4")
	flags.StringVar(&r.SGLangURL, "sglang-url", os.Getenv("FIB_LS_SGLANG_URL"), "where SGLang is fetched from (default its GitHub repository)")
	flags.StringVar(&r.SGLangRef, "sglang-ref", "", "branch, tag or commit of SGLang")
	flags.StringVar(&r.Dataset, "dataset", "", "a flashinfer-trace clone: which Definitions exist")
	flags.StringVar(&r.Definitions, "definitions", "all", "which Definitions the entry lists: all, or dataset (those that the dataset has)")
	flags.StringVar(&r.Gemm, "gemm", "auto", "spelling of GEMM names: auto (as the file), compact, underscored")
	flags.BoolVar(&r.Update, "update", false, "refresh an entry that is already there")
	flags.BoolVar(&r.Offline, "offline", isTrue(os.Getenv("FIB_LS_OFFLINE")), "no network: cache, built-in catalogue and index only")
	r.TypeCheck = typeCheckDefault()
	flags.Var(&typeCheckValue{&r.TypeCheck}, "typecheck", "run the web app's own TypeScript on the edited file: auto (when the user has installed it), true or false")
	flags.Lookup("typecheck").NoOptDefVal = string(typecheck.On)
	flags.BoolVar(&r.DryRun, "dry-run", false, "write nothing")
	flags.BoolVar(&f.diff, "diff", false, "print the change of models.ts as a unified diff")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON")
	flags.StringVar(&f.batch, "batch", "", "add every model of a YAML list, or of lines NAME:ORG/REPO")
	return flags
}

func (f *addFlags) run(cmd *cobra.Command, g *globals, args []string) error {
	if f.json && f.diff {
		return &fault.Usage{Message: "--json and --diff both claim standard output: give one of them"}
	}
	if err := f.complete(); err != nil {
		return err
	}
	args, err := f.oneModel(args)
	if err != nil {
		return err
	}
	env, err := g.environment(cmd.InOrStdin(), cmd.ErrOrStderr(), f.req.Offline)
	if err != nil {
		return err
	}
	if f.batch != "" || len(args) > 0 {
		return f.runBatch(cmd, g, env, args)
	}
	display := newDisplay(cmd.ErrOrStderr(), g, f.json)
	env.Progress = display.event
	env.Ask = askOnTerminal(cmd.InOrStdin(), cmd.ErrOrStderr(), display)
	result, err := phases.Run(cmd.Context(), env, f.req)
	display.close()
	if result != nil && err == nil {
		err = f.print(cmd.OutOrStdout(), g, result)
		if told := !f.json && !f.diff && !g.quiet; !told && result.NewFile != "" {
			_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "note: "+prose.Terminal(result.NewFile))
		}
		if f.diff && !g.quiet && string(result.Original) == string(result.Edited) {
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "note: the entry %s is what would be written: no change\n", result.Model.ID)
		}
	}
	if err == nil && result.HasErrors() {
		return findingsError{}
	}
	return err
}

// oneModel takes a single ORG/NAME or NAME=ORG/REPO: that is one model, with
// the report and the refusals of one, and no batch.
func (f *addFlags) oneModel(args []string) ([]string, error) {
	if f.batch != "" || len(args) != 1 || f.req.HFRepoID != "" {
		return args, nil
	}
	_, repo, named := batch.NamedRepo(args[0])
	if named && f.req.Config != "" {
		return args, nil
	}
	if !named {
		f.req.HFRepoID = repo
		return nil, nil
	}
	if f.req.ModelName != "" {
		return args, nil
	}
	requests, err := batch.Parse([]byte(args[0]), f.req)
	if err != nil {
		return nil, err
	}
	f.req = requests[0]
	return nil, nil
}

// complete turns what was typed into the request.
func (f *addFlags) complete() error {
	for _, p := range []struct {
		flag, text string
		value      *int
	}{{"tp", f.tp, &f.req.TP}, {"ep", f.ep, &f.req.EP}} {
		if p.text == "auto" || p.text == "" {
			continue
		}
		n, err := strconv.Atoi(p.text)
		if err != nil || n < 1 {
			return &fault.Usage{Message: fmt.Sprintf("--%s %s: give a number from 1, or auto", p.flag, p.text)}
		}
		*p.value = n
	}
	set, err := parseSet(f.set)
	f.req.Set = set
	return err
}

// parseSet reads --set key=value.
func parseSet(items []string) (map[string]string, error) {
	set := make(map[string]string, len(items))
	for _, item := range items {
		key, value, ok := strings.Cut(item, "=")
		if !ok || key == "" {
			return nil, &fault.Usage{Message: fmt.Sprintf("--set %s: write key=value, for example --set num_key_value_heads=8", item)}
		}
		set[key] = value
	}
	return set, nil
}

// print writes the result to standard output.
func (f *addFlags) print(out io.Writer, g *globals, r *phases.Result) error {
	switch {
	case f.json:
		return writeJSON(out, r.Contract)
	case f.diff:
		_, err := io.WriteString(out, shown(out, r.Diff()))
		return err
	case g.quiet:
		_, err := fmt.Fprintln(out, r.Model.ID)
		return err
	}
	_, err := io.WriteString(out, report.Text(r.Report()))
	return err
}

// shown keeps a diff byte for byte for programs that read it, and from
// steering a terminal.
func shown(out io.Writer, diff string) string {
	if isTerminal(out) {
		return prose.Terminal(diff)
	}
	return diff
}
