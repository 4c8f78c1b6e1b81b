package phases_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/generate"
)

// TestDrafts: the config.json of a draft is that of the model beside it. Its
// entry has the draft's own layers, with the projection that joins embedding and
// hidden state, and says that they rest on the source alone.
func TestDrafts(t *testing.T) {
	const sizes = `"hidden_size": 512, "intermediate_size": 1024, "num_hidden_layers": 4, "num_attention_heads": 8, "vocab_size": 2000, "rms_norm_eps": 1e-6,
		"hidden_act": "silu", "max_position_embeddings": 4096, "rope_theta": 10000.0, "tie_word_embeddings": false, "num_nextn_predict_layers": 1`
	const experts = `, "n_routed_experts": 16, "num_experts_per_tok": 2, "n_shared_experts": 1, "moe_intermediate_size": 256, "first_k_dense_replace": 1,
		"n_group": 4, "topk_group": 2, "norm_topk_prob": true, "routed_scaling_factor": 1.0`
	for _, c := range []struct{ class, config, join string }{
		{"DeepseekV3ForCausalLMNextN", `"model_type": "deepseek_v3", "num_key_value_heads": 8, "q_lora_rank": 128, "kv_lora_rank": 64, "qk_nope_head_dim": 32,
			"qk_rope_head_dim": 16, "v_head_dim": 32, "scoring_func": "sigmoid", "topk_method": "noaux_tc", "moe_layer_freq": 1, ` + sizes + experts, "eh_proj"},
		{"Glm4MoeForCausalLMNextN", `"model_type": "glm4_moe", "num_key_value_heads": 2, "head_dim": 64, "partial_rotary_factor": 0.5, "attention_bias": true, "use_qk_norm": true, ` + sizes + experts, "eh_proj"},
		{"MiMoMTP", `"model_type": "mimo", "num_key_value_heads": 2, "head_dim": 64, ` + sizes, "input_proj"},
	} {
		path := filepath.Join(t.TempDir(), "config.json")
		if err := os.WriteFile(path, []byte(`{"architectures": ["`+c.class+`"], `+c.config+`}`), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := phases.Prepare(t.Context(), closedEnv(t), phases.Request{ModelName: "draft", HFRepoID: "o/draft", Config: path, Offline: true, TP: 1, EP: 1})
		if err != nil {
			t.Errorf("%s: %v", c.class, err)
			continue
		}
		if err := phases.Place(r, nil); err != nil || r.HasErrors() {
			t.Errorf("%s: %v %+v", c.class, err, r.Problems)
		}
		joined := false
		for _, m := range r.Model.Modules {
			joined = joined || m.Name == c.join && slices.Contains(m.Definitions, "gemm_n512_k1024")
			if m.Name == "o_proj" && m.Count != 1 {
				t.Errorf("%s: %d layers", c.class, m.Count)
			}
		}
		if !joined {
			t.Errorf("%s: no %s", c.class, c.join)
		}
		if r.Confidence.Level != generate.OneWitness || r.Generated.Follows != generate.WitnessSource {
			t.Errorf("%s: %s by the %s", c.class, r.Confidence.Level, r.Generated.Follows)
		}
	}
}
