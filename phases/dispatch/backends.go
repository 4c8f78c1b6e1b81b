package dispatch

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// choice is what SGLang chooses for some models on each GPU. The first row
// that fits a model is the one that holds.
type choice struct {
	classes     []string // of the config; none: all
	quant       []string // words of quantWord; none: all
	sm90, sm100 string   // "" is not known, or depends on more than the defaults
}

// The classes of which SGLang's code makes one case.
var (
	// deepseekFamily: arg_groups/model_overrides/deepseek_v2.py.
	deepseekFamily = []string{
		"DeepseekV3ForCausalLM", "DeepseekV32ForCausalLM", "KimiK25ForConditionalGeneration", "MistralLarge3ForCausalLM", "PixtralForConditionalGeneration",
		"GlmMoeDsaForCausalLM", "Glm5NextForConditionalGeneration", "HYV4ForCausalLM", "LongcatFlashForCausalLM", "Dots3NoteForCausalLM",
	}
	// qwenMoE: arg_groups/model_overrides/qwen3_moe.py.
	qwenMoE = []string{
		"Qwen3MoeForCausalLM", "Qwen3VLMoeForConditionalGeneration", "Qwen3NextForCausalLM", "Qwen3_5MoeForConditionalGeneration",
		"InternS2PreviewForConditionalGeneration", "Qwen3_5ForConditionalGeneration", "Qwen4ExpForConditionalGeneration",
	}
	gemma4    = []string{"Gemma4ForConditionalGeneration", "Gemma4ForCausalLM", "Gemma4UnifiedForConditionalGeneration"}
	nemotronH = []string{"NemotronHForCausalLM", "NemotronHPuzzleForCausalLM", "NemotronH_Omni_Reasoning_V3"}
	mimo      = []string{"MiMoV2ForCausalLM", "MiMoV2FlashForCausalLM"}
	// sparseOfTheirOwn have attention backends of their own, which no row of
	// the table of kernels is about.
	sparseOfTheirOwn = []string{"DeepseekV4ForCausalLM", "MiniMaxM3ForCausalLM", "MiniMaxM3SparseForCausalLM", "MiniMaxM3ForConditionalGeneration", "MiniCPMForCausalLM"}
)

// softmaxBackends: get_default_attn_backend in
// arg_groups/model_override_base.py, and the model_overrides before it.
var softmaxBackends = []choice{
	{classes: sparseOfTheirOwn},
	{classes: gemma4, sm90: "triton", sm100: "trtllm_mha"},
	{classes: []string{"FalconH1ForCausalLM", "JetNemotronForCausalLM", "JetVLMForConditionalGeneration"}, sm90: "fa3", sm100: "triton"},
	{classes: []string{"GraniteMoeHybridForCausalLM", "Lfm2ForCausalLM", "Lfm2MoeForCausalLM"}, sm90: "fa3", sm100: "flashinfer"},
	{classes: mimo, sm90: "fa3", sm100: "fa4"},
	{classes: []string{"Step3p5ForCausalLM", "Step3p7ForConditionalGeneration"}, sm90: "fa3", sm100: "fa4"},
	{sm90: "fa3", sm100: "trtllm_mha"},
}

// latentBackends: the same for MLA, and _deepseek_family_overrides.
var latentBackends = []choice{
	{classes: sparseOfTheirOwn},
	{classes: deepseekFamily, sm90: "fa3", sm100: "trtllm_mla"},
	{sm90: "fa3", sm100: "flashinfer"},
}

// sparseBackends: _dsa_kv_cache_dtype_default (bfloat16 on Hopper, FP8 on
// Blackwell) and _dsa_split_backend_resolution in arg_groups/overrides.py.
var sparseBackends = []choice{
	{classes: []string{"HYV4ForCausalLM"}}, // learnable sinks
	{classes: deepseekFamily, sm90: "dsa", sm100: "dsa"},
	{},
}

// expertBackends: moe_runner_backend, in arg_groups/model_overrides,
// _deepseek_moe_quant_resolution and create_moe_runner of each method.
var expertBackends = []choice{
	{classes: []string{"GptOssForCausalLM"}, quant: []string{"mxfp4"}, sm90: "triton_kernel", sm100: "flashinfer_mxfp4"},
	{classes: []string{"GptOssForCausalLM"}, quant: []string{""}, sm90: "triton_kernel", sm100: "triton_kernel"},
	{classes: []string{"LongcatFlashForCausalLM", "HYV4ForCausalLM", "DeepseekV4ForCausalLM"}},
	{classes: deepseekFamily, quant: []string{"", "fp8_block", "fp8_tensor"}, sm90: "triton", sm100: "flashinfer_trtllm"},
	{classes: qwenMoE, quant: []string{"", "fp8_block"}, sm90: "triton", sm100: "flashinfer_trtllm"},
	{classes: []string{"Glm4MoeForCausalLM", "Cohere2MoeForCausalLM", "Cohere2VisionForConditionalGeneration"}, quant: []string{""}, sm90: "triton", sm100: "flashinfer_trtllm"},
	{classes: mimo, quant: []string{"fp8_block"}, sm90: "triton", sm100: "flashinfer_trtllm"},
	{classes: nemotronH, quant: []string{"", "fp8_tensor"}, sm90: "flashinfer_cutlass", sm100: "flashinfer_trtllm"},
	{classes: []string{"MiniMaxM2ForCausalLM"}, quant: []string{"nvfp4"}, sm90: "marlin", sm100: "flashinfer_trtllm_routed"},
	{quant: []string{"nvfp4"}, sm90: "marlin", sm100: "flashinfer_trtllm"},
	{quant: []string{"", "fp8_block", "fp8_tensor"}, sm90: "triton", sm100: "triton"},
	{},
}

