package dispatch

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// sizes are the numbers of a call on one device, by the abbreviations that
// trace templates have for them. What cannot be said is left out, and with it
// the name.
func (m *Model) sizes(call baseline.KernelCall, row baseline.Module) map[string]int64 {
	s := map[string]int64{}
	switch call.Function {
	case baseline.CallAttention, baseline.CallLatentRagged, baseline.CallLatentPaged, baseline.CallSparse:
		m.attentionSizes(s, row)
	case baseline.CallGEMM:
		m.linearSizes(s, row)
	case baseline.CallMoE:
		m.expertSizes(s, row)
	case "linear_attention":
		if k := m.kind(extract.GDN); k != nil {
			m.share(s, "qk", k.LinearNumKeyHeads)
			m.share(s, "v", k.LinearNumValueHeads)
			put(s, "d", k.LinearKeyHeadDim)
		}
	default: // norms
		if row.Hidden != nil {
			put(s, "h", *row.Hidden)
		}
	}
	return s
}

func put(s map[string]int64, abbrev string, v int) {
	if v > 0 {
		s[abbrev] = int64(v)
	}
}

// share puts one device's share of heads.
func (m *Model) share(s map[string]int64, abbrev string, heads int) {
	if heads%m.tp == 0 {
		put(s, abbrev, heads/m.tp)
	}
}

func (m *Model) attentionSizes(s map[string]int64, row baseline.Module) {
	if row.NumHeads == nil || row.HeadDim == nil {
		return
	}
	m.share(s, "h", *row.NumHeads)
	put(s, "d", *row.HeadDim)
	switch kv := row.NumKVHeads; {
	case kv == nil:
	case *kv >= m.tp:
		m.share(s, "kv", *kv)
	default: // KV heads are replicated
		s["kv"] = 1
	}
	put(s, "d_qk", *row.HeadDim)
	if row.VHeadDim != nil {
		put(s, "d_v", *row.VHeadDim)
	}
	if k := m.kind(extract.MLA, extract.DSA); k != nil {
		put(s, "ckv", k.KVLoraRank)
		put(s, "kpe", k.QKRopeHeadDim)
		put(s, "nope", k.QKNopeHeadDim)
		put(s, "topk", k.IndexTopK)
	}
}

// fp4Block is how many weights share a scale in NVFP4.
const fp4Block = 16

// linearSizes divides the layer as its class does.
func (m *Model) linearSizes(s map[string]int64, row baseline.Module) {
	if row.N == nil || row.K == nil {
		return
	}
	n, k := *row.N, *row.K
	switch {
	case m.tp == 1, strings.HasPrefix(row.Class, "Replicated"), isRouter(row.Path):
	case strings.HasPrefix(row.Class, "RowParallel") && k%m.tp == 0:
		k /= m.tp
	case (strings.HasPrefix(row.Class, "ColumnParallel") || strings.HasPrefix(row.Class, "MergedColumnParallel")) && n%m.tp == 0:
		n /= m.tp
	default: // KV heads that are replicated are not divided
		return
	}
	for _, abbrev := range []string{"n", "N"} {
		put(s, abbrev, n)
	}
	for _, abbrev := range []string{"k", "K"} {
		put(s, abbrev, k)
	}
	s["block_size"] = fp4Block
}

// expertAlign is what FlashInfer's MoE kernels pad the inner width to.
const expertAlign = 128

// swiGLU is FlashInfer's number of the usual activation.
const swiGLU = 3

// expertSizes sets the sizes of a device's share of the experts: they are
// divided by EP, their inner width by what is left of TP.
func (m *Model) expertSizes(s map[string]int64, row baseline.Module) {
	moe := m.arch.MoE
	if moe == nil {
		return
	}
	total, topk, inner, hidden := moe.NumExperts, moe.NumExpertsPerTok, moe.MoEIntermediateSize, m.arch.HiddenSize
	if moe.ExpertHiddenSize > 0 {
		hidden = moe.ExpertHiddenSize
	}
	if row.NumExperts != nil {
		total = *row.NumExperts
	}
	if row.TopK != nil {
		topk = *row.TopK
	}
	if row.IntermediateSize != nil {
		inner = *row.IntermediateSize
	}
	if total%m.ep == 0 {
		put(s, "e", total/m.ep)
	}
	put(s, "topk", topk)
	put(s, "h", hidden)
	if by := m.tp / m.ep; m.tp%m.ep == 0 && inner%by == 0 && inner/by%expertAlign == 0 {
		put(s, "i", inner/by)
	}
	put(s, "ng", moe.NGroup)
	put(s, "kg", moe.TopKGroup)
	if strings.EqualFold(m.arch.MLP.Activation, "silu") {
		s["act"] = swiGLU
	}
}
