package tsast

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
)

// typed are what random edits insert: all that opens, closes, escapes or
// hides something.
var typed = []string{
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
	text := typed[r.IntN(len(typed))]
	switch r.IntN(12) {
	case 0: // move a piece of the text
		if len(src) > 0 {
			at := r.IntN(len(src))
			text = string(src[at:min(at+r.IntN(120), len(src))])
		}
	case 1:
		start, end = 0, end/8
	case 2: // tree-sitter counts the bytes of short tokens in 8 bits
		text = strings.Repeat(text+"x", 1+r.IntN(700)/(len(text)+1))
	}
	return TextEdit{Span{start, end}, text}
}

// mildEdit makes an edit that mostly keeps a text without errors, as typing
// does: only there is a tree reused.
func mildEdit(r *rand.Rand, f *File) TextEdit {
	if len(f.Entries) == 0 {
		return randomEdit(r, f.Src())
	}
	e := f.Entries[r.IntN(len(f.Entries))]
	insert := func(at int, texts ...string) TextEdit {
		return TextEdit{Span{at, at}, texts[r.IntN(len(texts))]}
	}
	replace := func(s Span, texts ...string) TextEdit {
		return TextEdit{s.Shift(e.Offset), texts[r.IntN(len(texts))]}
	}
	blank := []string{" ", "\n", "\r\n", "\t\t", "// c 𝒳\n", "/* é */", "\u2028", "/* c\n */ "}
	if len(e.Model.Modules) > 0 && r.IntN(3) > 0 {
		m := e.Model.Modules[r.IntN(len(e.Model.Modules))]
		switch k := r.IntN(7); {
		case k == 0:
			return f.DeleteElement(m.Span.Shift(e.Offset))
		case k == 1:
			return insert(e.Offset+m.Span.Start, append(blank, "new: { count: 1, type: \"block\" }, ", "\"q\\u00e9\": {},\n", "...rest, ", "short, ")...)
		case k == 2 && m.Count.Kind != Absent:
			return replace(m.Count.Span, "7", "0x1f", "-3", "+1", "1e3", "\"7\"", "n", "f(1)", "2 /* c */", "1 as const")
		case k == 3 && m.Parent.Kind != Absent:
			return replace(m.Parent.Span, "\"Top\"", "'low-er'", "`Top`", "\"\\u{1f600}\"", "top", "\"𝒳\"")
		case k == 4 && m.Definitions.Kind == ArrayLiteral:
			return insert(e.Offset+m.Definitions.Span.Start+1, "\"gemm_n_1_k_2\", ", "'a',", "...x, ", "/* c */")
		case k == 5:
			return replace(m.ValueSpan, "{}", "null", "{ count: 1 }", "[1]", "{ ...x }", "{ count: 1, count: 2 }")
		}
		return insert(e.Offset+m.Span.Start, blank...)
	}
	switch r.IntN(6) {
	case 0:
		return f.DeleteElement(e.Span())
	case 1:
		return insert(e.Offset, append(blank, "{ id: \"n\", modules: {} }, ", "...more, ", "f(), ")...)
	case 2:
		return insert(e.Offset+1, append(blank, "id: 'z', ", "extra: [], ", "get x() { return 1 }, ")...)
	case 3:
		if e.Model.ID.Kind != Absent {
			return replace(e.Model.ID.Span, "\"𝒳\"", "'a-1'", "\"\\x41\"", "`t`")
		}
	case 4:
		return insert(f.Array.Start, blank...)
	}
	return insert(e.Span().End, blank...)
}

// inverse returns the edits that take edits of a text back.
func inverse(src []byte, edits []TextEdit) []TextEdit {
	back := make([]TextEdit, len(edits))
	for i, e := range edits {
		c := change{e.Span.Start, e.Span.End, e.Span.Start + len(e.NewText)}
		back[len(edits)-1-i] = TextEdit{Span{c.start, c.newEnd}, string(src[c.start:c.oldEnd])}
		src = splice(src, c, e.NewText)
	}
	return back
}

