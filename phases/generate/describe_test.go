package generate

import (
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

func TestDisplayName(t *testing.T) {
	for _, c := range []struct{ id, repo, want string }{
		{"llama-3.3-70b", "meta-llama/Llama-3.3-70B-Instruct", "Llama 3.3 70B"},
		{"llama-3.3-70b-instruct", "meta-llama/Llama-3.3-70B-Instruct", "Llama 3.3 70B Instruct"},
		{"kimi-k2", "moonshotai/Kimi-K2-Instruct", "Kimi K2"},
		{"qwen-2.5-72b", "Qwen/Qwen2.5-72B-Instruct", "Qwen 2.5 72B"},
		{"qwen3-30b-a3b", "Qwen/Qwen3-30B-A3B", "Qwen3 30B A3B"},
		{"deepseek-v3", "deepseek-ai/DeepSeek-V3", "DeepSeek V3"},
		{"deepseek-v3-x", "deepseek-ai/DeepSeek-V3", "DeepSeek V3 X"},
		{"mixtral-8x7b", "", "Mixtral 8x7B"},
		{"llama-3.1-8b", "meta-llama/Meta-Llama-3.1-8B", "Llama 3.1 8B"},
		{"gemma-3-27b", "google/gemma-3-27b-it", "Gemma 3 27B"},
		{"custom-model", "org/custom-model", "Custom Model"},
		{"gpt-oss-120b", "openai/gpt-oss-120b", "GPT-OSS 120B"},
		{"glm-4.6", "zai-org/GLM-4.6", "GLM-4.6"},
		{"glm-4.6", "", "GLM-4.6"},
		{"phi-4", "microsoft/phi-4", "Phi-4"},
		{"mistral-7b-v0.3", "mistralai/Mistral-7B-v0.3", "Mistral 7B v0.3"},
		{"mistral-7b-v0.3", "", "Mistral 7B v0.3"},
		{"gemma-3-27b-it", "google/gemma-3-27b-it", "Gemma 3 27B"},
		{"llama-4-scout-17b-16e", "meta-llama/Llama-4-Scout-17B-16E-Instruct", "Llama 4 Scout 17B-16E"},
		{"minimax-text-01", "MiniMaxAI/MiniMax-Text-01", "MiniMax-Text-01"},
		{"bamba-9b-v2", "ibm-ai-platform/Bamba-9B-v2", "Bamba 9B v2"},
		{"minimax-m2", "", "MiniMax M2"},
		{"x", "", "X"},
		{"", "", ""},
	} {
		if got := DisplayName(c.id, c.repo); got != c.want {
			t.Errorf("DisplayName(%q, %q) = %q, want %q", c.id, c.repo, got, c.want)
		}
	}
}

func FuzzDisplayName(f *testing.F) {
	f.Add("llama-3.3-70b", "meta-llama/Llama-3.3-70B-Instruct")
	f.Add("a-İ", "x/İİ-a")
	f.Fuzz(func(t *testing.T, id, repo string) {
		name := DisplayName(id, repo)
		if strings.HasSuffix(strings.ToLower(id), "it") {
			return // it is left out
		}
		if got, want := strings.ToLower(flatOf(name)), strings.ToLower(flatOf(id)); len(got) != len(want) && isASCII(id) {
			t.Errorf("DisplayName(%q, %q) = %q: letters came or went", id, repo, name)
		}
	})
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func TestDescription(t *testing.T) {
	gqa := extract.AttentionKind{ID: "gqa", Family: extract.GQA, Type: "gqa", NumHeads: 64, NumKVHeads: 8, Layers: 80}
	llama := &extract.Architecture{NumLayers: 80, AttentionKinds: []extract.AttentionKind{gqa}, Attention: extract.Attention{NumHeads: 64},
		MLPKinds: []extract.MLPKind{{ID: "dense", Family: extract.DenseMLP, Layers: 80}}}
	moe := &extract.MoE{NumExperts: 256, NumExpertsPerTok: 8, Routing: "ds", SharedExperts: 1}
	deepseek := &extract.Architecture{NumLayers: 61, AttentionKinds: []extract.AttentionKind{{ID: "mla", Family: extract.MLA, NumHeads: 128, Layers: 61}},
		Attention: extract.Attention{NumHeads: 128}, MoE: moe,
		MLPKinds: []extract.MLPKind{{ID: "dense", Family: extract.DenseMLP, Layers: 3}, {ID: "moe", Family: extract.SparseMoE, Layers: 58, MoE: moe}}}
	hybrid := &extract.Architecture{NumLayers: 52, AttentionKinds: []extract.AttentionKind{
		{ID: "mamba2", Family: extract.Mamba2, MambaNumHeads: 128, Layers: 24}, {ID: "none", Family: extract.NoAttention, Layers: 24},
		{ID: "gqa", Family: extract.GQA, Type: "gqa", NumHeads: 32, NumKVHeads: 8, Layers: 4}},
		MLPKinds: []extract.MLPKind{{ID: "none", Family: extract.NoMLP, Layers: 28}, {ID: "dense", Family: extract.DenseMLP, Layers: 24}}}
	for _, c := range []struct {
		name string
		a    *extract.Architecture
		par  Parallelism
		want string
	}{
		{"Llama 3.3 70B", llama, Parallelism{TP: 4, EP: 1}, "Llama 3.3 70B. 80 decoder layers, GQA attention (64 q-heads / 8 kv-heads, TP=4 → h=16), dense MLP."},
		{"DeepSeek V3", deepseek, Parallelism{TP: 8, EP: 8}, "DeepSeek V3. 61 decoder layers, MLA attention (128 heads, TP=8 → h=16), 3 × dense MLP, 58 × sparse MoE (256 experts, top-8 DeepSeek routing, 1 shared, EP=8 → 32 local experts)."},
		{"Nemotron-H 8B", hybrid, Parallelism{TP: 1, EP: 1}, "Nemotron-H 8B. 52 decoder layers, 24 × Mamba2 (128 heads), 4 × GQA attention (32 q-heads / 8 kv-heads), 24 × dense MLP."},
	} {
		if got := Description(c.name, c.a, c.par); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestParallelism(t *testing.T) {
	model := func(repo string, heads, kv, experts int) *extract.Architecture {
		return &extract.Architecture{ModelID: repo, AttentionKinds: []extract.AttentionKind{{NumHeads: heads, NumKVHeads: kv}},
			MLPKinds: []extract.MLPKind{{MoE: &extract.MoE{NumExperts: max(experts, 1) * 8}}}}
	}
	for _, c := range []struct {
		name   string
		a      *extract.Architecture
		tp, ep int
		want   Parallelism
		fails  string
	}{
		{"unknown model", model("org/custom", 32, 8, 1), 0, 0, Parallelism{TP: 1, EP: 1, From: "default"}, ""},
		{"recommended", model("meta-llama/Llama-3.3-70B-Instruct", 64, 8, 1), 0, 0, Parallelism{TP: 4, EP: 1, From: "cookbook", Documented: true}, ""},
		{"asked for", model("meta-llama/Llama-3.3-70B-Instruct", 64, 8, 1), 2, 0, Parallelism{TP: 2, EP: 1, From: "flag"}, ""},
		{"KV heads replicated", model("Qwen/Qwen3-235B-A22B", 64, 4, 16), 0, 0, Parallelism{TP: 8, EP: 2, From: "cookbook", Documented: true, Cookbook: Layout{TP: 8, EP: 1}}, ""},
		{"not documented", model("openai/gpt-oss-120b", 64, 8, 16), 0, 0, Parallelism{TP: 8, EP: 1, From: "cookbook"}, ""},
		{"documented otherwise than the cookbook has it", model("Qwen/Qwen3-14B", 40, 8, 1), 0, 0, Parallelism{TP: 2, EP: 1, From: "cookbook", Documented: true, Cookbook: Layout{TP: 1, EP: 1}}, ""},
		{"distilled", model("deepseek-ai/DeepSeek-R1-Distill-Qwen-32B", 40, 8, 1), 0, 0, Parallelism{TP: 1, EP: 1, From: "default"}, ""},
		{"heads", model("org/custom", 28, 4, 1), 8, 1, Parallelism{}, "28 attention heads"},
		{"KV heads", model("org/phi", 40, 10, 1), 4, 1, Parallelism{}, "10 KV heads"},
		{"experts", model("org/moe", 32, 8, 1), 1, 3, Parallelism{}, "8 experts"},
		{"negative", model("org/moe", 32, 8, 1), -1, 1, Parallelism{}, "at least 1"},
		{"recommendation that does not fit", model("org/llama-3-70b-pruned", 6, 6, 1), 0, 0, Parallelism{TP: 1, EP: 1, From: "default"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			par, warnings, err := chooseParallelism(c.a, Options{TP: c.tp, EP: c.ep})
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Fatalf("error %v, want one with %q", err, c.fails)
				}
				return
			}
			if err != nil || par != c.want {
				t.Fatalf("%+v, %v; want %+v", par, err, c.want)
			}
			if strings.Contains(c.name, "not fit") != (len(warnings) == 1) {
				t.Errorf("warnings: %v", warnings)
			}
		})
	}
}

func TestPattern(t *testing.T) {
	kinds := func(families ...extract.AttentionFamily) []extract.AttentionKind {
		var list []extract.AttentionKind
		for _, f := range families {
			list = append(list, extract.AttentionKind{Family: f})
		}
		return list
	}
	moe := &extract.MoE{}
	for _, c := range []struct {
		a    extract.Architecture
		want Pattern
	}{
		{extract.Architecture{AttentionKinds: kinds(extract.GQA)}, Standard},
		{extract.Architecture{AttentionKinds: kinds(extract.GQA), MoE: moe}, MoE},
		{extract.Architecture{AttentionKinds: kinds(extract.MLA), MoE: moe}, MLA},
		{extract.Architecture{AttentionKinds: kinds(extract.DSA), MoE: moe}, MLA},
		{extract.Architecture{AttentionKinds: kinds(extract.GDN, extract.GQA), MoE: moe}, Hybrid},
		{extract.Architecture{AttentionKinds: kinds(extract.GQA, extract.GQA)}, Standard},
		{extract.Architecture{AttentionKinds: []extract.AttentionKind{{Family: extract.GQA}, {Family: extract.GQA, SlidingWindow: 128}}}, Hybrid},
		{extract.Architecture{AttentionKinds: []extract.AttentionKind{{Family: extract.GQA}, {Family: extract.GQA, RotaryDim: 64}}}, Hybrid},
		{extract.Architecture{AttentionKinds: kinds(extract.Mamba2, extract.NoAttention, extract.GQA)}, Hybrid},
		{extract.Architecture{AttentionKinds: kinds(extract.ParallelAttnMamba)}, Hybrid},
		{extract.Architecture{AttentionKinds: kinds(extract.Mamba1)}, SSM},
		{extract.Architecture{AttentionKinds: kinds(extract.RWKV)}, SSM},
		{extract.Architecture{AttentionKinds: kinds(extract.GQA, extract.NoAttention)}, Standard},
		{extract.Architecture{}, Custom},
	} {
		if got := patternOf(&c.a); got != c.want {
			t.Errorf("%v: %s, want %s", c.a.AttentionKinds, got, c.want)
		}
	}
}

// TestPatternOfTree: a config of an unknown layout tells little, so what was
// read from SGLang gets the pattern that its layers show.
func TestPatternOfTree(t *testing.T) {
	attention := func(window int) *node {
		return &node{seg: "attn", typ: baseline.TypeAttention, rows: []baseline.Module{{Type: baseline.TypeAttention, SlidingWindow: window}}}
	}
	experts, linear := &node{typ: baseline.TypeMoE}, &node{typ: baseline.TypeLinearAttention}
	for _, c := range []struct {
		nodes []*node
		want  Pattern
	}{
		{[]*node{attention(0)}, Standard},
		{[]*node{attention(0), experts}, MoE},
		{[]*node{attention(0), attention(512), experts}, Hybrid},
		{[]*node{attention(512), attention(512)}, Standard},
		{[]*node{attention(0), linear}, Hybrid},
		{[]*node{linear, experts}, SSM},
		{[]*node{{seg: "attn_mla", typ: baseline.TypeBlock}, experts}, MLA},
		{nil, Custom},
	} {
		if got := patternOfTree(c.nodes); got != c.want {
			t.Errorf("%d nodes: %s, want %s", len(c.nodes), got, c.want)
		}
	}
	a := moeModel("", "renorm")
	rows := FromArchitecture(a)
	for i := range rows {
		rows[i].File = "python/sglang/srt/models/some.py"
	}
	a.Generic, a.MoE = true, nil // the config alone would say: a plain decoder
	res, err := Build(rows, a, Options{ID: "some"})
	if err != nil || res.Pattern != MoE {
		t.Errorf("pattern %v, %v", res, err)
	}
}
