package lsp

import (
	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/lsp/text"
	"github.com/fib-ls/fib-ls/tsast"
)

// converter is the one place where bytes and the client's positions meet.
// Positions count UTF-16 code units, or bytes when UTF-8 was agreed upon. A
// position beyond the end of a line means its end, one beyond the last line
// the end of the text, as the protocol says; one inside a character means its
// start.
type converter struct {
	text text.Text
	unit text.Unit
}

// newConverter converts for a client that counts bytes, or UTF-16 code units.
func newConverter(t text.Text, utf8 bool) converter {
	if utf8 {
		return converter{t, text.Bytes}
	}
	return converter{t, text.UTF16}
}

// OffsetFromPosition is the byte at a position.
func (c converter) OffsetFromPosition(p protocol.Position) int {
	return c.text.Offset(int(p.Line), int(p.Character), c.unit)
}

// PositionFromOffset is the position of a byte.
func (c converter) PositionFromOffset(offset int) protocol.Position {
	line, column := c.text.Position(offset, c.unit)
	return protocol.Position{Line: uint32(line), Character: uint32(column)} // #nosec G115 -- a text has at most 256 MB
}

// SpanFromRange is the bytes of a range; a range that is the wrong way round
// is turned.
func (c converter) SpanFromRange(r protocol.Range) tsast.Span {
	start, end := c.OffsetFromPosition(r.Start), c.OffsetFromPosition(r.End)
	if start > end {
		start, end = end, start
	}
	return tsast.Span{Start: start, End: end}
}

// RangeFromSpan is the range of bytes.
func (c converter) RangeFromSpan(s tsast.Span) protocol.Range {
	return protocol.Range{Start: c.PositionFromOffset(s.Start), End: c.PositionFromOffset(s.End)}
}

// TextEditFromEdit converts an edit.
func (c converter) TextEditFromEdit(e tsast.TextEdit) protocol.TextEdit {
	return protocol.TextEdit{Range: c.RangeFromSpan(e.Span), NewText: e.NewText}
}
