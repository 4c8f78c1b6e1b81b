package tsast

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// fixture is the real-shaped models.ts that the packages share.
func fixture(t testing.TB) []byte {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "testdata", "models.ts"))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// gold is upstream's own file, nil where it is not at hand.
func gold(t testing.TB) []byte {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", "shared", "gold", "upstream-models.ts"))
	if err != nil {
		t.Log("upstream's models.ts is not at hand")
		return nil
	}
	return src
}

// times repeats the entries of a file n times under ids of their own.
func times(src []byte, n int) []byte {
	f := Parse(src)
	first, last := f.Entries[0].Offset, f.Entries[len(f.Entries)-1].Span().End
	var b bytes.Buffer
	b.Write(src[:first])
	for i := range n {
		if i > 0 {
			b.WriteString(",\n  ")
		}
		at := first
		for _, e := range f.Entries {
			id := e.Model.ID.Span.Shift(e.Offset)
			b.Write(src[at : id.End-1])
			fmt.Fprintf(&b, "-%d", i)
			at = id.End - 1
		}
		b.Write(src[at:last])
	}
	b.Write(src[last:])
	return b.Bytes()
}

// small is a file that is quick to parse and has one of everything.
const small = `import type { Model } from "@/lib/schemas"

// all of them
const models: Model[] = [
  {
    id: "a-1", // first
    name: 'A "1" 𝒳é',
    description:
      "long \u00e9\n" /* why */,
    modules: {
      Top: { count: 1, type: "block" },
      "low-er": {
        count: 0x10,
        parent: "Top",
        type: "layer",
        definitions: ["gemm_n1_k2", ` + "`t${x /* c */}`" + `, ...more],
      },
    },
  },
  ...others,
  { id: "b", name: "B", description: "", modules: {}, extra: -1 },
  {
    id: "c",
    name: "C",
    modules: { ...spread, [key]: {}, method() { return 1 }, short },
  },
] satisfies Model[]

export default models
`

func equalFiles(t *testing.T, what string, got, want *File) {
	t.Helper()
	plain := func(f *File) (File, string) {
		g := *f
		g.text = nil
		return g, string(f.Src())
	}
	g, gotText := plain(got)
	w, wantText := plain(want)
	if gotText == wantText && reflect.DeepEqual(g, w) {
		return
	}
	t.Fatalf("%s (-want +got):\n%s%s\nsource:\n%s", what, cmp.Diff(wantText, gotText),
		cmp.Diff(w, g, cmp.AllowUnexported(Model{}, Module{}, styleVotes{}, habits{}), cmpopts.IgnoreUnexported(File{})), wantText)
}

// checkSpans checks that all spans of a file lie in its text.
func checkSpans(t *testing.T, f *File) {
	t.Helper()
	n := f.Size()
	check := func(what string, s Span) {
		if s.Start < 0 || s.End < s.Start || s.End > n {
			t.Fatalf("%s: span %v outside of %d bytes\n%q", what, s, n, f.Src())
		}
	}
	check("array", f.Array)
	at := 0
	for i := range f.Entries {
		e := &f.Entries[i]
		if s := e.Span(); s.Start < at {
			t.Fatalf("entries out of order: %v", s)
		} else {
			check("entry", s)
			at = s.End
			checkModel(t, e.Model, s.End-s.Start)
		}
	}
	for _, o := range f.Opaque {
		check("opaque", o.Span)
	}
	at = 0
	for _, p := range f.Problems {
		check("problem", p.Span)
		if p.Span.Start < at || p.Message == "" {
			t.Fatalf("problems out of order or empty: %v", f.Problems)
		}
		at = p.Span.Start
	}
	at = 0
	for _, c := range f.Comments {
		check("comment", c.Span)
		if c.Span.Start < at || string(f.Src()[c.Span.Start:c.Span.End]) != c.Text {
			t.Fatalf("comments out of order or wrong: %v", f.Comments)
		}
		at = c.Span.End
	}
}

func checkModel(t *testing.T, m *Model, n int) {
	t.Helper()
	check := func(s Span) {
		if s.Start < 0 || s.End < s.Start || s.End > n {
			t.Fatalf("model span %v outside of %d bytes", s, n)
		}
	}
	properties := func(list []Property) {
		for _, p := range list {
			check(p.Span)
			check(p.KeySpan)
			check(p.ValueSpan)
		}
	}
	str := func(s String) { check(s.Span); check(s.Property) }
	str(m.ID)
	str(m.Name)
	str(m.Description)
	check(m.ModulesSpan)
	properties(m.Properties)
	properties(m.OpaqueModules)
	for _, x := range m.Modules {
		check(x.Span)
		check(x.NameSpan)
		check(x.ValueSpan)
		check(x.Count.Span)
		str(x.Parent)
		str(x.Type)
		check(x.Definitions.Span)
		properties(x.Properties)
		for _, d := range x.Definitions.Items {
			str(d)
		}
	}
}

// asNew returns what an entry says, as a value to be printed.
func asNew(m *Model) NewModel {
	out := NewModel{ID: m.ID.Value, Name: m.Name.Value, Description: m.Description.Value}
	for _, x := range m.Modules {
		n := NewModule{Name: x.Name, Count: int(x.Count.Int), Parent: x.Parent.Value, Type: x.Type.Value}
		for _, d := range x.Definitions.Items {
			n.Definitions = append(n.Definitions, d.Value)
		}
		out.Modules = append(out.Modules, n)
	}
	return out
}

// sameModel compares what was printed with what was read.
func sameModel(t *testing.T, what string, got, want NewModel) {
	t.Helper()
	want.Source = ""
	want.ID, want.Name, want.Description = readable(want.ID), readable(want.Name), readable(want.Description)
	modules := append([]NewModule(nil), want.Modules...)
	want.Modules = modules
	for i := range modules {
		m := &modules[i]
		m.Comment = ""
		m.Name, m.Parent, m.Type = readable(m.Name), readable(m.Parent), readable(m.Type)
		defs := append([]string(nil), m.Definitions...)
		for j := range defs {
			defs[j] = readable(defs[j])
		}
		m.Definitions = defs
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

// readable replaces what is not a text by U+FFFD, as a reader of the printed
// text does; a lone half of a surrogate pair stays, two halves join.
func readable(s string) string {
	var b []byte
	for i := 0; i < len(s); {
		if unit, ok := surrogate(s, i); ok {
			b = appendUnit(b, unit)
			i += 3
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		b = utf8.AppendRune(b, r)
		i += n
	}
	return string(b)
}
