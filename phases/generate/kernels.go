package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// namer says which Definitions a module needs, and keeps what has none.
type namer struct {
	b        *builder
	a        *extract.Architecture
	opts     Options
	par      Parallelism
	unmapped notes
	warnings notes
	postNorm bool // norms come after attention and MLP only (OLMo 2)
	sandwich bool // norms before and after attention and MLP (Gemma)
	norms    map[string]normUse
	// halfPrecision: it was said that the linear layers are quantised.
	halfPrecision bool
}

// notes are remarks of which each is kept once, in order.
type notes []string

func (n *notes) add(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(*n, text) {
		*n = append(*n, text)
	}
}

// definitions returns a layer's Definitions; none is an empty list.
func (m *namer) definitions(n *node) []definition.Name {
	var names []definition.Name
	row := baseline.Module{}
	if len(n.rows) > 0 {
		row = n.rows[0]
	}
	switch {
	case n.synthetic == "dsa_topk_indexer":
		names = m.indexer(n)
	case n.synthetic == "mamba_ssu":
		names = m.mamba(n)
	case n.gemm != nil:
		names = m.gemm(n, *n.gemm)
	case n.typ == baseline.TypeLinear || n.typ == baseline.TypeParameter:
		names = m.gemm(n, row)
	case n.typ == baseline.TypeNorm:
		names = m.norm(n, row)
	case n.typ == baseline.TypeAttention:
		names = m.attention(n, row)
	case n.typ == baseline.TypeLinearAttention:
		names = m.linearAttention(n)
	case n.typ == baseline.TypeMoE || n.typ == baseline.TypeTopK:
		names = m.experts(n, row)
	case n.typ == baseline.TypeRope:
		names = m.rope(n, row)
	}
	return slices.DeleteFunc(names, definition.Name.IsZero)
}

func (m *namer) gemm(n *node, row baseline.Module) []definition.Name {
	if !row.Gemm {
		return nil
	}
	if row.N == nil || row.K == nil {
		m.warnings.add("%s: the size could not be decided%s", n.path, undecidedWhy(row))
		return nil
	}
	m.describesHalfPrecision(row)
	return []definition.Name{definition.GEMM(*row.N, *row.K)}
}

func undecidedWhy(row baseline.Module) string {
	why := ""
	if row.Expression != "" {
		why = ": " + row.Expression
	}
	if len(row.Missing) > 0 {
		why += " (the config lacks " + strings.Join(row.Missing, ", ") + ")"
	}
	return why
}

func (m *namer) attention(n *node, row baseline.Module) []definition.Name {
	if n.seg == "attn_mla" {
		return m.mla(n)
	}
	if kind := kindOf(n); kind != nil && missingOpTypes[kind.Family] != "" && kind.Family != extract.OtherMixer {
		m.noOpType(n.key, kind) // linear attention that the source calls by the softmax kernel's class
		return nil
	}
	if row.NumHeads == nil || row.HeadDim == nil || row.NumKVHeads == nil {
		m.warnings.add("%s: the heads could not be decided%s", n.path, undecidedWhy(row))
		return nil
	}
	if n.seg == "attn_mqa" || n.seg == "attn_mha" {
		m.unmapped.add("%s (%s): attention over a compressed cache of its own, no op type", n.key, n.parent.class)
		return nil
	}
	if row.VHeadDim != nil && *row.VHeadDim != *row.HeadDim {
		m.unmapped.add("%s: GQA with different widths of keys (%d) and values (%d), no op type", n.key, *row.HeadDim, *row.VHeadDim)
		return nil
	}
	h, kv, ok := m.heads(*row.NumHeads, *row.NumKVHeads)
	if !ok {
		return nil
	}
	d := *row.HeadDim
	var names, decode []definition.Name
	for _, ps := range m.opts.PageSizes {
		names = append(names, definition.Of("gqa_paged_prefill_causal", h, kv, d, ps))
		decode = append(decode, definition.Of("gqa_paged_decode", h, kv, d, ps))
	}
	names = append(names, decode...)
	m.describesPlainSoftmax(n.key, kindOf(n))
	if kind := kindOf(n); kind != nil && kind.Type == crossAttention {
		m.unmapped.add("%s: prefill of cross-attention is not causal: the dataset has no Definition of it, only of decode", n.key)
		return decode
	}
	return append(names, definition.Of("gqa_ragged_prefill_causal", h, kv, d))
}

// heads returns query and KV heads on one device.
func (m *namer) heads(heads, kvHeads int) (h, kv int, ok bool) {
	tp := m.par.TP
	if heads < 1 || heads%tp != 0 {
		m.warnings.add("%d attention heads cannot be split over TP=%d: no attention Definitions", heads, tp)
		return 0, 0, false
	}
	kv = max(1, kvHeads/tp)
	if kvHeads > tp && kvHeads%tp != 0 || kvHeads < tp && tp%max(kvHeads, 1) != 0 {
		m.warnings.add("%d KV heads cannot be split over TP=%d: no attention Definitions", kvHeads, tp)
		return 0, 0, false
	}
	return heads / tp, kv, true
}

