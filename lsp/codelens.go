package lsp

import (
	"context"
	"encoding/json"
	"fmt"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// commandDrawing is our extension's command for the drawing of a model.
const commandDrawing = "fibLs.showModuleTree"

// codeLens shows above each model what it has, which opens its drawing where
// there is one, and offers to refresh and to verify it. It is off unless the
// settings ask for it.
func (s *Server) codeLens(_ context.Context, snap *Snapshot, _ *protocol.CodeLensParams) ([]protocol.CodeLens, error) {
	out := []protocol.CodeLens{}
	if !s.config.forPath(snap.Path).CodeLens {
		return out, nil
	}
	dataset := s.dataset(snap.Path)
	for _, e := range snap.File.Entries {
		at := tsast.Span{Start: e.Offset, End: e.Offset + 1}
		names := definitionNames(e.Model)
		title := fmt.Sprintf("%d modules, %d Definitions", len(e.Model.Modules), len(names))
		if dataset != nil {
			have := 0
			for _, n := range names {
				if ok, _ := dataset.Has(n); ok {
					have++
				}
			}
			title += fmt.Sprintf(" (%d in the dataset)", have)
		}
		id := e.Model.ID.Value
		lens := func(command protocol.Command) {
			out = append(out, protocol.CodeLens{Range: snap.RangeFromSpan(at), Command: command})
		}
		summary := protocol.Command{Title: title}
		if s.caps.drawing {
			summary = s.commandOf(commandDrawing, title, map[string]any{"uri": string(snap.URI), "modelId": id})
		}
		lens(summary)
		if id == "" || e.Broken {
			continue
		}
		if repo := validate.SourceRepo(e.Model); repo != "" {
			lens(s.addCommand("Update from HuggingFace", map[string]any{"repoId": repo, "modelName": id, "uri": string(snap.URI), "update": true}))
		}
		lens(s.commandOf(commandVerify, verifyTitle, map[string]any{"modelId": id, "uri": string(snap.URI)}))
	}
	return out, nil
}

// addCommand is a call of fib-ls.addModel.
func (s *Server) addCommand(title string, args map[string]any) protocol.Command {
	return s.commandOf(commandAddModel, title, args)
}

// commandOf is a call of one of our commands.
func (s *Server) commandOf(command, title string, args map[string]any) protocol.Command {
	raw, err := json.Marshal(args)
	if err != nil { // strings, numbers and booleans always can be
		s.log.Error("encoding a command", "error", err)
		raw = []byte("{}")
	}
	return protocol.Command{Title: title, Command: command, Arguments: []protocol.LSPAny{raw}}
}
