package tsast

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseUpstream(t *testing.T) {
	src := gold(t)
	if src == nil {
		t.Skip("nothing to read")
	}
	f := Parse(src)
	modules := 0
	for _, e := range f.Entries {
		modules += len(e.Model.Modules)
	}
	if len(f.Entries) != 9 || modules != 191 || len(f.Problems) != 0 || len(f.Comments) != 10 || f.Style != defaultStyle() {
		t.Fatalf("%d entries, %d modules, %d comments, problems %v, style %+v", len(f.Entries), modules, len(f.Comments), f.Problems, f.Style)
	}
	checkSpans(t, f)
}

func TestParseSmall(t *testing.T) {
	f := Parse([]byte(small))
	checkSpans(t, f)
	if len(f.Problems) > 0 || len(f.Entries) != 3 {
		t.Fatalf("%+v", f)
	}
	if len(f.Opaque) != 1 || f.Opaque[0].What != "spread element" || f.Text(f.Opaque[0].Span) != "...others" {
		t.Errorf("opaque %+v", f.Opaque)
	}
	var comments []string
	for _, c := range f.Comments {
		comments = append(comments, c.Text)
	}
	if d := cmp.Diff([]string{"// all of them", "// first", "/* why */", "/* c */"}, comments); d != "" {
		t.Error(d)
	}
	a := f.Entries[0]
	if a.Model.ID.Value != "a-1" || a.Model.Name.Value != `A "1" 𝒳é` || a.Model.Description.Value != "long é\n" {
		t.Errorf("%q %q %q", a.Model.ID.Value, a.Model.Name.Value, a.Model.Description.Value)
	}
	if got := f.Text(a.Model.Description.Property.Shift(a.Offset)); !strings.HasPrefix(got, "description:") || !strings.HasSuffix(got, `\n"`) {
		t.Errorf("property %q", got)
	}
	lower := a.Model.Modules[1]
	if lower.Name != "low-er" || lower.Count.Int != 16 || lower.Parent.Value != "Top" || lower.Type.Value != "layer" {
		t.Errorf("%+v", lower)
	}
	if got := f.Text(lower.NameSpan.Shift(a.Offset)); got != `"low-er"` {
		t.Errorf("name span %s", got)
	}
	var kinds []ValueKind
	for _, d := range lower.Definitions.Items {
		kinds = append(kinds, d.Kind)
	}
	if !slices.Equal(kinds, []ValueKind{StringLiteral, OpaqueValue, OpaqueValue}) {
		t.Errorf("definitions %v", kinds)
	}
	b := f.Entries[1].Model
	if b.Description.Kind != StringLiteral || b.ModulesSpan == (Span{}) || len(b.Modules) != 0 || b.Properties[4].Value != NumberLiteral {
		t.Errorf("%+v", b)
	}
	c := f.Entries[2].Model
	if c.Description.Kind != Absent || len(c.OpaqueModules) != 4 {
		t.Errorf("%+v", c)
	}
}

func TestParseKeepsDuplicates(t *testing.T) {
	f := Parse([]byte(`const models: Model[] = [{ id: "a", id: "b", modules: { m: { count: 1, count: 2 }, m: {}, "m": 3 } }]`))
	m := f.Entries[0].Model
	if m.ID.Value != "b" || len(m.Properties) != 3 || len(m.Modules) != 3 || len(m.Modules[0].Properties) != 2 || m.Modules[0].Count.Int != 2 || m.Modules[2].Value != NumberLiteral {
		t.Errorf("%+v", m)
	}
}

