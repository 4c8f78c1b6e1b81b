package tsast

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// many is a text that can be read in parts, with what is plain data and what
// is not, in entries, between them and around them.
func many() []byte {
	plain := strings.NewReplacer("`t$"+"{x /* c */}`", "\"t\"").Replace(small)
	src := string(times([]byte(plain), 4))
	src = strings.Replace(src, "  { id: \"b-1\"", "  // before\n  { id: \"b-1\"", 1)
	src = strings.Replace(src, "  { id: \"b-2\"", "  /* before */ { ...x, id: \"b-2\"", 1)
	src = strings.Replace(src, "extra: -1 },", "extra: +1 } /* c */ , // after\n  { id: 'p', modules: {} },{} as Model,", 1)
	return []byte(src)
}

// fromOneTree is Parse for a text of any size.
func fromOneTree(src []byte) *File {
	p := newParser()
	defer p.close()
	return parseWhole(p, src)
}

// inPartsToo reads a text in parts and holds the result to that of one tree.
// It says whether the text could be read so.
func inPartsToo(t *testing.T, what string, src []byte) bool {
	t.Helper()
	p := newParser()
	defer p.close()
	r := readParts(p, src, nil)
	if r == nil {
		return false
	}
	equalFiles(t, what, r.file, parseWhole(p, src))
	// With some of the entries known, as after an edit, the others shared.
	known := func(s Span) *Model {
		for i, e := range r.file.Entries {
			if e.Span() == s && i%3 > 0 {
				return e.Model
			}
		}
		return nil
	}
	again := readParts(p, src, known)
	if again == nil {
		t.Fatalf("%s: with known entries it cannot be read in parts\n%s", what, src)
	}
	equalFiles(t, what+", some known", again.file, r.file)
	for i, e := range r.file.Entries {
		if i%3 > 0 && again.file.Entries[i].Model != e.Model {
			t.Fatalf("%s: a Model is not shared", what)
		}
	}
	return true
}

func TestReadInParts(t *testing.T) {
	src := string(many())
	for what, text := range map[string]string{
		"many": src, "CRLF": strings.ReplaceAll(src, "\n", "\r\n"), "byte order mark": "\ufeff" + src,
		"no trailing comma":                strings.Replace(src, "},\n] satisfies", "}\n] satisfies", 1),
		"comment at the end":               strings.Replace(src, "] satisfies", "/* last */ // ]\n] satisfies", 1),
		"wrapped":                          strings.NewReplacer("= [\n", "= ((([\n", "] satisfies Model[]", "] as const) satisfies Model[]) as Model[]) // ]\n;").Replace(src),
		"another array":                    strings.Replace(src, "const models", "const few = [1, 2], [x, y] = few, models", 1),
		"brackets in strings and comments": strings.NewReplacer(`"Top"`, `"To]}{[p"`, "// first", "// ]}{[ ' \" first", "/* why */", "/* ' ] } \" */").Replace(src),
		"fixture twenty times":             string(times(fixture(t), 20)),
	} {
		if !inPartsToo(t, what, []byte(text)) {
			t.Errorf("%s: not read in parts", what)
		}
	}
	if src := gold(t); src != nil && !inPartsToo(t, "gold", src) {
		t.Error("upstream's file is not read in parts")
	}
	for what, text := range map[string]string{
		"template":            strings.Replace(src, `"Top"`, "`Top`", 1),
		"regular expression":  strings.Replace(src, "extra: +1", "extra: /[,]/", 1),
		"a hole":              strings.Replace(src, "  { id: \"b-3\"", ",  { id: \"b-3\"", 1),
		"type arguments":      strings.Replace(src, "...others,", "a<b, c>(d),", 1),
		"HTML comment":        strings.Replace(src, "\nexport", "\n<!-- [ \nexport", 1),
		"a comma between":     strings.Replace(src, "extra: -1 },", "extra: -1 },,", 1),
		"never closed":        strings.Replace(src, "] satisfies", " satisfies", 1),
		"the smaller is ours": strings.NewReplacer("const models: Model[]", "const models: Model[] = [{ id: \"z\", modules: {} }], others").Replace(src),
	} {
		p := newParser()
		if readParts(p, []byte(text), nil) != nil {
			t.Errorf("%s: read in parts", what)
		}
		p.close()
	}
}

// TestPartsAtRandom reads texts in which something is changed at random.
func TestPartsAtRandom(t *testing.T) {
	n := 3000
	if testing.Short() {
		n = 300
	}
	read := 0
	for i := range n {
		r := rand.New(rand.NewPCG(*editSeed, uint64(i)))
		src := many()
		if i%4 == 0 {
			src = bytes.ReplaceAll(src, []byte("\n"), []byte("\r\n"))
		}
		for range 1 + r.IntN(3) {
			e := randomEdit(r, src)
			if r.IntN(3) > 0 {
				e = mildEdit(r, Parse(src))
			}
			src = splice(src, change{e.Span.Start, e.Span.End, e.Span.Start + len(e.NewText)}, e.NewText)
		}
		if inPartsToo(t, fmt.Sprintf("text %d", i), bytes.Clone(src)) {
			read++
		}
	}
	t.Logf("%d of %d texts were read in parts", read, n)
	if read < n/10 || read == n {
		t.Error("the texts do not reach both ways")
	}
}

