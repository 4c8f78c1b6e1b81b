package lsp

import "go.lsp.dev/protocol"

// didOpen takes a document over. Clients without a document selector send
// every TypeScript file: those that are none of ours cost a look.
func (s *Server) didOpen(p *protocol.DidOpenTextDocumentParams) error {
	doc := newDocument(s, &p.TextDocument)
	doc.mu.Lock()
	doc.set(p.TextDocument.Text)
	ours := doc.tree != nil
	doc.mu.Unlock()
	s.docs.put(doc)
	if ours {
		s.publisher.opened(doc)
	}
	return nil
}