func TestParseOpaqueValues(t *testing.T) {
	for _, value := range []string{"`t`", "`t${x}`", "name", "f(1)", "a ? 1 : 2", "...", "1 + 2", "-x", "!0", "x as number", "(1)", "undefined", "x.y", "new X()", "() => 1", "/r/", "<number>1"} {
		src := "const models: Model[] = [{ id: " + value + ", modules: { m: { count: " + value + ", definitions: " + value + " } } }]"
		if value == "..." {
			src = "const models: Model[] = [{ ...id, modules: { m: { ...count, definitions: [...d] } } }]"
		}
		f := Parse([]byte(src))
		if len(f.Problems) > 0 || len(f.Entries) != 1 {
			t.Errorf("%s: %v", value, f.Problems)
			continue
		}
		m := f.Entries[0].Model
		if value == "..." {
			if !m.Properties[0].Opaque || !m.Modules[0].Properties[0].Opaque || m.Modules[0].Definitions.Items[0].Kind != OpaqueValue {
				t.Errorf("spread: %+v", m)
			}
			continue
		}
		if m.ID.Kind != OpaqueValue || m.Modules[0].Count.Kind != OpaqueValue || m.Modules[0].Definitions.Kind != OpaqueValue {
			t.Errorf("%s: %v %v", value, m.ID.Kind, m.Modules[0].Count.Kind)
		}
	}
	for _, value := range []string{"makeModels()", "other", "`x`", "cond ? a : b", `"text"`, "null", "[1]", "(x)"} {
		f := Parse([]byte("const models: Model[] = [" + value + ", { id: \"a\" }]"))
		if len(f.Opaque) != 1 || f.Text(f.Opaque[0].Span) != value || f.Opaque[0].What == "" || len(f.Entries) != 1 {
			t.Errorf("element %s: %+v", value, f.Opaque)
		}
	}
	for _, modules := range []string{"other", "[]", `"x"`, "f({})", "null", "{} as X"} {
		f := Parse([]byte("const models: Model[] = [{ id: \"a\", modules: " + modules + " }]"))
		if m := f.Entries[0].Model; m.ModulesSpan != (Span{}) || m.Modules != nil || len(m.Properties) != 2 {
			t.Errorf("modules %s: %+v", modules, m)
		}
	}
}

func TestAsConst(t *testing.T) {
	f := Parse([]byte("const models: Model[] = [{ id: \"a\" as const, modules: { m: { count: 1 as /* c */ const, definitions: [\"x\"] as const } as const } as const }]"))
	e := f.Entries[0]
	m := e.Model.Modules[0]
	if e.Model.ID.Value != "a" || f.Text(e.Model.ID.Span) == "" || m.Count.Int != 1 || len(m.Definitions.Items) != 1 {
		t.Errorf("%+v", e.Model)
	}
	if got := f.Text(m.Definitions.Span.Shift(e.Offset)); got != `["x"]` {
		t.Errorf("value %s", got)
	}
}

func TestHolesAreKept(t *testing.T) {
	f := Parse([]byte(`const models: Model[] = [{ modules: { m: { definitions: ["a",, /* x */ "b",] } } }]`))
	d := f.Entries[0].Model.Modules[0].Definitions
	if len(d.Items) != 3 || d.Items[1].Kind != OpaqueValue || d.Items[1].Span.Start != d.Items[1].Span.End || d.Items[2].Value != "b" {
		t.Errorf("%+v", d.Items)
	}
}

func TestLocate(t *testing.T) {
	const entry = `{ id: "x", modules: {} }`
	for _, c := range []struct {
		src   string
		found bool
	}{
		{`const models: Model[] = [` + entry + `] satisfies Model[]`, true},
		{`export const models: Model[] = [` + entry + `];`, true},
		{`export const models = [` + entry + `] as const satisfies readonly Model[]`, true},
		{`export const models = [` + entry + `]`, true},
		{`let models = ([` + entry + `] as Model[])`, true},
		{`var list: Array<Model> = [` + entry + `]`, true},
		{`const list: ReadonlyArray<Model> = [` + entry + `]`, true},
		{`const list: readonly schemas.Model[] = [` + entry + `]`, true},
		{`const list: schemas . Model [ ] = [` + entry + `]`, true},
		{`export default [` + entry + `]`, true},
		{`export default [` + entry + `] satisfies Model[]`, true},
		{`export default ([` + entry + `] as const)`, true},
		{`const all = [` + entry + `]; export default all`, true},
		{`const all = [` + entry + `]`, true},
		{`const models: Model[] = []`, true},
		{`const other: Model[] = [{ id: "y" }]; const models: Model[] = [` + entry + `]`, true},
		{`const names = ["a"]; const models: Model[] = [` + entry + `]; const kinds: Kind[] = [{ id: "k" }]`, true},
		{`const picked: Model[] = []; const all: Model[] = [` + entry + `]`, true},
		{`const a = 1, models: Model[] = [` + entry + `], b = [{}]`, true},
		{`const names: string[] = ["a"]`, false},
		{`const points = [{ x: 1 }]`, false},
		{`const models = makeModels([` + entry + `])`, false},
		{`export const x = 1`, false},
		{``, false},
		{`type Model = { id: string }`, false},
	} {
		f := Parse([]byte(c.src))
		if found := f.Array != (Span{}); found != c.found || len(f.Problems) > 0 {
			t.Errorf("%s: array %v, problems %v", c.src, f.Array, f.Problems)
			continue
		}
		if strings.Contains(c.src, entry) && c.found && (len(f.Entries) != 1 || f.Entries[0].Model.ID.Value != "x") {
			t.Errorf("%s: wrong array", c.src)
		}
	}
}