// linearBackends: initialize_bf16_gemm_config, _dispatch_auto_backend and
// initialize_fp4_gemm_config in layers/quantization.
var linearBackends = []choice{
	{quant: []string{""}, sm90: "torch", sm100: "cutedsl"},
	{quant: []string{"fp8_block"}, sm90: "deep_gemm", sm100: "deep_gemm"},
	{quant: []string{"nvfp4"}, sm90: "marlin", sm100: "flashinfer_cutedsl"},
	{},
}

// backend is what SGLang chooses for a call; known is false where that is left
// open. Calls without a choice have the backend "".
func (m *Model) backend(call baseline.KernelCall, gpu string) (backend string, known bool) {
	switch call.Function {
	case baseline.CallAttention:
		if asymmetric(m.layers(call.Path)) && gpu == SM100 {
			return "", false
		}
		return m.choose(softmaxBackends, "", gpu)
	case baseline.CallLatentPaged, baseline.CallLatentRagged:
		if m.has(extract.DSA) {
			return m.choose(sparseBackends, "", gpu)
		}
		return m.choose(latentBackends, "", gpu)
	case baseline.CallSparse, baseline.CallIndexer:
		return m.choose(sparseBackends, "", gpu)
	case baseline.CallMoE:
		return m.choose(expertBackends, m.expertQuant(), gpu)
	case baseline.CallGEMM:
		return m.choose(linearBackends, m.linearQuant(call.Path), gpu)
	}
	return "", true
}

func (m *Model) choose(rows []choice, quant, gpu string) (backend string, known bool) {
	for _, row := range rows {
		if len(row.classes) > 0 && !slices.Contains(row.classes, m.arch.ArchitectureType) || len(row.quant) > 0 && !slices.Contains(row.quant, quant) {
			continue
		}
		backend = map[string]string{SM90: row.sm90, SM100: row.sm100}[gpu]
		return backend, backend != ""
	}
	return "", false
}

// has reports whether the model has a kind of mixer.
func (m *Model) has(family extract.AttentionFamily) bool { return m.kind(family) != nil }

func (m *Model) kind(families ...extract.AttentionFamily) *extract.AttentionKind {
	for i := range m.arch.AttentionKinds {
		if slices.Contains(families, m.arch.AttentionKinds[i].Family) {
			return &m.arch.AttentionKinds[i]
		}
	}
	return nil
}

func asymmetric(rows []baseline.Module) bool {
	return slices.ContainsFunc(rows, func(r baseline.Module) bool {
		return r.HeadDim != nil && r.VHeadDim != nil && *r.HeadDim != *r.VHeadDim
	})
}

// otherQuant is the word of a quantisation that the tables have no row for.
const otherQuant = "other"

// quantWord is how weights are quantised, in the tables' words: "" not at all.
func quantWord(q *extract.Quantization) string {
	switch {
	case q == nil:
		return ""
	case q.Method == "compressed-tensors": // SGLang decides per scheme
		return otherQuant
	case q.Kernel == "nvfp4":
		return "nvfp4"
	case q.Kernel == "fp8_block_scale":
		return "fp8_block"
	case q.Kernel == "fp8_per_tensor":
		return "fp8_tensor"
	case q.Method == "mxfp4":
		return "mxfp4"
	}
	return otherQuant
}

// asked are the words of what --quantization asks for.
var asked = map[string]string{"none": "", "fp8": "fp8_block", "nvfp4": "nvfp4"}

func (m *Model) expertQuant() string {
	if word, ok := asked[m.quant]; ok {
		return word
	}
	if q := m.arch.Quantization; q != nil && q.Experts == extract.ExpertsUnquantised {
		return ""
	}
	return quantWord(m.arch.Quantization)
}

// linearQuant is the quantisation of one linear layer: SGLang builds heads and
// routers without, the checkpoint may leave out others.
func (m *Model) linearQuant(path string) string {
	q := m.arch.Quantization
	if m.quant == "none" || q == nil || q.Method == "mxfp4" { // OpenAI's, of the experts alone
		return ""
	}
	row := m.layers(path)[0]
	if row.Type == baseline.TypeLMHead || row.Type == baseline.TypeEmbedding || row.Type == baseline.TypeParameter || isRouter(path) || q.LeavesOut(path, row.Layers) {
		return ""
	}
	if q.Experts != "" { // module by module: what holds for this one is not known
		return otherQuant
	}
	return quantWord(q)
}

// isRouter reports whether a path is one of the small layers that decide where
// tokens go, which SGLang never quantises.
func isRouter(path string) bool {
	last := path[strings.LastIndexByte(path, '.')+1:]
	return slices.Contains([]string{"gate", "router", "shared_expert_gate", "weights_proj", "wg"}, last)
}
