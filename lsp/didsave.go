package lsp

import (
	"fmt"
	"os"

	"go.lsp.dev/protocol"
)

// didSave is the moment at which a document that is out of step can be read
// again: what the client has is what is on disk.
func (s *Server) didSave(p *protocol.DidSaveTextDocumentParams) error {
	doc := s.docs.get(p.TextDocument.URI)
	if doc == nil || !doc.lost || doc.path == "" {
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
	doc.setText(text)
	if snap := s.docs.advance(doc); snap != nil {
		s.publisher.opened(snap)
	}
	return nil
}
