package tsast

import (
	"bytes"
	"strings"
	"testing"
)

var sample = NewModel{
	ID: "tiny", Name: `Tiny "T"`, Description: strings.Repeat("long words → ", 9), Source: "org/tiny",
	Modules: []NewModule{
		{Name: "TinyForCausalLM", Count: 1, Type: "block", Definitions: []string{}},
		{Name: "attn-1", Count: 2, Parent: "TinyForCausalLM", Type: "layer", Comment: "--- attention ---", Definitions: []string{
			"gqa_paged_decode_h32_kv8_d128_ps1", "gqa_paged_prefill_causal_h32_kv8_d128_ps1"}},
		{Name: "norm", Count: 3, Parent: "TinyForCausalLM", Type: "layer", Definitions: []string{"rmsnorm_h4096", "fused_add_rmsnorm_h4096"}},
		{Name: "__proto__", Count: 1, Parent: "TinyForCausalLM", Type: "layer"},
	},
}

const samplePrinted = `{
    // source: https://huggingface.co/org/tiny
    id: "tiny",
    name: 'Tiny "T"',
    description:
      "long words → long words → long words → long words → long words → long words → long words → long words → long words → ",
    modules: {
      TinyForCausalLM: {
        count: 1,
        type: "block",
        definitions: [],
      },
      // --- attention ---
      "attn-1": {
        count: 2,
        parent: "TinyForCausalLM",
        type: "layer",
        definitions: [
          "gqa_paged_decode_h32_kv8_d128_ps1",
          "gqa_paged_prefill_causal_h32_kv8_d128_ps1",
        ],
      },
      norm: {
        count: 3,
        parent: "TinyForCausalLM",
        type: "layer",
        definitions: ["rmsnorm_h4096", "fused_add_rmsnorm_h4096"],
      },
      ["__proto__"]: {
        count: 1,
        parent: "TinyForCausalLM",
        type: "layer",
        definitions: [],
      },
    },
  }`

func TestPrint(t *testing.T) {
	if got := Print(sample, Style{}, 1); got != samplePrinted {
		t.Errorf("got:\n%s", got)
	}
	tabs := Print(sample, Style{Indent: "\t", Quote: '\'', EOL: "\r\n"}, 0)
	for _, want := range []string{"{\r\n\t// source", "\tname: 'Tiny \"T\"',\r\n", "\t\t\tdefinitions: []\r\n\t\t},\r\n", "\r\n\t\t}\r\n\t}\r\n}"} {
		if !strings.Contains(tabs, want) {
			t.Errorf("missing %q in:\n%s", want, tabs)
		}
	}
	if strings.Contains(strings.ReplaceAll(tabs, "\r\n", ""), "\n") {
		t.Error("a bare line feed among CRLF")
	}
	if got, want := Print(NewModel{}, Style{}, 0), "{\n  id: \"\",\n  name: \"\",\n  description: \"\",\n  modules: {},\n}"; got != want {
		t.Errorf("empty model: %s", got)
	}
}

// The entries of a file that upstream's formatter has seen print as they are.
func TestPrintReproducesFixture(t *testing.T) {
	src := fixture(t)
	f := Parse(src)
	for _, e := range f.Entries {
		if len(e.Model.Comments) > 0 {
			continue
		}
		if got, want := Print(asNew(e.Model), f.Style, 1), f.Text(e.Span()); got != want {
			t.Errorf("%s: got\n%s", e.Model.ID.Value, got)
		}
	}
}

// modelFrom makes a model out of any words.
func modelFrom(words []string, count int) NewModel {
	pick := func(i int) string {
		if len(words) == 0 {
			return ""
		}
		return words[i%len(words)]
	}
	m := NewModel{ID: pick(0), Name: pick(1), Description: pick(2), Source: pick(3)}
	for i := range len(words) {
		m.Modules = append(m.Modules, NewModule{
			Name: pick(i), Count: count, Parent: pick(i + 1), Type: pick(i + 2), Comment: pick(i + 3),
			Definitions: words[:i],
		})
	}
	return m
}

func addWords(f *testing.F) {
	f.Helper()
	f.Add("id\nname\ndescription", 3, "  ", byte('"'))
	f.Add("__proto__\n*/\n`${x}`\n\\u2028\n'\"", -7, "\t", byte('\''))
	f.Add("\u2028\u202e\xff\xed\xa0\x80\na-b\n1x\nconstructor", 0, "    ", byte('"'))
	f.Add("@ts-ignore\n// x\nfib: add\n", 1<<40, "  ", byte('\''))
}

// styleFrom makes a style out of any values.
func styleFrom(indent string, quote byte) Style {
	s := Style{Indent: "  ", Quote: quote, EOL: "\n", TrailingComma: quote&1 == 0}
	if strings.Trim(indent, " \t") == "" && len(indent) < 9 {
		s.Indent = indent
	}
	if quote&2 == 0 {
		s.EOL = "\r\n"
	}
	return s
}

func FuzzPrintParse(f *testing.F) {
	addWords(f)
	f.Fuzz(func(t *testing.T, words string, count int, indent string, quote byte) {
		if count > 1<<53 || count < -1<<53 || len(words) > 4096 {
			t.Skip("beyond what a double holds")
		}
		m := modelFrom(strings.Split(words, "\n"), count)
		style := styleFrom(indent, quote)
		src := "const models: Model[] = [" + Print(m, style, 1) + "]"
		got := Parse([]byte(src))
		if len(got.Problems) > 0 || len(got.Entries) != 1 {
			t.Fatalf("%v\n%s", got.Problems, src)
		}
		sameModel(t, src, asNew(got.Entries[0].Model), m)
		whole := Parse(newFile(m, style))
		if len(whole.Problems) > 0 || len(whole.Entries) != 1 {
			t.Fatalf("%v\n%s", whole.Problems, whole.Src())
		}
		sameModel(t, src, asNew(whole.Entries[0].Model), m)
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add(NewFile(sample))
	f.Add([]byte("export const models = [{id:`x`, modules:{a:{count:1,},b(){}}},,...x] as const satisfies readonly Model[];"))
	f.Add([]byte("[[[[[[{{{{((((`${`${`"))
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 1<<16 {
			t.Skip("too long")
		}
		got := Parse(bytes.Clone(src))
		checkSpans(t, got)
		if len(got.Problems) == 0 && got.Array != (Span{}) {
			for i := range got.Entries {
				if got.Entries[i].Broken {
					t.Fatalf("broken entry in a sound file: %q", src)
				}
			}
		}
	})
}
