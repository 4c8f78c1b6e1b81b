package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/check"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// checkFlags are the flags of check.
type checkFlags struct {
	format    string
	failLevel string
	exitZero  bool
	fix       bool
	unsafe    bool
	diff      bool
	dataset   string
	severity  []string
	offline   bool
	network   bool
	typecheck bool
	json      bool
}

func newCheckCommand(g *globals) *cobra.Command {
	f := &checkFlags{}
	cmd := &cobra.Command{
		Use:   "check [FILE|DIRECTORY…]",
		Short: "Check models.ts files",
		Long: `Checks the entries of models.ts files: the shape of the tree, the Definition
names, and the numbers against the models' own configs; with --network also
against the tensors of their checkpoints.

Without a file, ` + modelsfile.DefaultPath + ` is checked; in a directory,
every file named models.ts below it.`,
		Example: `  fib-ls check
  fib-ls check web/apps/web/data/models.ts --format sarif > fib-ls.sarif
  fib-ls check --fix --diff
  fib-ls check --network     # compare the entries with their models' checkpoints, too`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, g, args) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.json, "json", false, "the same as --format json")
	flags.StringVar(&f.format, "format", "text", "text, json, github or sarif")
	flags.StringVar(&f.failLevel, "fail-level", "error", "exit 1 from this severity on: error or warning")
	flags.BoolVar(&f.exitZero, "exit-zero", false, "exit 0 even when there are findings")
	flags.BoolVar(&f.fix, "fix", false, "apply the safe fixes: those that are certain from the text alone")
	flags.BoolVar(&f.unsafe, "unsafe-fixes", false, "with --fix: also those that rest on what is known of the model")
	flags.BoolVar(&f.diff, "diff", false, "with --fix: print the change instead of writing it")
	flags.StringVar(&f.dataset, "dataset", "", "a flashinfer-trace clone: report Definitions that it lacks")
	flags.StringArrayVar(&f.severity, "severity", nil, "rule=error|warning|info|hint|off (may be repeated)")
	flags.BoolVar(&f.typecheck, "typecheck", isTrue(os.Getenv("FIB_LS_TYPECHECK")), "also run the web app's own TypeScript (it executes web's node_modules)")
	flags.BoolVar(&f.network, "network", false, "also ask the Hub: for configs that are not cached, and for the headers of the models' checkpoints, to which the entries are then held")
	flags.BoolVar(&f.offline, "offline", true, "judge by cached and built-in configs only; --offline=false is --network")
	return cmd
}

func (f *checkFlags) run(cmd *cobra.Command, g *globals, args []string) error {
	if f.json {
		if cmd.Flags().Changed("format") && f.format != "json" {
			return &fault.Usage{Message: "--json and --format " + f.format + " both claim standard output: give one of them"}
		}
		f.format = "json"
	}
	print, ok := checkFormats[f.format]
	if !ok {
		return &fault.Usage{Message: fmt.Sprintf("--format %s: choose text, json, github or sarif", f.format)}
	}
	if f.failLevel != "error" && f.failLevel != "warning" {
		return &fault.Usage{Message: fmt.Sprintf("--fail-level %s: choose error or warning", f.failLevel)}
	}
	if f.unsafe && !f.fix {
		return &fault.Usage{Message: "--unsafe-fixes says which fixes --fix applies: give both"}
	}
	if f.diff && !f.fix {
		return &fault.Usage{Message: "--diff shows what --fix would change: give both"}
	}
	if f.network && f.offline && cmd.Flags().Changed("offline") {
		return &fault.Usage{Message: "--network asks the Hub and --offline does not: give one of them"}
	}
	f.offline = f.offline && !f.network
	overrides, err := parseSeverities(f.severity)
	if err != nil {
		return err
	}
	env, err := g.environment(cmd.InOrStdin(), cmd.ErrOrStderr(), f.offline)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{env.ModelsTS("")}
	}
	files, err := checkFiles(args)
	if err != nil {
		return err
	}
	opts := check.Options{Severity: overrides, Dataset: f.dataset}
	if !f.offline {
		opts.Ask = cmd.Context()
	}
	var reports []check.File
	absent := ""
	for _, file := range files {
		report, err := f.one(cmd, env, file, opts)
		if err != nil {
			return err
		}
		if f.typecheck && !f.diff {
			absent = f.addTypeScript(cmd, env, &report, absent)
		}
		reports = append(reports, report)
	}
	if !f.diff {
		if err := print(cmd.OutOrStdout(), g, reports); err != nil {
			return err
		}
	}
	if !f.exitZero && failing(reports, f.failLevel) {
		return findingsError{}
	}
	return nil
}

