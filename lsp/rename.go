package lsp

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/lsp/wire"
	"github.com/fib-ls/fib-ls/tsast"
)

// renameable finds what can be renamed at a position: a module (from its key
// or from a parent that names it) or a model's id.
func renameable(snap *Snapshot, p protocol.Position) (spot, error) {
	at := spotAt(snap.File, snap.OffsetFromPosition(p))
	switch {
	case at.place != onModuleName && at.place != onParent && at.place != onModelID:
		return at, errNothingToRename
	case at.entry.Broken:
		return at, jsonrpc2.NewError(wire.RequestFailed, "this entry has a syntax error: repair it first, or the rename would miss places")
	case at.place == onParent && len(modulesNamed(at.entry.Model, at.value)) == 0:
		return at, jsonrpc2.Errorf(wire.RequestFailed, "there is no module %q in this entry", clip(at.value))
	}
	return at, nil
}

var errNothingToRename = jsonrpc2.NewError(wire.RequestFailed, "only modules and model ids can be renamed")

// prepareRename shows what would be renamed.
func (s *Server) prepareRename(_ context.Context, snap *Snapshot, p *protocol.PrepareRenameParams) (protocol.PrepareRenameResult, error) {
	at, err := renameable(snap, p.Position)
	if err == errNothingToRename { //nolint:errorlint // the very value is meant
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &protocol.PrepareRenamePlaceholder{Range: snap.RangeFromSpan(inside(snap.bytes(), at.span)), Placeholder: at.value}, nil
}

// rename changes a module's key with every parent that names it, or a model's
// id. The answer is null where there is neither: another server may have
// something to rename there.
func (s *Server) rename(_ context.Context, snap *Snapshot, p *protocol.RenameParams) (*protocol.WorkspaceEdit, error) {
	at, err := renameable(snap, p.Position)
	if err == errNothingToRename { //nolint:errorlint // the very value is meant
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	name := p.NewName
	if err := checkNewName(snap.File, at, name); err != nil {
		return nil, err
	}
	if name == at.value {
		return &protocol.WorkspaceEdit{}, nil
	}
	var edits []tsast.TextEdit
	for _, u := range usesOf(snap.File, at) {
		if at.place != onModelID && u.declaration {
			edits = append(edits, snap.File.RenameKey(u.span, name))
		} else {
			edits = append(edits, snap.File.ReplaceString(u.span, name))
		}
	}
	return s.workspaceEditOf(snap, edits), nil
}

// checkNewName refuses names that would make two things one.
func checkNewName(f *tsast.File, at spot, name string) error {
	if strings.TrimSpace(name) == "" || len(name) > 200 || strings.ContainsFunc(name, unicode.IsControl) {
		return jsonrpc2.NewError(jsonrpc2.InvalidParams, "the new name is empty, too long or holds control characters")
	}
	if name == at.value {
		return nil
	}
	if at.place == onModelID {
		for _, e := range f.Entries {
			if e.Model.ID.Value == name {
				return jsonrpc2.NewError(wire.RequestFailed, fmt.Sprintf("there is an entry %q already", name))
			}
		}
		return nil
	}
	if len(modulesNamed(at.entry.Model, name)) > 0 {
		return jsonrpc2.NewError(wire.RequestFailed, fmt.Sprintf("this entry has a module %q already", name))
	}
	return nil
}
