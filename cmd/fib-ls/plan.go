package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/onboard"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// planFlags are the flags of plan.
type planFlags struct {
	onboard.Options
	manifest, out        string
	refresh, force, json bool
	files, inPlace       bool
	tracking             bool // --manifest was given
}

func newPlanCommand(g *globals) *cobra.Command {
	f := &planFlags{}
	cmd := &cobra.Command{
		Use:   "plan ORG/NAME",
		Short: "Show what onboarding a model takes: its kernels, and who has them",
		Long: `Lists each Definition that a model needs: whether the dataset has it, whether
FlashInfer has the kernel and a trace template for it, and whether SGLang calls
it; for all TP and EP that sgl-cookbook serves the model with. The facts of
FlashInfer and SGLang are built in; --flashinfer DIR and --sglang-path DIR read
them out of an unpacked package or a clone, which is never imported.

--manifest merges the inventory into upstream's run manifest
(tmp/onboard_SLUG_DATE.json of the clone); what other phases wrote there stays.
--files writes what follows from it: Definitions and their tests, serving
configs, kernel requests, coverage rows, pull request texts, with an index.md;
to tmp/onboard_SLUG of the clone, which git ignores, or to --out DIR. --in-place
inserts the model into the clone's ` + onboard.ServingConfigsPath + `.`,
		Example: `  fib-ls plan Qwen/Qwen3-235B-A22B
  fib-ls plan Qwen/Qwen3-Next-80B-A3B-Instruct --tp 2,4 --files
  fib-ls plan deepseek-ai/DeepSeek-V3 --manifest=` + "''" + ` --refresh`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &fault.Usage{Message: "no model to plan", Hint: "give a HuggingFace repository: fib-ls plan ORG/NAME"}
			}
			return atMost(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Request.HFRepoID = args[0]
			f.tracking = cmd.Flags().Changed("manifest")
			return f.run(cmd, g)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.manifest, "manifest", "", `run manifest to merge into ("": tmp/onboard_SLUG_DATE.json)`)
	flags.BoolVar(&f.refresh, "refresh", false, "classify the manifest's kernels anew")
	flags.BoolVar(&f.files, "files", false, "write the files that follow from the plan")
	flags.StringVar(&f.out, "out", "", "directory for these files (default tmp/onboard_SLUG of the clone)")
	flags.BoolVar(&f.inPlace, "in-place", false, "insert the model into the clone's "+onboard.ServingConfigsPath)
	flags.BoolVar(&f.force, "force", false, "replace files that are there")
	flags.StringVar(&f.FlashInfer, "flashinfer", "", "an unpacked flashinfer-python or a clone (default: built-in facts)")
	flags.StringVar(&f.Request.SGLangPath, "sglang-path", "", "an unpacked sglang or a clone (default: as for add)")
	flags.StringVar(&f.Request.ModelName, "model-name", "", "the model's id in models.ts and in the serving configs (default: made of the repository's name)")
	flags.StringVar(&f.Request.Config, "config", "", "the model's config.json, or - for standard input")
	flags.StringVar(&f.Request.Dataset, "dataset", "", "a flashinfer-trace clone")
	flags.StringVar(&f.Request.ModelsTS, "models-ts", filepath.FromSlash(modelsfile.DefaultPath), "the models.ts beside which a dataset is looked for")
	wholesVar(flags, &f.TP, "tp", "tensor parallelism, several values with commas (default: all that sgl-cookbook has)")
	wholesVar(flags, &f.EP, "ep", "expert parallelism, several values with commas (default: all that sgl-cookbook has)")
	flags.BoolVar(&f.Request.Offline, "offline", isTrue(os.Getenv("FIB_LS_OFFLINE")), "ask nothing of the network")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

func (f *planFlags) run(cmd *cobra.Command, g *globals) error {
	env, err := g.environment(cmd.InOrStdin(), cmd.ErrOrStderr(), f.Request.Offline)
	if err != nil {
		return err
	}
	plan, err := onboard.Make(cmd.Context(), env, f.Options)
	if err != nil {
		return err
	}
	if f.tracking {
		today := time.Now()
		path := f.manifest
		if path == "" {
			path = modelsfile.DefaultDir(env.WorkDir, plan.ManifestPath(today))
		}
		if err := plan.WriteManifest(env.Path(path), today, f.refresh); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "merged into %s\n", prose.Terminal(path))
	}
	if err := f.write(cmd, env, plan); err != nil {
		return err
	}
	if f.json {
		return writeJSON(cmd.OutOrStdout(), plan)
	}
	_, err = io.WriteString(cmd.OutOrStdout(), cleanLines(plan.Text()))
	return err
}

