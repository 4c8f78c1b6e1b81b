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
	"time"

	"github.com/fib-ls/fib-ls/phases/limit"
	"github.com/fib-ls/fib-ls/phases/prose"
)

func main() { os.Exit(guarded(os.Exit, limit.Memory, run)) }

// grace is how long a run that was told to end may take to do so in its own
// way. Ending the process is safe at any moment (see TestKillAdd): what is
// lost is only the message of where it stood.
const grace = 800 * time.Millisecond

// guarded runs work with a context that ends at SIGINT or SIGTERM and with a
// bound on the memory of the process. Work that does not look at its context
// is ended all the same.
func guarded(exit func(int), most uint64, work func(context.Context) int) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	signalled := context.AfterFunc(ctx, func() {
		stop() // a second signal ends the process at once
		time.AfterFunc(grace, func() { exit(exitInterrupted) })
	})
	defer signalled() // before stop, which is not a signal
	memory := limit.Start(most, grace, func(err error) {
		printError(err)
		exit(exitUsage)
	})
	defer memory.Close()
	return work(limit.NewContext(ctx, memory))
}

// run executes the command line.
func run(ctx context.Context) int {
	root := newRootCommand()
	root.SetArgs(joinBooleans(root, os.Args[1:]))
	cmd, err := root.ExecuteContextC(ctx)
	if cause := context.Cause(cmd.Context()); err != nil && errors.As(cause, new(*limit.MemoryError)) {
		err = cause
	}
	printError(err)
	return exitCode(ctx, err)
}

// printError prints an error that has not been printed yet, and its hint.
func printError(err error) {
	if err == nil || err.Error() == "" {
		return
	}
	fmt.Fprintln(os.Stderr, "fib-ls: "+prose.Terminal(err.Error()))
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		fmt.Fprintln(os.Stderr, prose.Terminal(hinted.Hint()))
	}
}
