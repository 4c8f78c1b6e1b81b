package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/tsast"
)

// hostileStrings is the corpus: what strangers may write into a string.
func hostileStrings(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "hostile", "strings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var corpus map[string]string
	if err := json.Unmarshal(data, &corpus); err != nil {
		t.Fatal(err)
	}
	return corpus
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// carrier is a place at which a hostile string reaches us.
type carrier struct {
	name string
	put  func(config map[string]any, req *phases.Request, s string)
}

func carriers() []carrier {
	field := func(key string) carrier {
		return carrier{key, func(c map[string]any, _ *phases.Request, s string) { c[key] = s }}
	}
	quantization := func(key string) carrier {
		return carrier{"quantization_config." + key, func(c map[string]any, _ *phases.Request, s string) {
			q := map[string]any{"quant_method": "fp8", "weight_block_size": []int{128, 128}}
			q[key] = s
			c["quantization_config"] = q
		}}
	}
	return []carrier{
		field("model_type"), field("_name_or_path"), field("hidden_act"), field("torch_dtype"), field("dtype"),
		field("transformers_version"), field("architectures"), field("layer_types"), field("rope_scaling"), field("quantization_config"),
		field("attn_implementation"), field("num_hidden_layers"), field("hidden_size"), field("text_config"), field("vision_config"),
		quantization("quant_method"), quantization("format"), quantization("fmt"), quantization("quant_algo"), quantization("activation_scheme"),
		{"architectures[0]", func(c map[string]any, _ *phases.Request, s string) { c["architectures"] = []string{s} }},
		{"architectures[1]", func(c map[string]any, _ *phases.Request, s string) {
			c["architectures"] = []string{"LlamaForCausalLM", s}
		}},
		{"layer_types[0]", func(c map[string]any, _ *phases.Request, s string) {
			c["layer_types"] = []string{s, "full_attention", "full_attention", "full_attention"}
		}},
		{"rope_scaling.type", func(c map[string]any, _ *phases.Request, s string) {
			c["rope_scaling"] = map[string]any{"type": s, "rope_type": s, "factor": s}
		}},
		{"auto_map", func(c map[string]any, _ *phases.Request, s string) {
			c["auto_map"] = map[string]any{"AutoModelForCausalLM": s, s: s}
		}},
		{"a key", func(c map[string]any, _ *phases.Request, s string) { c[s] = s }},
		{"--display-name", func(_ map[string]any, r *phases.Request, s string) { r.DisplayName = s }},
		{"--description", func(_ map[string]any, r *phases.Request, s string) { r.Description = s }},
		{"--model-name", func(_ map[string]any, r *phases.Request, s string) { r.ModelName = s }},
		{"--hf-repo-id", func(_ map[string]any, r *phases.Request, s string) { r.HFRepoID = s }},
		{"--revision", func(_ map[string]any, r *phases.Request, s string) { r.Revision = s }},
		{"--set key", func(_ map[string]any, r *phases.Request, s string) { r.Set = map[string]string{s: "1"} }},
		{"--set value", func(_ map[string]any, r *phases.Request, s string) { r.Set = map[string]string{"hidden_act": s} }},
		{"--quantization", func(_ map[string]any, r *phases.Request, s string) { r.Quantization = s }},
	}
}

// unsafeForTerminal finds a character that must not be printed.
func unsafeForTerminal(s string) string {
	if !utf8.ValidString(s) {
		return "bytes that are not UTF-8"
	}
	for _, r := range s {
		if r != '\n' && r != '\t' && prose.Hidden(r) {
			return fmt.Sprintf("%U", r)
		}
	}
	return ""
}

// oneEntry is a small models.ts.
const oneEntry = `import type { Model } from "@/lib/schemas"

const models: Model[] = [
  {
    id: "first",
    name: "First",
    description: "The entry that is there.",
    modules: {
      Root: {
        count: 1,
        type: "block",
        definitions: [],
      },
    },
  },
] satisfies Model[]

export default models
`

// TestHostileStrings puts every string of the corpus into every place that
// takes one: the other bytes of models.ts stay, the entry reads back as
// exactly our values, and the reports carry neither escapes nor markup.
func TestHostileStrings(t *testing.T) {
	dir := t.TempDir()
	models := []byte(oneEntry)
	corpus := hostileStrings(t)
	added, refusals := 0, 0
	for _, c := range carriers() {
		for _, name := range sorted(corpus) {
			config := map[string]any{}
			if err := json.Unmarshal([]byte(smallConfig), &config); err != nil {
				t.Fatal(err)
			}
			req := phases.Request{ModelName: "hostile", ModelsTS: "models.ts", SkipSGLang: name != "quotes" && name != "close-literal"}
			c.put(config, &req, corpus[name])
			data, err := json.Marshal(config)
			if err != nil {
				t.Fatal(err)
			}
			req.Config = "-"
			env := &phases.Env{Getenv: func(string) string { return "" }, WorkDir: dir, Stdin: bytes.NewReader(data)}
			result, err := phases.Prepare(context.Background(), env, req)
			if err == nil {
				err = phases.Place(result, models)
			}
			where := c.name + " = " + name
			if err != nil {
				refusals++
				if text := prose.Terminal(err.Error()); unsafeForTerminal(text) != "" || len(text) > 6000 {
					t.Errorf("%s: an error of %d bytes with %s: %.200q", where, len(text), unsafeForTerminal(text), text)
				}
				continue
			}
			added++
			judgeHostile(t, where, models, result)
		}
	}
	t.Logf("%d strings in %d places: %d added, %d refused", len(corpus), len(carriers()), added, refusals)
	if added == 0 || refusals == 0 {
		t.Error("the corpus does not reach both outcomes")
	}
}

func writeFiles(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func judgeHostile(t *testing.T, where string, before []byte, r *phases.Result) {
	t.Helper()
	after := r.Edited
	head := 0
	for head < len(before) && before[head] == after[head] {
		head++
	}
	if !strings.HasSuffix(string(after), string(before[head:])) || len(after) <= len(before) {
		t.Errorf("%s: more than an insertion", where)
	}
	f := tsast.Parse(after)
	old := tsast.Parse(before)
	if len(f.Problems) > 0 || len(f.Entries) != len(old.Entries)+1 {
		t.Errorf("%s: %d entries, problems %v", where, len(f.Entries), f.Problems)
		return
	}
	entry := f.Entries[len(f.Entries)-1].Model
	if got, want := valuesOf(entry), wanted(r.Model); got != want {
		t.Errorf("%s: the entry reads as\n%s\nnot\n%s", where, got, want)
	}
	if bad := unsafeForTerminal(string(after)); bad != "" {
		t.Errorf("%s: models.ts holds %s", where, bad)
	}
	for name, text := range map[string]string{"report": report.Text(r.Report()), "diff": r.Diff(), "json": mustJSON(t, r.Contract)} {
		if bad := unsafeForTerminal(text); bad != "" {
			t.Errorf("%s: the %s holds %s", where, name, bad)
		}
	}
	judgeSummary(t, where, report.Summary(r.Report()))
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := report.MarshalJSON(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// valuesOf and wanted spell an entry as it is read and as it was meant.
func valuesOf(m *tsast.Model) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q %q\n", m.ID.Value, m.Name.Value, m.Description.Value)
	for _, module := range m.Modules {
		fmt.Fprintf(&b, "%q %v %q %q", module.Name, module.Count.Int, module.Parent.Value, module.Type.Value)
		for _, d := range module.Definitions.Items {
			fmt.Fprintf(&b, " %q", d.Value)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func wanted(e generate.Entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q %q\n", e.ID, e.Name, e.Description)
	for _, module := range e.Modules {
		fmt.Fprintf(&b, "%q %v %q %q", module.Name, module.Count, module.Parent, module.Type)
		for _, d := range module.Definitions {
			fmt.Fprintf(&b, " %q", d)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var (
	codeSpan    = regexp.MustCompile("`[^`\n]*`")
	htmlTag     = regexp.MustCompile(`<[a-zA-Z/!]`)
	linkOrImage = regexp.MustCompile(`(^|[^\\])\]\s*[(\[:]`)
)

// judgeSummary wants the sections of the template and no markup beyond it.
func judgeSummary(t *testing.T, where, summary string) {
	t.Helper()
	if bad := unsafeForTerminal(summary); bad != "" {
		t.Errorf("%s: the summary holds %s", where, bad)
	}
	fences := 0
	inside := false
	for _, line := range strings.Split(summary, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fences++
			inside = !inside
			continue
		}
		text := codeSpan.ReplaceAllString(line, "")
		switch {
		case inside:
			if strings.Contains(line, "click ") && !strings.Contains(line, "[\"") {
				t.Errorf("%s: a statement in the drawing: %q", where, line)
			}
		case htmlTag.MatchString(text):
			t.Errorf("%s: HTML in the summary: %q", where, line)
		case linkOrImage.MatchString(text):
			t.Errorf("%s: a link in the summary: %q", where, line)
		case strings.HasPrefix(strings.TrimLeft(text, "- "), "#") && !summaryHeading[line]:
			if !strings.HasPrefix(line, "# Model Addition Summary: ") {
				t.Errorf("%s: a heading in the summary: %q", where, line)
			}
		}
	}
	if fences != 2 {
		t.Errorf("%s: %d fences in the summary", where, fences)
	}
}

// summaryHeading are the headings of the summary.
var summaryHeading = func() map[string]bool {
	all := map[string]bool{}
	for _, title := range []string{
		"Model Information", "Architecture Overview", "Layer Schedule", "Generated Modules", "Module Tree", "Required Definitions",
		"Layers Without a Definition", "Kernels That Run", "SGLang Baseline", "Defaulted and Inferred Fields", "Warnings", "Doubts", "Validation Results", "Next Steps", "Notes",
	} {
		all["## "+title] = true
	}
	for _, title := range []string{"Normalization Layers", "Attention Layers", "MLP Layers", "Other Modules"} {
		all["### "+title] = true
	}
	return all
}()

// TestTypeScriptReadsHostileStrings asks the real compiler about names and
// descriptions out of the corpus, and runs what it accepted.
func TestTypeScriptReadsHostileStrings(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node")
	}
	scripts := filepath.Join("..", "..", "scripts")
	if _, err := os.Stat(filepath.Join(scripts, "node_modules", "typescript")); err != nil {
		t.Skip("TypeScript is not installed (npm ci --prefix scripts)")
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string][]byte{"config.json": []byte(smallConfig), "models.ts": fixture(t)})
	corpus := hostileStrings(t)
	want := map[string]generate.Entry{}
	for i, name := range sorted(corpus) {
		env := &phases.Env{Getenv: func(string) string { return "" }, WorkDir: dir}
		r, err := phases.Run(context.Background(), env, phases.Request{
			ModelName: fmt.Sprintf("hostile-%d", i), Config: "config.json", ModelsTS: "models.ts", SkipSGLang: true,
			HFRepoID: corpus[name], DisplayName: corpus[name], Description: corpus[name],
		})
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		want[r.Model.ID] = r.Model
	}
	out, err := exec.Command(node, filepath.Join(scripts, "typecheck.mjs"), "--values", filepath.Join(dir, "models.ts")).Output()
	if err != nil {
		t.Fatalf("TypeScript refuses the file: %v\n%s", err, out)
	}
	var got []struct {
		ID, Name, Description string
		Modules               map[string]struct{ Count int }
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for _, m := range got {
		w, ok := want[m.ID]
		if !ok {
			continue
		}
		if m.Name != w.Name || m.Description != w.Description || len(m.Modules) != len(w.Modules) {
			t.Errorf("%s: %q %q, not %q %q", m.ID, m.Name, m.Description, w.Name, w.Description)
		}
		delete(want, m.ID)
	}
	if len(want) > 0 || len(got) < len(corpus)/2 {
		t.Errorf("%d entries of %d are missing", len(want), len(corpus))
	}
}