// write writes what follows from the plan, where that was asked for.
func (f *planFlags) write(cmd *cobra.Command, env *phases.Env, plan *onboard.Plan) error {
	stderr := cmd.ErrOrStderr()
	if f.inPlace {
		inserted, err := plan.EditServers(env.Path(modelsfile.DefaultDir(env.WorkDir, "")))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return &fault.Missing{Err: fmt.Errorf("--in-place: %w\nrun fib-ls in a flashinfer-bench clone", err)}
		case err != nil:
			return err
		case len(inserted) == 0:
			_, _ = fmt.Fprintf(stderr, "%s has %s already\n", onboard.ServingConfigsPath, plan.Slug)
		default:
			_, _ = fmt.Fprintf(stderr, "inserted into %s: %s\n", onboard.ServingConfigsPath, strings.Join(inserted, ", "))
		}
	}
	if f.out == "" && !f.files {
		return nil
	}
	dir, note := f.out, ""
	if dir == "" {
		dir, note = modelsfile.DefaultDir(env.WorkDir, filepath.Join("tmp", "onboard_"+plan.Slug)), " (ignored by git; --out names another place)"
	}
	written, err := plan.WriteFiles(env.Path(dir), f.force, f.out == "")
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(stderr, "wrote %d files to %s%s; begin with %s\n", len(written), prose.Terminal(dir), note, prose.Terminal(filepath.Join(dir, filepath.Base(written[0]))))
	return nil
}

// cleanLines is clean for a text of several lines.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	return strings.Join(lines, "\n")
}

func newDiscoverCommand(g *globals) *cobra.Command {
	var o onboard.DiscoverOptions
	var since string
	var offline, asJSON bool
	cmd := &cobra.Command{
		Use:   "discover",
		Short: "List models that are recommended or new in SGLang and not tracked yet",
		Long: `Lists the models that neither models.ts nor docs/model_coverage.mdx has and that
are new in SGLang, served by sgl-cookbook, or trending on the Hub; with how many
of their Definitions the dataset has.

SGLang's tree is that of --sglang-path, ./sglang or the clone's tmp/sglang. Of a
clone the model files count that came in within --since; of a package the
classes that the built-in index does not have. With --offline nothing is asked
of the network: nothing trends.`,
		Example: `  fib-ls discover
  fib-ls discover --since 14d --sglang-path tmp/sglang --json`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.Since, err = parseDays(since); err != nil {
				return &fault.Usage{Message: fmt.Sprintf("--since %s: write a number of days, as 30d, or hours, as 12h", since)}
			}
			env, err := g.environment(cmd.InOrStdin(), cmd.ErrOrStderr(), offline)
			if err != nil {
				return err
			}
			found, err := onboard.Discover(cmd.Context(), env, o)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), found)
			}
			_, err = io.WriteString(cmd.OutOrStdout(), cleanLines(found.Text()))
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.ModelsTS, "models-ts", "", "the models.ts that tracks models (default: web/apps/web/data/models.ts where it is)")
	flags.StringVar(&o.SGLang, "sglang-path", "", "an SGLang tree whose new classes are listed")
	flags.StringVar(&o.Dataset, "dataset", "", "a flashinfer-trace clone")
	flags.StringVar(&since, "since", "30d", "of a clone of SGLang: the model files that came in this long")
	wholeVar(flags, &o.Trending, "trending", discoverTrending, 0, "how many of the Hub's trending models are looked at")
	flags.BoolVar(&offline, "offline", isTrue(os.Getenv("FIB_LS_OFFLINE")), "ask nothing of the network")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// What discover looks at where nothing else is said.
const (
	discoverSince    = 30 * 24 * time.Hour
	discoverTrending = 30
)

// parseDays reads a duration in days, or in Go's units.
func parseDays(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	d, err := time.ParseDuration(s)
	if err == nil && d < 0 {
		err = errors.New("it is negative")
	}
	return d, err
}
