package main

import (
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/lsp"
	"github.com/fib-ls/fib-ls/phases/limit"
)

// exitStatus ends the process with a code that has been explained already.
type exitStatus int

func (exitStatus) Error() string { return "" }

// ExitCode implements what exitCode asks of errors.
func (e exitStatus) ExitCode() int { return int(e) }

// largeGCPercent collects earlier than Go's default where the text is large: in
// a file of megabytes every keystroke leaves megabytes, and a server that runs all
// day beside an editor is judged by its memory, too. GOGC overrides it.
const largeGCPercent = 50

// trim gives memory back after a large text.
func trim() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(largeGCPercent)
	}
	debug.FreeOSMemory()
}

func newServeCommand(g *globals) *cobra.Command {
	var stdio bool
	var clientPID int
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the language server over standard input and output",
		Long: `Runs the language server (LSP 3.18) over standard input and output. Editors
start it; the README has their configuration.

Logs go to standard error (--log-level debug shows every message; the trace
setting of the client raises it for a session).`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd, g) },
	}
	// What clients add on their own; both say what is so anyway.
	cmd.Flags().BoolVar(&stdio, "stdio", true, "talk over standard input and output (there is no other way)")
	cmd.Flags().IntVar(&clientPID, "clientProcessId", 0, "the client's process; initialize says it, too")
	_ = cmd.Flags().MarkHidden("clientProcessId") // it is there
	return cmd
}

func serve(cmd *cobra.Command, g *globals) error {
	env, err := g.unconnected(cmd.InOrStdin(), cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	level := &slog.LevelVar{}
	if err := level.UnmarshalText([]byte(g.logLevel)); err != nil {
		return fmt.Errorf("reading --log-level: %w", err)
	}
	env.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level}))
	v, _ := buildVersion()
	server := lsp.New(lsp.Options{Engine: newEngine(env, v), Version: v, Log: env.Log, Level: level, CacheDir: env.CacheDir, Trim: trim, Memory: limit.FromContext(cmd.Context())})
	if code := server.Run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout()); code != 0 {
		return exitStatus(code)
	}
	return nil
}
