package generate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/families"
)

// moeModel has two layers: a dense one and a sparse one.
func moeModel(kernel, routing string) *extract.Architecture {
	moe := &extract.MoE{NumExperts: 64, NumExpertsPerTok: 4, MoEIntermediateSize: 256, NGroup: 8, TopKGroup: 4, Routing: routing}
	after := []extract.Dimension{{Name: "post_attention_layernorm", Type: "norm", Norm: "rmsnorm", N: 512}}
	a := &extract.Architecture{
		ModelID: "org/model", ArchitectureType: "SomeMoeForCausalLM", NumLayers: 2, HiddenSize: 512, VocabSize: 1000, MoE: moe,
		Normalization: extract.Normalization{Type: "rmsnorm"},
		Skeleton:      families.Skeleton{Model: "model", Embed: "embed_tokens", Layers: "layers", FinalNorm: "norm", Head: "lm_head"},
		LayerSchedule: []extract.LayerRun{{First: 0, Count: 1, Attention: "gqa", MLP: "dense"}, {First: 1, Count: 1, Attention: "gqa", MLP: "moe"}},
		AttentionKinds: []extract.AttentionKind{{ID: "gqa", Family: extract.GQA, Type: "gqa", Layers: 2, NumHeads: 8, NumKVHeads: 2, HeadDim: 64, RotaryDim: 64,
			Attribute: "self_attn", Core: "attn", Norms: []extract.Dimension{{Name: "input_layernorm", Type: "norm", Norm: "rmsnorm", N: 512}}}},
		MLPKinds: []extract.MLPKind{
			{ID: "dense", Family: extract.DenseMLP, Layers: 1, Attribute: "mlp", Norms: after, Dimensions: []extract.Dimension{{Name: "gate_up_proj", Type: "linear", N: 2048, K: 512}, {Name: "down_proj", Type: "linear", N: 512, K: 1024}}},
			{ID: "moe", Family: extract.SparseMoE, Layers: 1, Attribute: "mlp", Experts: "experts", Norms: after, MoE: moe, Dimensions: []extract.Dimension{{Name: "gate", Type: "linear", N: 64, K: 512}}},
		},
	}
	if kernel != "" {
		a.Quantization = &extract.Quantization{Method: "fp8", Kernel: kernel}
	}
	return a
}

