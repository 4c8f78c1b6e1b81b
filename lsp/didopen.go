package lsp

import (
	"go.lsp.dev/protocol"
)

// didOpen takes a document over. Clients without a document selector send
// every TypeScript file: those that are none of ours cost a look.
func (s *Server) didOpen(p *protocol.DidOpenTextDocumentParams) error {
	doc := newDocument(&p.TextDocument)
	text := []byte(p.TextDocument.Text)
	doc.setText(text)
	if len(text) > maxForeign && !s.isModels(doc) {
		doc.text, doc.lines, doc.dropped = nil, nil, true
	}
	s.docs.put(doc)
	if snap := s.docs.advance(doc); snap != nil {
		s.publisher.opened(snap)
	}
	return nil
}