func TestStyle(t *testing.T) {
	up := defaultStyle()
	with := func(change func(*Style)) Style { s := up; change(&s); return s }
	for _, c := range []struct {
		name, src string
		want      Style
	}{
		{"fixture", string(fixture(t)), up},
		{"nothing", "", up},
		{"four spaces", "const models: Model[] = [\n    {\n        id: \"a\",\n    },\n]\n", with(func(s *Style) { s.Indent = "    " })},
		{"tabs", "const models: Model[] = [\n\t{\n\t\tid: \"a\",\n\t},\n]\n", with(func(s *Style) { s.Indent = "\t" })},
		{"single quotes", "const models: Model[] = [{ id: 'a', name: 'b', description: \"it's\" }]\n", with(func(s *Style) { s.Quote = '\'' })},
		{"quotes of the import", "import type { Model } from '@/x'\nconst models: Model[] = []\n", with(func(s *Style) { s.Quote = '\'' })},
		{"semicolons", "import x from \"y\";\nconst models: Model[] = [];\n", with(func(s *Style) { s.Semicolons = true })},
		{"no trailing commas", "const models: Model[] = [\n  {\n    id: \"a\"\n  }\n]\n", with(func(s *Style) { s.TrailingComma = false })},
		{"CRLF", "const models: Model[] = [\r\n]\r\n", with(func(s *Style) { s.EOL = "\r\n" })},
		{"no final newline", "const models: Model[] = []", with(func(s *Style) { s.FinalNewline = false })},
		{"gemm_n_", `const models: Model[] = [{ modules: { m: { definitions: ["gemm_n_1_k_2", "gemm_n_3_k_4", "gemm_n5_k6"] } } }]` + "\n", with(func(s *Style) { s.GemmUnderscored = true })},
	} {
		if got := Parse([]byte(c.src)).Style; got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestBrokenTexts(t *testing.T) {
	src := string(fixture(t))
	replace := func(old, new string) string {
		if !strings.Contains(src, old) {
			t.Fatalf("%q is not in the fixture", old)
		}
		return strings.Replace(src, old, new, 1)
	}
	for _, c := range []struct {
		name, src string
		entries   int // at least
		sound     int // not broken, at least
	}{
		{"quote", replace(`"qwen3-30b-a3b"`, `qwen3-30b-a3b"`), 4, 3},
		{"comma", replace("id: \"qwen3-30b-a3b\",", "id: \"qwen3-30b-a3b\""), 4, 3},
		{"bracket", replace("\"fused_add_rmsnorm_h2048\"],", "\"fused_add_rmsnorm_h2048\","), 3, 2},
		{"opening brace", replace("Qwen3MoeModel: {", "Qwen3MoeModel:"), 4, 2},
		{"closing brace", replace("  },\n  {\n    id: \"qwen3-30b-a3b\"", "  ,\n  {\n    id: \"qwen3-30b-a3b\""), 3, 2},
		{"half a module", replace("      Qwen3MoeModel: {", "      foo: {\n      Qwen3MoeModel: {"), 3, 2},
		{"backtick", replace("count: 48", "count: `48"), 0, 0},
		{"comment", replace("count: 48", "count: /* 48"), 1, 0},
		{"conflict", replace("count: 48,", "\n<<<<<<< HEAD\ncount: 48,\n=======\ncount: 32,\n>>>>>>> x\n"), 4, 3},
		{"array bracket", replace("Model[] = [", "Model[] = "), 1, 0},
		{"cut short", src[:len(src)/2], 1, 0},
		{"half an entry at the end", replace("] satisfies", "  { id: \"x\", mod\n] satisfies"), 4, 3},
	} {
		f := Parse([]byte(c.src))
		checkSpans(t, f)
		sound := 0
		for _, e := range f.Entries {
			if !e.Broken {
				sound++
			}
		}
		if len(f.Problems) == 0 || len(f.Entries) < c.entries || sound < c.sound {
			t.Errorf("%s: %d entries, %d sound, problems %v", c.name, len(f.Entries), sound, f.Problems)
		}
	}
}

// Whatever one deleted or doubled byte does, what is read as sound is sound:
// it is the text of an entry of the whole file.
func TestSoundEntriesAreWhole(t *testing.T) {
	src := fixture(t)
	whole := Parse(src)
	texts := map[string]bool{}
	for _, e := range whole.Entries {
		texts[whole.Text(e.Span())] = true
	}
	step := 7
	if testing.Short() {
		step = 97
	}
	for at := 0; at < len(src); at += step {
		if !strings.ContainsRune("{}[],:\"'", rune(src[at])) {
			continue
		}
		f := Parse(append(append([]byte(nil), src[:at]...), src[at+1:]...))
		if len(f.Problems) == 0 {
			continue
		}
		for _, e := range f.Entries {
			if !e.Broken && !texts[f.Text(e.Span())] {
				t.Errorf("without byte %d (%q) entry %q is taken for sound", at, src[at], e.Model.ID.Value)
			}
		}
	}
}

func TestMessages(t *testing.T) {
	for _, c := range []struct{ src, message, at string }{
		{"const models: Model[] = [{ id: \"a\" }\n", "`[` is never closed", "["},
		{"const models: Model[] = [{ id: \"a\" ; }]", "unexpected `;`", ";"},
		{"const models: Model[] = [{ id: \"a\" }, { id: \"b\"", "`{` is never closed", "{"},
		{"const models: Model[] = [{ id: `a }]", "'`' is never closed", "`"},
		{"/* const models: Model[] = []", "`/*` is never closed", "/* const models: Model[] = []"},
	} {
		f := Parse([]byte(c.src))
		if len(f.Problems) == 0 || f.Problems[0].Message != c.message || f.Text(f.Problems[0].Span) != c.at {
			t.Errorf("%s: %+v", c.src, f.Problems)
		}
	}
}

func TestTooLarge(t *testing.T) {
	text := make([]byte, MaxText+1)
	doc := Open(text)
	defer doc.Close()
	for _, f := range []*File{Parse(text), doc.File(), doc.Edit(TextEdit{Span{5, 5}, "x"})} {
		if len(f.Problems) != 1 || !strings.Contains(f.Problems[0].Message, "at most 16 are read") {
			t.Errorf("problems %v", f.Problems)
		}
	}
	equalFiles(t, "smaller", doc.Replace([]byte(small)), Parse([]byte(small)))
	doc.Replace(text)
	equalFiles(t, "again", doc.Replace([]byte(small+"\n")), Parse([]byte(small+"\n")))
	// There and back within one message: the first edit makes a string of a
	// number far before the bytes that the second takes away again.
	const before, after = `const models: Model[] = [{ id: "a", name: "b", modules: { Top: { count: 12345678, type: "block" } } }, { id: "c" }`, "] satisfies Model[]"
	doc.Replace([]byte(before + after))
	at, end, n := strings.Index(before, "12345678"), len(before), MaxText
	now := before[:at] + `"345678"` + before[at+8:]
	got := doc.Edits([]TextEdit{{Span{at, end}, now[at:] + strings.Repeat(" ", n)}, {Span{end, end + n}, ""}})
	equalFiles(t, "there and back", got, Parse([]byte(now+after)))
}