// TestEditInParts makes edits in texts that are read in parts.
func TestEditInParts(t *testing.T) {
	n := 40
	if testing.Short() {
		n = 8
	}
	for i := range n {
		base := many()
		switch i % 8 {
		case 3:
			base = times(fixture(t), 2)
		case 4:
			if src := gold(t); src != nil {
				base = src
			}
		case 5:
			base = bytes.ReplaceAll(base, []byte("\n"), []byte("\r\n"))
		}
		driveEdits(t, rand.New(rand.NewPCG(*editSeed, uint64(i))), base, 50, 0)
	}
}

func FuzzParts(f *testing.F) {
	f.Add(uint64(1), uint64(2), many())
	f.Add(uint64(3), uint64(4), many())
	f.Fuzz(func(t *testing.T, a, b uint64, base []byte) {
		if len(base) > 1<<14 {
			t.Skip("too long")
		}
		inPartsToo(t, "text", base)
		driveEdits(t, rand.New(rand.NewPCG(a, b)), base, 8, 0)
	})
}

// One processor reads what several read.
func TestPartsOnOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if !inPartsToo(t, "one processor", many()) {
		t.Error("not read in parts")
	}
}

// The elements that tell the models array from others are edited.
func TestOtherArrayAfterEdit(t *testing.T) {
	rest := strings.Repeat("  { x: 1, y: [1, 2, 3, 4, 5, 6, 7, 8, 9] },\n", 12)
	for what, texts := range map[string][2]string{
		"the first is no entry any more":         {`{ id: "a", name: "b" },` + "\n", "id|idx"},
		"the third is no entry any more":         {`{}, {}, { id: "a", name: "b" },` + "\n", "id|idx"},
		"the third becomes one":                  {`{}, {}, { idx: "a", name: "b" },` + "\n", "idx|id"},
		"the first is none and not plain":        {`{ id: "a", name: "b" },` + "\n", `id: "a"|i: f()`},
		"the first is one and not plain":         {`{ id: "a", name: "b" },` + "\n", `"a"|f()`},
		"the fourth, with comments before it":    {`/* 1 */ {}, /* 2 */ {}, {}, { id: "a", name: "b" },` + "\n", "id|idx"},
		"the first is one, the second no longer": {`{ id: "a", name: "b" }, { id: "c", name: "d" },` + "\n", `id: "c"|i: "c"`},
	} {
		src := []byte("const list = [" + texts[0] + rest + "]\nconst few = [{ x: 1, name: 2, modules: 3 }]\nexport default list\n")
		for _, exported := range []string{"few", "list", ""} {
			src := bytes.Replace(src, []byte("default list"), []byte("default "+exported), 1)
			if exported == "" {
				src = bytes.Replace(src, []byte("\nexport default "), nil, 1)
			}
			before, after, _ := strings.Cut(texts[1], "|")
			at := bytes.LastIndex(src, []byte(before))
			if at < 0 {
				t.Fatal(what)
			}
			doc := open(src, 0)
			equalFiles(t, what, doc.File(), fromOneTree(src))
			there, back := TextEdit{Span{at, at + len(before)}, after}, TextEdit{Span{at, at + len(after)}, before}
			for _, e := range []TextEdit{there, back, there} {
				f := doc.Edit(e)
				equalFiles(t, what, f, fromOneTree(bytes.Clone(f.Src)))
			}
			doc.Close()
		}
	}
}

// TestTypingInPart stays in one entry that is not plain.
func TestTypingInPart(t *testing.T) {
	n := 1500
	if testing.Short() {
		n = 300
	}
	doc := open(many(), 0)
	defer doc.Close()
	kept := 0
	for i := range n {
		r := rand.New(rand.NewPCG(*editSeed, uint64(i)))
		e := doc.File().Entries[len(doc.File().Entries)-1-i/100%3*3]
		at := e.Offset + 1 + r.IntN(e.Model.Span.End-1)
		typed := []string{" ", "x", "1", "/* c */", "\n", "// c 𝒳\n", ", extra: f()", "é", "...x, ", strings.Repeat("long ", r.IntN(120))}
		edit := TextEdit{Span{at, at}, typed[r.IntN(len(typed))]}
		before := doc.File().Src
		for _, edits := range [][]TextEdit{{edit}, inverse(before, []TextEdit{edit})} {
			f := doc.Edits(edits)
			equalFiles(t, fmt.Sprintf("edit %d: %+v", i, edits), f, fromOneTree(bytes.Clone(f.Src)))
			if doc.reading.parts != nil {
				kept++
			}
		}
	}
	if kept < n/2 {
		t.Errorf("of %d edits %d gave texts that are read in parts", 2*n, kept)
	}
}
