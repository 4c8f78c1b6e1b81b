package extract

import (
	"strings"
	"testing"
)

// TestExpertQuantization reads configs that quantise module by module: the
// routed experts' own method names their kernel.
func TestExpertQuantization(t *testing.T) {
	const ct = `"quant_method": "compressed-tensors", "format": "float-quantized", "config_groups": {"group_0": {"weights":
		{"num_bits": 8, "type": "float", "strategy": "block", "block_structure": [128, 128]}, "targets": [TARGET]}}, "ignore": [IGNORE]`
	group := func(target, ignore string) string {
		return strings.NewReplacer("TARGET", target, "IGNORE", ignore).Replace(ct)
	}
	const fp8 = `"quant_method": "fp8", "weight_block_size": [128, 128], `
	const mixed = `"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "quantized_layers": `
	for _, c := range []struct{ name, config, kernel, experts string }{
		{"nothing left out", group(`"Linear"`, `"lm_head"`), "fp8_block_scale", ""},
		{"the router left out", group(`"Linear"`, `"re:.*mlp.gate$"`), "fp8_block_scale", ""},
		{"shared experts left out", group(`"Linear"`, `"re:.*shared_expert.*"`), "fp8_block_scale", ""},
		{"experts left out by an expression", group(`"Linear"`, `"re:.*mlp\\.experts.*"`), "", ExpertsUnquantised},
		{"experts left out by name, in one layer of two", group(`"Linear"`, `"model.layers.0.mlp.experts"`), "fp8_block_scale", ""},
		{"experts left out by name, in all", group(`"Linear"`, `"model.layers.0.mlp.experts", "model.layers.1.mlp.experts"`), "", ExpertsUnquantised},
		{"one projection left out", group(`"Linear"`, `"re:.*experts.*down_proj"`), "fp8_block_scale", ""},
		{"a group for attention alone", group(`"re:.*self_attn.*"`, ``), "", ExpertsUnquantised},
		{"a group for the experts", group(`"re:.*mlp.experts.*"`, ``), "fp8_block_scale", ""},
		{"fp8 without experts", fp8 + `"modules_to_not_convert": ["mlp.experts"]`, "", ExpertsUnquantised},
		{"fp8 without the router called gate", fp8 + `"modules_to_not_convert": ["gate", "lm_head"]`, "fp8_block_scale", ""},
		{"file patterns", `"quant_method": "modelopt", "quant_algo": "NVFP4", "exclude_modules": ["model.layers.*.mlp.experts*"]`, "", ExpertsUnquantised},
		{"file patterns of attention", `"quant_method": "modelopt", "quant_algo": "NVFP4", "exclude_modules": ["model.layers.*.self_attn*"]`, "nvfp4", ""},
		{"mixed precision", mixed + `{"model.layers.0.self_attn.q_proj": {"quant_algo": "FP8"}, "model.layers.0.mlp.experts.0.up_proj": {"quant_algo": "NVFP4"}}`, "nvfp4", "NVFP4"},
		{"mixed precision without experts", mixed + `{"model.layers.0.self_attn.q_proj": {"quant_algo": "FP8"}, "model.layers.0.mlp.shared_experts.up_proj": {"quant_algo": "FP8"}}`, "", ExpertsUnquantised},
		{"mixed experts", mixed + `{"model.layers.0.mlp.experts.0.up_proj": {"quant_algo": "FP8"}, "model.layers.1.mlp.experts.0.up_proj": {"quant_algo": "NVFP4"}}`, "", "FP8 and NVFP4"},
		{"mixed precision in ModelOpt's own file", `"quant_method": "modelopt", "quantization": {"quant_algo": "MIXED_PRECISION", "quantized_layers": {"model.layers.0.mlp.experts.0.up_proj": {"quant_algo": "NVFP4"}}}`, "nvfp4", "NVFP4"},
	} {
		a := readText(t, `{"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_size": 256, "num_hidden_layers": 2,
			"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64, "vocab_size": 1000, "intermediate_size": 512,
			"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64, "decoder_sparse_step": 1, "norm_topk_prob": true,
			"quantization_config": {`+c.config+`}}`)
		if q := a.Quantization; q.Kernel != c.kernel || q.Experts != c.experts {
			t.Errorf("%s: kernel %q, experts %q; want %q, %q", c.name, q.Kernel, q.Experts, c.kernel, c.experts)
		}
	}
	a := readText(t, `{"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_size": 256, "num_hidden_layers": 2,
		"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64, "vocab_size": 1000, "intermediate_size": 512,
		"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64,
		"quantization_config": {`+group(`"Linear"`, `"re:(?!lm_head).*"`)+`}}`)
	if !strings.Contains(strings.Join(a.Warnings, "\n"), "cannot be read") {
		t.Errorf("a pattern that Go cannot read is not told: %q", a.Warnings)
	}
}
