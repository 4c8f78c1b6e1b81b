package tsast

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// pieces are what random edits insert: all that opens, closes, escapes or
// hides something.
var pieces = []string{
	"", "", "x", " ", "\n", "\r\n", "\t", ",", ":", "{", "}", "[", "]", "(", ")", "\"", "'", "`", "\\", "/*", "*/", "//", "$" + "{",
	"𝒳", "é", "\u2028", "\ufeff", "\x00", "\xff", "\xed\xa0\x80", "\\ud83d", "\\u{1f600}",
	"{ id: \"n\", modules: {} },", "...rest,", "count: 3,", "parent: \"Top\",", "definitions: [\"a\"],", "// c\n", "/* c */",
	"const other: Model[] = [];\n", "export default ", " as const", " satisfies Model[]", "gemm_n_1_k_2", "<<<<<<< HEAD\n", "=", "=>", "1e3", "-",
}

// randomEdit makes random edits of a text out of random numbers.
func randomEdit(r *rand.Rand, src []byte) TextEdit {
	start := r.IntN(len(src) + 1)
	length := 0
	switch r.IntN(4) {
	case 0:
		length = r.IntN(4)
	case 1:
		length = r.IntN(80)
	}
	end := min(start+length, len(src))
	text := pieces[r.IntN(len(pieces))]
	switch r.IntN(12) {
	case 0: // move a piece of the text
		if len(src) > 0 {
			at := r.IntN(len(src))
			text = string(src[at:min(at+r.IntN(120), len(src))])
		}
	case 1:
		start, end = 0, end/8
	}
	return TextEdit{Span{start, end}, text}
}

// driveEdits makes random edits and holds every reading to a fresh parse.
func driveEdits(t *testing.T, r *rand.Rand, base []byte, n int) {
	doc := Open(base)
	defer func() { doc.Close() }()
	var undo []TextEdit
	for i := range n {
		before := doc.File().Src
		var edits []TextEdit
		if len(undo) > 0 && r.IntN(3) > 0 { // most texts are mended soon
			edits, undo = undo, nil
		} else {
			text := before
			undo = nil
			for range 1 + r.IntN(8)/6 {
				e := randomEdit(r, text)
				edits = append(edits, e)
				text = splice(text, change{e.Span.Start, e.Span.End, e.Span.Start + len(e.NewText)}, e.NewText)
			}
			if len(edits) == 1 {
				e := edits[0]
				undo = []TextEdit{{Span{e.Span.Start, e.Span.Start + len(e.NewText)}, string(before[e.Span.Start:e.Span.End])}}
			}
		}
		var got *File
		if r.IntN(20) == 0 && len(edits) == 1 {
			text, err := Apply(before, edits...)
			if err != nil {
				t.Fatal(err)
			}
			got = doc.Replace(text)
		} else {
			got = doc.Edits(edits)
		}
		equalFiles(t, fmt.Sprintf("edit %d: %+v", i, edits), got, Parse(bytes.Clone(got.Src)))
	}
}

func TestIncremental(t *testing.T) {
	runs := 300
	if testing.Short() {
		runs = 30
	}
	for seed := range runs {
		driveEdits(t, rand.New(rand.NewPCG(uint64(seed), 1)), []byte(small), 60)
	}
	for seed := range runs / 30 {
		driveEdits(t, rand.New(rand.NewPCG(uint64(seed), 2)), fixture(t), 40)
	}
}

func FuzzIncremental(f *testing.F) {
	f.Add(uint64(1), uint64(2), []byte(small))
	f.Add(uint64(3), uint64(4), []byte("export default [{id:'a',modules:{}}]"))
	f.Fuzz(func(t *testing.T, a, b uint64, base []byte) {
		if len(base) > 1<<16 {
			t.Skip("too long")
		}
		driveEdits(t, rand.New(rand.NewPCG(a, b)), base, 12)
	})
}
