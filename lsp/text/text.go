// Package text keeps a text that is edited, knows where its lines start and
// counts columns. It knows no protocol.
//
// Lines end with "\n", "\r\n" or "\r"; a text of n line ends has n+1 lines.
package text

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"
)

// Text is one version of a text. It is immutable: an edit returns a new Text
// that shares the chunks it did not touch. What is asked of it costs one chunk
// and the logarithm of their number, however long a line is.
type Text struct {
	chunks []chunk
	size   counts
}

// Unit is what columns are counted in.
type Unit int

// The units of a column.
const (
	Bytes Unit = iota
	UTF16      // code units
	Runes
)

// counts are how much of each a text has.
type counts struct {
	bytes, lineEnds, units, runes int
}

func (c counts) of(u Unit) int {
	switch u {
	case UTF16:
		return c.units
	case Runes:
		return c.runes
	case Bytes:
	}
	return c.bytes
}

// chunk is a piece of a text. It ends neither within a character nor between a
// carriage return and its line feed.
type chunk struct {
	*piece
	before counts // in the chunks before it
}

type piece struct {
	text  string
	ends  []uint16 // behind each line end
	size  counts
	ascii bool
}

// Chunks have up to mostBytes bytes; what is cut anew is cut to about half.
const (
	mostBytes = 8192
	goodBytes = mostBytes / 2
)

// New makes a Text.
func New(text string) Text {
	var t Text
	t.chunks = appendPieces(nil, text)
	t.count(0)
	return t
}

// appendPieces cuts a text into chunks.
func appendPieces(chunks []chunk, text string) []chunk {
	for len(text) > 0 {
		n := len(text)
		if n > mostBytes {
			n = cut(text, goodBytes)
		}
		chunks = append(chunks, chunk{piece: newPiece(text[:n])})
		text = text[n:]
	}
	return chunks
}

// cut moves a place to cut off characters and "\r\n".
func cut(text string, at int) int {
	for back := range utf8.UTFMax {
		if utf8.RuneStart(text[at-back]) {
			at -= back
			break
		}
	}
	if text[at] == '\n' && text[at-1] == '\r' {
		at--
	}
	return at
}

func newPiece(text string) *piece {
	p := &piece{text: text, ascii: true, ends: make([]uint16, 0, strings.Count(text, "\n"))}
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\n', c == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			p.ends = append(p.ends, uint16(i+1)) // #nosec G115 -- at most mostBytes
		case c >= utf8.RuneSelf:
			p.ascii = false
		}
	}
	p.size = p.prefix(len(text))
	return p
}

// line counts the line ends before a byte of the piece.
func (p *piece) line(at int) int {
	return sort.Search(len(p.ends), func(i int) bool { return int(p.ends[i]) > at })
}

// width is how many units stand between two bytes of the piece.
func (p *piece) width(from, to int, unit Unit) int {
	if p.ascii || unit == Bytes {
		return to - from
	}
	n := 0
	for _, r := range p.text[from:to] {
		n++
		if r > 0xFFFF && unit == UTF16 {
			n++
		}
	}
	return n
}

// prefix counts what stands before a byte of the piece.
func (p *piece) prefix(at int) counts {
	return counts{bytes: at, lineEnds: p.line(at), units: p.width(0, at, UTF16), runes: p.width(0, at, Runes)}
}

func (c counts) plus(d counts) counts {
	return counts{c.bytes + d.bytes, c.lineEnds + d.lineEnds, c.units + d.units, c.runes + d.runes}
}

// count fills in what stands before the chunks from i on.
func (t *Text) count(i int) {
	var sum counts
	if i > 0 {
		sum = t.chunks[i-1].before.plus(t.chunks[i-1].size)
	}
	for ; i < len(t.chunks); i++ {
		t.chunks[i].before = sum
		sum = sum.plus(t.chunks[i].size)
	}
	t.size = sum
}

// Len is the length in bytes.
func (t Text) Len() int { return t.size.bytes }

// Lines is the number of lines, at least one.
func (t Text) Lines() int { return t.size.lineEnds + 1 }

// Bytes is a copy of the whole text.
func (t Text) Bytes() []byte {
	all := make([]byte, 0, t.Len())
	for _, c := range t.chunks {
		all = append(all, c.text...)
	}
	return all
}

// Slice returns the bytes from start to end.
func (t Text) Slice(start, end int) string {
	if start >= end {
		return ""
	}
	i := t.chunkAt(start)
	if c := t.chunks[i]; end <= c.before.bytes+len(c.text) {
		return c.text[start-c.before.bytes : end-c.before.bytes]
	}
	var b strings.Builder
	b.Grow(end - start)
	for ; i < len(t.chunks) && t.chunks[i].before.bytes < end; i++ {
		c := t.chunks[i]
		b.WriteString(c.text[max(start-c.before.bytes, 0):min(end-c.before.bytes, len(c.text))])
	}
	return b.String()
}

// chunkAt finds the chunk that a byte stands in; the end of the text stands in
// the last one. The text is not empty.
func (t Text) chunkAt(offset int) int {
	return sort.Search(len(t.chunks)-1, func(i int) bool { return t.chunks[i+1].before.bytes > offset })
}

