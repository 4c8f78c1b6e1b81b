package batch

import (
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/typecheck"
	"github.com/google/go-cmp/cmp"
)

// TestParseBatchEveryParameter: an item of the YAML list takes every parameter
// of add, written as people write them.
func TestParseBatchEveryParameter(t *testing.T) {
	const text = `# models of the week
- model_name: kimi-k2
  hf_repo_id: moonshotai/Kimi-K2-Instruct
  display_name: "Kimi: K2"
  description: one
  sglang_path: ./sglang
  output_dir: out/kimi
  skip_sglang: true
  models_ts: data/models.ts
  revision: v1
  config: config.json
  tp: 8
  ep: auto
  page_size: 1,64
  set:
    num_key_value_heads: 8
    rope_theta: 1e6
    tie_word_embeddings: true
    vocab_size: "32000"
  infer: true
  quantization: fp8
  sglang_url: https://example.org/sglang.git
  sglang_ref: main
  dataset: tmp/flashinfer-trace
  gemm: compact
  update: true
  offline: true
  dry_run: true
  typecheck: true
- llama:meta-llama/Llama-3.1-8B
- page_size: [1, 32]
  hf_repo_id: a/b
- page_size: 16
  tp: auto
  hf_repo_id: a/c
- set: [a=1, b.c=x=y]
  hf_repo_id: a/d
`
	got, err := Parse([]byte(text), phases.Request{TP: 2, Gemm: "auto", Set: map[string]string{"z": "9"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []phases.Request{
		{
			ModelName: "kimi-k2", HFRepoID: "moonshotai/Kimi-K2-Instruct", DisplayName: "Kimi: K2", Description: "one",
			SGLangPath: "./sglang", OutputDir: "out/kimi", SkipSGLang: true, ModelsTS: "data/models.ts", Revision: "v1",
			Config: "config.json", TP: 8, EP: 0, PageSizes: []int{1, 64},
			Set:   map[string]string{"z": "9", "num_key_value_heads": "8", "rope_theta": "1e6", "tie_word_embeddings": "true", "vocab_size": "32000"},
			Infer: true, Quantization: "fp8", SGLangURL: "https://example.org/sglang.git", SGLangRef: "main",
			Dataset: "tmp/flashinfer-trace", Gemm: "compact", Update: true, Offline: true, DryRun: true, TypeCheck: typecheck.On,
		},
		{ModelName: "llama", HFRepoID: "meta-llama/Llama-3.1-8B", TP: 2, Gemm: "auto", Set: map[string]string{"z": "9"}},
		{HFRepoID: "a/b", TP: 2, Gemm: "auto", PageSizes: []int{1, 32}, Set: map[string]string{"z": "9"}},
		{HFRepoID: "a/c", Gemm: "auto", PageSizes: []int{16}, Set: map[string]string{"z": "9"}},
		{HFRepoID: "a/d", TP: 2, Gemm: "auto", Set: map[string]string{"z": "9", "a": "1", "b.c": "x=y"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseBatchLines(t *testing.T) {
	got, err := Parse([]byte("# the original's pairs\r\n\r\nkimi-k2:moonshot-ai/kimi-k2 # a comment\nllama=meta-llama/Llama-3.3-70B-Instruct\n  org/name\n"), phases.Request{})
	if err != nil {
		t.Fatal(err)
	}
	var flat []string
	for _, r := range got {
		flat = append(flat, r.ModelName+"|"+r.HFRepoID)
	}
	want := "kimi-k2|moonshot-ai/kimi-k2 llama|meta-llama/Llama-3.3-70B-Instruct |org/name"
	if strings.Join(flat, " ") != want {
		t.Errorf("got %v", flat)
	}
}

func TestParseBatchRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "names no model",
		"# nothing\n":      "names no model",
		"- []\n":           "item 1",
		"- hf_repo: a/b\n": "hf_repo",
		"- model_name: x\n  hf_repo_id: a/b\n- tp: 4\n": "item 2 of the batch names no model",
		"- hf_repo_id: a/b\n  tp: many\n":               `tp: "many": a number, or auto`,
		"- hf_repo_id: a/b\n  tp: -1\n":                 `tp: "-1": a number, or auto`,
		"- hf_repo_id: a/b\n  page_size: x\n":           `page_size: "x"`,
		"- hf_repo_id: a/b\n  set: [broken]\n":          "key=value",
		"name:\n":                                       "write NAME:ORG/REPO",
		"two words\n":                                   "write NAME:ORG/REPO",
		"- hf_repo_id: [a\n":                            "not a YAML list",
	} {
		_, err := Parse([]byte(text), phases.Request{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q in it", text, err, want)
		}
	}
}
