package extract

import (
	"fmt"
	"strings"
	"testing"
)

// base is a small decoder; cases add to it.
const base = `"vocab_size": 1000, "hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 16, "rms_norm_eps": 1e-6, "hidden_act": "silu"`

func readText(t *testing.T, text string) *Architecture {
	t.Helper()
	a, err := Read([]byte(text), Options{RepoID: "a/b"})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	consistent(t, text, a)
	return a
}

// runsOf writes the schedule as "first-last attention mlp, …".
func runsOf(a *Architecture) string {
	var list []string
	for _, r := range a.LayerSchedule {
		list = append(list, fmt.Sprintf("%d-%d %s %s", r.First, r.First+r.Count-1, r.Attention, r.MLP))
	}
	return strings.Join(list, ", ")
}

func TestSchedules(t *testing.T) {
	moe := base + `, "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32`
	mla := `"kv_lora_rank": 32, "q_lora_rank": 48, "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16`
	gdn := `"linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 16, "linear_value_head_dim": 16, "linear_conv_kernel_dim": 4`
	mamba := `"mamba_n_heads": 8, "mamba_d_head": 16, "mamba_d_state": 16, "mamba_n_groups": 1, "mamba_d_conv": 4, "mamba_expand": 2`
	for _, c := range []struct{ name, config, want string }{
		{"dense", `"model_type": "llama", "num_hidden_layers": 4, ` + base, "0-3 gqa dense"},
		{"one key-value head", `"model_type": "llama", "num_hidden_layers": 2, ` + strings.Replace(base, `"num_key_value_heads": 2`, `"num_key_value_heads": 1`, 1), "0-1 mqa dense"},
		{"null key-value heads", `"model_type": "mistral", "num_hidden_layers": 2, "sliding_window": null, ` + strings.Replace(base, `"num_key_value_heads": 2`, `"num_key_value_heads": null`, 1), "0-1 mha dense"},
		{"first_k_dense_replace", `"model_type": "deepseek_v3", "num_hidden_layers": 5, "first_k_dense_replace": 2, ` + mla + ", " + moe, "0-1 mla dense, 2-4 mla moe"},
		{"moe_layer_freq number", `"model_type": "deepseek_v2", "num_hidden_layers": 6, "first_k_dense_replace": 1, "moe_layer_freq": 2, ` + mla + ", " + moe, "0-1 mla dense, 2-2 mla moe, 3-3 mla dense, 4-4 mla moe, 5-5 mla dense"},
		{"moe_layer_freq list", `"model_type": "somebodys_moe", "num_hidden_layers": 4, "moe_layer_freq": [0, 1, 0, 1], ` + moe, "0-0 gqa dense, 1-1 gqa moe, 2-2 gqa dense, 3-3 gqa moe"},
		{"decoder_sparse_step and mlp_only_layers", `"model_type": "qwen3_moe", "num_hidden_layers": 6, "decoder_sparse_step": 2, "mlp_only_layers": [3], ` + moe, "0-0 gqa dense, 1-1 gqa moe, 2-4 gqa dense, 5-5 gqa moe"},
		{"interleave_moe_layer_step", `"model_type": "llama4_text", "num_hidden_layers": 4, "interleave_moe_layer_step": 2, "intermediate_size_mlp": 256, "no_rope_layers": [1,1,1,1], "layer_types": ["full_attention","full_attention","full_attention","full_attention"], ` + moe, "0-0 gqa dense, 1-1 gqa moe, 2-2 gqa dense, 3-3 gqa moe"},
		{"moe_layers", `"model_type": "somebodys_moe", "num_hidden_layers": 4, "moe_layers": [2, 3], ` + moe, "0-1 gqa dense, 2-3 gqa moe"},
		{"moe_layers_enum", `"model_type": "step3p5", "num_hidden_layers": 4, "moe_layers_enum": "1,3", ` + moe, "0-0 gqa dense, 1-1 gqa moe, 2-2 gqa dense, 3-3 gqa moe"},
		{"mlp_layer_types", `"model_type": "somebodys_moe", "num_hidden_layers": 3, "mlp_layer_types": ["dense","sparse","sparse"], ` + moe, "0-0 gqa dense, 1-2 gqa moe"},
		{"ernie's range", `"model_type": "ernie4_5_moe", "num_hidden_layers": 5, "moe_layer_start_index": 1, "moe_layer_end_index": 3, "moe_layer_interval": 1, ` + moe, "0-0 gqa dense, 1-3 gqa moe, 4-4 gqa dense"},
		{"sliding_window_pattern", `"model_type": "gemma3_text", "num_hidden_layers": 7, "sliding_window": 32, "sliding_window_pattern": 3, ` + base, "0-1 gqa_sliding dense, 2-2 gqa_full dense, 3-4 gqa_sliding dense, 5-5 gqa_full dense, 6-6 gqa_sliding dense"},
		{"letters", `"model_type": "exaone4", "num_hidden_layers": 4, "sliding_window": 32, "sliding_window_pattern": "LLLG", ` + base, "0-2 gqa_sliding dense, 3-3 gqa_full dense"},
		{"the class's cycle", `"model_type": "gemma2", "num_hidden_layers": 4, "sliding_window": 32, ` + base, "0-0 gqa_sliding dense, 1-1 gqa_full dense, 2-2 gqa_sliding dense, 3-3 gqa_full dense"},
		{"max_window_layers", `"model_type": "qwen2", "num_hidden_layers": 4, "use_sliding_window": true, "sliding_window": 32, "max_window_layers": 3, ` + base, "0-2 gqa_full dense, 3-3 gqa_sliding dense"},
		{"use_sliding_window false", `"model_type": "qwen2", "num_hidden_layers": 4, "use_sliding_window": false, "sliding_window": 32, "max_window_layers": 3, ` + base, "0-3 gqa dense"},
		{"layer_types", `"model_type": "cohere2", "num_hidden_layers": 3, "sliding_window": 32, "layer_types": ["sliding_attention","full_attention","sliding_attention"], ` + base, "0-0 gqa_sliding dense, 1-1 gqa_full dense, 2-2 gqa_sliding dense"},
		{"no_rope_layers", `"model_type": "smollm3", "num_hidden_layers": 4, "no_rope_layers": [1,1,0,1], ` + base, "0-1 gqa_rope dense, 2-2 gqa_nope dense, 3-3 gqa_rope dense"},
		{"full_attention_interval", `"model_type": "qwen3_next", "num_hidden_layers": 8, "full_attention_interval": 4, ` + gdn + ", " + moe, "0-2 gdn moe, 3-3 gqa moe, 4-6 gdn moe, 7-7 gqa moe"},
		{"attn_type_list", `"model_type": "minimax_m1", "num_hidden_layers": 4, "attn_type_list": [0,0,0,1], "num_local_experts": 4, ` + base, "0-2 lightning moe, 3-3 gqa moe"},
		{"layer_group_size", `"architectures": ["BailingMoeV2_5ForCausalLM"], "model_type": "bailing_hybrid", "num_hidden_layers": 4, "layer_group_size": 2, "first_k_dense_replace": 1, ` + mla + ", " + moe, "0-0 lightning dense, 1-1 mla moe, 2-2 lightning moe, 3-3 mla moe"},
		{"hybrid_layer_pattern", `"model_type": "mimo_v2_flash", "num_hidden_layers": 3, "hybrid_layer_pattern": [0,1,1], "moe_layer_freq": [0,1,1], "sliding_window": 32, "swa_num_key_value_heads": 4, ` + moe, "0-0 gqa_full dense, 1-2 gqa_sliding moe"},
		{"hybrid_override_pattern", `"model_type": "nemotron_h", "num_hidden_layers": 6, "hybrid_override_pattern": "M-M*-E", "n_routed_experts": 4, ` + strings.Replace(mamba, "mamba_n_groups", "n_groups", 1) + ", " + moe, "0-0 mamba2 none, 1-1 none dense, 2-2 mamba2 none, 3-3 gqa none, 4-4 none dense, 5-5 none moe"},
		{"linear_attn_config", `"model_type": "kimi_linear", "num_hidden_layers": 4, "first_k_dense_replace": 1, "linear_attn_config": {"full_attn_layers": [4], "kda_layers": [1,2,3], "head_dim": 16, "num_heads": 4, "short_conv_kernel_size": 4}, ` + mla + ", " + moe, "0-0 kda dense, 1-2 kda moe, 3-3 mla moe"},
		{"full_attn_idxs", `"model_type": "lfm2", "num_hidden_layers": 4, "full_attn_idxs": [2], ` + base, "0-1 short_conv dense, 2-2 gqa dense, 3-3 short_conv dense"},
		{"attn_layer_period", `"model_type": "jamba", "num_hidden_layers": 4, "attn_layer_period": 4, "attn_layer_offset": 2, "expert_layer_period": 2, "expert_layer_offset": 1, "mamba_expand": 2, ` + moe, "0-0 mamba1 dense, 1-1 mamba1 moe, 2-2 gqa dense, 3-3 mamba1 moe"},
		{"attn_layer_indices", `"model_type": "bamba", "num_hidden_layers": 3, "attn_layer_indices": [1], ` + mamba + ", " + base, "0-0 mamba2 dense, 1-1 gqa dense, 2-2 mamba2 dense"},
		{"falcon_h1", `"model_type": "falcon_h1", "num_hidden_layers": 2, "attn_layer_indices": null, "mamba_d_ssm": 128, ` + mamba + ", " + base, "0-1 attention_mamba2 dense"},
		{"dsa", `"model_type": "deepseek_v32", "num_hidden_layers": 2, "first_k_dense_replace": 1, "index_n_heads": 4, "index_head_dim": 16, "index_topk": 64, ` + mla + ", " + moe, "0-0 dsa dense, 1-1 dsa moe"},
		{"compress_ratios", `"model_type": "deepseek_v4", "num_hidden_layers": 4, "compress_ratios": [0,4,128,4,0], "q_lora_rank": 32, "o_lora_rank": 16, "o_groups": 2, "qk_rope_head_dim": 8, "index_n_heads": 4, "index_head_dim": 16, "index_topk": 64, "sliding_window": 128, "n_routed_experts": 8, ` + base, "0-0 swa moe, 1-1 csa moe, 2-2 hca moe, 3-3 csa moe"},
		{"rwkv", `"model_type": "rwkv", "num_hidden_layers": 2, "hidden_size": 64, "vocab_size": 100`, "0-1 rwkv dense"},
		{"heads per layer", `"model_type": "laguna", "num_hidden_layers": 3, "num_attention_heads_per_layer": [8,4,8], "num_experts": 1, ` + base, "0-0 gqa_h8_kv2 dense, 1-1 gqa_h4_kv2 dense, 2-2 gqa_h8_kv2 dense"},
		{"block_configs", `"model_type": "nemotron-nas", "num_hidden_layers": 3, ` + base + `, "block_configs": [
			{"attention": {"n_heads_in_group": 4, "no_op": false}, "ffn": {"ffn_mult": 6.0, "no_op": false}},
			{"attention": {"n_heads_in_group": null, "no_op": true}, "ffn": {"ffn_mult": 3.0, "no_op": false}},
			{"attention": {"n_heads_in_group": 4, "no_op": false}, "ffn": {"ffn_mult": null, "no_op": true}}]`, "0-0 gqa dense, 1-1 none dense, 2-2 gqa none"},
		{"original mamba", `"d_model": 64, "n_layer": 3, "vocab_size": 50277, "ssm_cfg": {"layer": "Mamba2"}, "attn_layer_idx": [1], "attn_cfg": {"num_heads": 4, "head_dim": 16, "rotary_emb_dim": 8}, "rms_norm": true, "pad_vocab_size_multiple": 16`, "0-0 mamba2 none, 1-1 mha none, 2-2 mamba2 none"},
		{"recurrent_gemma", `"model_type": "recurrent_gemma", "num_hidden_layers": 3, "block_types": ["recurrent","recurrent","attention"], "attention_window_size": 32, ` + base, "0-1 rglru dense, 2-2 gqa dense"},
		{"cross attention", `"model_type": "mllama", "architectures": ["MllamaForConditionalGeneration"], "text_config": {"model_type": "mllama_text_model", "num_hidden_layers": 3, "cross_attention_layers": [1], ` + base + `}`, "0-0 gqa dense, 1-1 cross dense, 2-2 gqa dense"},
		{"only the pattern says how many", `"model_type": "nemotron_h", "hybrid_override_pattern": "M*-", ` + base + ", " + strings.Replace(mamba, "mamba_n_groups", "n_groups", 1), "0-0 mamba2 none, 1-1 gqa none, 2-2 none dense"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := runsOf(readText(t, "{"+c.config+"}")); got != c.want {
				t.Errorf("schedule is\n %s\nwant\n %s", got, c.want)
			}
		})
	}
}

