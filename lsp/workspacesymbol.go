package lsp

import (
	"context"
	"slices"

	"github.com/sahilm/fuzzy"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/lsp/text"
	"github.com/fib-ls/fib-ls/phases/regular"
	"github.com/fib-ls/fib-ls/tsast"
)

// maxSymbols bounds the answer to a search.
const maxSymbols = 256

// workspaceSymbol searches models and modules of all open models files, and
// of those that the workspace folders have on disk.
func (s *Server) workspaceSymbol(ctx context.Context, p *protocol.WorkspaceSymbolParams) (protocol.WorkspaceSymbolResult, error) {
	var found symbolSource
	for _, snap := range s.symbolFiles() {
		for _, e := range snap.File.Entries {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			found = append(found, symbolOf{snap, e, nil})
			for _, m := range e.Model.Modules {
				found = append(found, symbolOf{snap, e, m})
			}
		}
	}
	out := protocol.SymbolInformationSlice{}
	if p.Query == "" {
		for _, f := range found[:min(len(found), maxSymbols)] {
			out = append(out, symbolInformation(f.snap, f.entry, f.module))
		}
		return out, nil
	}
	for _, match := range fuzzy.FindFrom(p.Query, found) {
		if len(out) == maxSymbols {
			break
		}
		f := found[match.Index]
		out = append(out, symbolInformation(f.snap, f.entry, f.module))
	}
	return out, nil
}

// symbolOf is a model, or one of its modules.
type symbolOf struct {
	snap   *Snapshot
	entry  tsast.Entry
	module *tsast.Module
}

// symbolSource is what fuzzy searches.
type symbolSource []symbolOf

func (s symbolSource) Len() int { return len(s) }

func (s symbolSource) String(i int) string {
	if s[i].module == nil {
		return s[i].entry.Model.ID.Value
	}
	return s[i].module.Name
}

// symbolFiles are the open models files in a steady order, then those of the
// workspace folders that are not open.
func (s *Server) symbolFiles() []*Snapshot {
	files := s.docs.all()
	slices.SortFunc(files, func(a, b *Snapshot) int {
		if a.key < b.key {
			return -1
		}
		return 1
	})
	for _, r := range s.config.folders() {
		path := modelsAbove(r.path)
		if path == "" || slices.ContainsFunc(files, func(f *Snapshot) bool { return f.Path == path }) {
			continue
		}
		src, err := regular.Read(path, maxForeign*64)
		if err != nil {
			continue
		}
		u := uri.File(path)
		files = append(files, &Snapshot{
			URI: u, key: normalise(u), Path: path, File: tsast.Parse(src),
			converter: newConverter(text.New(string(src)), s.caps.utf8),
		})
	}
	return files
}
