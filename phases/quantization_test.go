package phases_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/report"
)

// moeConfig is a small Qwen3 MoE, quantised so.
const moeConfig = `{"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_size": 256, "num_hidden_layers": 4,
  "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 64, "intermediate_size": 1024, "vocab_size": 1000, "rms_norm_eps": 1e-06,
  "num_experts": 16, "num_experts_per_tok": 4, "moe_intermediate_size": 64, "norm_topk_prob": true, "decoder_sparse_step": 1,
  "mlp_only_layers": []%s}`

// TestQuantizations: each kind is read, shown in the summary, and names the
// experts' kernel where it decides one; where not, the summary says so.
func TestQuantizations(t *testing.T) {
	env := closedEnv(t)
	block := []string{"moe_fp8_block_scale_renorm_topk4_e16_h256_i64"}
	tensor := []string{"trtllm_fp8_per_tensor_scale_moe_topk4_e16_h256_i64"}
	fp4 := []string{"trtllm_fp4_block_scale_moe_topk4_e16_h256_i64", "trtllm_fp4_block_scale_routed_moe_topk4_e16_h256_i64"}
	for _, test := range []struct {
		name, config, flag string
		want               []string
		shown, unmapped    string
	}{
		{"none", ``, "", nil, "", "unquantised (bf16)"},
		{"fp8 blocks", `{"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [128, 128]}`, "",
			block, "fp8 e4m3, 8 bits, blocks of 128×128; MoE kernels: fp8_block_scale", ""},
		{"fp8 tensors", `{"quant_method": "fp8", "activation_scheme": "static"}`, "", tensor, "fp8, 8 bits; MoE kernels: fp8_per_tensor", ""},
		{"fp8 blocks of another size", `{"quant_method": "fp8", "weight_block_size": [1, 32]}`, "", nil, "fp8, 8 bits, blocks of 1×32; it decides no MoE kernel", "fp8 MoE"},
		{"modelopt nvfp4", `{"quant_method": "modelopt", "quant_algo": "NVFP4", "group_size": 16}`, "", fp4, "nvfp4 NVFP4, 4 bits; MoE kernels: nvfp4", ""},
		{"modelopt fp8", `{"quant_method": "modelopt", "quant_algo": "FP8"}`, "", tensor, "fp8 FP8, 8 bits; MoE kernels: fp8_per_tensor", ""},
		{"mxfp4", `{"quant_method": "mxfp4"}`, "", nil, "mxfp4, 4 bits; it decides no MoE kernel", "mxfp4 MoE"},
		{"gptq", `{"quant_method": "gptq", "bits": 4, "group_size": 128}`, "", nil, "gptq, 4 bits; it decides no MoE kernel", "gptq MoE"},
		{"awq", `{"quant_method": "awq", "bits": 4, "version": "gemm"}`, "", nil, "awq, 4 bits; it decides no MoE kernel", "awq MoE"},
		{"compressed fp8 blocks", `{"quant_method": "compressed-tensors", "format": "float-quantized", "config_groups": {"group_0": {"targets": ["Linear"],
			"weights": {"num_bits": 8, "type": "float", "strategy": "block", "block_structure": [128, 128]}}}}`, "",
			block, "compressed-tensors float-quantized, 8 bits, blocks of 128×128; MoE kernels: fp8_block_scale", ""},
		{"compressed nvfp4", `{"quant_method": "compressed-tensors", "format": "nvfp4-pack-quantized", "config_groups": {"group_0": {"targets": ["Linear"],
			"weights": {"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 16}}}}`, "",
			fp4, "compressed-tensors nvfp4-pack-quantized, 4 bits; MoE kernels: nvfp4", ""},
		{"compressed int4", `{"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {"group_0": {"targets": ["Linear"],
			"weights": {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 32}}}}`, "",
			nil, "compressed-tensors pack-quantized, 4 bits; it decides no MoE kernel", "compressed-tensors pack-quantized MoE"},
		{"fp8 served as nvfp4", `{"quant_method": "fp8", "weight_block_size": [128, 128]}`, "nvfp4", fp4, "fp8, 8 bits, blocks of 128×128; MoE kernels: fp8_block_scale", ""},
		{"bf16 served as fp8", ``, "fp8", block, "", ""},
	} {
		for _, skip := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/skip=%t", test.name, skip), func(t *testing.T) {
				quantization := ""
				if test.config != "" {
					quantization = `, "quantization_config": ` + test.config
				}
				file := filepath.Join(t.TempDir(), "config.json")
				if err := os.WriteFile(file, fmt.Appendf(nil, moeConfig, quantization), 0o600); err != nil {
					t.Fatal(err)
				}
				r, err := phases.Prepare(t.Context(), env, phases.Request{ModelName: "m", Config: file, Offline: true, SkipSGLang: skip, TP: 1, EP: 1, Quantization: test.flag})
				if err != nil {
					t.Fatal(err)
				}
				summary := report.Summary(r.Report())
				for _, m := range r.Model.Modules {
					if m.Name == "experts" && !slices.Equal(m.Definitions, test.want) {
						t.Errorf("experts: %v, want %v", m.Definitions, test.want)
					}
				}
				if shows := strings.Contains(summary, "**Quantization**: "+test.shown); shows != (test.shown != "") {
					t.Errorf("the summary does not show %q:\n%s", test.shown, summary)
				}
				if test.unmapped != "" && !strings.Contains(summary, test.unmapped) {
					t.Errorf("the summary does not say %q:\n%s", test.unmapped, summary)
				}
			})
		}
	}
}

// TestMissingOpTypes: a layer without a Definition family has an empty list,
// and the summary names the op type that is missing.
func TestMissingOpTypes(t *testing.T) {
	env := closedEnv(t)
	dir := filepath.Dir(testModels(t)[0])
	for config, opType := range map[string]string{
		"lightning-moe": "lightning_attn", "rwkv": "rwkv", "short-conv": "short_conv", "mamba2": "mamba_ssd_prefill", "mamba1": "mamba1", "kda-mla": "kda",
	} {
		for _, skip := range []bool{false, true} {
			r := prepared(t, env, filepath.Join(dir, config+".json"), skip)
			_, section, found := strings.Cut(report.Summary(r.Report()), "## Layers Without a Definition")
			if !found || !strings.Contains(section, "op type "+opType+" is missing") {
				t.Errorf("%s (skip=%t) does not name %s:\n%s", config, skip, opType, section)
			}
		}
	}
}
