package lsp

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

var (
	soakSeed  = flag.Uint64("soak.seed", 1, "seed of TestTextInStep")
	soakCount = flag.Int("soak.count", 0, "random edits of TestTextInStep (default 2000, 500 with -short)")
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
	"→", "×", "é", "𝒳", "😀", "\u2028", "\u0000", "count: 1,", "parent: \"layers\",", "type: \"layer\",", "definitions: [],",
	"gemm_n1_k2", "\"rmsnorm_h4096\"", "x: { count: 1, type: \"block\" },\n", "modules: {", "},\n", "  // fib: ignore unknown-parent\n",
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

// inStep drives one document and its naive model.
type inStep struct {
	t      testing.TB
	s      *Server
	doc    *document
	naive  naiveText
	edits  int
	judged int
}

func newInStep(t testing.TB, text string, utf8 bool) *inStep {
	s := New(Options{})
	s.caps.utf8 = utf8
	s.config.setInitial(nil)
	doc := newDocument(s, &protocol.TextDocumentItem{URI: modelsURI, LanguageID: "typescript"})
	doc.set([]byte(text))
	s.docs.put(doc)
	t.Cleanup(s.docs.closeAll)
	return &inStep{t: t, s: s, doc: doc, naive: naiveText{text, utf8}}
}

// step sends one didChange of some changes, as the wire delivers it.
// With look it is parsed and compared; without, the next one comes first.
func (x *inStep) step(changes []change, look bool) {
	raws := make([]rawChange, len(changes))
	for i, c := range changes {
		text := c.text
		raws[i].Text = &text
		if c.at != nil {
			raws[i].Range = fmt.Appendf(nil, `{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}}`,
				c.at.Start.Line, c.at.Start.Character, c.at.End.Line, c.at.End.Character)
		}
		x.naive.apply(c)
		x.edits++
	}
	if err := x.doc.apply(raws); err != nil {
		x.t.Fatal(err)
	}
	if !look {
		return
	}
	snap := x.s.docs.borrow(modelsURI)
	defer snap.giveBack()
	if string(snap.text) != x.naive.text {
		x.t.Fatalf("after %d edits the text differs:\nhave %q\nwant %q", x.edits, snap.text, x.naive.text)
	}
	if got, want := flatLines(snap.lines), flatLines(newLineIndex(snap.text)); !reflect.DeepEqual(got, want) {
		x.t.Fatalf("after %d edits the line starts differ:\nhave %v\nwant %v\ntext %q", x.edits, got, want, snap.text)
	}
}

func flatLines(x *lineIndex) []int {
	var out []int
	for i := range x.Lines() {
		out = append(out, x.Start(i))
	}
	return append(out, x.size)
}

// judge compares entries and findings with those of a fresh reading.
func (x *inStep) judge(checker *validate.Checker) {
	x.judged++
	snap := x.s.docs.borrow(modelsURI)
	defer snap.giveBack()
	fresh := tsast.Parse([]byte(x.naive.text))
	if got, want := describeFile(snap.File), describeFile(fresh); got != want {
		x.t.Fatalf("after %d edits the entries differ:\n%s\ntext %q", x.edits, lineDiff(want, got), x.naive.text)
	}
	got, want := checker.Check(snap.File), validate.Check(fresh, validate.Options{})
	if len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
		x.t.Fatalf("after %d edits the findings differ:\nhave %v\nwant %v\ntext %q", x.edits, got, want, x.naive.text)
	}
}

// describeFile writes a reading out.
func describeFile(f *tsast.File) string {
	var b strings.Builder
	fmt.Fprintf(&b, "array %v problems %v opaque %v comments %d style %+v\n", f.Array, f.Problems, f.Opaque, len(f.Comments), f.Style)
	for _, e := range f.Entries {
		fmt.Fprintf(&b, "%d %v %v %+v %+v %+v\n", e.Offset, e.Broken, e.Model.Span, e.Model.ID, e.Model.Name, e.Model.Properties)
		for _, m := range e.Model.Modules {
			fmt.Fprintf(&b, "  %+v\n", *m)
		}
	}
	return b.String()
}

// TestTextInStep makes random edits of every kind and holds the document to
// an independent model: text, line starts, entries, findings. The long form:
//
//	go test ./lsp -run TestTextInStep -soak.seed 7 -soak.count 1000000 -timeout 0
func TestTextInStep(t *testing.T) {
	count := *soakCount
	if count == 0 {
		count = 2000
		if testing.Short() {
			count = 500
		}
	}
	for _, utf8 := range []bool{false, true} {
		r := rand.New(rand.NewPCG(*soakSeed, 1))
		x := newInStep(t, smallModels, utf8)
		checker := validate.NewChecker(validate.Options{})
		for x.edits < count/2 {
			n := 1
			if r.IntN(5) == 0 {
				n = 1 + r.IntN(6)
			}
			if r.IntN(1000) == 0 {
				n = 64 + r.IntN(20)
			}
			// Changes in one message: each in coordinates of the one before.
			scratch := x.naive
			var changes []change
			for range n {
				c := randomChange(r, &scratch)
				scratch.apply(c)
				changes = append(changes, c)
			}
			x.step(changes, r.IntN(3) > 0)
			if len(x.naive.text) > 60_000 || r.IntN(300) == 0 {
				x.step([]change{{text: smallModels}}, true) // begin anew
			}
			x.judge(checker)
		}
		t.Logf("utf8 %v: %d edits, %d times entries and findings were compared", utf8, x.edits, x.judged)
	}
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
		r := rand.New(rand.NewPCG(seed, 2))
		x := newInStep(t, text, utf8)
		checker := validate.NewChecker(validate.Options{})
		for range 12 {
			var changes []change
			scratch := x.naive
			for range 1 + r.IntN(3) {
				c := randomChange(r, &scratch)
				scratch.apply(c)
				changes = append(changes, c)
			}
			x.step(changes, r.IntN(2) > 0)
			x.judge(checker)
		}
	})
}

// FuzzPositions: every byte at the start of a character goes to a position
// and back, in both encodings, and the naive model agrees.
func FuzzPositions(f *testing.F) {
	f.Add("a\r\nb\rc\n𝒳é→\r\n")
	f.Add("\r\r\n\n\r")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 5000 {
			return
		}
		text = strings.ToValidUTF8(text, "�")
		for _, wide := range []bool{false, true} {
			c := converter{[]byte(text), newLineIndex([]byte(text)), wide}
			n := naiveText{text, wide}
			for i := range text {
				p := c.PositionFromOffset(i)
				back := c.OffsetFromPosition(p)
				// The line feed of "\r\n" stands where its carriage return does.
				if back != i && (text[i] != '\n' || i == 0 || text[i-1] != '\r' || back != i-1) {
					t.Fatalf("utf8 %v: byte %d -> %v -> byte %d in %q", wide, i, p, back, text)
				}
				if naive := n.offset(int(p.Line), int(p.Character)); naive != back {
					t.Fatalf("utf8 %v: %v is byte %d, naively %d, in %q", wide, p, back, naive, text)
				}
			}
			for line := range uint32(4) {
				for column := range uint32(12) {
					p := protocol.Position{Line: line, Character: column}
					if got, want := c.OffsetFromPosition(p), n.offset(int(line), int(column)); got != want {
						t.Fatalf("utf8 %v: %v is byte %d, naively %d, in %q", wide, p, got, want, text)
					}
				}
			}
		}
	})
}
