package main

import (
	"context"
	"errors"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/fault"
)

// The exit codes of the command line.
const (
	exitClean       = 0
	exitFindings    = 1 // findings of check, or an entry with errors
	exitUsage       = 2 // usage, config, internal
	exitMissing     = 3 // network or missing input
	exitAuth        = 4
	exitInterrupted = 130
)

// findingsError ends a command that did its work and found something; its
// message has been printed already.
type findingsError struct{}

func (findingsError) Error() string { return "" }

// exitCode maps an error to the exit code: an error that knows its own code
// (the Hub's) is asked, the rest is distinguished by type.
func exitCode(ctx context.Context, err error) int {
	var findings findingsError
	var coded interface{ ExitCode() int }
	var missing *fault.Missing
	var unavailable *phases.UnavailableError
	switch {
	case err == nil:
		return exitClean
	case ctx.Err() != nil || errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &findings):
		return exitFindings
	case errors.As(err, &coded):
		return coded.ExitCode()
	case errors.As(err, &missing), errors.As(err, &unavailable):
		return exitMissing
	}
	return exitUsage
}
