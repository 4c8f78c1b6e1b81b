package lsp

import (
	"context"

	"go.lsp.dev/uri"
)

type didChangeWorkspaceFoldersParams struct {
	Event struct {
		Added   []folder `json:"added"`
		Removed []folder `json:"removed"`
	} `json:"event"`
}

type folder struct {
	URI uri.URI `json:"uri"`
}

// didChangeWorkspaceFolders follows the workspace: settings and the base of
// relative paths hang off its folders.
func (s *Server) didChangeWorkspaceFolders(p *didChangeWorkspaceFoldersParams) error {
	var added, removed []uri.URI
	for _, f := range p.Event.Added {
		added = append(added, f.URI)
	}
	for _, f := range p.Event.Removed {
		removed = append(removed, f.URI)
	}
	s.config.changeRoots(added, removed)
	s.goBackground(func(ctx context.Context) {
		s.pullConfiguration(ctx)
		s.worldChanged(ctx)
	})
	return nil
}
