package lsp

import (
	"path"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases"
)

// watchers are the files whose changes matter: models.ts itself, Definitions
// of a dataset, SGLang's HEAD, configs in the Hub's cache.
func (s *Server) watchers() *protocol.DidChangeWatchedFilesRegistrationOptions {
	var w []protocol.FileSystemWatcher
	for _, glob := range []string{
		"**/apps/web/data/" + path.Base(phases.DefaultModelsTS),
		"**/definitions/**/*.json",
		"**/sglang/.git/HEAD",
		"**/models--*/refs/*",
	} {
		w = append(w, protocol.FileSystemWatcher{GlobPattern: protocol.Pattern(glob)})
	}
	return &protocol.DidChangeWatchedFilesRegistrationOptions{Watchers: w}
}

// didChangeWatchedFiles forgets what was read of files that have changed.
// models.ts itself needs nothing while it is open: its text is the client's.
func (s *Server) didChangeWatchedFiles(p *protocol.DidChangeWatchedFilesParams) error {
	for _, c := range p.Changes {
		if !strings.HasSuffix(string(c.URI), ".ts") {
			s.datasets.forget()
			s.expected.forget()
			s.goBackground(s.worldChanged)
			return nil
		}
	}
	return nil
}
