package lsp

import (
	"bytes"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/lsp/text"
	"github.com/fib-ls/fib-ls/tsast"
)

// workspaceEdit makes the change for this client: versioned where it checks
// versions.
func (s *Server) workspaceEdit(t target, snap *Snapshot, src []byte, wanted []tsast.TextEdit) protocol.WorkspaceEdit {
	conv := newConverter(text.New(string(src)), s.caps.utf8)
	var version *int32
	if snap != nil {
		conv = snap.converter
		v := snap.Version
		version = &v
	}
	var edits []protocol.TextEdit
	for _, e := range wanted {
		edits = append(edits, conv.TextEditFromEdit(e))
	}
	if !s.caps.documentChanges {
		return protocol.WorkspaceEdit{Changes: map[uri.URI][]protocol.TextEdit{t.uri: edits}}
	}
	var changes []protocol.DocumentChange
	if snap == nil && src == nil && s.caps.createFile {
		ignore := true
		changes = append(changes, &protocol.CreateFile{
			Kind: "create", URI: t.uri, Options: &protocol.CreateFileOptions{IgnoreIfExists: &ignore},
		})
	}
	changes = append(changes, textDocumentEdit(t.uri, version, edits))
	return protocol.WorkspaceEdit{DocumentChanges: changes}
}

func textDocumentEdit(u uri.URI, version *int32, edits []protocol.TextEdit) *protocol.TextDocumentEdit {
	e := &protocol.TextDocumentEdit{TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
		TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: u}, Version: version,
	}}
	for i := range edits {
		e.Edits = append(e.Edits, &edits[i])
	}
	return e
}

// maxDiff is the most text that is compared line by line.
const maxDiff = 1 << 20

// diffEdits are the edits between two texts: the one piece that differs, or
// its pieces line by line, so that what stays is not touched.
func diffEdits(old, now []byte) []tsast.TextEdit {
	whole, differs := tsast.SmallestEdit(string(old), string(now))
	if !differs {
		return nil
	}
	removed := whole.Span.End - whole.Span.Start
	if removed == 0 || whole.NewText == "" || removed+len(whole.NewText) > maxDiff {
		return []tsast.TextEdit{whole}
	}
	// Whole lines, so that the comparison sees them.
	start := bytes.LastIndexByte(old[:whole.Span.Start], '\n') + 1
	end := len(old)
	if i := bytes.IndexByte(old[whole.Span.End:], '\n'); i >= 0 {
		end = whole.Span.End + i + 1
	}
	before, after := string(old[start:end]), string(now[start:len(now)-(len(old)-end)])
	var out []tsast.TextEdit
	for _, d := range udiff.Lines(before, after) {
		out = append(out, lineEdits(before[d.Start:d.End], d.New, start+d.Start)...)
	}
	return out
}

// lineEdits are the edits of some lines that stand at a byte: line by line where
// they are as many as before, so that each can be told apart.
func lineEdits(old, now string, at int) []tsast.TextEdit {
	was, is := strings.SplitAfter(old, "\n"), strings.SplitAfter(now, "\n")
	if len(was) != len(is) {
		was, is = []string{old}, []string{now}
	}
	var out []tsast.TextEdit
	for i, line := range was {
		if piece, differs := tsast.SmallestEdit(line, is[i]); differs {
			piece.Span = piece.Span.Shift(at)
			out = append(out, piece)
		}
		at += len(line)
	}
	return out
}

// workspaceEditOf makes an edit of an open document for a code action or a
// rename.
func (s *Server) workspaceEditOf(snap *Snapshot, edits []tsast.TextEdit) *protocol.WorkspaceEdit {
	converted := make([]protocol.TextEdit, len(edits))
	for i, e := range edits {
		converted[i] = snap.TextEditFromEdit(e)
	}
	if !s.caps.documentChanges {
		return &protocol.WorkspaceEdit{Changes: map[uri.URI][]protocol.TextEdit{snap.URI: converted}}
	}
	version := snap.Version
	return &protocol.WorkspaceEdit{DocumentChanges: []protocol.DocumentChange{textDocumentEdit(snap.URI, &version, converted)}}
}
