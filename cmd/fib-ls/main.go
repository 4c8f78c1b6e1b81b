// Command fib-ls is the language server and command line for
// FlashInfer-Bench's models.ts.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/fib-ls/fib-ls/phases"
)

func main() { os.Exit(run()) }

// run is main without os.Exit, so that deferred work is done.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks the command to end, the second one ends it.
	context.AfterFunc(ctx, stop)
	root := newRootCommand()
	root.SetArgs(joinBooleans(root, os.Args[1:]))
	err := root.ExecuteContext(ctx)
	if err != nil {
		if text := err.Error(); text != "" {
			fmt.Fprintln(os.Stderr, "fib-ls: "+phases.Terminal(text))
			var hinted interface{ Hint() string }
			if errors.As(err, &hinted) && hinted.Hint() != "" {
				fmt.Fprintln(os.Stderr, phases.Terminal(hinted.Hint()))
			}
		}
	}
	return exitCode(ctx, err)
}
