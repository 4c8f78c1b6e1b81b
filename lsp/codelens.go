package lsp

import (
	"context"
	"encoding/json"
	"fmt"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// codeLens shows above each model what it has, and how sure that is, and opens
// it; beside that it verifies and refreshes it. It is off unless the settings
// ask for it.
func (s *Server) codeLens(_ context.Context, snap *Snapshot, _ *protocol.CodeLensParams) ([]protocol.CodeLens, error) {
	out := []protocol.CodeLens{}
	if !s.config.forPath(snap.Path).CodeLens {
		return out, nil
	}
	dataset := s.dataset(snap.Path)
	for _, e := range snap.File.Entries {
		at := tsast.Span{Start: e.Offset, End: e.Offset + 1}
		names := definitionNames(e.Model)
		title := fmt.Sprintf("%d modules, %d different Definitions", len(e.Model.Modules), len(names))
		if dataset != nil {
			have := 0
			for _, n := range names {
				if ok, _ := dataset.Has(n); ok {
					have++
				}
			}
			title += fmt.Sprintf(" (%d in the dataset)", have)
		}
		if known := s.verifications.of(snap, e); known != nil {
			title += ", " + string(known.Level)
		}
		if e.Model.ID.Value == "" || e.Broken {
			continue // there is nothing that could be done with it
		}
		lens := func(title, command string, args map[string]any) {
			out = append(out, protocol.CodeLens{Range: snap.RangeFromSpan(at), Command: s.commandOf(command, title, args)})
		}
		named := map[string]any{"modelId": e.Model.ID.Value, "uri": string(snap.URI)}
		lens(title, commandShowEntry, named)
		lens(verifyTitle, commandVerify, named)
		if repo := validate.SourceRepo(e.Model); repo != "" {
			lens("Update from HuggingFace", commandAddModel, map[string]any{
				"repoId": repo, "modelName": e.Model.ID.Value, "uri": string(snap.URI), "update": true,
			})
		}
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
