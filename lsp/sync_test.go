package lsp

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/lsp/text"
)

// naiveText is an independent model of a document: a string, positions
// counted from its start, one change after the other.
type naiveText struct {
	text string
	utf8 bool
}

func (n *naiveText) offset(line, character int) int {
	start := 0
	for ; line > 0; line-- {
		i := strings.IndexAny(n.text[start:], "\r\n")
		if i < 0 {
			return len(n.text)
		}
		start += i + 1
		if n.text[start-1] == '\r' && start < len(n.text) && n.text[start] == '\n' {
			start++
		}
	}
	for i, r := range n.text[start:] {
		width := 1
		if n.utf8 {
			width = utf8.RuneLen(r)
		} else if r >= 0x10000 {
			width = 2
		}
		if character < width || r == '\n' || r == '\r' {
			return start + i
		}
		character -= width
	}
	return len(n.text)
}

func (n *naiveText) apply(c change) {
	if c.at == nil {
		n.text = c.text
		return
	}
	start := n.offset(int(c.at.Start.Line), int(c.at.Start.Character))
	end := n.offset(int(c.at.End.Line), int(c.at.End.Character))
	if start > end {
		start, end = end, start
	}
	n.text = n.text[:start] + c.text + n.text[end:]
}

// words are what random edits put in: what breaks and mends a models.ts, and
// characters of every width.
var words = []string{
	"", "", "", "a", "1", " ", "\n", "\r\n", "\r", "\t", "\"", "'", "`", "{", "}", "[", "]", ",", ":", "//", "/*", "*/", "\\",
	"→", "×", "é", "𝒳", "😀", "\u2028", "\u0000", "\ufffd", "\ufeff", "\"𝒳\ufffd\"", "\r\r\n\n", "count: 1,", "parent: \"layers\",", "type: \"layer\",", "definitions: [],",
	"gemm_n1_k2", "\"rmsnorm_h4096\"", "x: { count: 1, type: \"block\" },\n", "modules: {", "},\n", "  // fib: ignore unknown-parent\n",
	"// fib: add acme/A-1 tp=8\n", "/* fib: add 𝒳 */", "parent: \"B\"", "count: 2.5,",
	"  { id: \"new\", name: \"N\", description: \"d\", modules: { A: { count: 1, type: \"block\" } } },\n", "...others,", "export default models\n",
}

// randomChange makes a change that may be anything a client may send.
func randomChange(r *rand.Rand, n *naiveText) change {
	if r.IntN(200) == 0 {
		texts := []string{smallModels, "", n.text, strings.ReplaceAll(smallModels, "\n", "\r\n"), n.text + n.text}
		text := texts[r.IntN(len(texts))]
		if len(text) > 40_000 {
			text = smallModels
		}
		return change{text: text}
	}
	at := randomPosition(r, n)
	end := at
	switch r.IntN(4) {
	case 0: // a stretch on the line
		end.Character += uint32(r.IntN(12))
	case 1: // over lines
		end.Line += uint32(r.IntN(3))
		end.Character = uint32(r.IntN(20))
	}
	if r.IntN(40) == 0 {
		at, end = end, at // the wrong way round
	}
	return change{at: &protocol.Range{Start: at, End: end}, text: words[r.IntN(len(words))]}
}

// randomPosition is mostly inside the text, sometimes beyond it or inside a
// character.
func randomPosition(r *rand.Rand, n *naiveText) protocol.Position {
	lines := strings.Count(n.text, "\n") + strings.Count(n.text, "\r")
	if r.IntN(50) == 0 {
		return protocol.Position{Line: uint32(r.IntN(lines + 5)), Character: uint32(r.IntN(200))}
	}
	offset := 0
	if len(n.text) > 0 {
		offset = r.IntN(len(n.text) + 1)
	}
	for offset > 0 && offset < len(n.text) && !utf8.RuneStart(n.text[offset]) {
		offset--
	}
	return n.position(offset)
}

// position counts from the start of the text, as offset does. Nothing stands
// between a carriage return and its line feed.
func (n *naiveText) position(offset int) protocol.Position {
	if offset > 0 && offset < len(n.text) && n.text[offset-1] == '\r' && n.text[offset] == '\n' {
		offset--
	}
	line, start := 0, 0
	for i := 0; i < offset; i++ {
		if n.text[i] == '\n' || n.text[i] == '\r' && (i+1 >= len(n.text) || n.text[i+1] != '\n') {
			line, start = line+1, i+1
		}
	}
	units := 0
	for _, c := range n.text[start:offset] {
		if n.utf8 {
			units += utf8.RuneLen(c)
		} else {
			units += utf16.RuneLen(c)
		}
	}
	return protocol.Position{Line: uint32(line), Character: uint32(units)}
}

// FuzzEdits is TestTextInStep with the fuzzer's choice of text and seed.
func FuzzEdits(f *testing.F) {
	f.Add(smallModels, uint64(1), false)
	f.Add("a\r\nb\rc\n𝒳", uint64(2), true)
	f.Add("", uint64(3), false)
	f.Fuzz(func(t *testing.T, text string, seed uint64, utf8 bool) {
		if len(text) > 10_000 {
			return
		}
		text = strings.ToValidUTF8(text, "�")
		x := newInStep(t, rand.New(rand.NewPCG(seed, 2)), text, utf8)
		for range 12 {
			x.step(x.message(), x.r.IntN(2) > 0)
			x.judge()
		}
	})
}

// FuzzPositions: every byte at the start of a character goes to a position
// and back, in both encodings, and the naive model agrees.
func FuzzPositions(f *testing.F) {
	f.Add("a\r\nb\rc\n𝒳é→\r\n")
	f.Add("\r\r\n\n\r")
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 5000 {
			return
		}
		src = strings.ToValidUTF8(src, "�")
		for _, wide := range []bool{false, true} {
			c := newConverter(text.New(src), wide)
			n := naiveText{src, wide}
			for i := range src {
				p := c.PositionFromOffset(i)
				back := c.OffsetFromPosition(p)
				// The line feed of "\r\n" stands where its carriage return does.
				if back != i && (src[i] != '\n' || i == 0 || src[i-1] != '\r' || back != i-1) {
					t.Fatalf("utf8 %v: byte %d -> %v -> byte %d in %q", wide, i, p, back, src)
				}
				if naive := n.offset(int(p.Line), int(p.Character)); naive != back {
					t.Fatalf("utf8 %v: %v is byte %d, naively %d, in %q", wide, p, back, naive, src)
				}
			}
			for line := range uint32(4) {
				for column := range uint32(12) {
					p := protocol.Position{Line: line, Character: column}
					if got, want := c.OffsetFromPosition(p), n.offset(int(line), int(column)); got != want {
						t.Fatalf("utf8 %v: %v is byte %d, naively %d, in %q", wide, p, got, want, src)
					}
				}
			}
		}
	})
}
