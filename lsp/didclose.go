package lsp

import "go.lsp.dev/protocol"

// didClose lets a document go and takes its diagnostics away.
func (s *Server) didClose(p *protocol.DidCloseTextDocumentParams) error {
	if doc := s.docs.remove(normalise(p.TextDocument.URI)); doc != nil {
		s.publisher.closed(doc)
	}
	return nil
}
