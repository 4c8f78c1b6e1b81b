package tsast

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// many is a text with what is plain data and what is not, in entries, between
// them and around them.
func many() []byte {
	src := string(times([]byte(small), 4))
	src = strings.Replace(src, "  { id: \"b-1\"", "  // before\n  { id: \"b-1\"", 1)
	src = strings.Replace(src, "  { id: \"b-2\"", "  /* before */ { ...x, id: \"b-2\"", 1)
	src = strings.Replace(src, "extra: -1 },", "extra: +1 } /* c */ , // after\n  { id: 'p', modules: {} },{} as Model,", 1)
	return []byte(src)
}

// oneLine is a text with its array on one line, without the comments in it.
func oneLine(src string) string {
	start, end := strings.Index(src, "= [\n"), strings.LastIndex(src, "\n]")
	var b strings.Builder
	for line := range strings.Lines(src[start:end]) {
		if code, _, _ := strings.Cut(line, " // "); !strings.HasPrefix(strings.TrimSpace(line), "//") {
			b.WriteString(strings.TrimSuffix(code, "\n"))
		}
	}
	return src[:start] + b.String() + src[end:]
}

// fileOfWhole is the File of a text read out of one tree.
func fileOfWhole(src []byte) *File {
	d := &Document{p: newParser()}
	defer d.Close()
	d.takeWhole(string(src), readWhole(d.p, string(src)))
	return d.File()
}

// splitAsWhole holds a text that has no syntax error to the reading of one
// tree. It reports whether it was split, and had none.
func splitAsWhole(t *testing.T, what string, src []byte) bool {
	t.Helper()
	d := Open(src)
	defer d.Close()
	whole := fileOfWhole(src)
	if len(whole.Problems) == 0 {
		equalFiles(t, what, d.File(), whole)
	} else if len(d.File().Problems) == 0 {
		t.Fatalf("%s: the whole tree has problems %v that the split does not see\n%s", what, whole.Problems, src)
	}
	return d.layout != nil && len(whole.Problems) == 0
}

func TestSplit(t *testing.T) {
	src := string(many())
	for what, text := range map[string]string{
		"many": src, "CRLF": strings.ReplaceAll(src, "\n", "\r\n"), "byte order mark": "\ufeff" + src,
		"no trailing comma":                strings.Replace(src, "},\n] satisfies", "}\n] satisfies", 1),
		"comment at the end":               strings.Replace(src, "] satisfies", "/* last */ // ]\n] satisfies", 1),
		"wrapped":                          strings.NewReplacer("= [\n", "= ((([\n", "] satisfies Model[]", "] as const) satisfies Model[]) as Model[]) // ]\n;").Replace(src),
		"another array":                    strings.Replace(src, "const models", "const few = [1, 2], [x, y] = few, models", 1),
		"the smaller is ours":              "const models: Model[] = [{ id: \"z\", modules: {} }]\n" + strings.Replace(src, "const models: Model[]", "const others", 1),
		"brackets in strings and comments": strings.NewReplacer(`"Top"`, `"To]}{[p"`, "// first", "// ]}{[ ' \" first", "/* why */", "/* ' ] } \" */").Replace(src),
		"template":                         strings.Replace(src, `"Top"`, "`To]p $"+"{`{` + \"}\"} ] {`", 1),
		"regular expression":               strings.Replace(src, "extra: +1", `extra: /[,\/"]]{/`, 1),
		"a hole":                           strings.Replace(src, "  { id: \"b-3\"", ",  { id: \"b-3\"", 1),
		"a division":                       strings.Replace(src, "count: 1,", "count: 64 / 2 / 1,", 1),
		"type arguments in an entry":       strings.Replace(src, "extra: +1", "extra: a<b, c>(d)", 1),
		"fixture twenty times":             string(times(fixture(t), 20)),
		"one line":                         oneLine(string(fixture(t))),
		"tiny elements":                    "const models: Model[] = [" + strings.Repeat("{},x,", 400) + "]",
	} {
		if !splitAsWhole(t, what, []byte(text)) {
			t.Errorf("%s: not split", what)
		}
	}
	if src := gold(t); src != nil && !splitAsWhole(t, "gold", src) {
		t.Error("upstream's file is not split")
	}
	for what, text := range map[string]string{
		"type arguments":   strings.Replace(src, "...others,", "a<b, c>(d),", 1),
		"HTML comment":     strings.Replace(src, "// first", "<!-- [", 1),
		"after a brace":    strings.Replace(src, "extra: +1", `extra: (() => { {} /[,"]/ })`, 1),
		"another line end": strings.Replace(src, "// first", "// ]\u2028 first", 1),
	} {
		d := Open([]byte(text))
		if d.layout != nil {
			t.Errorf("%s: split", what)
		}
		d.Close()
		splitAsWhole(t, what, []byte(text))
	}
}

// TestSplitAtRandom splits texts in which something is changed at random.
func TestSplitAtRandom(t *testing.T) {
	n := 3000
	if testing.Short() {
		n = 300
	}
	split := 0
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
		if splitAsWhole(t, fmt.Sprintf("text %d", i), bytes.Clone(src)) {
			split++
		}
	}
	t.Logf("%d of %d texts were sound and split", split, n)
	if split < n/10 || split == n {
		t.Error("the texts do not reach both ways")
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(uint64(1), uint64(2), many())
	f.Add(uint64(3), uint64(4), many())
	f.Fuzz(func(t *testing.T, a, b uint64, base []byte) {
		if len(base) > 1<<14 {
			t.Skip("too long")
		}
		splitAsWhole(t, "text", base)
		driveEdits(t, rand.New(rand.NewPCG(a, b)), base, 8)
	})
}

