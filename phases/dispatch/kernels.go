package dispatch

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// kernel is one kernel that a kind of call runs.
type kernel struct {
	call    string // as kernel_calls.json names it
	backend string // which is chosen; "" any
	gpu     string // "" any
	when    func(m *Model, call baseline.KernelCall) bool
	phase   string // "" both
	// function is what runs: an API of FlashInfer by the name that its table
	// has, else a function or module of SGLang or PyTorch.
	function string
	// template is the prefix of FlashInfer's trace template; "" none.
	template string
	pages    int64 // page size of the KV cache that the backend sets
}

// The phases of serving.
const (
	prefill = "prefill"
	decode  = "decode"
)

// routingWord stands in a template for the way that a router chooses.
const routingWord = "ROUTING"

const (
	sglAttention = "sglang.srt.layers.attention."
	sglKernels   = "sglang.kernels.ops."
	sglMoE       = "sglang.srt.layers.moe.moe_runner."
	fiMoE        = "flashinfer.fused_moe.core."
)

// kernels is what each call runs. sgl_kernel's norms are FlashInfer's.
var kernels = slices.Concat(normKernels, attentionKernels, mixerKernels, expertKernels, otherKernels)

var normKernels = []kernel{
	{call: "rmsnorm", when: fusedQKNorm, function: sglKernels + "layernorm.norm.fused_inplace_qknorm"},
	{call: "rmsnorm", when: fusedQKVNorm, function: sglKernels + "layernorm.gemma4_fused_ops.gemma_qkv_rmsnorm"},
	{call: "rmsnorm", when: shardedNorm, function: "sglang.srt.models.minimax_m2.MiniMaxM2RMSNormTP"},
	{call: "rmsnorm", when: plainNorm, function: "flashinfer.norm.rmsnorm", template: "rmsnorm"},
	{call: "fused_add_rmsnorm", function: "flashinfer.norm.fused_add_rmsnorm", template: "fused_add_rmsnorm"},
	{call: "gemma_rmsnorm", function: "flashinfer.norm.gemma_rmsnorm", template: "gemma_rmsnorm"},
	{call: "gemma_fused_add_rmsnorm", function: "flashinfer.norm.gemma_fused_add_rmsnorm", template: "gemma_fused_add_rmsnorm"},
	{call: "layernorm", when: ofClass("LayerNorm.forward_cuda"), function: "flashinfer.norm.layernorm", template: "layernorm"},
}

var attentionKernels = []kernel{
	{call: baseline.CallAttention, backend: "fa3", function: sglAttention + "flashattention_backend"},
	{call: baseline.CallAttention, backend: "fa4", function: sglAttention + "flashattention_backend"},
	{call: baseline.CallAttention, backend: "triton", function: sglAttention + "triton_backend"},
	{call: baseline.CallAttention, backend: "trtllm_mha", phase: prefill, function: "flashinfer.prefill.trtllm_batch_context_with_kv_cache", template: "trtllm_batch_context", pages: 64},
	{call: baseline.CallAttention, backend: "trtllm_mha", phase: decode, function: "flashinfer.decode.trtllm_batch_decode_with_kv_cache", template: "trtllm_batch_decode", pages: 64},
	{call: baseline.CallAttention, backend: "flashinfer", phase: prefill, function: "flashinfer.prefill.BatchPrefillWithPagedKVCacheWrapper.run", template: "gqa_paged_prefill", pages: 1},
	{call: baseline.CallAttention, backend: "flashinfer", phase: prefill, function: "flashinfer.prefill.BatchPrefillWithRaggedKVCacheWrapper.run", template: "gqa_ragged"},
	{call: baseline.CallAttention, backend: "flashinfer", phase: decode, function: "flashinfer.decode.BatchDecodeWithPagedKVCacheWrapper.run", template: "gqa_paged_decode", pages: 1},

	{call: baseline.CallLatentRagged, backend: "fa3", function: sglAttention + "flashattention_backend"},
	{call: baseline.CallLatentPaged, backend: "fa3", function: sglAttention + "flashattention_backend"},
	{call: baseline.CallLatentRagged, backend: "trtllm_mla", function: "flashinfer.prefill.trtllm_ragged_attention_deepseek", template: "trtllm_ragged_attention_deepseek"},
	{call: baseline.CallLatentPaged, backend: "trtllm_mla", function: "flashinfer.mla._core.trtllm_batch_decode_with_kv_cache_mla", template: "trtllm_batch_decode_mla_dense", pages: 64},
	{call: baseline.CallLatentRagged, backend: "flashinfer", function: "flashinfer.prefill.BatchPrefillWithRaggedKVCacheWrapper.run", template: "gqa_ragged"},
	{call: baseline.CallLatentPaged, backend: "flashinfer", function: "flashinfer.mla._batch_mla._wrapper.BatchMLAPagedAttentionWrapper.run", template: "mla_paged_decode", pages: 1},

	{call: baseline.CallLatentRagged, backend: "dsa", gpu: SM90, function: sglKernels + "attention.flash_attention.flash_attn_varlen_func"},
	{call: baseline.CallLatentRagged, backend: "dsa", gpu: SM100, function: "flashinfer.prefill.trtllm_ragged_attention_deepseek", template: "trtllm_ragged_attention_deepseek"},
	{call: baseline.CallSparse, backend: "dsa", gpu: SM90, phase: prefill, function: sglKernels + "attention.flash_mla_interface.flash_mla_sparse_fwd"},
	{call: baseline.CallSparse, backend: "dsa", gpu: SM90, phase: decode, function: sglKernels + "attention.flash_attention.flash_attn_with_kvcache"},
	{call: baseline.CallSparse, backend: "dsa", gpu: SM100, function: "flashinfer.mla._core.trtllm_batch_decode_with_kv_cache_mla", template: "trtllm_batch_decode_mla_sparse", pages: 64},
	{call: baseline.CallIndexer, backend: "dsa", function: sglAttention + "dsa.dsa_indexer"},
}