// prefix counts what stands before a byte.
func (t Text) prefix(offset int) counts {
	if len(t.chunks) == 0 {
		return counts{}
	}
	c := t.chunks[t.chunkAt(offset)]
	return c.before.plus(c.prefix(offset - c.before.bytes))
}

// LineOf is the line on which a byte stands.
func (t Text) LineOf(offset int) int {
	if len(t.chunks) == 0 {
		return 0
	}
	c := t.chunks[t.chunkAt(offset)]
	return c.before.lineEnds + c.line(offset-c.before.bytes)
}

// LineStart is the byte at which a line starts.
func (t Text) LineStart(line int) int {
	if line <= 0 {
		return 0
	}
	i := sort.Search(len(t.chunks)-1, func(i int) bool { return t.chunks[i+1].before.lineEnds >= line })
	c := t.chunks[i]
	return c.before.bytes + int(c.ends[line-c.before.lineEnds-1])
}

// Line is where a line starts and where it ends, without its line end.
func (t Text) Line(line int) (start, end int) {
	start = t.LineStart(line)
	if line+1 >= t.Lines() {
		return start, t.Len()
	}
	end = t.LineStart(line+1) - 1
	if end > start && t.Slice(end-1, end+1) == "\r\n" {
		end--
	}
	return start, end
}

// Position is the line of a byte and its column, both from zero. The line feed
// of a "\r\n" stands where its carriage return stands: beyond the line there is
// nothing.
func (t Text) Position(offset int, unit Unit) (line, column int) {
	if len(t.chunks) == 0 {
		return 0, 0
	}
	offset = min(max(offset, 0), t.Len())
	c := t.chunks[t.chunkAt(offset)]
	at := offset - c.before.bytes
	n := c.line(at)
	if at > 0 && at < len(c.text) && c.text[at-1:at+1] == "\r\n" {
		at--
	}
	line = c.before.lineEnds + n
	if n > 0 {
		return line, c.width(int(c.ends[n-1]), at, unit)
	}
	return line, c.before.of(unit) + c.width(0, at, unit) - t.prefix(t.LineStart(line)).of(unit)
}

// Offset is the byte at a position. A column beyond the end of a line means its
// end, a line beyond the last the end of the text, a column within a character
// its start.
func (t Text) Offset(line, column int, unit Unit) int {
	if line >= t.Lines() {
		return t.Len()
	}
	start, end := t.Line(line)
	if len(t.chunks) == 0 || column <= 0 {
		return start
	}
	if c := t.chunks[t.chunkAt(start)]; end <= c.before.bytes+len(c.text) {
		at := start - c.before.bytes
		return min(start+c.skip(at, column, unit), end)
	}
	want := t.prefix(start).of(unit) + column
	if t.prefix(end).of(unit) <= want {
		return end
	}
	i := sort.Search(len(t.chunks)-1, func(i int) bool { return t.chunks[i+1].before.of(unit) > want })
	c := t.chunks[i]
	at := c.before.bytes + c.skip(0, want-c.before.of(unit), unit)
	return min(max(at, start), end)
}

// skip is how many bytes behind a byte of the piece so many units end.
func (p *piece) skip(from, n int, unit Unit) int {
	if p.ascii {
		return n
	}
	if unit == Bytes {
		for n > 0 && from+n < len(p.text) && !utf8.RuneStart(p.text[from+n]) {
			n--
		}
		return n
	}
	for at, r := range p.text[from:] {
		width := 1
		if unit == UTF16 && r > 0xFFFF {
			width = 2
		}
		if n < width {
			return at
		}
		n -= width
	}
	return len(p.text) - from
}

// Edit replaces the bytes from start to end.
func (t Text) Edit(start, end int, by string) Text {
	if len(t.chunks) == 0 {
		return New(strings.Clone(by))
	}
	// What touches the edit is cut anew: characters and line ends may join.
	i, j := t.chunkAt(start), t.chunkAt(end)
	if i > 0 && start == t.chunks[i].before.bytes {
		i--
	}
	if j+1 < len(t.chunks) && end == t.chunks[j+1].before.bytes {
		j++
	}
	first, last := t.chunks[i], t.chunks[j]
	region := first.text[:start-first.before.bytes] + by + last.text[end-last.before.bytes:]
	if len(region) < goodBytes/4 && j+1 < len(t.chunks) { // a small remainder joins its neighbour
		j++
		region += t.chunks[j].text
	}
	next := Text{chunks: make([]chunk, i, len(t.chunks)+2+len(by)/goodBytes)}
	copy(next.chunks, t.chunks[:i])
	next.chunks = append(appendPieces(next.chunks, region), t.chunks[j+1:]...)
	next.count(i)
	return next
}

// Equal reports whether a Text is some bytes.
func (t Text) Equal(b []byte) bool {
	if t.Len() != len(b) {
		return false
	}
	for _, c := range t.chunks {
		if !bytes.Equal(b[:len(c.text)], []byte(c.text)) {
			return false
		}
		b = b[len(c.text):]
	}
	return true
}
