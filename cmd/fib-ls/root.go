package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases"
)

// globals are the flags that every command takes.
type globals struct {
	logLevel string
	color    string
	quiet    bool
}

func newRootCommand() *cobra.Command {
	g := &globals{}
	root := &cobra.Command{
		Use:   "fib-ls",
		Short: "Language server and command line for FlashInfer-Bench's models.ts",
		Long: `fib-ls adds a model from HuggingFace to FlashInfer-Bench's models.ts and
checks the numbers of the models that are there.

  fib-ls add --model-name llama-3.1-8b --hf-repo-id meta-llama/Llama-3.1-8B
  fib-ls check web/apps/web/data/models.ts
  fib-ls serve    (the language server, for your editor)`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := root.PersistentFlags()
	flags.StringVar(&g.logLevel, "log-level", orDefault(os.Getenv("FIB_LS_LOG_LEVEL"), "warn"), "what is logged to stderr: debug, info, warn, error")
	flags.StringVar(&g.color, "color", "auto", "colour the output: auto, always, never")
	flags.BoolVarP(&g.quiet, "quiet", "q", false, "print only the essential line")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &phases.UsageError{Message: err.Error(), Hint: "see " + cmd.CommandPath() + " --help"}
	})
	root.AddCommand(
		newAddCommand(g), newExtractCommand(g), newBaselineCommand(g), newGenerateCommand(g), newValidateCommand(g),
		newCheckCommand(g), newExplainCommand(g), newDefineCommand(g), newDoctorCommand(g), newCatalogueCommand(), newCoverageCommand(g), newServeCommand(g), newVersionCommand(),
		newDocsCommand(),
	)
	registerCompletions(g, root)
	return root
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// environment makes the world that a run may touch out of the process's own.
func (g *globals) environment(stdin io.Reader, stderr io.Writer, offline bool) (*phases.Env, error) {
	env, err := g.unconnected(stdin, stderr)
	if err != nil {
		return nil, err
	}
	v, _ := buildVersion()
	env.ConnectHub(v, offline, hubBudget())
	return env, nil
}

// unconnected is environment without the Hub client, whose certificates take
// longer to read than the language server takes to start.
func (g *globals) unconnected(stdin io.Reader, stderr io.Writer) (*phases.Env, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(g.logLevel)); err != nil {
		return nil, &phases.UsageError{Message: fmt.Sprintf("--log-level %s: choose debug, info, warn or error", g.logLevel)}
	}
	wd, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the working directory: %w", err)
	}
	env := &phases.Env{
		Getenv: os.Getenv, WorkDir: wd, Stdin: stdin, SGLang: phases.NewSGLangTrees(),
		Log: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})),
	}
	if dir := os.Getenv("FIB_LS_CACHE_DIR"); dir != "" {
		env.CacheDir = dir
	} else if dir, err := os.UserCacheDir(); err == nil {
		env.CacheDir = filepath.Join(dir, "fib-ls")
	}
	return env, nil
}

// boolArgument lets a boolean flag take its value as the next argument, as
// the original workflow writes it (--skip-sglang true): pflag alone would
// read "true" as a positional argument.
func boolArgument(args []string, flag string, value *bool) ([]string, error) {
	var rest []string
	for _, a := range args {
		switch strings.ToLower(a) {
		case "true":
			*value = true
		case "false":
			*value = false
		default:
			rest = append(rest, a)
			continue
		}
		if flag == "" {
			return nil, &phases.UsageError{Message: fmt.Sprintf("unexpected argument %q", a)}
		}
	}
	return rest, nil
}

// hubBudget is how long one fetch may take with its retries: FIB_LS_HUB_TIMEOUT
// in seconds, else the client's own default (0).
func hubBudget() time.Duration {
	seconds, err := strconv.Atoi(os.Getenv("FIB_LS_HUB_TIMEOUT"))
	if err != nil || seconds < 1 || seconds > 3600 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