// driveEdits makes random edits and holds every reading to a fresh parse. It
// gives how many of the readings had no syntax problem.
func driveEdits(t *testing.T, r *rand.Rand, base []byte, n int) (sound int) {
	doc := Open(base)
	defer func() { doc.Close() }()
	var undo [][]TextEdit // what leads back to a text without errors
	for i := range n {
		before := doc.File().Src()
		var edits []TextEdit
		switch sane := len(doc.File().Problems) == 0; {
		case len(undo) > 0 && !sane && r.IntN(5) > 0: // most texts are mended soon
			edits, undo = undo[len(undo)-1], undo[:len(undo)-1]
		case sane && r.IntN(3) > 0:
			edits = []TextEdit{mildEdit(r, doc.File())}
			undo = append(undo[:0], inverse(before, edits))
		default:
			text := before
			for range 1 + r.IntN(8)/6 {
				e := randomEdit(r, text)
				edits = append(edits, e)
				text = splice(text, change{e.Span.Start, e.Span.End, e.Span.Start + len(e.NewText)}, e.NewText)
			}
			undo = append(undo, inverse(before, edits))
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
		equalFiles(t, fmt.Sprintf("edit %d: %+v", i, edits), got, Parse(bytes.Clone(got.Src())))
		if len(got.Problems) == 0 {
			sound++
		}
	}
	return sound
}

// A long run, as of a million edits: go test -run TestIncremental -edits 1000000 -seed 7
var (
	editCount = flag.Int("edits", 0, "random edits that TestIncremental makes (0: a short run)")
	editSeed  = flag.Uint64("seed", 1, "where TestIncremental's random numbers begin")
)

func TestIncremental(t *testing.T) {
	edits := *editCount
	if edits == 0 {
		edits = 2000
		if testing.Short() {
			edits = 400
		}
	}
	const perText = 50
	texts, sound := max(1, uint64(edits/perText)), 0
	for i := range texts {
		base := []byte(small)
		switch i % 40 {
		case 7:
			base = fixture(t)
		case 8, 23:
			base = bytes.ReplaceAll(base, []byte("\n"), []byte("\r\n"))
		}
		sound += driveEdits(t, rand.New(rand.NewPCG(*editSeed, i)), base, perText)
		if (i+1)%max(1, texts/10) == 0 {
			t.Logf("seed %d: %d edits, %d texts without a syntax problem", *editSeed, (i+1)*perText, sound)
		}
	}
	if sound == 0 || sound == int(texts)*perText {
		t.Errorf("%d of %d texts have no syntax problem: the edits do not reach both", sound, texts*perText)
	}
}

// TestLongInsertions pastes texts of every length into short tokens, whose
// size tree-sitter keeps in 8 bits.
func TestLongInsertions(t *testing.T) {
	for _, text := range []string{"//`", "ab", "/**/", "const models: Model[] = [{ id: \"a\", modules: { b: { count: 12 } } }]; //"} {
		for _, piece := range []string{"x", "\n", "\n// a comment", ";\n"} {
			for n := 244; n < 530; n++ {
				if n == 264 {
					n = 500
				}
				for _, at := range []int{len(text) - 1, strings.Index(text, "12") + 1} {
					doc := Open([]byte(text))
					got := doc.Edit(TextEdit{Span{at, at}, strings.Repeat(piece, n)[:n]})
					doc.Close()
					equalFiles(t, fmt.Sprintf("%d bytes of %q", n, piece), got, Parse(bytes.Clone(got.Src())))
				}
			}
		}
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

func TestUnchangedModelsAreShared(t *testing.T) {
	src := times(fixture(t), 5)
	doc := Open(src)
	defer doc.Close()
	before := doc.File()
	n := len(before.Entries)
	// In an entry, between entries, a whole new entry, an entry gone, a
	// syntax error made and mended: only what was touched is read again.
	second := before.Entries[1]
	count := second.Model.Modules[0].Count.Span.Shift(second.Offset)
	shared := func(what string, a, b *File, want int) {
		t.Helper()
		have := map[*Model]bool{}
		for _, e := range a.Entries {
			have[e.Model] = true
		}
		got := 0
		for _, e := range b.Entries {
			if have[e.Model] {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: %d of %d models shared, want %d", what, got, len(b.Entries), want)
		}
	}
	f := doc.Edit(TextEdit{count, "123"})
	shared("in an entry", before, f, n-1)
	if !f.Entries[2].Model.Span.Shift(f.Entries[2].Offset).contains(f.Src()) {
		t.Error("offsets did not move")
	}
	g := doc.Edit(TextEdit{Span{second.Offset, second.Offset}, "// c\n  "})
	shared("between entries", f, g, n)
	h := doc.Edit(TextEdit{Span{second.Offset, second.Offset}, "{ id: \"new\" },\n"})
	shared("a new entry", g, h, n)
	i := doc.Edit(h.DeleteElement(h.Entries[0].Span()))
	shared("an entry gone", h, i, n)
	at := i.Entries[3].Offset + 1
	j := doc.Edit(TextEdit{Span{at, at}, "\""})
	if len(j.Problems) == 0 {
		t.Fatal("no problem")
	}
	if doc.LastGood() != i {
		t.Error("the last good reading is not kept")
	}
	k := doc.Edit(TextEdit{Span{at, at + 1}, ""})
	if len(k.Problems) > 0 || doc.LastGood() != k {
		t.Errorf("problems %v", k.Problems)
	}
	shared("mended", j, k, n-1)
}

// splice is a text after a change.
func splice(src []byte, c change, text string) []byte {
	return []byte(string(src[:c.start]) + text + string(src[c.oldEnd:]))
}

func (s Span) contains(src []byte) bool {
	return s.End <= len(src) && src[s.Start] == '{' && src[s.End-1] == '}'
}

func TestDocumentEdges(t *testing.T) {
	doc := Open(nil)
	defer doc.Close()
	if doc.LastGood() != nil {
		t.Error("nothing is good")
	}
	f := doc.Edit(TextEdit{Span{-5, 900}, small})
	equalFiles(t, "spans beyond the text", f, Parse([]byte(small)))
	if doc.Edits(nil) != f || doc.Replace([]byte(small)) != f {
		t.Error("no edit is not a new reading")
	}
	equalFiles(t, "emptied", doc.Replace(nil), Parse(nil))
	doc.Close() // twice is harmless
}

// The trees live in C memory: nothing but Close gives it back.
func TestMemoryIsGivenBack(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	src := fixture(t)
	run := func(n int) {
		for i := range n {
			Parse(src)
			doc := Open(src)
			at := len(src) / 2
			doc.Edit(TextEdit{Span{at, at}, "\""})
			doc.Edit(TextEdit{Span{at, at + 1}, ""})
			doc.Close()
			if i%100 == 0 {
				runtime.GC()
			}
		}
	}
	run(50)
	before := resident(t)
	run(500) // 2,000 parses
	if grown := resident(t) - before; grown > 16<<20 {
		t.Errorf("resident set grew by %d MB", grown>>20)
	}
}

// resident is the process's resident set in bytes.
func resident(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc here")
	}
	var size, pages int
	if _, err := fmt.Sscan(string(status), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// Parsers belong to goroutines, Files to everybody.
func TestConcurrentParses(t *testing.T) {
	src := fixture(t)
	want := Parse(src)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 5 {
				if got := Parse(src); len(got.Entries) != len(want.Entries) {
					t.Errorf("%d entries", len(got.Entries))
				}
				_ = want.Text(want.Entries[0].Span())
			}
		})
	}
	group.Wait()
}
