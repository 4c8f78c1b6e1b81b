package extract

import (
	"strconv"
	"strings"
	"testing"
)

// Every kind has its linear layers and its widths, each with a formula and
// the fields that the formula names.
func TestDimensionsByKind(t *testing.T) {
	for _, c := range []struct {
		config, kind string
		want         []string // name n k formula fields
	}{
		{
			`{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 2, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 10}`, "gqa",
			[]string{
				"q_size 4096 0 num_attention_heads*head_dim head_dim,num_attention_heads",
				"kv_size 1024 0 num_key_value_heads*head_dim head_dim,num_key_value_heads",
				"rotary_dim 128 0 head_dim head_dim",
				"qkv_proj 6144 4096 (num_attention_heads + 2*num_key_value_heads)*head_dim head_dim,num_attention_heads,num_key_value_heads",
			},
		},
		{
			`{"model_type": "glm4", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "partial_rotary_factor": 0.5, "intermediate_size": 128, "vocab_size": 10}`, "gqa",
			[]string{"rotary_dim 8 0 head_dim*partial_rotary_factor head_dim,partial_rotary_factor"},
		},
		{
			`{"model_type": "deepseek_v3", "hidden_size": 7168, "num_hidden_layers": 2, "num_attention_heads": 64, "num_key_value_heads": 64, "q_lora_rank": 1536, "kv_lora_rank": 512,
			  "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "intermediate_size": 18432, "vocab_size": 10, "n_routed_experts": 0}`, "mla",
			[]string{
				"q_size 12288 0 num_attention_heads*(qk_nope_head_dim + qk_rope_head_dim) num_attention_heads,qk_nope_head_dim,qk_rope_head_dim",
				"kv_size 576 0 kv_lora_rank + qk_rope_head_dim kv_lora_rank,qk_rope_head_dim",
				"rotary_dim 64 0 qk_rope_head_dim qk_rope_head_dim",
			},
		},
		{
			`{"model_type": "gptj", "architectures": ["GPTJForCausalLM"], "n_embd": 64, "n_layer": 2, "n_head": 4, "rotary_dim": 8, "vocab_size": 10}`, "mha",
			[]string{"rotary_dim 8 0 rotary_dim rotary_dim", "q_size 64 0 num_attention_heads*(hidden_size/num_attention_heads) n_embd,n_head"},
		},
		{
			`{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 2, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 10}`, "dense",
			[]string{"gate_up_proj 28672 4096 2*intermediate_size intermediate_size", "down_proj 4096 14336 intermediate_size intermediate_size"},
		},
	} {
		a, err := Read([]byte(c.config), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.config, err)
			continue
		}
		var have []string
		for _, d := range a.Dimensions[c.kind] {
			have = append(have, strings.Join([]string{d.Name, strconv.Itoa(d.N), strconv.Itoa(d.K), d.Formula, strings.Join(d.Fields, ",")}, " "))
		}
		for _, want := range c.want {
			if !strings.Contains("\n"+strings.Join(have, "\n")+"\n", "\n"+want+"\n") {
				t.Errorf("%s of %s lacks\n  %s\nhas\n  %s", c.kind, c.config, want, strings.Join(have, "\n  "))
			}
		}
	}
}

// Nemotron-NAS puts one linear layer in the place of an attention or an MLP.
func TestBlocksReplacedByALinearLayer(t *testing.T) {
	a, err := Read([]byte(`{"model_type": "nemotron-nas", "architectures": ["DeciLMForCausalLM"], "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
		"num_key_value_heads": null, "intermediate_size": null, "vocab_size": 10, "block_configs": [
		{"attention": {"n_heads_in_group": 2, "no_op": false, "replace_with_linear": false}, "ffn": {"ffn_mult": 2.5, "no_op": false, "replace_with_linear": false}},
		{"attention": {"n_heads_in_group": null, "no_op": false, "replace_with_linear": true}, "ffn": {"ffn_mult": null, "no_op": false, "replace_with_linear": true}}]}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if last := a.LayerSchedule[1]; last.Attention != "linear" || last.MLP != "linear" {
		t.Errorf("the schedule's last run is %+v", last)
	}
	names := ""
	for _, d := range a.Dimensions["linear"] {
		names += d.Name + " " + strconv.Itoa(d.N) + " " + strconv.Itoa(d.K) + ","
	}
	if names != "linear_attn 64 64,linear_mlp 64 64," {
		t.Errorf("the linear layers are %s", names)
	}
	if a.Attention.Type != "gqa" || a.MLP.Type != "dense" {
		t.Errorf("summaries: %+v %+v", a.Attention, a.MLP)
	}
}
