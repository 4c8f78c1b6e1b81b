package lsp

import (
	"context"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/uri"
)

// planCommand returns the kernel inventory of a model, as fib-ls plan --json
// does: {"text", "plan"}.
func (s *Server) planCommand(ctx context.Context, a arguments) (any, error) {
	id, ok := repoFromText(a.text("repoId", 0))
	if !ok {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: no repository ORG/NAME", commandPlan)
	}
	return s.engine.Plan(ctx, s.workspace(filePath(uri.URI(a.text("uri", 1)))), id)
}

// discoverCommand lists the models that could be added next. An entry that is
// not saved yet counts as one that is there.
func (s *Server) discoverCommand(ctx context.Context, a arguments) (any, error) {
	at := uri.URI(a.text("uri", 0))
	var models []byte
	if t, err := s.findTarget(at); err == nil {
		if snap := s.docs.newest(t.key); snap != nil {
			models = snap.bytes()
		}
	}
	return s.engine.Discover(ctx, s.workspace(filePath(at)), models)
}
