package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/limit"
	"github.com/fib-ls/fib-ls/phases/onboard"
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

  fib-ls add --model-name llama-3.3-70b --hf-repo-id meta-llama/Llama-3.3-70B-Instruct
  fib-ls check    (web/apps/web/data/models.ts, from anywhere in the clone)
  fib-ls serve    (the language server, for your editor)

Exit codes: 0 clean, 1 findings, 2 usage or a refusal, 3 network or missing
input, 4 authentication, 130 interrupted.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Name() != "serve" { // which bounds its jobs one by one, and lives on
			ctx, _ := limit.FromContext(cmd.Context()).Run(cmd.Context()) // ends with the process
			cmd.SetContext(ctx)
		}
		return g.validate()
	}
	root.Version, _ = buildVersion()
	root.SetVersionTemplate(versionLine() + "\n")
	flags := root.PersistentFlags()
	flags.StringVar(&g.logLevel, "log-level", orDefault(os.Getenv("FIB_LS_LOG_LEVEL"), "warn"), "what is logged to stderr: debug, info, warn, error")
	flags.StringVar(&g.color, "color", "auto", "colour the output: auto, always, never")
	flags.BoolVarP(&g.quiet, "quiet", "q", false, "print only the essential line")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		newAddCommand(g), newExtractCommand(g), newBaselineCommand(g), newGenerateCommand(g), newValidateCommand(g),
		newCheckCommand(g), newExplainCommand(g), newDefineCommand(g), newPlanCommand(g), newDiscoverCommand(g), newDoctorCommand(g), newCatalogueCommand(), newCoverageCommand(g), newServeCommand(g), newVersionCommand(),
		newDocsCommand(),
	)
	root.SetHelpCommand(newHelpCommand())
	tidyCompletion(root)
	registerCompletions(g, root)
	return root
}

// validate refuses values that no command knows.
func (g *globals) validate() error {
	if !slices.Contains(flagChoices["fib-ls color"], g.color) {
		return &fault.Usage{Message: fmt.Sprintf("--color %s: choose auto, always or never", g.color)}
	}
	_, err := g.level()
	return err
}

// level is --log-level.
func (g *globals) level() (level slog.Level, err error) {
	if level.UnmarshalText([]byte(g.logLevel)) != nil {
		err = &fault.Usage{Message: fmt.Sprintf("--log-level %s: choose debug, info, warn or error", g.logLevel)}
	}
	return level, err
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
	level, err := g.level()
	if err != nil {
		return nil, err
	}
	wd, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the working directory: %w", err)
	}
	env := &phases.Env{
		Getenv: os.Getenv, Environ: os.Environ, WorkDir: wd, Stdin: stdin, SGLang: phases.NewSGLangTrees(), Following: onboard.Following,
		Log: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})),
	}
	if dir := os.Getenv("FIB_LS_CACHE_DIR"); dir != "" {
		env.CacheDir = dir
	} else if dir, err := os.UserCacheDir(); err == nil {
		env.CacheDir = filepath.Join(dir, "fib-ls")
	}
	return env, nil
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

// newHelpCommand is fib-ls help COMMAND.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about a command",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, c := range cmd.Root().Commands() {
				if len(args) == 0 && c.IsAvailableCommand() {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			of, rest, err := cmd.Root().Find(args)
			if err != nil || of == cmd.Root() && len(rest) > 0 {
				return unknownCommand(cmd.Root(), args[0])
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
	}
}