// Where brackets do not close, the other entries are read as if they did.
func TestBrokenEntryBreaksNoOther(t *testing.T) {
	src := string(times(fixture(t), 5))
	sound := Parse([]byte(src))
	n := len(sound.Entries)
	at := sound.Entries[n/2].Offset
	for _, c := range []struct{ name, old, new string }{
		{"a brace is not closed", "modules: {", "modules: { x: {"},
		{"a brace too many", "modules: {", "modules: }"},
		{"a bracket is not closed", "definitions: [", "definitions: [ ["},
		{"a bracket closes nothing", "definitions: [", "definitions: "},
		{"a quote is not closed", "id: \"", "id: \"\n\""},
		{"a template is not closed", "id: \"", "id: `\""},
		{"a comment is not closed", "id: \"", "/* id: \""},
		{"half a module", "modules: {", "modules: {\n      new: { count: 1, parent: \""},
	} {
		broken := src[:at] + strings.Replace(src[at:], c.old, c.new, 1)
		d := Open([]byte(broken))
		f := d.File()
		checkSpans(t, f)
		if len(f.Problems) == 0 || f.Array == (Span{}) {
			t.Errorf("%s: problems %v", c.name, f.Problems)
		}
		for _, p := range f.Problems {
			if p.Span.Start < at || p.Span.Start > sound.Entries[n/2].Span().End+20 {
				t.Errorf("%s: %q stands at byte %d, not in the entry at %d", c.name, p.Message, p.Span.Start, at)
			}
		}
		good := 0
		for _, e := range f.Entries {
			if !e.Broken {
				good++
			}
		}
		if good != n-1 {
			t.Errorf("%s: %d of %d entries are sound", c.name, good, n)
		}
		d.Close()
	}
}

// A text of more than MaxText bytes is refused, and deep brackets are not given
// to tree-sitter, which keeps hundreds of bytes for each.
func TestDeepBrackets(t *testing.T) {
	deep := strings.Repeat("{", 1<<20)
	for _, c := range []struct {
		name, src string
		entries   int
	}{
		{"behind the array", small + deep, 3},
		{"in an entry", strings.Replace(small, "count: 1,", "count: "+deep, 1), 2},
		{"in place of the array", "const models: Model[] = " + deep, 0},
		{"closed", "const models: Model[] = [" + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + "]", 0},
	} {
		f := Parse([]byte(c.src))
		checkSpans(t, f)
		found := false
		for _, p := range f.Problems {
			found = found || strings.Contains(p.Message, "brackets do not match")
		}
		if !found || len(f.Entries) < c.entries {
			t.Errorf("%s: %d entries, problems %v", c.name, len(f.Entries), f.Problems)
		}
	}
}

// Which of several arrays is the models array can change with an edit.
func TestOtherArrayAfterEdit(t *testing.T) {
	rest := strings.Repeat("  { x: 1, y: [1, 2, 3, 4, 5, 6, 7, 8, 9] },\n", 12)
	for what, texts := range map[string][2]string{
		"the first is no longer an entry":        {`{ id: "a", name: "b" },` + "\n", "id|idx"},
		"the third is no longer an entry":        {`{}, {}, { id: "a", name: "b" },` + "\n", "id|idx"},
		"the third becomes one":                  {`{}, {}, { idx: "a", name: "b" },` + "\n", "idx|id"},
		"the first is none and not plain":        {`{ id: "a", name: "b" },` + "\n", `id: "a"|i: f()`},
		"the first is one and not plain":         {`{ id: "a", name: "b" },` + "\n", `"a"|f()`},
		"the fourth, with comments before it":    {`/* 1 */ x, /* 2 */ x, x, { id: "a", name: "b" },` + "\n", "id|idx"},
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
			doc := Open(src)
			equalFiles(t, what, doc.File(), fileOfWhole(src))
			there, back := TextEdit{Span{at, at + len(before)}, after}, TextEdit{Span{at, at + len(after)}, before}
			for _, e := range []TextEdit{there, back, there} {
				f := doc.Edit(e)
				equalFiles(t, what, f, fileOfWhole(bytes.Clone(f.Src())))
			}
			doc.Close()
		}
	}
}

// TestTypingInSlot stays in one entry: the others are not read again, and the
// tree follows.
func TestTypingInSlot(t *testing.T) {
	n := 1500
	if testing.Short() {
		n = 300
	}
	doc := Open(many())
	defer doc.Close()
	kept := 0
	for i := range n {
		r := rand.New(rand.NewPCG(*editSeed, uint64(i)))
		e := doc.File().Entries[i/100*3%len(doc.File().Entries)]
		at := e.Offset + 1 + r.IntN(e.Model.Span.End-1)
		typed := []string{" ", "x", "1", "/* c */", "\n", "// c 𝒳\n", ", extra: f()", "é", "...x, ", strings.Repeat("long ", r.IntN(120))}
		edit := TextEdit{Span{at, at}, typed[r.IntN(len(typed))]}
		before := doc.File().Src()
		for _, edits := range [][]TextEdit{{edit}, inverse(before, []TextEdit{edit})} {
			was := doc.File()
			f := doc.Edits(edits)
			equalFiles(t, fmt.Sprintf("edit %d: %+v", i, edits), f, Parse(bytes.Clone(f.Src())))
			if doc.tree != nil && f.Entries[0].Model == was.Entries[0].Model != (f.Entries[len(f.Entries)-1].Model == was.Entries[len(was.Entries)-1].Model) {
				kept++
			}
		}
	}
	if kept < n/20 {
		t.Errorf("%d of %d readings read one slot at an end of the file", kept, 2*n)
	}
}
