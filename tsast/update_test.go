package tsast

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// updated applies ReplaceEntry to the entry of a file.
func updated(t *testing.T, src string, m NewModel) (string, []TextEdit) {
	t.Helper()
	f := Parse([]byte(src))
	edits, err := ReplaceEntry(f, 0, m)
	if err != nil {
		t.Fatal(err)
	}
	out, err := Apply(f.Src(), edits...)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), edits
}

const handWritten = `const models: Model[] = [
  {
    // mine
    id: "a",
    description: "my words",
    name: "A",
    modules: {
      Top: { type: "block", count: 1 },
      // --- attention ---
      attn: {
        type: "layer", // kept
        parent: "Topp",
        count: 31,
        definitions: ["old_1", "rmsnorm_h1"],
      },
      gone: {
        count: 2,
        parent: "Top",
        type: "layer",
      },
      odd: {
        count: N, // opaque
        type: ` + "`layer`" + `,
        definitions: [
          "x_1", // why x
          ...shared,
        ],
        extra: 1,
      },
      made: makeModule(),
    },
  },
]
`

func TestReplaceEntry(t *testing.T) {
	m := NewModel{ID: "a", Name: "Other", Description: "other", Modules: []NewModule{
		{Name: "Top", Count: 1, Type: "block"},
		{Name: "first", Count: 4, Parent: "Top", Type: "layer", Definitions: []string{"f"}},
		{Name: "attn", Count: 32, Parent: "Top", Type: "layer", Definitions: []string{"rmsnorm_h1", "new_1"}},
		{Name: "odd", Count: 7, Parent: "Top", Type: "block", Definitions: []string{"y_1"}},
		{Name: "last", Count: 5, Parent: "Top", Type: "layer", Comment: "the end"},
	}}
	got, edits := updated(t, handWritten, m)
	want := handWritten
	for _, r := range [][2]string{
		{"\"Topp\"", "\"Top\""},
		{"count: 31", "count: 32"},
		{`["old_1", "rmsnorm_h1"]`, `["rmsnorm_h1", "new_1"]`},
		{"      gone: {\n        count: 2,\n        parent: \"Top\",\n        type: \"layer\",\n      },\n", ""},
		{"count: N, // opaque\n", "count: N, // opaque\n        parent: \"Top\",\n"},
		{"          \"x_1\", // why x\n          ...shared,\n", "          // why x\n          ...shared,\n          \"y_1\",\n"},
		{"        extra: 1,\n      },\n", "        extra: 1,\n      },\n      // the end\n      last: {\n        count: 5,\n        parent: \"Top\",\n        type: \"layer\",\n        definitions: [],\n      },\n"},
		{"count: 1 },\n", "count: 1 },\n      first: {\n        count: 4,\n        parent: \"Top\",\n        type: \"layer\",\n        definitions: [\"f\"],\n      },\n"},
	} {
		if !strings.Contains(want, r[0]) {
			t.Fatalf("no %q", r[0])
		}
		want = strings.Replace(want, r[0], r[1], 1)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, e := range edits {
		if e.NewText != "" && e.Span.End-e.Span.Start > 30 {
			t.Errorf("a large edit: %+v", e)
		}
	}
	again, edits := updated(t, got, m)
	if len(edits) != 0 {
		t.Errorf("a second update changes\n%s", cmp.Diff(got, again))
	}
}

func TestReplaceEntryForms(t *testing.T) {
	for _, c := range []struct {
		name, src string
		m         NewModel
		want      string
	}{
		{"one line", `const models: Model[] = [{ id: "a", modules: { x: { count: 1 }, y: { count: 2 } } }]`,
			NewModel{Modules: []NewModule{{Name: "x", Count: 3, Type: "block"}, {Name: "z", Count: 1}}},
			"const models: Model[] = [{ id: \"a\", modules: { x: { count: 3, type: \"block\" }, z: {\n  count: 1,\n  definitions: [],\n} } }]"},
		{"missing texts", "const models: Model[] = [\n  {\n    id: 'a',\n    modules: {},\n  },\n]", NewModel{ID: "a", Name: "A", Description: "D"},
			"const models: Model[] = [\n  {\n    id: 'a',\n    name: 'A',\n    description: 'D',\n    modules: {},\n  },\n]"},
		{"empty modules", "const models: Model[] = [\n  {\n    id: \"a\",\n    modules: {},\n  },\n]", NewModel{Modules: []NewModule{{Name: "x", Count: 1}}},
			"const models: Model[] = [\n  {\n    id: \"a\",\n    modules: {\n      x: {\n        count: 1,\n        definitions: [],\n      },\n    },\n  },\n]"},
		{"wrong kinds", "const models: Model[] = [{ modules: {\n  x: { count: \"1\", parent: \"p\", definitions: null },\n} }]", NewModel{Modules: []NewModule{{Name: "x", Count: 2, Definitions: []string{"d"}}}},
			"const models: Model[] = [{ modules: {\n  x: { count: 2, definitions: [\"d\"] },\n} }]"},
		{"all gone, no trailing comma", "const models: Model[] = [{ modules: {\n  x: { count: 1 },\n  y: {}\n} }]", NewModel{},
			"const models: Model[] = [{ modules: {\n} }]"},
		{"CRLF", "const models: Model[] = [\r\n  {\r\n    modules: {\r\n      x: {\r\n        count: 1,\r\n      },\r\n    },\r\n  },\r\n]", NewModel{Modules: []NewModule{{Name: "x", Count: 1, Parent: "p", Type: "layer"}}},
			"const models: Model[] = [\r\n  {\r\n    modules: {\r\n      x: {\r\n        count: 1,\r\n        parent: \"p\",\r\n        type: \"layer\",\r\n      },\r\n    },\r\n  },\r\n]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := updated(t, c.src, c.m); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestReplaceEntryRefuses(t *testing.T) {
	f := Parse([]byte(`const models: Model[] = [{ id: "a", modules: make() }]`))
	if _, err := ReplaceEntry(f, 0, NewModel{}); !errors.Is(err, ErrOpaqueModules) {
		t.Error(err)
	}
	if _, err := ReplaceEntry(f, 1, NewModel{}); !errors.Is(err, ErrNoEntry) {
		t.Error(err)
	}
	f = Parse([]byte(`const models: Model[] = [{ id: "a", modules: { x: { count: } } }]`))
	var broken *BrokenError
	if _, err := ReplaceEntry(f, 0, NewModel{}); !errors.As(err, &broken) {
		t.Error(err)
	}
}

// mutate changes a model at random.
func mutate(r *rand.Rand, m NewModel) NewModel {
	m.Modules = slices.Clone(m.Modules)
	for range 1 + r.IntN(5) {
		i := 0
		if len(m.Modules) > 0 {
			i = r.IntN(len(m.Modules))
		} else {
			m.Modules = append(m.Modules, NewModule{Name: "only", Type: "block"})
		}
		x := &m.Modules[i]
		switch r.IntN(8) {
		case 0:
			x.Count = r.IntN(100)
		case 1:
			x.Parent = []string{"", "Top", "p'\"\u2028", "attn"}[r.IntN(4)]
		case 2:
			x.Type = []string{"block", "layer"}[r.IntN(2)]
		case 3:
			x.Definitions = append(slices.Clone(x.Definitions), "gqa_paged_prefill_causal_h32_kv8_d128_ps1"[:5+r.IntN(36)])
		case 4:
			if n := len(x.Definitions); n > 0 {
				x.Definitions = slices.Delete(slices.Clone(x.Definitions), 0, 1+r.IntN(n))
			}
		case 5:
			m.Modules = slices.Delete(m.Modules, i, i+1)
		default:
			name := []string{"n1", "n-2", "__proto__", "n4", "constructor", "0x10", "17"}[r.IntN(7)]
			if find(m.Modules, name) == nil {
				m.Modules = slices.Insert(m.Modules, i, NewModule{Name: name, Count: 3, Parent: "Top", Type: "layer", Comment: "new"})
			}
		}
	}
	return m
}

// checkUpdate makes one random update of one entry and holds the result to
// what was asked for.
func checkUpdate(t *testing.T, src []byte, r *rand.Rand) {
	t.Helper()
	before := Parse(src)
	checkSpans(t, before)
	if len(before.Entries) == 0 || len(before.Problems) > 0 {
		return
	}
	i := r.IntN(len(before.Entries))
	m := mutate(r, asNew(before.Entries[i].Model))
	// Nobody asks for two modules of one name.
	seen := map[string]bool{}
	m.Modules = slices.DeleteFunc(m.Modules, func(x NewModule) bool {
		twice := seen[x.Name]
		seen[x.Name] = true
		return twice
	})
	edits, err := ReplaceEntry(before, i, m)
	if err != nil {
		return
	}
	out, err := Apply(src, edits...)
	if err != nil {
		t.Fatal(err)
	}
	after := Parse(out)
	if len(after.Problems) > 0 || len(after.Entries) != len(before.Entries) || len(after.Opaque) != len(before.Opaque) {
		t.Fatalf("problems %v\n%s\n%s", after.Problems, src, out)
	}
	for j := range after.Entries {
		if j != i && after.Text(after.Entries[j].Span()) != before.Text(before.Entries[j].Span()) {
			t.Fatalf("entry %d changed\n%s", j, out)
		}
	}
	counts := map[string]int{}
	for _, c := range after.Comments {
		counts[strings.TrimSpace(c.Text)]++
	}
	removed := 0
	for _, x := range before.Entries[i].Model.Modules {
		if find(m.Modules, x.Name) == nil {
			removed++
		}
	}
	for _, c := range before.Comments {
		if counts[strings.TrimSpace(c.Text)]--; counts[strings.TrimSpace(c.Text)] < 0 && removed == 0 {
			t.Fatalf("comment %q is gone\n%s\n%s", c.Text, src, out)
		}
	}
	got := after.Entries[i].Model
	for _, want := range m.Modules {
		k := slices.IndexFunc(got.Modules, func(x *Module) bool { return x.Name == want.Name })
		if k < 0 {
			t.Fatalf("module %q is missing\n%s", want.Name, out)
		}
		checkModule(t, got.Modules[k], want, string(out))
	}
	for _, x := range got.Modules {
		if x.Value == ObjectLiteral && find(m.Modules, x.Name) == nil {
			t.Fatalf("module %q is still there\n%s", x.Name, out)
		}
	}
}

func checkModule(t *testing.T, got *Module, want NewModule, out string) {
	t.Helper()
	if got.Value != ObjectLiteral {
		return
	}
	if got.Count.Kind == NumberLiteral && got.Count.Int != int64(want.Count) {
		t.Fatalf("%s: count %d, want %d\n%s", want.Name, got.Count.Int, want.Count, out)
	}
	for _, s := range []struct {
		got  String
		want string
	}{{got.Parent, want.Parent}, {got.Type, want.Type}} {
		if s.got.Kind == StringLiteral && s.got.Value != s.want && s.want != "" {
			t.Fatalf("%s: %q, want %q\n%s", want.Name, s.got.Value, s.want, out)
		}
	}
	if got.Definitions.Kind == ArrayLiteral {
		have := map[string]bool{}
		for _, d := range got.Definitions.Items {
			have[d.Value] = true
		}
		for _, d := range want.Definitions {
			if !have[d] {
				t.Fatalf("%s: definition %q is missing\n%s", want.Name, d, out)
			}
		}
	}
}

func TestReplaceEntryRandomly(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 200
	}
	sources := [][]byte{[]byte(small), []byte(handWritten), NewFile(sample), newFile(sample, Style{Indent: "\t", Quote: '\'', EOL: "\r\n"}),
		[]byte(`const models: Model[] = [{ id: "a", modules: { x: { count: 1 /* c */ }, y: { count: 2, definitions: ["a", "b" /* b */, "c"] } // y
 } }]`)}
	for seed := range n {
		r := rand.New(rand.NewPCG(uint64(seed), 3))
		checkUpdate(t, sources[seed%len(sources)], r)
	}
	checkUpdate(t, fixture(t), rand.New(rand.NewPCG(9, 9)))
}

func FuzzReplaceEntry(f *testing.F) {
	f.Add([]byte(small), uint64(1))
	f.Add([]byte(handWritten), uint64(2))
	f.Add([]byte("export default [{id:'a',modules:{a:{count:1,definitions:['x',/*c*/]}//d\n}}]"), uint64(3))
	f.Add([]byte("const[]=[{modules:{A0:{},0:{}, 0:{ count:1},A0:{},A0:0}}]"), uint64(404))
	f.Fuzz(func(t *testing.T, src []byte, seed uint64) {
		if len(src) > 1<<13 {
			t.Skip("too long")
		}
		checkUpdate(t, src, rand.New(rand.NewPCG(seed, 4)))
	})
}
