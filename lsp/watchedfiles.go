package lsp

import (
	"path"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// watchers are the files whose changes matter: models.ts itself, Definitions
// of a dataset, SGLang's HEAD, configs in the Hub's cache.
func (s *Server) watchers() *protocol.DidChangeWatchedFilesRegistrationOptions {
	var w []protocol.FileSystemWatcher
	outside := []string{"definitions/**/*.json", ".git/HEAD", "models--*/refs/*"}
	for _, glob := range []string{
		"**/apps/web/data/" + path.Base(modelsfile.DefaultPath),
		"**/" + outside[0],
		"**/sglang/" + outside[1],
		"**/" + outside[2],
	} {
		w = append(w, protocol.FileSystemWatcher{GlobPattern: protocol.Pattern(glob)})
	}
	if !s.caps.watchRelative {
		return &protocol.DidChangeWatchedFilesRegistrationOptions{Watchers: w}
	}
	// A glob alone sees the workspace only.
	for _, dir := range s.watchedOutside() {
		for _, glob := range outside {
			w = append(w, protocol.FileSystemWatcher{GlobPattern: &protocol.RelativePattern{
				BaseURI: protocol.URI(uri.File(dir)), Pattern: protocol.Pattern(glob),
			}})
		}
	}
	return &protocol.DidChangeWatchedFilesRegistrationOptions{Watchers: w}
}

// watchedOutside are the directories outside the workspace that matter to any
// of its folders.
func (s *Server) watchedOutside() []string {
	var dirs []string
	folders := s.config.folders()
	for i := range folders {
		dirs = append(dirs, s.engine.Watched(s.workspace(folders[i].path))...)
	}
	if len(folders) == 0 {
		dirs = s.engine.Watched(s.workspace(""))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// didChangeWatchedFiles forgets what was read of files that have changed.
// models.ts itself needs nothing while it is open: its text is the client's.
func (s *Server) didChangeWatchedFiles(p *protocol.DidChangeWatchedFilesParams) error {
	configs, definitions := false, false
	for _, c := range p.Changes {
		switch {
		case strings.HasSuffix(string(c.URI), ".ts"):
		case strings.HasSuffix(string(c.URI), ".json"):
			definitions = true
		default: // a ref of the Hub's cache, or SGLang's HEAD
			configs = true
		}
	}
	if definitions {
		s.datasets.forget()
	}
	if configs {
		s.forgetConfig("")
	}
	if configs || definitions {
		s.goBackground(s.worldChanged)
	}
	return nil
}
