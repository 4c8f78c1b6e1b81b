package lsp

import (
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/tsast"
)

// converter is the one place where bytes and the client's positions meet.
// Positions count UTF-16 code units, or bytes when UTF-8 was agreed upon. A
// position beyond the end of a line means its end, one beyond the last line
// the end of the text, as the protocol says; one inside a character means its
// start.
type converter struct {
	text  []byte
	lines *lineIndex
	utf8  bool
}

// OffsetFromPosition is the byte at a position.
func (c converter) OffsetFromPosition(p protocol.Position) int {
	if int64(p.Line) >= int64(c.lines.Lines()) {
		return len(c.text)
	}
	start, end := c.line(int(p.Line))
	line := c.text[start:end]
	if c.utf8 {
		if int64(p.Character) >= int64(len(line)) {
			return end
		}
		at := int(p.Character)
		for at > 0 && !utf8.RuneStart(line[at]) {
			at--
		}
		return start + at
	}
	units := int64(p.Character)
	for i := 0; i < len(line); {
		if units <= 0 {
			return start + i
		}
		r, n := rune(line[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(line[i:])
		}
		units -= utf16Len(r)
		if units < 0 {
			return start + i // inside a surrogate pair
		}
		i += n
	}
	return end
}

// PositionFromOffset is the position of a byte. The line feed of a "\r\n"
// stands where its carriage return stands: beyond the line there is nothing.
func (c converter) PositionFromOffset(offset int) protocol.Position {
	offset = min(max(offset, 0), len(c.text))
	line := c.lines.LineFromOffset(offset)
	start, end := c.line(line)
	offset = min(offset, end)
	return protocol.Position{
		Line:      uint32(line),                             // #nosec G115 -- a text has at most 256 MB
		Character: uint32(c.columnFromBytes(start, offset)), // #nosec G115 -- as above
	}
}

// columnFromBytes is the length of text[start:offset] in the client's units.
func (c converter) columnFromBytes(start, offset int) int64 {
	if c.utf8 {
		return int64(offset - start)
	}
	var units int64
	for _, r := range string(c.text[start:offset]) {
		units += utf16Len(r)
	}
	return units
}

func utf16Len(r rune) int64 {
	if r >= 0x10000 {
		return 2
	}
	return 1
}

// line is where a line starts and where it ends, without its line end.
func (c converter) line(n int) (start, end int) {
	start, end = c.lines.Start(n), len(c.text)
	if n+1 >= c.lines.Lines() {
		return start, end
	}
	end = c.lines.Start(n+1) - 1
	if c.text[end] == '\n' && end > start && c.text[end-1] == '\r' {
		end--
	}
	return start, end
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
