package extract

import "strings"

// gdnDims are Gated DeltaNet's projections (Qwen3-Next, Qwen3.5).
func (r *reader) gdnDims(d *dims, k *AttentionKind) {
	k.Attribute, k.RotaryDim = r.fam.Linear, 0
	k.LinearNumKeyHeads, k.LinearNumValueHeads = r.size("linear_num_key_heads"), r.size("linear_num_value_heads")
	k.LinearKeyHeadDim, k.LinearValueHeadDim = r.size("linear_key_head_dim"), r.size("linear_value_head_dim")
	k.ConvKernel = r.or("linear_conv_kernel_dim", 4)
	if k.LinearNumValueHeads%k.LinearNumKeyHeads != 0 {
		r.wrong("linear_num_value_heads", Value(int64(k.LinearNumValueHeads)), "must be a multiple of the %d key heads", k.LinearNumKeyHeads)
	}
	d.with(facts{"linear_conv_kernel_dim": k.ConvKernel, "plain_norm": r.fam.GDNNorm != ""}).layers("gdn", "")
}

// kdaDims are Kimi Delta Attention's projections.
func (r *reader) kdaDims(d *dims, k *AttentionKind) {
	k.Attribute, k.RotaryDim = r.fam.Linear, 0
	if k.Attribute == "linear_attn" {
		k.Attribute = "self_attn"
	}
	heads, headDim, conv := r.kdaHeads()
	if heads == 0 || headDim == 0 {
		r.noteMissing("linear_attn_config.num_heads")
		r.noteMissing("linear_attn_config.head_dim")
		return
	}
	k.LinearNumKeyHeads, k.LinearNumValueHeads, k.LinearKeyHeadDim, k.LinearValueHeadDim, k.ConvKernel = heads, heads, headDim, headDim, conv
	kind := r.fam.LinearKind
	if !strings.HasPrefix(kind, string(KDA)) {
		kind = string(KDA)
	}
	d.with(facts{"linear_attn_config.num_heads": heads, "linear_attn_config.head_dim": headDim, "kernel": conv}).layers(kind, "")
	d.layers("kda_end", "")
}

// kdaHeads are the heads of Kimi Delta Attention, their width and that of its
// convolution; 0 where the config does not say.
func (r *reader) kdaHeads() (heads, headDim, conv int) {
	if o := r.within("linear_attn_config"); o != nil {
		heads, headDim, conv = o.opt("num_attention_heads"), o.opt("head_dim"), o.opt("short_conv_kernel_size")
		r.fail(o.err)
	}
	if heads == 0 {
		heads = r.or("linear_num_heads", r.opt("num_attention_heads"))
	}
	if headDim == 0 {
		headDim = r.opt("linear_head_dim")
	}
	if conv == 0 {
		conv = r.or("linear_conv_kernel_dim", r.or("short_conv_kernel_size", 4))
	}
	if headDim == 0 && r.fam.KDAByHeads {
		headDim = r.plainHeadDim(heads)
	}
	return heads, headDim, conv
}

// lightningDims are lightning attention's projections (MiniMax, Bailing).
func (r *reader) lightningDims(d *dims, k *AttentionKind) {
	k.Attribute = r.fam.Linear
	heads := r.size("num_attention_heads")
	headDim := r.plainHeadDim(heads) // Bailing's other layers are MLA
	k.NumHeads, k.NumKVHeads, k.HeadDim = heads, heads, headDim
	d.with(facts{"num_attention_heads": heads, "head_dim": headDim})
	if kind := "lightning_output_gate"; r.fam.LinearKind == kind {
		k.RotaryDim = 0
		d.layers(kind, "")
		return
	}
	k.RotaryDim, k.OutputGate = r.rotaryDim(headDim, ""), true
	normed := r.flag("use_qk_norm", false)
	if normed {
		k.QKNorm, k.QNormSize, k.KNormSize = "per_head", headDim, headDim
	}
	d.with(facts{"normed_heads": normed}).layers("lightning", "")
}

// convDims are LFM2's gated short convolution.
func (r *reader) convDims(d *dims, k *AttentionKind) {
	k.Attribute, k.ConvKernel, k.Core = "conv", r.or("conv_kernel", 3), ""
	d.with(facts{"kernel": k.ConvKernel}).layers("short_conv", "")
}

// rwkvDims are RWKV's time mixing.
func (r *reader) rwkvDims(d *dims, k *AttentionKind) {
	k.Attribute, k.Core = r.fam.Linear, ""
	if !r.known || k.Attribute == "linear_attn" {
		k.Attribute = "attention"
	}
	d.with(facts{"attention_hidden_size": r.or("attention_hidden_size", r.hidden)}).layers("rwkv", "")
}

// jetDims are the JetBlock's projections (Jet-Nemotron): a gated delta rule
// whose convolution kernels are made from the input.
func (r *reader) jetDims(d *dims, k *AttentionKind) {
	k.Type, k.Attribute, k.RotaryDim = "jet", "self_attn", 0
	o := r.within("efficient_attention_config.jet")
	if o == nil {
		r.noteMissing("efficient_attention_config.jet")
		return
	}
	heads, keyDim, kernel, expand := o.opt("num_heads"), o.opt("head_dim"), o.opt("conv_size"), o.number("expand_v")
	reduction := max(o.opt("dconv_generator_reduction"), 1)
	r.fail(o.err)
	valueDim := int(float64(keyDim) * expand) // rounded before heads multiply it
	if valueDim < 0 {
		r.wrong("efficient_attention_config.jet.expand_v", expand, "a size cannot be negative")
	}
	k.LinearNumKeyHeads, k.LinearNumValueHeads, k.LinearKeyHeadDim, k.LinearValueHeadDim, k.ConvKernel = heads, heads, keyDim, valueDim, kernel
	d.shown = map[string]string{"value_dim": "head_dim*expand_v"}
	d.with(facts{"num_heads": heads, "head_dim": keyDim, "value_dim": valueDim, "conv_size": kernel, "dconv_generator_reduction": reduction}).layers("jet", "")
}

// otherDims are mixers of families that have no Definition; known ones have
// their projections listed.
func (r *reader) otherDims(d *dims, k *AttentionKind, m mixer) {
	switch {
	case r.fam.LinearKind == "jet" && m.word == wordLinear:
		r.jetDims(d, k)
	case r.fam.Attention == compressedAttention:
		r.compressedDims(d, k)
	case r.fam.LinearKind == "rglru" && (m.word == wordRecurrent || m.word == wordLinear), m.word == wordMamba:
		k.Type, k.Core, k.ConvKernel = "rglru", "rg_lru", r.or("conv_kernel", 4)
		d.with(facts{"lru_width": r.or("lru_width", r.hidden), "kernel": k.ConvKernel}).layers("rglru", "")
	default:
		k.Type = m.word
	}
}
