package dataset

import (
	"fmt"

	"github.com/fib-ls/fib-ls/phases/definition"
)

// scaleBlock is how many weights share a scale, in each direction.
const scaleBlock = 128

func moeConstraints() []string {
	return []string{"gemm1_weights.shape[1] == 2 * intermediate_size", "gemm2_weights.shape[1] == hidden_size", "gemm2_weights.shape[2] == intermediate_size"}
}

func moeFP8Renorm(n definition.Name) *Definition {
	d := &Definition{
		Description: fmt.Sprintf("Routed experts in FP8 with block scales: %d experts of inner width %d over a width of %d, %d chosen for a token by a softmax over their logits.",
			value(n, "e"), value(n, "i"), value(n, "h"), value(n, "topk")),
		Tags: []string{"quantization:float8_e4m3fn", "fi_api:flashinfer.fused_moe.trtllm_fp8_block_scale_moe"},
		Axes: axes("seq_len", "num_local_experts", "hidden_size", "intermediate_size", "gemm1_out_size", "top_k",
			"num_hidden_blocks", "num_intermediate_blocks", "num_gemm1_out_blocks"),
		Inputs: []Tensor{
			tensor("routing_logits", bf16, "seq_len", "num_local_experts"),
			tensor("hidden_states", fp8, "seq_len", "hidden_size"), tensor("hidden_states_scale", float, "num_hidden_blocks", "seq_len"),
			tensor("gemm1_weights", fp8, "num_local_experts", "gemm1_out_size", "hidden_size"),
			tensor("gemm1_weights_scale", float, "num_local_experts", "num_gemm1_out_blocks", "num_hidden_blocks"),
			tensor("gemm2_weights", fp8, "num_local_experts", "hidden_size", "intermediate_size"),
			tensor("gemm2_weights_scale", float, "num_local_experts", "num_hidden_blocks", "num_intermediate_blocks"),
		},
		Outputs:     []Tensor{tensor("output", bf16, "seq_len", "hidden_size")},
		Constraints: moeConstraints(),
		Reference:   "moe_fp8_block_scale_renorm",
	}
	d.constant("gemm1_out_size", 2*value(n, "i"))
	d.constant("num_hidden_blocks", blocks(value(n, "h")))
	d.constant("num_intermediate_blocks", blocks(value(n, "i")))
	d.constant("num_gemm1_out_blocks", blocks(2*value(n, "i")))
	return d
}

func blocks(size int64) int64 { return (size + scaleBlock - 1) / scaleBlock }

func moeFP4Routed(n definition.Name) *Definition {
	d := &Definition{
		Description: fmt.Sprintf("Routed experts whose routing was computed before: %d experts of inner width %d over a width of %d, %d for a token. The reference takes the weights as they are before FP4.",
			value(n, "e"), value(n, "i"), value(n, "h"), value(n, "topk")),
		Tags: []string{"quantization:float4_e2m1fn_mxfp4", "fi_api:flashinfer.fused_moe.trtllm_fp4_block_scale_routed_moe", "gpu:sm100", "routing:pre-computed"},
		Axes: axes("seq_len", "num_experts", "hidden_size", "intermediate_size", "gemm1_out_size", "top_k"),
		Inputs: []Tensor{
			tensor("topk_ids", integer, "seq_len", "top_k"), tensor("hidden_states", bf16, "seq_len", "hidden_size"),
			tensor("gemm1_weights", float, "num_experts", "gemm1_out_size", "hidden_size"),
			tensor("gemm2_weights", float, "num_experts", "hidden_size", "intermediate_size"),
		},
		Outputs:     []Tensor{tensor("output", bf16, "seq_len", "hidden_size")},
		Constraints: moeConstraints(),
		Reference:   "trtllm_fp4_block_scale_routed_moe",
	}
	d.constant("gemm1_out_size", 2*value(n, "i"))
	return d
}
