package lsp

import (
	"context"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// definition goes from a parent to the module, and from a Definition name to
// its JSON file in the dataset.
func (s *Server) definition(_ context.Context, snap *Snapshot, p *protocol.DefinitionParams) (protocol.DefinitionResult, error) {
	at := spotAt(snap.File, snap.OffsetFromPosition(p.Position))
	var out protocol.LocationSlice
	switch at.place {
	case onParent, onModuleName:
		for _, m := range modulesNamed(at.entry.Model, at.value) {
			out = append(out, snap.location(span(at.entry, m.NameSpan)))
		}
	case onDefinition:
		if dataset := s.dataset(snap.Path); dataset != nil {
			if path := dataset.Path(at.value); path != "" {
				out = append(out, protocol.Location{URI: uri.File(path)})
			}
		}
	case nowhere, onModelID, onCount, onComment:
	}
	if out == nil {
		return nil, nil
	}
	return out, nil
}
