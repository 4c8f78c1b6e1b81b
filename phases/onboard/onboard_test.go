package onboard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/dataset"
)

func environment(t *testing.T) *phases.Env {
	t.Helper()
	return &phases.Env{WorkDir: t.TempDir(), NoSGLangFetch: true, Getenv: func(string) string { return "" }, SGLang: phases.NewSGLangTrees()}
}

// planned is the plan of a model of the catalogue, offline.
func planned(t *testing.T, repo string, o Options) *Plan {
	t.Helper()
	o.Request.HFRepoID, o.Request.Offline = repo, true
	p, err := Make(t.Context(), environment(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMake(t *testing.T) {
	for _, want := range []struct {
		repo, name, phase1, fi, sgl string
		template                    bool
	}{
		{"Qwen/Qwen3-30B-A3B", "rmsnorm_h2048", Existing, FISupported, SGLIntegrated, true},
		{"Qwen/Qwen3-30B-A3B", "gemm_n5120_k2048", Existing, FISupported, NotApplicable, true},
		{"Qwen/Qwen3-30B-A3B", "top_p_sampling_from_probs_v151936", Existing, FISupported, SGLMissing, true}, // SGLang calls the joint kernel
		{"Qwen/Qwen3-30B-A3B", "top_k_top_p_sampling_from_probs_v151936", Existing, FISupported, SGLIntegrated, true},
		{"Qwen/Qwen3-30B-A3B", "rope_with_cos_sin_cache_neox_style_d128_rd128", New, FISupported, SGLMissing, true},
		{"Qwen/Qwen3-Next-80B-A3B-Instruct", "gdn_decode_qk8_v16_d128_k_last", Existing, FISupported, SGLIntegrated, true},
		{"deepseek-ai/DeepSeek-V3", "mla_paged_decode_h16_ckv512_kpe64_ps1", Existing, FISupported, SGLIntegrated, true},
		{"deepseek-ai/DeepSeek-V3.2", "dsa_topk_indexer_fp8_h64_d128_topk2048_ps64", Existing, FISupported, SGLIntegrated, false},
	} {
		p := planned(t, want.repo, Options{})
		i := slices.IndexFunc(p.Kernels, func(k Kernel) bool { return k.Name == want.name })
		if i < 0 {
			t.Errorf("%s: no %s in\n%s", want.repo, want.name, p.Text())
			continue
		}
		k := p.Kernels[i]
		if k.Phase1 != want.phase1 || k.FI != want.fi || k.SGL != want.sgl || k.Template != want.template {
			t.Errorf("%s %s: %+v", want.repo, want.name, k)
		}
	}
}

func TestLayouts(t *testing.T) {
	p := planned(t, "Qwen/Qwen3-Next-80B-A3B-Instruct", Options{TP: []int{2, 4}})
	text := p.Text()
	for _, want := range []string{"gdn_decode_qk8_v16_d128_k_last", "gdn_decode_qk4_v8_d128_k_last", "TP=2 ", "TP=4 "} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	for _, k := range p.Kernels {
		if k.OpType == "gemm" && len(k.Layouts) != 2 {
			t.Errorf("%s is of %v: no layout divides it", k.Name, k.Layouts)
		}
	}
}

func TestManifest(t *testing.T) {
	p := planned(t, "Qwen/Qwen3-30B-A3B", Options{})
	day := time.Date(2026, 4, 30, 0, 0, 0, 0, time.UTC)
	first, err := p.Manifest(nil, day, false)
	if err != nil {
		t.Fatal(err)
	}
	// Another phase writes into it, and somebody classifies by hand.
	edited := bytes.Replace(first, []byte(`"workload_entries": null`), []byte(`"workload_entries": 7`), 1)
	edited = bytes.Replace(edited, []byte(`"fi_status": "fi_supported"`), []byte(`"fi_status": "n/a"`), 1)
	for _, refresh := range []bool{false, true} {
		again, err := p.Manifest(edited, day.AddDate(0, 0, 1), refresh)
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Date    string `json:"date"`
			Kernels []struct {
				Name      string `json:"definition_name"`
				FI        string `json:"fi_status"`
				Workloads *int   `json:"workload_entries"`
			} `json:"kernels"`
		}
		if err := json.Unmarshal(again, &m); err != nil {
			t.Fatal(err)
		}
		k := m.Kernels[0]
		want := map[bool]string{false: "n/a", true: FISupported}[refresh]
		if m.Date != "2026-04-30" || len(m.Kernels) != len(p.Kernels) || k.Workloads == nil || *k.Workloads != 7 || k.FI != want {
			t.Errorf("refresh %v: %+v", refresh, k)
		}
	}
	if _, err := p.Manifest([]byte("{"), day, false); err == nil {
		t.Error("a broken manifest is taken for an empty one")
	}
	if p.ManifestPath(day) != filepath.Join("tmp", "onboard_qwen3-30b-a3b_20260430.json") {
		t.Error(p.ManifestPath(day))
	}
}

func TestWriteFiles(t *testing.T) {
	p := planned(t, "deepseek-ai/DeepSeek-V3", Options{})
	dir := filepath.Join(t.TempDir(), "out")
	written, err := p.WriteFiles(dir, false, false)
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(written[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range written[1:] {
		name, _ := filepath.Rel(dir, path)
		if !strings.Contains(string(index), "]("+filepath.ToSlash(name)+")") {
			t.Errorf("%s is not in the index", name)
		}
	}
	for _, k := range p.Kernels {
		_, err := os.Stat(filepath.Join(dir, "definitions", k.OpType, k.Name+".json"))
		if k.Phase1 == Existing && err == nil {
			t.Errorf("%s is in the dataset and written again", k.Name)
		}
	}
	coverage, _ := os.ReadFile(filepath.Join(dir, "model_coverage.md"))
	missing := 0
	for _, k := range p.Kernels {
		if k.Phase1 == New {
			missing++
			if !strings.Contains(string(coverage), "| `"+k.Name+"` ") {
				t.Errorf("%s is not in the coverage", k.Name)
			}
		}
	}
	if missing == 0 || strings.Count(string(coverage), "❌") != missing {
		t.Errorf("%d are missing:\n%s", missing, coverage)
	}
	for _, k := range p.Kernels {
		text, err := os.ReadFile(filepath.Join(dir, "pull_requests", k.Name+".md"))
		if (err == nil) != (k.Phase1 == New) || err == nil && !strings.Contains(string(text), "Title: Add "+k.Name+": definition + reference test") {
			t.Errorf("%s: %s %v", k.Name, text, err)
		}
	}
	present := strings.Count(string(coverage), "🟡 |\n")
	if strings.Contains(string(coverage), "Workloads not yet collected") {
		t.Errorf("a list of names does not tell of workloads:\n%s", coverage)
	}
	if sentence := fmt.Sprintf("**Coverage**: %d / %d definitions present. Missing: ", len(p.Kernels)-missing, len(p.Kernels)); !strings.Contains(string(coverage), sentence) || present != len(p.Kernels)-missing {
		t.Errorf("%d rows present; %q is not in\n%s", present, sentence, coverage)
	}
	if _, err := p.WriteFiles(dir, false, false); err == nil {
		t.Error("files were replaced without being asked")
	}
	if _, err := p.WriteFiles(dir, true, false); err != nil {
		t.Error(err)
	}
}

// TestPackagesOfSGLang: a tree of sglang alone still takes its norms from the
// package of its kernels.
func TestPackagesOfSGLang(t *testing.T) {
	env := environment(t)
	for name, text := range map[string]string{
		"fi/flashinfer/__init__.py": "from .norm import rmsnorm as rmsnorm\n", "fi/version.txt": "9.9.9",
		"fi/flashinfer/norm/__init__.py":  "from ..api import flashinfer_api\n@flashinfer_api\ndef rmsnorm(x, w): ...\n",
		"sg/sglang/srt/layers/sampler.py": "import flashinfer\n", "sg/sglang/version.py": "__version__ = \"0.0.1\"\n",
	} {
		path := filepath.Join(env.WorkDir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{FlashInfer: "fi"}
	o.Request.SGLangPath = "sg"
	table, err := tableOf(env, o)
	if err != nil {
		t.Fatal(err)
	}
	k := classify("rmsnorm_h4096", dataset.Embedded(), table)
	if k.FI != FIMissing && k.SGL != SGLIntegrated { // without a template it is not found at all
		t.Errorf("%+v", k)
	}
	called := false
	for _, api := range table.APIs() {
		called = called || api.Name == "flashinfer.norm.rmsnorm" && len(api.SGLang) > 0
	}
	if !called {
		t.Error("nothing calls rmsnorm")
	}
}

func TestDiscover(t *testing.T) {
	env := environment(t)
	discover := func(o DiscoverOptions) *Found {
		t.Helper()
		found, err := Discover(t.Context(), env, o)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	find := func(f *Found, repo string) *Candidate {
		i := slices.IndexFunc(f.Candidates, func(c Candidate) bool { return slices.Contains(c.Repos, repo) })
		if i < 0 {
			return nil
		}
		return &f.Candidates[i]
	}
	found := discover(DiscoverOptions{})
	c := find(found, "Qwen/Qwen3-Next-80B-A3B-Instruct")
	if c == nil || c.Source != FromCookbook || c.Total == 0 || c.Present == 0 || c.Class != "Qwen3NextForCausalLM" || c.Why != "recommended serving config (TP=2; TP=4)" || !slices.Contains(c.Repos, "Qwen/Qwen3-Next-80B-A3B-Thinking") {
		t.Errorf("%+v\n%s", c, found.Text())
	}
	// What models.ts has, and what the coverage document has, is not a candidate.
	clone := filepath.Join(env.WorkDir, "clone")
	models := filepath.Join(clone, "web", "apps", "web", "data", "models.ts")
	text := "const models: Model[] = [\n  { id: \"qwen3-next-80b-a3b\", name: \"Qwen3 Next 80B A3B\", description: \"d\", modules: { M: { count: 1, type: \"block\" } } },\n]\nexport default models\n"
	for path, content := range map[string]string{models: text, filepath.Join(clone, "docs", "model_coverage.mdx"): "## Summary\n\n| Model | A | C |\n|---|---|---|\n| GLM-4.6 | GQA | ❌ Not covered |\n"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tracking := discover(DiscoverOptions{ModelsTS: models})
	unsaved := discover(DiscoverOptions{ModelsTS: models, ModelsText: []byte("const models: Model[] = []\nexport default models\n")})
	if find(unsaved, "Qwen/Qwen3-Next-80B-A3B-Instruct") == nil {
		t.Error("the file on disk is taken for the text that an editor has")
	}
	for _, repo := range []string{"Qwen/Qwen3-Next-80B-A3B-Instruct", "Qwen/Qwen3-Next-80B-A3B-Thinking", "zai-org/GLM-4.6"} {
		if find(found, repo) == nil || find(tracking, repo) != nil {
			t.Errorf("%s: a candidate without a clone: %v, with one: %v", repo, find(found, repo) != nil, find(tracking, repo) != nil)
		}
	}
	if _, err := Discover(t.Context(), env, DiscoverOptions{ModelsTS: filepath.Join(env.WorkDir, "no", "models.ts")}); err == nil {
		t.Error("a models.ts that was named and is not there is taken for an empty one")
	}
}

// TestDiscoverSGLang: of a clone of SGLang the files that came in lately are
// new, of a package the classes that the built-in index does not have.
func TestDiscoverSGLang(t *testing.T) {
	env := environment(t)
	dir := filepath.Join(env.WorkDir, "sglang")
	for name, text := range map[string]string{
		"brandnew.py": "class BrandNewForCausalLM:\n    pass\n\n\nEntryClass = BrandNewForCausalLM\n",
		"llama.py":    "class LlamaForCausalLM:\n    pass\n\n\nEntryClass = LlamaForCausalLM\n",
	} {
		path := filepath.Join(dir, "python", "sglang", "srt", "models", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := Discover(t.Context(), env, DiscoverOptions{Since: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if c := found.Candidates[0]; c.Class != "BrandNewForCausalLM" || c.Source != FromSGLang || !strings.HasPrefix(c.Why, "new in this SGLang: python/sglang/srt/models/brandnew.py") {
		t.Errorf("%+v", c)
	}
	if text := found.Text(); strings.Contains(text, "LlamaForCausalLM  ") && strings.Contains(text, "new in this SGLang: python/sglang/srt/models/llama.py") || !strings.Contains(text, "has no history") {
		t.Error(text)
	}
}
