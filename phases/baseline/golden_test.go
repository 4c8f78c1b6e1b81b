package baseline_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldenModels are the models whose rows and calls are kept as golden files.
func goldenModels() []string {
	return []string{"llama", "deepseek-v3", "qwen3-moe", "qwen3-next", "nemotron-h"}
}

func analyseTestdata(t testing.TB, src baseline.Source, name string) *baseline.Implementation {
	t.Helper()
	cfg := readConfig(t, filepath.Join("testdata", "configs", name+".json"))
	impl, err := baseline.NewReader(src, nil).Analyse(context.Background(), architecturesOf(cfg)[0], cfg, nil, baseline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return impl
}

// goldenText writes a result in lines that are easy to review.
func goldenText(impl *baseline.Implementation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "class %s in %s, decided %v\n\n", impl.Class, impl.File, impl.Decided)
	for _, m := range impl.Modules {
		fmt.Fprintf(&b, "%s %s %s x%d", m.Path, m.Class, m.Type, m.Count)
		for _, f := range []struct {
			name string
			v    *int
		}{{"n", m.N}, {"k", m.K}, {"hidden", m.Hidden}, {"heads", m.NumHeads}, {"kv", m.NumKVHeads}, {"d", m.HeadDim},
			{"vd", m.VHeadDim}, {"experts", m.NumExperts}, {"topk", m.TopK}, {"i", m.IntermediateSize}, {"rot", m.RotaryDim}} {
			if f.v != nil {
				fmt.Fprintf(&b, " %s=%d", f.name, *f.v)
			}
		}
		if m.Gemm {
			b.WriteString(" gemm")
		}
		if m.Tied != "" {
			b.WriteString(" tied=" + m.Tied)
		}
		if m.Layers != "" {
			b.WriteString(" layers=" + m.Layers)
		}
		fmt.Fprintf(&b, " (%s:%d)\n", strings.TrimPrefix(m.File, "python/sglang/srt/"), m.Line)
	}
	b.WriteString("\n")
	for _, c := range impl.Calls {
		fmt.Fprintf(&b, "%s %s in %s at %s -> %s\n", c.Path, c.Function, c.Method, strings.TrimPrefix(c.Location, "python/sglang/srt/"),
			strings.TrimPrefix(c.BaselineImpl, "python/sglang/srt/"))
	}
	fmt.Fprintf(&b, "\nembedding %s, final norm %s, head %s\n", impl.Forward.Embedding, impl.Forward.FinalNorm, impl.Forward.LMHead)
	for _, l := range impl.Forward.Layers {
		fmt.Fprintf(&b, "layer part %s %s %s %v\n", l.Name, l.Type, l.Kernel, l.Kernels)
	}
	return b.String()
}

