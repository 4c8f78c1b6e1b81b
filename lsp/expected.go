package lsp

import (
	"context"
	"sync"

	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// expectations are what models' own configs say of their entries. Checking
// asks for them on every change; they are worked out in the background, once
// per entry as it is written, and the documents are checked again when one
// has come.
type expectations struct {
	mu      sync.Mutex
	known   map[expectationKey]*validate.ExpectedEntry
	pending map[expectationKey]bool
}

// expectationKey is an entry's repository and what of the entry its config is
// read with.
type expectationKey struct {
	dir, repo, id, description string
}

// maxExpectations bounds the memory: entries of long-gone texts are dropped.
const maxExpectations = 4096

// forget reads the configs anew.
func (e *expectations) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.known, e.pending = nil, nil
}

// expectedFor gives validate's question an answer from memory.
func (s *Server) expectedFor(snap *Snapshot) func(*tsast.Model) *validate.ExpectedEntry {
	w := s.workspace(snap.Path)
	return func(m *tsast.Model) *validate.ExpectedEntry {
		repo := sourceRepo(m)
		if repo == "" {
			return nil
		}
		key := expectationKey{w.Dir, repo, m.ID.Value, m.Description.Value}
		e := &s.expected
		e.mu.Lock()
		defer e.mu.Unlock()
		if known, ok := e.known[key]; ok {
			return known
		}
		if !e.pending[key] {
			if e.pending == nil {
				e.pending = make(map[expectationKey]bool)
			}
			e.pending[key] = true
			s.goBackground(func(ctx context.Context) { s.expect(ctx, w, key, m) })
		}
		return nil
	}
}

// expect works one expectation out.
func (s *Server) expect(ctx context.Context, w Workspace, key expectationKey, m *tsast.Model) {
	answer := s.engine.Expected(w, key.repo, m)
	e := &s.expected
	e.mu.Lock()
	if e.known == nil || len(e.known) >= maxExpectations {
		e.known = make(map[expectationKey]*validate.ExpectedEntry)
	}
	e.known[key] = answer
	delete(e.pending, key)
	left := len(e.pending)
	e.mu.Unlock()
	if left == 0 && ctx.Err() == nil {
		s.worldChanged(ctx)
	}
}