func TestDimensionsOfPlainAttention(t *testing.T) {
	a := readText(t, `{"model_type": "qwen3", "num_hidden_layers": 2, `+base+`}`)
	k := a.AttentionKinds[0]
	var got []string
	for _, d := range append(append([]Dimension{}, k.Dimensions...), k.Norms...) {
		got = append(got, fmt.Sprintf("%s %s %dx%d = %s %v", d.Name, d.Type, d.N, d.K, d.Formula, d.Fields))
	}
	want := []string{
		"qkv_proj linear 192x64 = (num_attention_heads + 2*num_key_value_heads)*head_dim [head_dim num_attention_heads num_key_value_heads]",
		"o_proj linear 64x128 = num_attention_heads*head_dim [head_dim num_attention_heads]",
		"q_norm norm 16x0 = head_dim [head_dim]",
		"k_norm norm 16x0 = head_dim [head_dim]",
		"input_layernorm norm 64x0 = hidden_size [hidden_size]",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("dimensions are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFieldsAreSpelledAsInTheFile(t *testing.T) {
	a := readText(t, `{"model_type": "gpt2", "n_embd": 64, "n_layer": 2, "n_head": 4, "vocab_size": 100}`)
	for _, d := range a.MLPKinds[0].Dimensions {
		if d.Name == "c_fc" && (d.N != 256 || d.K != 64) {
			t.Errorf("c_fc is %dx%d", d.N, d.K)
		}
	}
	found := false
	for _, f := range a.AttentionKinds[0].Dimensions[0].Fields {
		found = found || f == "n_head"
	}
	if !found || a.Rope != nil || a.Normalization.Type != "layernorm" || !a.TieWordEmbeddings {
		t.Errorf("%+v", a.AttentionKinds[0].Dimensions[0])
	}
}

func TestHeadDimIsNeverHiddenOverHeadsWhenStated(t *testing.T) {
	stated := readText(t, `{"model_type": "llama", "num_hidden_layers": 1, `+base+`}`)
	if stated.Attention.HeadDim != 16 {
		t.Errorf("head_dim = %d", stated.Attention.HeadDim)
	}
	silent := readText(t, `{"model_type": "llama", "num_hidden_layers": 1, `+strings.Replace(base, `, "head_dim": 16`, "", 1)+`}`)
	if silent.Attention.HeadDim != 8 {
		t.Errorf("head_dim = %d", silent.Attention.HeadDim)
	}
	reported := false
	for _, n := range silent.Defaults {
		reported = reported || n.Field == "head_dim"
	}
	if !reported {
		t.Errorf("the default head_dim is not reported: %+v", silent.Defaults)
	}
}

func TestRotaryDimension(t *testing.T) {
	for config, want := range map[string]int{
		`"model_type": "llama"`:                               16,
		`"model_type": "llama", "partial_rotary_factor": 0.5`: 8,
		`"model_type": "llama", "rope_parameters": {"rope_theta": 1e6, "partial_rotary_factor": 0.25}`: 4,
		`"model_type": "gpt_neox"`: 4,
		`"model_type": "minimax_m2", "rotary_dim": 8, "num_local_experts": 8`:                                                  8,
		`"model_type": "gemma3_text", "rope_parameters": {"full_attention": {"rope_theta": 5}, "sliding_attention": {"x": 1}}`: 16,
		`"model_type": "gpt2"`: 0,
		`"model_type": "granitemoehybrid", "position_embedding_type": "nope", "layer_types": ["attention"], "num_local_experts": 0`: 0,
	} {
		a := readText(t, `{"num_hidden_layers": 1, `+config+", "+base+`}`)
		got := 0
		if a.Rope != nil {
			got = a.Rope.RotaryDim
		}
		if got != want {
			t.Errorf("%s: rotary dimension %d, want %d", config, got, want)
		}
	}
}

// Fields that have a value for every layer.
func TestFieldsByLayer(t *testing.T) {
	a, err := Read([]byte(`{"model_type": "exaone_moe", "architectures": ["ExaoneMoEForCausalLM"], "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
		"head_dim": 16, "intermediate_size": 128, "vocab_size": 10, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "is_moe_layer": [false, true, false, true]}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var mlps []string
	for _, run := range a.LayerSchedule {
		for range run.Count {
			mlps = append(mlps, run.MLP)
		}
	}
	if strings.Join(mlps, " ") != "dense moe dense moe" {
		t.Errorf("is_moe_layer gives %v", mlps)
	}
	a, err = Read([]byte(`{"model_type": "step3p5", "architectures": ["Step3p5ForCausalLM"], "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_attention_groups": 2,
		"head_dim": 16, "intermediate_size": 128, "vocab_size": 10, "layer_types": ["full_attention", "sliding_attention"], "sliding_window": 8, "partial_rotary_factors": [0.5, 1.0]}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if full, sliding := a.AttentionKinds[0].RotaryDim, a.AttentionKinds[1].RotaryDim; full != 8 || sliding != 16 {
		t.Errorf("partial_rotary_factors give %d and %d", full, sliding)
	}
}

// TestListsLongerThanTheLayersAreTold: no value of a list is dropped unsaid,
// but those of the next-token-prediction layers.
func TestListsLongerThanTheLayersAreTold(t *testing.T) {
	for config, warnings := range map[string]int{
		`{"model_type": "qwen3_next", "num_hidden_layers": 1, "layer_types": ["full_attention","full_attention"], ` + base + `}`:                                       1,
		`{"model_type": "gemma2", "sliding_window": 8, "num_hidden_layers": 1, "layer_types": ["full_attention","sliding_attention"], ` + base + `}`:                   1,
		`{"model_type": "gemma2", "sliding_window": 8, "num_hidden_layers": 2, "layer_types": ["full_attention","sliding_attention"], ` + base + `}`:                   0,
		`{"model_type": "gemma2", "num_hidden_layers": 1, "num_nextn_predict_layers": 1, "layer_types": ["full_attention","sliding_attention"], ` + base + `}`:         0,
		`{"model_type": "nemotron_h", "num_hidden_layers": 2, "hybrid_override_pattern": "*-*-", "layer_norm_epsilon": 1e-5, "mlp_hidden_act": "relu2", ` + base + `}`: 1,
	} {
		a := readText(t, config)
		n := 0
		for _, w := range a.Warnings {
			if strings.Contains(w, "count") {
				n++
			}
		}
		if n != warnings {
			t.Errorf("%s: %q, should hold %d", config, a.Warnings, warnings)
		}
	}
}
