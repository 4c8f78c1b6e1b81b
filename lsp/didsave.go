package lsp

import (
	"fmt"
	"os"

	"go.lsp.dev/protocol"
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
	info, err := os.Stat(doc.path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFrame {
		return fmt.Errorf("reading %s again: not a file of a size that is read", doc.path)
	}
	text, err := os.ReadFile(doc.path)
	if err != nil {
		return fmt.Errorf("reading %s again: %w", doc.path, err)
	}
	doc.set(text)
	doc.touched()
	if doc.tree != nil {
		s.publisher.opened(doc)
	}
	return nil
}