var mixerKernels = []kernel{
	{call: "linear_attention", when: deltaOnHopper, gpu: SM90, phase: prefill, function: "flashinfer.gdn_prefill.chunk_gated_delta_rule", template: "gdn_prefill"},
	{call: "linear_attention", when: deltaOnHopper, gpu: SM90, phase: decode, function: sglAttention + "linear.kernels.gdn_triton"},
	{call: "linear_attention", when: deltaInFloat32, gpu: SM100, function: sglAttention + "linear.kernels.gdn_triton"},
	{call: "linear_attention", when: ofKind(extract.KDA), gpu: SM90, function: sglAttention + "linear.kernels.kda_triton"},
	{call: "mamba", function: sglKernels + "mamba.triton_ops"},
}

var expertKernels = []kernel{
	{call: baseline.CallMoE, backend: "triton", function: sglMoE + "triton"},
	{call: baseline.CallMoE, backend: "triton_kernel", function: sglMoE + "triton_kernels"},
	{call: baseline.CallMoE, backend: "marlin", function: sglMoE + "marlin"},
	{call: baseline.CallMoE, backend: "flashinfer_cutlass", function: fiMoE + "cutlass_fused_moe", template: "cutlass_fused_moe"},
	{call: baseline.CallMoE, backend: "flashinfer_mxfp4", function: fiMoE + "trtllm_fp4_block_scale_moe"},
	{call: baseline.CallMoE, backend: "flashinfer_trtllm_routed", function: fiMoE + "trtllm_fp4_block_scale_routed_moe", template: "trtllm_fp4_block_scale_routed_moe"},

	{call: baseline.CallMoE, backend: "flashinfer_trtllm", when: experts("fp8_block", true), function: fiMoE + "trtllm_fp8_block_scale_moe", template: "moe_fp8_block_scale_" + routingWord + "_routing"},
	{call: baseline.CallMoE, backend: "flashinfer_trtllm", when: experts("fp8_block", false), function: fiMoE + "trtllm_fp8_block_scale_routed_moe", template: "trtllm_fp8_block_scale_routed_moe"},
	{call: baseline.CallMoE, backend: "flashinfer_trtllm", when: experts("fp8_tensor", true), function: fiMoE + "trtllm_fp8_per_tensor_scale_moe", template: "trtllm_fp8_per_tensor_scale_moe"},
	{call: baseline.CallMoE, backend: "flashinfer_trtllm", when: experts("fp8_tensor", false), function: fiMoE + "trtllm_fp8_per_tensor_scale_routed_moe", template: "trtllm_fp8_per_tensor_scale_routed_moe"},
	{call: baseline.CallMoE, backend: "flashinfer_trtllm", when: experts("nvfp4", true), function: fiMoE + "trtllm_fp4_block_scale_moe", template: "moe_fp4_block_scale_" + routingWord + "_routing"},
	{call: baseline.CallMoE, backend: "flashinfer_trtllm", when: experts("nvfp4", false), function: fiMoE + "trtllm_fp4_block_scale_routed_moe", template: "trtllm_fp4_block_scale_routed_moe"},
	{call: baseline.CallMoE, backend: "flashinfer_trtllm", when: experts("", true), function: fiMoE + "trtllm_bf16_moe", template: "trtllm_bf16_moe"},
	{call: baseline.CallMoE, backend: "flashinfer_trtllm", when: experts("", false), function: fiMoE + "trtllm_bf16_routed_moe", template: "trtllm_bf16_routed_moe"},
}

