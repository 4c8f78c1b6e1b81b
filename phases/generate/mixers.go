package generate

import (
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// missingOpTypes are the mixers for which no Definition family exists, with
// the op type that would be needed.
var missingOpTypes = map[extract.AttentionFamily]string{
	extract.KDA:        "Kimi delta attention: op type kda is missing",
	extract.Lightning:  "lightning attention: op type lightning_attn is missing",
	extract.ShortConv:  "short convolution: op type short_conv is missing",
	extract.RWKV:       "RWKV time mixing: op type rwkv is missing",
	extract.Mamba1:     "Mamba 1 selective scan: op type mamba1 is missing",
	extract.OtherMixer: "a token mixer without an op type",
}

// mambaPrefillMissing is said of every Mamba 2 mixer: only decoding has a name.
const mambaPrefillMissing = "Mamba 2 prefill (SSD scan): op type mamba_ssd_prefill is missing, the dataset has decode alone"

// linearAttention names the kernels of a mixer that is not softmax attention.
func (m *namer) linearAttention(n *node) []definition.Name {
	kind := kindOf(n)
	if kind == nil {
		m.unmapped.add("%s (%s): no op type is known for this mixer", n.key, n.class)
		return nil
	}
	switch kind.Family {
	case extract.GDN:
		return m.gdn(n, kind)
	case extract.Mamba2, extract.ParallelAttnMamba:
		return m.mamba(n)
	}
	m.noOpType(n.key, kind)
	return nil
}

func (m *namer) noOpType(key string, kind *extract.AttentionKind) {
	if what, ok := missingOpTypes[kind.Family]; ok {
		if qk, v := kind.LinearNumKeyHeads, kind.LinearNumValueHeads; kind.Family == extract.KDA && qk > 0 && qk%m.par.TP == 0 && v%m.par.TP == 0 {
			sizes := fmt.Sprintf("_q%d_v%d_d%d", qk/m.par.TP, v/m.par.TP, kind.LinearKeyHeadDim)
			what += "; " + datasetHasNone("recurrent_kda"+sizes, "recurrent_kda_decode"+sizes)
		}
		m.unmapped.add("%s ×%d: %s", key, kind.Layers, what)
		return
	}
	m.unmapped.add("%s ×%d: no op type is known for %s", key, kind.Layers, kind.Type)
}

func (m *namer) gdn(n *node, kind *extract.AttentionKind) []definition.Name {
	qk, v, tp := kind.LinearNumKeyHeads, kind.LinearNumValueHeads, m.par.TP
	if kind.LinearKeyHeadDim != kind.LinearValueHeadDim {
		m.unmapped.add("%s: GDN with different widths of keys (%d) and values (%d), no op type", n.key, kind.LinearKeyHeadDim, kind.LinearValueHeadDim)
		return nil
	}
	if qk%tp != 0 || v%tp != 0 {
		m.warnings.add("%d key and %d value heads cannot be split over TP=%d: no gdn Definitions", qk, v, tp)
		return nil
	}
	d := kind.LinearKeyHeadDim
	return []definition.Name{
		definition.Of("gdn_prefill", qk/tp, v/tp, d),
		definition.Of("gdn_decode", qk/tp, v/tp, d),
		definition.Of("gdn_mtp", qk/tp, v/tp, d),
	}
}

func (m *namer) mamba(n *node) []definition.Name {
	kind := kindOf(n)
	if kind == nil || kind.Family == extract.Mamba1 {
		m.unmapped.add("%s: %s", n.key, missingOpTypes[extract.Mamba1])
		return nil
	}
	h, ng, tp := kind.MambaNumHeads, kind.NGroups, m.par.TP
	prefill := mambaPrefillMissing
	if kind.MambaHeadDim == 64 && kind.StateSize == 128 { // all that FlashInfer's scan takes
		prefill += "; " + datasetHasNone("ssd_combined_varlen_d_vector_final")
	}
	m.unmapped.add("%s: %s", n.key, prefill)
	if h%tp != 0 {
		m.warnings.add("%d Mamba heads cannot be split over TP=%d: no mamba_ssu Definition", h, tp)
		return nil
	}
	// A single group is replicated on every device, as SGLang does it.
	groups := max(1, ng/tp)
	if ng > tp && ng%tp != 0 {
		m.warnings.add("%d Mamba groups cannot be split over TP=%d: no mamba_ssu Definition", ng, tp)
		return nil
	}
	m.ssuLimits(n.key, h/tp, groups, kind.MambaHeadDim, kind.StateSize)
	return []definition.Name{definition.Of("mamba_ssu_decode", h/tp, kind.MambaHeadDim, kind.StateSize, groups)}
}

// experts names the fused MoE kernel, which takes the router's logits: its
// top-k and its experts are one kernel.
func (m *namer) experts(n *node, row baseline.Module) []definition.Name {
	moe := m.moeOf(n)
	if moe == nil {
		return nil
	}
	total, topk, inter := moe.NumExperts, moe.NumExpertsPerTok, moe.MoEIntermediateSize
	if n.typ == baseline.TypeMoE {
		total, topk, inter = valueOr(row.NumExperts, total), valueOr(row.TopK, topk), valueOr(row.IntermediateSize, inter)
	}
	hidden := m.a.HiddenSize
	if moe.ExpertHiddenSize > 0 {
		hidden = moe.ExpertHiddenSize
	}
	kernel := m.moeKernel()
	if kernel == "" {
		has := "the dataset has none"
		if m.quantizationWords() == unquantised && total%m.par.EP == 0 {
			has = datasetHasNone(fmt.Sprintf("trtllm_bf16_moe_topk%d_e%d_h%d_i%d", topk, total/m.par.EP, hidden, inter),
				fmt.Sprintf("cutlass_fused_moe_e%d_h%d_i%d_topk%d", total/m.par.EP, hidden, inter, topk))
		}
		m.unmapped.add("%s MoE of %d experts: %s (--quantization fp8|nvfp4 names the kernel of a quantised serving)", m.quantizationWords(), total, has)
		return nil
	}
	if total%m.par.EP != 0 {
		m.warnings.add("%d experts cannot be split over EP=%d: no MoE Definitions", total, m.par.EP)
		return nil
	}
	e := total / m.par.EP
	switch kernel {
	case "fp8_block_scale":
		return m.fp8Experts(moe, topk, e, hidden, inter)
	case "nvfp4":
		return []definition.Name{
			definition.Of("trtllm_fp4_block_scale_moe", topk, e, hidden, inter),
			definition.Of("trtllm_fp4_block_scale_routed_moe", topk, e, hidden, inter),
		}
	case "fp8_per_tensor":
		return []definition.Name{definition.Of("trtllm_fp8_per_tensor_scale_moe", topk, e, hidden, inter)}
	}
	m.unmapped.add("MoE of %d experts: the dataset has no %s MoE", total, kernel)
	return nil
}

// fp8Experts returns the names of the block-scale kernel of FP8 experts, which
// depends on the routing.
func (m *namer) fp8Experts(moe *extract.MoE, topk, e, h, i int) []definition.Name {
	switch moe.Routing {
	case "ds":
		return []definition.Name{definition.Of("moe_fp8_block_scale_ds_routing", topk, moe.NGroup, moe.TopKGroup, e, h, i)}
	case "renorm":
		return []definition.Name{definition.Of("moe_fp8_block_scale_renorm", topk, e, h, i)}
	}
	m.unmapped.add("MoE of FP8 block-scale experts: the dataset has none with %s routing", moe.Routing)
	return nil
}

// moeOf is the sparse MLP of a module's layers.
func (m *namer) moeOf(n *node) *extract.MoE {
	if len(n.layers) > 0 {
		if k := m.a.MLPKindAt(n.layers[0]); k != nil && k.MoE != nil {
			return k.MoE
		}
	}
	return m.a.MoE
}

// moeKernel is the kernel that --quantization or the config decides.
func (m *namer) moeKernel() string {
	switch m.opts.Quantization {
	case "none":
		return ""
	case "fp8":
		return "fp8_block_scale"
	case "nvfp4":
		return "nvfp4"
	}
	if m.a.Quantization == nil {
		return ""
	}
	return m.a.Quantization.Kernel
}

const unquantised = "unquantised (bf16)"

func (m *namer) quantizationWords() string {
	if q := m.a.Quantization; q != nil && m.opts.Quantization != "none" && q.Experts != extract.ExpertsUnquantised {
		if q.Experts != "" {
			return q.Method + " " + q.Experts
		}
		if strings.Contains(q.Format, q.Method) {
			return q.Format
		}
		return strings.TrimSpace(q.Method + " " + q.Format)
	}
	return unquantised
}

func valueOr(v *int, other int) int {
	if v != nil && *v > 0 {
		return *v
	}
	return other
}
