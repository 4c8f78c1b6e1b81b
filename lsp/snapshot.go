package lsp

import (
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/tsast"
)

// Snapshot is one version of an open models file. It is immutable: a handler
// keeps it as long as it likes.
type Snapshot struct {
	// URI is as the client writes it, so that answers match its own.
	URI uri.URI
	// Path is the file's path, "" for documents that are not files.
	Path    string
	Version int32
	File    *tsast.File
	// LastGood is the last reading without syntax errors, for what must still
	// know the entries while the text is broken; nil when there was none.
	LastGood *tsast.File
	converter

	key uri.URI
	seq uint64 // grows with every snapshot of the session

}

// bytes is the whole text.
func (snap *Snapshot) bytes() []byte { return snap.File.Src() }

// span returns an entry-relative span its place in the file.
func span(e tsast.Entry, s tsast.Span) tsast.Span { return s.Shift(e.Offset) }

func (snap *Snapshot) location(s tsast.Span) protocol.Location {
	return protocol.Location{URI: snap.URI, Range: snap.RangeFromSpan(s)}
}
