package lsp

import (
	"context"

	"go.lsp.dev/protocol"
)

// documentHighlight marks the uses of the thing under the cursor.
func (s *Server) documentHighlight(_ context.Context, snap *Snapshot, p *protocol.DocumentHighlightParams) ([]protocol.DocumentHighlight, error) {
	at := spotAt(snap.File, snap.OffsetFromPosition(p.Position))
	out := []protocol.DocumentHighlight{}
	for _, u := range usesOf(snap.File, at) {
		kind := protocol.DocumentHighlightKindRead
		if u.declaration {
			kind = protocol.DocumentHighlightKindWrite
		}
		out = append(out, protocol.DocumentHighlight{Range: snap.RangeFromSpan(u.span), Kind: kind})
	}
	return out, nil
}
