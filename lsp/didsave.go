package lsp

import (
	"fmt"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/lsp/wire"
	"github.com/fib-ls/fib-ls/phases/regular"
)

// didSave is the moment at which a document that is out of step can be read
// again: what the client has is what is on disk.
func (s *Server) didSave(p *protocol.DidSaveTextDocumentParams) error {
	doc := s.docs.get(normalise(p.TextDocument.URI))
	if doc == nil || doc.path == "" {
		return nil
	}
	doc.mu.Lock()
	defer doc.mu.Unlock()
	if !doc.lost {
		return nil
	}
	text, err := regular.Read(doc.path, wire.MaxFrame)
	if err != nil {
		return fmt.Errorf("reading %s again: %w", doc.path, err)
	}
	doc.set(string(text))
	doc.touched()
	if doc.tree != nil {
		s.publisher.opened(doc)
	}
	return nil
}