// mla returns the names of the kernels of multi-head latent attention: the paged
// one reads the latent cache (ckv + kpe), the ragged one full heads. With a
// sparse indexer the paged one is DSA.
func (m *namer) mla(n *node) []definition.Name {
	var mqa, mha *baseline.Module
	for i := range n.rows {
		switch lastSegment(n.rows[i].Path) {
		case "attn_mqa":
			mqa = &n.rows[i]
		case "attn_mha":
			mha = &n.rows[i]
		}
	}
	if mqa == nil || mha == nil || mqa.NumHeads == nil || mqa.HeadDim == nil || mqa.VHeadDim == nil || mha.HeadDim == nil || mha.VHeadDim == nil {
		m.warnings.add("%s: the heads could not be decided", n.path)
		return nil
	}
	if *mqa.NumHeads%m.par.TP != 0 {
		m.warnings.add("%d attention heads cannot be split over TP=%d: no attention Definitions", *mqa.NumHeads, m.par.TP)
		return nil
	}
	h, ckv := *mqa.NumHeads/m.par.TP, *mqa.VHeadDim
	kpe := *mqa.HeadDim - ckv
	if kind := kindOf(n); childNamed(n.parent, "indexer") != nil || kind != nil && kind.Family == extract.DSA {
		if kind == nil || kind.IndexTopK == 0 {
			m.warnings.add("%s: sparse attention whose index_topk is unknown: no dsa_sparse_attention Definition", n.path)
			return nil
		}
		var names []definition.Name
		for _, ps := range m.opts.PageSizes {
			names = append(names, definition.Of("dsa_sparse_attention", h, ckv, kpe, kind.IndexTopK, ps))
		}
		return names
	}
	names := []definition.Name{definition.Of("mla_ragged_prefill_causal", h, *mha.HeadDim, *mha.VHeadDim)}
	for _, ps := range m.opts.PageSizes {
		names = append(names, definition.Of("mla_paged_prefill_causal", h, ckv, kpe, ps))
	}
	for _, ps := range m.opts.PageSizes {
		names = append(names, definition.Of("mla_paged_decode", h, ckv, kpe, ps))
	}
	return names
}

// indexerPageSize is the only page size that the FP8 indexer's cache has.
const indexerPageSize = 64

// indexer returns the names of the top-k kernel of a sparse indexer, whose heads
// are replicated, not divided by TP.
func (m *namer) indexer(n *node) []definition.Name {
	kind := kindOf(n)
	if kind == nil || kind.IndexTopK == 0 || kind.IndexHeadDim == 0 {
		m.warnings.add("%s: the indexer's sizes are unknown: no dsa_topk_indexer Definition", n.path)
		return nil
	}
	return []definition.Name{definition.Of("dsa_topk_indexer_fp8", kind.IndexNHeads, kind.IndexHeadDim, kind.IndexTopK, indexerPageSize)}
}

// noRopeKernel are the kinds of rotary embedding that do not run that kernel in
// SGLang: MRotaryEmbedding has one of its own, Phi3LongRoPEScaledRotaryEmbedding
// is plain torch.
var noRopeKernel = map[string]bool{"mrope": true, "longrope": true}

// rope returns the name of the cos/sin-cache kernel, for the two styles that it
// knows.
func (m *namer) rope(n *node, row baseline.Module) []definition.Name {
	kind := kindOf(n)
	if kind == nil || kind.HeadDim == 0 || kind.Family != extract.GQA && kind.Family != extract.ParallelAttnMamba {
		return nil
	}
	rotary := kind.RotaryDim
	if row.RotaryDim != nil {
		rotary = *row.RotaryDim
	}
	if rotary == 0 || m.a.Rope != nil && (noRopeKernel[m.a.Rope.Type] || rotary > kind.HeadDim) {
		return nil
	}
	interleaved := interleavedRope(m.a.ModelType)
	if row.Interleaved != nil {
		interleaved = *row.Interleaved
	}
	if interleaved {
		return []definition.Name{definition.Of("rope_with_cos_sin_cache_gptj_style", kind.HeadDim, rotary)}
	}
	return []definition.Name{definition.Of("rope_with_cos_sin_cache_neox_style", kind.HeadDim, rotary)}
}

// interleavedRope reports whether the family's rotary embedding pairs neighbours
// (GPT-J style, SGLang's is_neox_style=False) instead of halves.
func interleavedRope(modelType string) bool {
	for _, family := range []string{"chatglm", "cohere", "gptj", "codegen", "ernie4_5"} {
		if strings.HasPrefix(modelType, family) {
			return true
		}
	}
	return modelType == "glm" || modelType == "glm4"
}

// kindOf is the kind of token mixer in a node's layers: where several are drawn
// as one, that of the first layer it stands in.
func kindOf(n *node) *extract.AttentionKind {
	if n.group == nil {
		return nil
	}
	for _, k := range n.group.kinds {
		if len(n.layers) > 0 && slices.Contains(k.layers, n.layers[0]) {
			return k.kind
		}
	}
	return n.group.kind
}

func lastSegment(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