func moduleNamed(t *testing.T, res *Result, name string) Module {
	t.Helper()
	for _, m := range res.Entry.Modules {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no module %s in\n%s", name, show(res))
	return Module{}
}

func TestMoEKernels(t *testing.T) {
	for _, c := range []struct {
		kernel, routing, flag string
		ep                    int
		want                  []string
		unmapped              string
	}{
		{"fp8_block_scale", "ds", "auto", 8, []string{"moe_fp8_block_scale_ds_routing_topk4_ng8_kg4_e8_h512_i256"}, ""},
		{"fp8_block_scale", "renorm", "auto", 1, []string{"moe_fp8_block_scale_renorm_topk4_e64_h512_i256"}, ""},
		{"fp8_block_scale", "sigmoid", "auto", 1, nil, "sigmoid routing"},
		{"fp8_per_tensor", "renorm", "auto", 2, []string{"trtllm_fp8_per_tensor_scale_moe_topk4_e32_h512_i256"}, ""},
		{"nvfp4", "llama4", "auto", 1, []string{"trtllm_fp4_block_scale_moe_topk4_e64_h512_i256", "trtllm_fp4_block_scale_routed_moe_topk4_e64_h512_i256"}, ""},
		{"", "renorm", "auto", 1, nil, "bf16"},
		{"", "renorm", "fp8", 1, []string{"moe_fp8_block_scale_renorm_topk4_e64_h512_i256"}, ""},
		{"", "ds", "nvfp4", 1, []string{"trtllm_fp4_block_scale_moe_topk4_e64_h512_i256", "trtllm_fp4_block_scale_routed_moe_topk4_e64_h512_i256"}, ""},
		{"fp8_block_scale", "ds", "none", 1, nil, "bf16"},
	} {
		a := moeModel(c.kernel, c.routing)
		res, err := Build(FromArchitecture(a), a, Options{ID: "m", TP: 1, EP: c.ep, Quantization: c.flag})
		if err != nil {
			t.Fatal(err)
		}
		if got := moduleNamed(t, res, "moe_experts").Definitions; !slices.Equal(got, c.want) {
			t.Errorf("%s/%s/%s: %v, want %v", c.kernel, c.routing, c.flag, got, c.want)
		}
		if c.unmapped != "" && !strings.Contains(strings.Join(res.Unmapped, "\n"), c.unmapped) {
			t.Errorf("%s/%s/%s: unmapped %v lacks %q", c.kernel, c.routing, c.flag, res.Unmapped, c.unmapped)
		}
	}
}

func TestSpelling(t *testing.T) {
	a := moeModel("", "renorm")
	res, err := Build(FromArchitecture(a), a, Options{ID: "m", TP: 2, EP: 1, PageSizes: []int{16}, GemmUnderscored: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := moduleNamed(t, res, "down_proj").Definitions; !slices.Equal(got, []string{"gemm_n_512_k_1024"}) {
		t.Error(got)
	}
	if got, want := moduleNamed(t, res, "attn").Definitions, []string{
		"gqa_paged_prefill_causal_h4_kv1_d64_ps16", "gqa_paged_decode_h4_kv1_d64_ps16", "gqa_ragged_prefill_causal_h4_kv1_d64",
	}; !slices.Equal(got, want) {
		t.Error(got)
	}
	dense, sparse := moduleNamed(t, res, "mlp_dense"), moduleNamed(t, res, "moe")
	if dense.Count != 1 || sparse.Count != 1 || dense.Parent != sparse.Parent {
		t.Error(show(res))
	}
	for _, d := range res.Definitions {
		if d.OpType == "sampling" != (len(d.Modules) == 0) {
			t.Errorf("%+v", d)
		}
	}
}

func TestBuildErrors(t *testing.T) {
	a := moeModel("", "renorm")
	if _, err := Build(nil, nil, Options{}); err == nil {
		t.Error("no architecture, no error")
	}
	if _, err := Build(nil, a, Options{}); err == nil || !strings.Contains(err.Error(), "no decoder layers") {
		t.Errorf("no rows: %v", err)
	}
	if _, err := Build(FromArchitecture(a), a, Options{TP: 3}); err == nil || !strings.Contains(err.Error(), "8 attention heads") {
		t.Errorf("TP=3: %v", err)
	}
}

// TestUndecided: what the reader could not decide stays in the tree, without
// names and with the reason.
func TestUndecided(t *testing.T) {
	a := moeModel("", "renorm")
	rows := FromArchitecture(a)
	for i := range rows {
		if lastSegment(rows[i].Path) == "down_proj" {
			rows[i].N, rows[i].Expression, rows[i].Missing = nil, "config.odd_size", []string{"odd_size"}
		}
	}
	res, err := Build(rows, a, Options{ID: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if m := moduleNamed(t, res, "down_proj"); len(m.Definitions) != 0 {
		t.Error(m)
	}
	if !strings.Contains(strings.Join(res.Warnings, "\n"), "config.odd_size (the config lacks odd_size)") {
		t.Error(res.Warnings)
	}
}

func TestCompare(t *testing.T) {
	a := moeModel("", "renorm")
	config := FromArchitecture(a)
	change := func(edit func(r *baseline.Module)) []baseline.Module {
		rows := FromArchitecture(a)
		for i := range rows {
			rows[i].File, rows[i].Line = "python/sglang/srt/models/some.py", 10+i
			edit(&rows[i])
		}
		return rows
	}
	if d := Compare(config, change(func(*baseline.Module) {}), a); len(d) != 0 {
		t.Errorf("equal trees differ: %+v", d)
	}
	renamed := change(func(r *baseline.Module) {
		r.Path = strings.NewReplacer("gate_up_proj", "dense_h_to_4h", "self_attn", "attention", "gate", "router").Replace(r.Path)
	})
	if d := Compare(config, renamed, a); len(d) != 0 {
		t.Errorf("other names are no difference: %+v", d)
	}
	var split []baseline.Module
	for _, r := range change(func(*baseline.Module) {}) {
		if lastSegment(r.Path) != "gate_up_proj" {
			split = append(split, r)
			continue
		}
		for _, name := range []string{"gate_proj", "up_proj"} {
			half := r
			half.Path, half.N = strings.Replace(r.Path, "gate_up_proj", name, 1), known(*r.N/2)
			split = append(split, half)
		}
	}
	if d := Compare(config, split, a); len(d) != 0 {
		t.Errorf("split projections are no difference: %+v", d)
	}
	for _, c := range []struct {
		what, from, source string
		edit               func(r *baseline.Module)
	}{
		{"n", "512", "576", func(r *baseline.Module) {
			if lastSegment(r.Path) == "down_proj" {
				r.N = known(576)
			}
		}},
		{"k", "1024", "1152", func(r *baseline.Module) {
			if lastSegment(r.Path) == "down_proj" {
				r.K = known(1152)
			}
		}},
		{"hidden", "512", "500", func(r *baseline.Module) {
			if lastSegment(r.Path) == "input_layernorm" {
				r.Hidden = known(500)
			}
		}},
		{"heads", "2 × 8 heads, 2 kv heads, width 64, value width 64", "2 × 8 heads, 4 kv heads, width 64, value width 64", func(r *baseline.Module) {
			if r.Type == baseline.TypeAttention {
				r.NumKVHeads = known(4)
			}
		}},
		{"missing", "1 × n=64 k=512", "no such layer", func(r *baseline.Module) {
			if lastSegment(r.Path) == "gate" {
				r.Gemm = false
			}
		}},
	} {
		d := Compare(config, change(c.edit), a)
		if len(d) != 1 || d[0].What != c.what || d[0].FromConfig != c.from || d[0].FromSource != c.source {
			t.Errorf("%s: %+v", c.what, d)
			continue
		}
		if c.what != "missing" && !strings.HasPrefix(d[0].SourceLine, "python/sglang/srt/models/some.py:") {
			t.Errorf("%s: no source line: %+v", c.what, d[0])
		}
	}
}

// A norm that forward() runs in one way only needs that kernel; what is not
// known follows the usual way of a decoder layer.
func TestNormsFollowForward(t *testing.T) {
	const first, second, last = "model.layers.input_layernorm", "model.layers.post_attention_layernorm", "model.norm"
	call := func(path, function string) baseline.KernelCall {
		return baseline.KernelCall{Path: path, Function: function}
	}
	plain, fused := []string{"rmsnorm_h512"}, []string{"fused_add_rmsnorm_h512"}
	both := slices.Concat(plain, fused)
	for name, c := range map[string]struct {
		calls               []baseline.KernelCall
		first, second, last []string
	}{
		"not known":               {nil, both, fused, fused},
		"the residual by hand":    {[]baseline.KernelCall{call(first, "rmsnorm"), call(second, "gemma_rmsnorm"), call(last, "rmsnorm")}, plain, plain, plain},
		"always with a residual":  {[]baseline.KernelCall{call(first, "fused_add_rmsnorm"), call(second, "gemma_fused_add_rmsnorm")}, fused, fused, fused},
		"both":                    {[]baseline.KernelCall{call(first, "rmsnorm"), call(first, "fused_add_rmsnorm"), call(last, "fused_add_rmsnorm"), call(last, "rmsnorm")}, both, fused, fused},
		"something else entirely": {[]baseline.KernelCall{call(first, "rmsnorm_gated"), call(second, "layernorm")}, both, fused, fused},
	} {
		t.Run(name, func(t *testing.T) {
			a := moeModel("", "renorm")
			res, err := Build(FromArchitecture(a), a, Options{ID: "x", TP: 1, EP: 1, Calls: c.calls})
			if err != nil {
				t.Fatal(err)
			}
			for module, want := range map[string][]string{"input_layernorm": c.first, "post_attention_layernorm": c.second, "norm": c.last} {
				if got := moduleNamed(t, res, module).Definitions; !slices.Equal(got, want) {
					t.Errorf("%s: %v, want %v", module, got, want)
				}
			}
		})
	}
}

// TestRemarksOnKernels: where the kernel that runs is another than the
// Definition's, a remark says so, once.
func TestRemarksOnKernels(t *testing.T) {
	const dims = `"hidden_size": 1024, "num_hidden_layers": 2, "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 128, "intermediate_size": 2048, "vocab_size": 1000`
	const fp8 = `, "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]%s}`
	for _, test := range []struct {
		name, config string
		want         []string
		none         string
	}{
		{"fp8", `{"architectures": ["LlamaForCausalLM"], "model_type": "llama", ` + dims + fmt.Sprintf(fp8, "") + `}`,
			[]string{"linear layers in fp8: the gemm Definitions are float16, SGLang runs other kernels; for gemm_n1536_k1024 the dataset has none; FlashInfer 0.7.2.post1 has gemm_fp8_nt_groupwise_n1536_k1024"}, ""},
		{"all left out", `{"architectures": ["LlamaForCausalLM"], "model_type": "llama", ` + dims + fmt.Sprintf(fp8, `, "modules_to_not_convert": ["self_attn", "mlp"]`) + `}`, nil, "linear layers in"},
		{"some left out", `{"architectures": ["LlamaForCausalLM"], "model_type": "llama", ` + dims + fmt.Sprintf(fp8, `, "modules_to_not_convert": ["q_proj", "k_proj", "v_proj"]`) + `}`,
			[]string{"for gemm_n1024_k1024 the dataset"}, "gemm_n1536"},
		{"bf16", `{"architectures": ["LlamaForCausalLM"], "model_type": "llama", ` + dims + `}`, nil, "linear layers in"},
		{"sharded norm", `{"architectures": ["MiniMaxM2ForCausalLM"], "model_type": "minimax_m2", "num_local_experts": 8, "num_experts_per_tok": 2, ` + dims + `}`,
			[]string{"q_norm (RMSNormTP): SGLang norms each device's shard", "no Definition of the full width 1024"}, ""},
	} {
		a, err := extract.Read([]byte(test.config), extract.Options{RepoID: "o/n"})
		if err != nil {
			t.Fatal(err)
		}
		g, err := Build(FromArchitecture(a), a, Options{ID: "x", TP: 1, EP: 1})
		if err != nil {
			t.Fatal(err)
		}
		remarks := strings.Join(g.Unmapped, "\n")
		for _, want := range test.want {
			if strings.Count(remarks, want) != 1 {
				t.Errorf("%s: not said once: %s\n%s", test.name, want, remarks)
			}
		}
		if test.none != "" && strings.Contains(remarks, test.none) {
			t.Errorf("%s: said: %s", test.name, remarks)
		}
		for _, m := range g.Entry.Modules {
			if m.Name == "q_norm" && len(m.Definitions) > 0 {
				t.Errorf("%s: q_norm has %v", test.name, m.Definitions)
			}
		}
	}
}

// TestRopeKernels: a rotary embedding that SGLang runs in plain torch, or with a
// kernel of its own, is named by no Definition.
func TestRopeKernels(t *testing.T) {
	for kind, want := range map[string][]string{
		"": {"rope_with_cos_sin_cache_neox_style_d64_rd64"}, "llama3": {"rope_with_cos_sin_cache_neox_style_d64_rd64"}, "mrope": {}, "longrope": {},
	} {
		a := moeModel("", "renorm")
		a.Rope = &extract.Rope{RotaryDim: 64, Type: kind}
		res, err := Build(FromArchitecture(a), a, Options{ID: "m", TP: 1, EP: 1})
		if err != nil {
			t.Fatal(err)
		}
		if got := moduleNamed(t, res, "rotary_emb").Definitions; !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", kind, got, want)
		}
	}
}

// TestSharedIndexers: layers that go by another layer's choice of tokens are
// of one kind with it, and run the same attention.
func TestSharedIndexers(t *testing.T) {
	a, err := extract.Read([]byte(`{"architectures": ["GlmMoeDsaForCausalLM"], "model_type": "glm_moe_dsa", "hidden_size": 256, "num_hidden_layers": 4,
		"num_attention_heads": 4, "num_key_value_heads": 4, "q_lora_rank": 128, "kv_lora_rank": 64, "qk_nope_head_dim": 32, "qk_rope_head_dim": 16, "v_head_dim": 32,
		"index_n_heads": 4, "index_head_dim": 32, "index_topk": 64, "indexer_types": ["full", "shared", "shared", "full"],
		"intermediate_size": 512, "n_routed_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64, "first_k_dense_replace": 1, "vocab_size": 1000}`), extract.Options{RepoID: "o/n"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := Build(FromArchitecture(a), a, Options{ID: "x", TP: 1, EP: 1})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, m := range g.Entry.Modules {
		counts[m.Name] = m.Count
		if m.Name == "attn_mla" && !slices.Contains(m.Definitions, "dsa_sparse_attention_h4_ckv64_kpe16_topk64_ps1") {
			t.Errorf("%s has %v", m.Name, m.Definitions)
		}
	}
	if counts["attn_mla"] != 4 || counts["indexer"] != 2 || counts["o_proj"] != 4 {
		t.Errorf("attention ×%d, indexers ×%d, o_proj ×%d", counts["attn_mla"], counts["indexer"], counts["o_proj"])
	}
}