func TestGoldenModels(t *testing.T) {
	for _, name := range goldenModels() {
		t.Run(name, func(t *testing.T) {
			impl := analyseTestdata(t, baseline.NewEmbedded(), name)
			file := filepath.Join("testdata", "golden", name+".txt")
			have := goldenText(impl)
			if *update {
				if err := os.WriteFile(file, []byte(have), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if have != string(want) {
				t.Errorf("%s differs from its golden file (run with -update to accept):\n%s", name, firstDifference(string(want), have))
			}
			checkCalled(t, impl)
		})
	}
}

func firstDifference(want, have string) string {
	w, h := strings.Split(want, "\n"), strings.Split(have, "\n")
	for i := range min(len(w), len(h)) {
		if w[i] != h[i] {
			return fmt.Sprintf("line %d\n- %s\n+ %s", i+1, w[i], h[i])
		}
	}
	return fmt.Sprintf("%d lines, not %d", len(h), len(w))
}

// checkCalled holds that every layer with a kernel has a call.
func checkCalled(t *testing.T, impl *baseline.Implementation) {
	t.Helper()
	called := map[string]bool{}
	for _, c := range impl.Calls {
		called[c.Path] = true
	}
	for _, m := range impl.Modules {
		switch m.Type {
		case baseline.TypeNorm, baseline.TypeLinear, baseline.TypeAttention, baseline.TypeMoE, baseline.TypeLinearAttention, baseline.TypeLMHead:
			if !called[m.Path] && m.Tied == "" {
				t.Errorf("%s %s is never called", m.Path, m.Class)
			}
		}
	}
}

// TestLocationsAndSnippets holds that every location is the call it claims to
// be, and that snippets are the source's own bytes.
func TestLocationsAndSnippets(t *testing.T) {
	tree := sglangTree(t)
	if tree == nil {
		t.Skip("needs an SGLang source tree")
	}
	for _, name := range goldenModels() {
		impl := analyseTestdata(t, tree, name)
		for _, c := range impl.Calls {
			checkLocation(t, tree, c)
		}
		snippets, err := baseline.Snippets(tree, impl)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]bool{}
		for _, s := range snippets {
			if files[s.FileName()] {
				t.Errorf("%s: two snippets named %s", name, s.FileName())
			}
			files[s.FileName()] = true
			checkSnippet(t, tree, s)
		}
		if len(snippets) == 0 {
			t.Errorf("%s: no snippets", name)
		}
	}
}

// checkLocation looks for the module's attribute name in the cited lines; the
// norms of a layer are called by the name of what runs them (a layer
// communicator, or a stage boundary in newer layouts).
func checkLocation(t *testing.T, tree *repo.Source, c baseline.KernelCall) {
	t.Helper()
	file, first, last, ok := baseline.SplitLocation(c.Location)
	if !ok {
		t.Errorf("%s: location %q", c.Path, c.Location)
		return
	}
	text, err := tree.ReadFile(file)
	if err != nil {
		t.Error(err)
		return
	}
	cut := baseline.LineSpan(text, first, last)
	if c.Function == "causal_conv1d" && bytes.Contains(cut, []byte("self.attn(")) {
		return // the linear-attention kernel beside it runs it
	}
	names := []string{pyeval.LastPart(c.Path)}
	switch pyeval.LastPart(c.Path) {
	case "input_layernorm":
		names = append(names, "prepare_attn", `attn_boundary\.prepare`)
	case "post_attention_layernorm":
		names = append(names, "prepare_mlp", `ffn_boundary\.prepare`)
	case "norm":
		names = append(names, `self\.boundary\.prepare`)
	}
	for _, name := range names {
		if regexp.MustCompile(`\b`+name+`\w*\b`).Match(cut) && bytes.ContainsRune(cut, '(') {
			return
		}
	}
	t.Errorf("%s: %s does not hold the call:\n%s", c.Path, c.Location, cut)
}

func checkSnippet(t *testing.T, tree *repo.Source, s baseline.Snippet) {
	t.Helper()
	text, err := tree.ReadFile(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	if want := bytes.Join(lines[s.First-1:s.Last], nil); !bytes.Equal(want, s.Text) {
		t.Errorf("%s is not the source's bytes", s.Name)
	}
	_, method, _ := strings.Cut(s.Name, ".")
	method, _, _ = strings.Cut(method, ".")
	if method == "" {
		method = s.Name
	}
	if !regexp.MustCompile(`^\s*(async )?def ` + regexp.QuoteMeta(method)).Match(s.Text) {
		t.Errorf("%s does not begin with its definition:\n%.120s", s.Name, s.Text)
	}
	if !bytes.HasPrefix(s.Content("abc"), []byte(fmt.Sprintf("# %s:%d-%d at abc\n", s.Path, s.First, s.Last))) {
		t.Errorf("%s: head line %.100q", s.Name, s.Content("abc"))
	}
}

// TestGemma4GlobalHeads holds what SGLang's engine makes of Gemma 4's fields:
// full-attention layers have the global head size and KV heads.
func TestGemma4GlobalHeads(t *testing.T) {
	impl := analyseTestdata(t, baseline.NewEmbedded(), "gemma4-vision")
	for _, m := range impl.Modules {
		if m.Type != baseline.TypeAttention {
			continue
		}
		d, kv := 256, 16
		if m.Layers == "5" {
			d, kv = 512, 4
		}
		if *m.HeadDim != d || *m.NumKVHeads != kv {
			t.Errorf("layers %s: head_dim %d, %d KV heads", m.Layers, *m.HeadDim, *m.NumKVHeads)
		}
	}
	if len(impl.Towers) == 0 {
		t.Error("the vision tower is not set apart")
	}
}
