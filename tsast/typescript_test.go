package tsast

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hostile are words that a config from a stranger may hold.
var hostile = []string{
	`"`, `'`, "`", `\`, `\\"`, `*/`, `/*`, `//`, "a\nb", "a\r\nb", "a\u2028b", "a\u2029b", "\x00", "\x7f\u0085", "${process.exit(1)}", "`${x}`",
	"__proto__", "constructor", "toString", "valueOf", "hasOwnProperty", "toLocaleString", "isPrototypeOf", "propertyIsEnumerable", "a-b", "1x", "17", "0x10", "1e3", "-1", "default", "async", "get", "a b", "é", "𝒳",
	"\u202eevil\u202c", "\u2066x\u2069", "\ufeff", "\u200b", "\U000e0041", "</script>", "\\u0041", "\xed\xa0\xbd", "\xed\xb8\x80", "\xff\xfe", "@ts-ignore", "/ <reference path=\"x\" />", "fib: ignore all", "\"},],{\"",
}

// hostileModel has every hostile word in every place.
func hostileModel(id string) NewModel {
	m := NewModel{ID: id, Name: strings.Join(hostile, " "), Description: strings.Join(hostile, ""), Source: "org/" + strings.Join(hostile, "")}
	for i, word := range hostile {
		m.Modules = append(m.Modules, NewModule{
			Name: word, Count: i + 1, Parent: hostile[(i+1)%len(hostile)], Type: "layer", Definitions: hostile[:i%7], Comment: word + strings.Join(hostile, " "),
		})
	}
	return m
}

// typescript runs the real compiler; the test is skipped where it is not
// installed.
func typescript(t *testing.T, args ...string) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("slow")
	}
	if _, err := os.Stat(filepath.Join("..", "scripts", "node_modules", "typescript")); err != nil {
		t.Skip("TypeScript is not installed: npm ci --prefix scripts")
	}
	cmd := exec.Command("node", append([]string{filepath.Join("..", "scripts", "typecheck.mjs")}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, stderr.String())
	}
	return out
}

type jsonModel struct {
	ID, Name, Description string
	Modules               map[string]jsonModule
}

type jsonModule struct {
	Count        float64
	Parent, Type string
	Definitions  []string
}

// asJSON returns what a compiled file must hold for an entry. Go's JSON reads
// half a surrogate pair as U+FFFD.
func asJSON(m NewModel) jsonModel {
	text := func(s string) string {
		s = readable(s)
		var b strings.Builder
		for i := 0; i < len(s); i++ {
			if _, ok := surrogate(s, i); ok {
				b.WriteString("\ufffd")
				i += 2
				continue
			}
			b.WriteByte(s[i])
		}
		return b.String()
	}
	out := jsonModel{text(m.ID), text(m.Name), text(m.Description), map[string]jsonModule{}}
	for _, x := range m.Modules {
		y := jsonModule{float64(x.Count), text(x.Parent), text(x.Type), []string{}}
		for _, d := range x.Definitions {
			y.Definitions = append(y.Definitions, text(d))
		}
		out.Modules[text(x.Name)] = y
	}
	return out
}

// What we print is what TypeScript reads, and what we read is what it runs.
func TestTypeScriptAgrees(t *testing.T) {
	dir := t.TempDir()
	for name, style := range map[string]Style{
		"upstream":      {},
		"tabs, CRLF":    {Indent: "\t", Quote: '\'', EOL: "\r\n", Semicolons: true},
		"single quotes": {Quote: '\'', Indent: "    ", EOL: "\n", TrailingComma: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := Parse(newFile(hostileModel("first"), style))
			edits, err := Insert(f, hostileModel("second"))
			if err != nil {
				t.Fatal(err)
			}
			out, err := Apply(f.Src(), edits...)
			if err != nil {
				t.Fatal(err)
			}
			compareWithTypeScript(t, dir, out, []NewModel{hostileModel("first"), hostileModel("second")})
		})
	}
	for name, src := range map[string][]byte{"fixture": fixture(t), "upstream's": gold(t), "literals": []byte(literals)} {
		if src == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			f := Parse(src)
			var models []NewModel
			for _, e := range f.Entries {
				models = append(models, asNew(e.Model))
			}
			compareWithTypeScript(t, dir, src, models)
		})
	}
}

// literals are spellings that only TypeScript itself can be asked about.
const literals = `export const models = [
  {
    id: "\x41\u0042\u{43}\
D\
E", name: 'tab\tnul\0 "q" \'s\' \a\ud83d\ude00\u{1F600}', "description": "\v\b\f",
    modules: {
      0x10: { count: 0x1F, "type": "layer", definitions: [] },
      1e21: { count: 1_000, 'type': "block", definitions: ["\u2028", ' '] },
      .5: { count: 0b11, type: "block", definitions: [] },
      1e-7: { count: 0o17, type: "block", definitions: [] },
      \u0061b: { count: -1, type: "block", definitions: [] },
      ["computed"]: { count: +1e3, type: "block", definitions: [] },
      ["__proto__"]: { count: 9007199254740993, type: "block", definitions: [] },
      "dup\x6c": { count: 1.0, parent: "a" /* c */, type: "block", definitions: ["a", /* x */ "b", ], },
    },
  },
]
`

func compareWithTypeScript(t *testing.T, dir string, src []byte, want []NewModel) {
	t.Helper()
	path := filepath.Join(dir, "models.ts")
	if err := os.WriteFile(path, src, 0o600); err != nil {
		t.Fatal(err)
	}
	var got, wanted []jsonModel
	if err := json.Unmarshal(typescript(t, "--values", path), &got); err != nil {
		t.Fatal(err)
	}
	for i := range got {
		for name, m := range got[i].Modules {
			if m.Definitions == nil {
				m.Definitions = []string{}
				got[i].Modules[name] = m
			}
		}
	}
	for _, m := range want {
		wanted = append(wanted, asJSON(m))
	}
	if d := cmp.Diff(wanted, got); d != "" {
		t.Errorf("-ours +TypeScript's:\n%s", d)
	}
}
