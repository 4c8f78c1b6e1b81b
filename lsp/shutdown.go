package lsp

import (
	"context"

	"go.lsp.dev/jsonrpc2"
)

// shutdown ends all work; the process goes on until exit.
func shutdown(s *Server, _ jsonrpc2.RawMessage) (func(context.Context) (any, error), error) {
	s.state.Store(shutDown)
	s.jobs.cancelAll()
	return func(context.Context) (any, error) { return nil, nil }, nil
}

// exit ends the process: Run returns, and its caller leaves. Closing the
// connection instead would wait for a reader that sits in a read of stdin.
func exit(s *Server, _ jsonrpc2.RawMessage) error {
	s.exitWith(s.exitCode())
	return nil
}

func (s *Server) exitWith(code int) {
	select {
	case s.exited <- code:
	default: // it is leaving already
	}
}