var otherKernels = []kernel{
	{call: baseline.CallGEMM, when: tinyGEMM, function: "flashinfer.gemm.routergemm.tinygemm_bf16", template: "tinygemm_bf16"},
	{call: baseline.CallGEMM, backend: "torch", when: plainLinear, function: "torch.nn.functional.linear"},
	{call: baseline.CallGEMM, backend: "cutedsl", when: plainLinear, function: sglKernels + "gemm.cutedsl_bf16_gemm"},
	{call: baseline.CallGEMM, backend: "deep_gemm", function: "sglang.srt.layers.deep_gemm_wrapper"},
	{call: baseline.CallGEMM, backend: "marlin", function: "sglang.srt.layers.quantization.marlin_utils_fp4"},
	{call: baseline.CallGEMM, backend: "flashinfer_cutedsl", function: "flashinfer.gemm.gemm_base.mm_fp4", template: "gemm_fp4"},
	{call: baseline.CallRope, when: ofClass("RotaryEmbedding.forward_cuda"), function: sglKernels + "attention.rope.apply_rope_with_cos_sin_cache_inplace"},
	{call: baseline.CallActivation, when: ofClass("SiluAndMul.forward_cuda"), function: sglKernels + "activation.activation.silu_and_mul"},
}

// ofClass holds for a call whose layer runs the method of a class.
func ofClass(method string) func(*Model, baseline.KernelCall) bool {
	return func(_ *Model, call baseline.KernelCall) bool { return strings.HasSuffix(call.BaselineImpl, ":"+method) }
}

func ofKind(family extract.AttentionFamily) func(*Model, baseline.KernelCall) bool {
	return func(m *Model, _ baseline.KernelCall) bool { return m.has(family) }
}

// fusedWidths are the widths of heads whose q and k norms SGLang runs in one
// kernel of its own.
var fusedWidths = []int{64, 128, 256, 512, 1024}

// fusedQKNorm holds for norms that apply_qk_norm runs, both in one kernel.
func fusedQKNorm(m *Model, call baseline.KernelCall) bool {
	hidden := m.layers(call.Path)[0].Hidden
	return call.Method == "apply_qk_norm" && hidden != nil && slices.Contains(fusedWidths, *hidden)
}

// fusedQKVNorm holds for Gemma 4's norms of queries, keys and values.
func fusedQKVNorm(m *Model, call baseline.KernelCall) bool {
	return m.layers(call.Path)[0].Class == "Gemma4RMSNorm" && strings.Contains(call.Path, ".self_attn.")
}

// shardedNorm holds for a norm that runs on a shard of its width.
func shardedNorm(m *Model, call baseline.KernelCall) bool {
	return strings.HasSuffix(m.layers(call.Path)[0].Class, "RMSNormTP")
}

func plainNorm(m *Model, call baseline.KernelCall) bool {
	return !fusedQKNorm(m, call) && !fusedQKVNorm(m, call) && !shardedNorm(m, call) && strings.HasSuffix(call.BaselineImpl, ".forward_cuda") && !strings.Contains(call.BaselineImpl, "WithoutScale")
}

// deltaWidth is the only width of heads that flashinfer_gdn_prefill_default
// takes.
const deltaWidth = 128

// deltaInFloat32 holds for a gated delta network whose state is in float32, as
// it is unless the config says otherwise.
func deltaInFloat32(m *Model, _ baseline.KernelCall) bool {
	if !m.has(extract.GDN) {
		return false
	}
	dtype, stated := m.arch.TextConfig.String("mamba_ssm_dtype")
	return !stated || dtype == "float32"
}

// deltaOnHopper holds where SGLang's default for prefill is FlashInfer's.
func deltaOnHopper(m *Model, call baseline.KernelCall) bool {
	if !deltaInFloat32(m, call) {
		return false
	}
	k := m.kind(extract.GDN)
	return k.LinearKeyHeadDim == deltaWidth && k.LinearValueHeadDim == deltaWidth
}

// experts holds for experts in one quantisation, routed in the kernel or
// before it.
func experts(quant string, inside bool) func(*Model, baseline.KernelCall) bool {
	return func(m *Model, _ baseline.KernelCall) bool {
		return m.expertQuant() == quant && (m.routing() != "") == inside
	}
}

// routings are the classes that hand their kind of routing to the kernel, by
// the word of its template.
var routings = []struct {
	word    string
	classes []string
}{
	{"renormalize", []string{"Qwen3MoeForCausalLM", "Qwen3VLMoeForConditionalGeneration", "SDARMoeForCausalLM"}},
	{"renormalize_naive", []string{"Qwen3NextForCausalLM", "Qwen3_5MoeForConditionalGeneration", "Qwen3_5ForConditionalGeneration"}},
	{"ds", slices.Concat(deepseekFamily, nemotronH, []string{"Glm4MoeForCausalLM"})},
}

// routing is the word of the routing that runs inside of the kernel; "" where
// it runs before it.
func (m *Model) routing() string {
	for _, r := range routings {
		if slices.Contains(r.classes, m.arch.ArchitectureType) {
			return r.word
		}
	}
	return ""
}

// tinyGEMM holds for gpt-oss's router.
func tinyGEMM(m *Model, call baseline.KernelCall) bool {
	return m.arch.ArchitectureType == "GptOssForCausalLM" && isRouter(call.Path)
}

// plainLinear holds for the layers that go through SGLang's linear methods.
func plainLinear(m *Model, call baseline.KernelCall) bool {
	return strings.Contains(call.BaselineImpl, "Linear.forward") && !tinyGEMM(m, call)
}