// one checks a file, and fixes it when asked to. Of a check that was
// interrupted nothing is said: it may have found nothing for want of answers.
func (f *checkFlags) one(cmd *cobra.Command, env *phases.Env, path string, opts check.Options) (check.File, error) {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	if err := ctx.Err(); err != nil {
		return check.File{}, err
	}
	report, err := check.Run(env, path, opts)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil || !f.fix {
		f.sayFixable(cmd.ErrOrStderr(), path, report)
		return report, err
	}
	fixed, err := report.Fix(env, opts, validate.Fixes(f.unsafe))
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return report, err
	}
	if fixed.Unsettled {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "note: %s: there are fixes left; another check --fix goes on with them\n", prose.Terminal(path))
	}
	f.sayFixable(cmd.ErrOrStderr(), path, fixed.After)
	if f.diff {
		_, err := io.WriteString(out, shown(out, fixed.Diff))
		return fixed.After, err
	}
	return fixed.After, fixed.Write()
}

// sayFixable says which of the findings could be fixed, and how, and how many
// names a list of the dataset lacks.
func (f *checkFlags) sayFixable(stderr io.Writer, path string, report check.File) {
	safe, unsafe := validate.Fixable(report.Problems)
	if f.fix {
		safe = 0 // what is left of them is said otherwise
	}
	var words []string
	if safe > 0 {
		words = append(words, fmt.Sprintf("%d with --fix (certain from the text)", safe))
	}
	if unsafe > 0 && !f.unsafe {
		words = append(words, fmt.Sprintf("%d with --fix --unsafe-fixes (resting on what is known of the models)", unsafe))
	}
	if len(words) > 0 {
		_, _ = fmt.Fprintf(stderr, "note: %s: fixable: %s\n", prose.Terminal(path), strings.Join(words, ", "))
	}
	if n := len(report.Unlisted); n > 0 {
		_, _ = fmt.Fprintf(stderr, "note: %s: %s not in the dataset, by %s: fib-ls coverage lists them\n",
			prose.Terminal(path), prose.Plural(n, "1 Definition is", fmt.Sprintf("%d Definitions are", n)), report.Listed)
	}
}

// addTypeScript adds TypeScript's findings. Why it cannot be run is said once,
// not for every file; absent is what was said.
func (f *checkFlags) addTypeScript(cmd *cobra.Command, env *phases.Env, report *check.File, absent string) string {
	err := report.AddTypeScript(cmd.Context(), env)
	if err == nil || cmd.Context().Err() != nil || err.Error() == absent {
		return absent
	}
	_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "note: not type-checked: "+prose.Terminal(err.Error()))
	return err.Error()
}

// checkFiles finds the files to check.
func checkFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, &fault.Missing{Err: fmt.Errorf("%w\nrun fib-ls in a flashinfer-bench clone, or name models.ts files or directories", err)}
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		found, err := modelsBelow(arg)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, &fault.Missing{Err: fmt.Errorf("there is no models.ts below %s", arg)}
		}
		files = append(files, found...)
	}
	return files, nil
}

func modelsBelow(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return filepath.SkipDir
		case d.Type().IsRegular() && d.Name() == "models.ts":
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for models.ts below %s: %w", dir, err)
	}
	return files, nil
}

func parseSeverities(items []string) (map[string]validate.Severity, error) {
	overrides := make(map[string]validate.Severity, len(items))
	for _, item := range items {
		rule, level, ok := strings.Cut(item, "=")
		switch s := validate.Severity(level); {
		case !ok || !knownRule(rule):
			return nil, &fault.Usage{Message: fmt.Sprintf("--severity %s: write RULE=LEVEL with a rule of fib-ls explain", item)}
		case s == validate.Off, slices.Contains(validate.Severities, s):
			overrides[rule] = s
		default:
			return nil, &fault.Usage{Message: fmt.Sprintf("--severity %s: the level is error, warning, info, hint or off", item)}
		}
	}
	return overrides, nil
}

// failing reports whether a finding reaches the fail level.
func failing(reports []check.File, level string) bool {
	for _, r := range reports {
		for _, p := range r.Problems {
			if p.Severity == validate.Error || level == "warning" && p.Severity == validate.Warning {
				return true
			}
		}
	}
	return false
}

func knownRule(id string) bool {
	_, ok := validate.RuleByID(id)
	return ok
}
