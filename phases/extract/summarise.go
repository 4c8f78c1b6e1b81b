package extract

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// summarise fills in what readers expect in one place, from the kinds.
func (r *reader) summarise() {
	a := r.arch
	a.Rope = r.rope()
	a.Attention = r.attentionSummary()
	a.MLP = r.mlpSummary()
	for i := range a.MLPKinds {
		if a.MLPKinds[i].MoE != nil {
			moe := *a.MLPKinds[i].MoE
			a.MoE = &moe
			break
		}
	}
	a.Dimensions = r.dimensionsByKind()
	if a.Skeleton = r.fam.Skeleton; r.fam.FinalNormShared {
		a.Skeleton.FinalNorm = ""
	}
	a.Extra = r.extra()
	a.SpecialFeatures = r.features()
	a.Defaults, a.Inferred = r.defaults, r.inferred
	r.finite()
}

// finite replaces numbers that JSON cannot hold.
func (r *reader) finite() {
	bad := func(f float64) bool { return math.IsInf(f, 0) || math.IsNaN(f) }
	if bad(r.arch.Normalization.Epsilon) {
		r.arch.Normalization.Epsilon = 0
	}
	if rope := r.arch.Rope; rope != nil && bad(rope.Theta) {
		rope.Theta = 0
	}
	for _, list := range [][]FieldNote{r.arch.Defaults, r.arch.Inferred} {
		for i := range list {
			list[i].Value = exportable(list[i].Value)
		}
	}
}

// attentionSummary is the model's attention in one line: that of the kind with
// the most layers, and hybrid where the mixers are of several families.
func (r *reader) attentionSummary() Attention {
	a := r.arch
	best, families := -1, map[AttentionFamily]bool{}
	for i, k := range a.AttentionKinds {
		if k.Family == NoAttention || k.Family == LinearMixer {
			continue
		}
		families[k.Family] = true
		if attends(k) && (best < 0 || k.Layers > a.AttentionKinds[best].Layers) {
			best = i
		}
	}
	if best < 0 {
		return Attention{Type: "none"}
	}
	k := a.AttentionKinds[best]
	s := Attention{NumHeads: k.NumHeads, NumKVHeads: k.NumKVHeads, HeadDim: k.HeadDim, Type: k.Type}
	if len(families) > 1 || families[ParallelAttnMamba] || families[OtherMixer] {
		s.Type = "hybrid"
	}
	return s
}

// attends reports whether a kind is an attention over a key-value cache.
func attends(k AttentionKind) bool {
	switch k.Family {
	case GQA, MLA, DSA, ParallelAttnMamba:
		return true
	case OtherMixer:
		return k.NumHeads > 0
	}
	return false
}

// mlpSummary is the model's MLP in one line; the width is that of the dense
// layers, where there are any: it is what the field says.
func (r *reader) mlpSummary() MLP {
	s := MLP{Type: "dense", Activation: r.act}
	for _, family := range []MLPFamily{SparseMoE, DenseMLP} {
		kinds := r.arch.MLPKinds
		if i := slices.IndexFunc(kinds, func(k MLPKind) bool { return k.Family == family }); i >= 0 {
			s.IntermediateSize = kinds[i].IntermediateSize
			if family == SparseMoE {
				s.Type = "moe"
			}
		}
	}
	return s
}

// extra are linear layers, norms and parts of an embedding that the model has
// once, beside the layers.
func (r *reader) extra() []Dimension {
	d := newDims(r)
	if len(r.mixers) > 0 {
		d = r.headFacts(r.mixers[0])
	}
	r.ngramEmbedding(d)
	d.addFamilyDims("model")
	return d.list
}

// features lists what a reader of the summary should know, in words.
func (r *reader) features() []string {
	a := r.arch
	list := []string{}
	add := func(when bool, text string) {
		if when && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	add(a.MTPLayers > 0, "mtp_layers: "+strconv.Itoa(a.MTPLayers)+" (not counted as decoder layers)")
	add(a.ParallelBlock, "parallel attention and MLP")
	add(a.TieWordEmbeddings, "tied word embeddings")
	sliding, sinks, nope, gate := false, false, false, false
	for _, k := range a.AttentionKinds {
		sliding = sliding || k.SlidingWindow > 0
		sinks = sinks || k.Sinks
		gate = gate || k.OutputGate
		nope = nope || (attends(k) && k.RotaryDim == 0)
		add(k.QKNorm != "", "qk_norm: "+k.QKNorm)
		switch k.Family {
		case GQA, NoAttention, LinearMixer, OtherMixer:
		default:
			add(true, string(k.Family))
		}
	}
	add(sliding, "sliding window")
	add(sinks, "attention sinks")
	add(gate, "output gate")
	add(nope && a.Rope != nil, "layers without rotary embedding")
	for _, k := range a.MLPKinds {
		add((k.Family == DenseMLP || k.Family == SparseMoE) && !k.Gated, "ungated MLP ("+k.Activation+")")
		add(k.MoE != nil && k.MoE.SharedIntermediateSize > 0, "shared experts")
		add(k.MoE != nil && k.MoE.ExpertHiddenSize > 0, "latent experts")
	}
	for _, t := range a.Towers {
		add(true, "tower: "+t)
	}
	add(r.has("ngram_vocab_size_ratio"), "n-gram embeddings ("+r.name("ngram_vocab_size_ratio")+")")
	add(r.text.Has("engram_config"), "n-gram embeddings (engram_config)")
	if q := a.Quantization; q != nil {
		add(true, "quantization: "+strings.TrimSpace(q.Method+" "+q.Format))
	}
	return list
}
