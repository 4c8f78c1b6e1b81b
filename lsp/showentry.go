package lsp

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/tsast"
)

// showEntryCommand shows an entry as people read it: what it is, how sure it is,
// and its tree. Our extension draws it instead.
func (s *Server) showEntryCommand(_ context.Context, a arguments) (any, error) {
	id := a.text("modelId", 0)
	t, err := s.findTarget(uri.URI(a.text("uri", 1)))
	if err != nil {
		return nil, err
	}
	snap := s.docs.newest(t.key)
	if snap == nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: open models.ts first", commandShowEntry)
	}
	i := modelsfile.Find(snap.File, id)
	if i < 0 {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: models.ts has no entry %q", commandShowEntry, clip(id))
	}
	text := s.entryMarkdown(snap, snap.File.Entries[i])
	// The client may answer late: it is not waited for.
	s.goBackground(func(ctx context.Context) { s.showText(ctx, "entries", phases.SuggestModelName(id), text) })
	return map[string]any{"modelId": id, "markdown": text}, nil
}

// showText shows a text of ours: as a document that the user asked for, else as
// a message.
func (s *Server) showText(ctx context.Context, dir, name, text string) {
	path, err := s.writeText(dir, name, text)
	if err != nil {
		s.log.Warn("writing a text to show", "name", name, "error", err)
	}
	if path == "" || !s.showDocument(ctx, path, true) {
		s.notifyUser(protocol.MessageTypeInfo, text)
	}
}

// writeText puts a text into the cache, where editors can open it; "" where
// there is no cache or it would not be shown.
func (s *Server) writeText(dir, name, text string) (path string, err error) {
	if s.opts.CacheDir == "" || !s.caps.showDocument {
		return "", nil
	}
	dir = filepath.Join(s.opts.CacheDir, dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path = filepath.Join(dir, name+".md")
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// entryMarkdown is an entry as its hover says it, with its tree of modules.
func (s *Server) entryMarkdown(snap *Snapshot, e tsast.Entry) string {
	b := &hoverText{markdown: true}
	b.printf("# %s\n\n", b.text(e.Model.ID.Value))
	s.hoverModel(b, snap, e)
	b.WriteString("```\n")
	shown := map[*tsast.Module]bool{}
	var tree func(modules []*tsast.Module, depth int)
	tree = func(modules []*tsast.Module, depth int) {
		for _, m := range modules {
			if shown[m] || depth > maxDepth {
				continue
			}
			shown[m] = true
			line := strings.Repeat("  ", depth) + clip(m.Name)
			if detail := moduleDetail(m); detail != "" {
				line += " (" + detail + ")"
			}
			b.WriteString(strings.ReplaceAll(line, "`", "'") + "\n")
			tree(childrenOf(e.Model, m.Name), depth+1)
		}
	}
	var roots []*tsast.Module
	for _, m := range e.Model.Modules {
		if m.Parent.Kind != tsast.StringLiteral || len(modulesNamed(e.Model, m.Parent.Value)) == 0 {
			roots = append(roots, m)
		}
	}
	tree(roots, 0)
	b.WriteString("```\n")
	return fmt.Sprintln(strings.TrimSpace(b.String()))
}
