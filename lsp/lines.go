package lsp

import (
	"bytes"
	"slices"
	"strings"
)

// chunkLines is how many lines a chunk of a line index has when it is made.
// An edit costs one chunk and the list of chunks: at 131,000 lines 256 each.
const chunkLines = 512

// lineIndex knows where the lines of a text start. It is immutable: an edit
// gives a new index that shares the chunks it did not touch. Lines end with
// "\n", "\r\n" or "\r"; a text of n line ends has n+1 lines.
type lineIndex struct {
	chunks []lineChunk
	lines  int
	size   int // bytes of the text
}

// lineChunk is a run of lines.
type lineChunk struct {
	line   int     // number of its first line
	offset int     // byte at which its first line starts
	starts []int32 // of its lines, relative to offset; the first is 0
}

func newLineIndex(text []byte) *lineIndex {
	x := &lineIndex{size: len(text)}
	x.chunks = appendChunks(nil, scanLines(text, 0, len(text), true))
	x.renumber(0)
	return x
}

// scanLines gives the absolute starts of the lines in text[from:to]; from is
// one. The byte at to starts a line of its own only at the end of the text.
func scanLines(text []byte, from, to int, end bool) []int {
	starts := []int{from}
	for i := from; i < to; {
		n := bytes.IndexByte(text[i:to], '\n')
		stop := to
		if n >= 0 {
			stop = i + n
		}
		// Old Mac line ends are rare: one search per line finds none.
		for i < stop {
			r := bytes.IndexByte(text[i:stop], '\r')
			if r < 0 {
				break
			}
			i += r + 1
			if i < len(text) && text[i] == '\n' {
				break // the line feed below ends this line
			}
			if i < to || end {
				starts = append(starts, i)
			}
		}
		if n < 0 {
			break
		}
		i = stop + 1
		if i < to || end {
			starts = append(starts, i)
		}
	}
	return starts
}

// appendChunks packs absolute line starts into chunks.
func appendChunks(chunks []lineChunk, starts []int) []lineChunk {
	for len(starts) > 0 {
		n := min(chunkLines, len(starts))
		if len(starts) <= 2*chunkLines {
			n = len(starts)
		}
		c := lineChunk{offset: starts[0], starts: make([]int32, n)}
		for i, s := range starts[:n] {
			c.starts[i] = int32(s - c.offset) // #nosec G115 -- a message has at most 256 MB
		}
		chunks = append(chunks, c)
		starts = starts[n:]
	}
	return chunks
}

// renumber sets the line numbers from chunk i on.
func (x *lineIndex) renumber(i int) {
	line := 0
	if i > 0 {
		line = x.chunks[i-1].line + len(x.chunks[i-1].starts)
	}
	for ; i < len(x.chunks); i++ {
		x.chunks[i].line = line
		line += len(x.chunks[i].starts)
	}
	x.lines = line
}

// edit gives the index of what comes of old, this index's text, when the bytes
// start to end are replaced.
func (x *lineIndex) edit(old []byte, start, end int, text string) *lineIndex {
	// A carriage return and a line feed join across the edge of an edit: the
	// lines of the bytes beside the edit are read again, too.
	first, last := x.LineFromOffset(max(start-1, 0)), x.LineFromOffset(end)
	if first == last && !strings.ContainsAny(text, "\r\n") && (start == 0 || old[start-1] != '\r') {
		return x.within(first, len(text)-(end-start))
	}
	from, to, final := x.Start(first), x.size, last == x.lines-1
	if !final {
		to = x.Start(last + 1)
	}
	delta := len(text) - (end - start)
	region := make([]byte, 0, to-from+max(delta, 0))
	region = append(append(append(region, old[from:start]...), text...), old[end:to]...)
	scanned := scanLines(region, 0, len(region), final)
	for k := range scanned {
		scanned[k] += from
	}

	i, j := x.chunkOfLine(first), x.chunkOfLine(last)
	head, tail := x.chunks[i], x.chunks[j]
	starts := make([]int, 0, len(head.starts)+len(tail.starts)+len(scanned))
	for _, s := range head.starts[:first-head.line] {
		starts = append(starts, head.offset+int(s))
	}
	starts = append(starts, scanned...)
	for _, s := range tail.starts[last-tail.line+1:] {
		starts = append(starts, tail.offset+int(s)+delta)
	}
	// A small remainder joins its neighbour, so that chunks do not crumble.
	for len(starts) < chunkLines/4 && j+1 < len(x.chunks) {
		j++
		for _, s := range x.chunks[j].starts {
			starts = append(starts, x.chunks[j].offset+int(s)+delta)
		}
	}
	y := &lineIndex{size: x.size + delta, chunks: make([]lineChunk, i, len(x.chunks)+2)}
	copy(y.chunks, x.chunks[:i])
	y.chunks = appendChunks(y.chunks, starts)
	for _, c := range x.chunks[j+1:] {
		c.offset += delta
		y.chunks = append(y.chunks, c)
	}
	y.renumber(i)
	return y
}

// within gives the index after an edit that left the line ends as they are and
// made a line longer by some bytes: most of what is typed.
func (x *lineIndex) within(line, delta int) *lineIndex {
	if delta == 0 {
		return x
	}
	i := x.chunkOfLine(line)
	y := &lineIndex{size: x.size + delta, lines: x.lines, chunks: slices.Clone(x.chunks)}
	c := &y.chunks[i]
	c.starts = slices.Clone(c.starts)
	for k := line - c.line + 1; k < len(c.starts); k++ {
		c.starts[k] += int32(delta) // #nosec G115 -- see appendChunks
	}
	for k := i + 1; k < len(y.chunks); k++ {
		y.chunks[k].offset += delta
	}
	return y
}

// Lines is the number of lines, at least one.
func (x *lineIndex) Lines() int { return x.lines }

// Start is the byte at which a line starts.
func (x *lineIndex) Start(line int) int {
	c := x.chunks[x.chunkOfLine(line)]
	return c.offset + int(c.starts[line-c.line])
}

// chunkOfLine is the number of the chunk that holds a line.
func (x *lineIndex) chunkOfLine(line int) int {
	i, found := slices.BinarySearchFunc(x.chunks, line, func(c lineChunk, line int) int { return c.line - line })
	if !found {
		i--
	}
	return i
}

// LineFromOffset is the line on which a byte stands; the end of the text
// stands on the last one.
func (x *lineIndex) LineFromOffset(offset int) int {
	i, found := slices.BinarySearchFunc(x.chunks, offset, func(c lineChunk, offset int) int { return c.offset - offset })
	if !found {
		i--
	}
	c := x.chunks[i]
	j, found := slices.BinarySearch(c.starts, int32(offset-c.offset)) // #nosec G115 -- see appendChunks
	if !found {
		j--
	}
	return c.line + j
}
