package extract

// gdnDims are Gated DeltaNet's projections (Qwen3-Next, Qwen3.5).
func (r *reader) gdnDims(d *dims, k *AttentionKind) {
	k.Attribute, k.RotaryDim = r.fam.Linear, 0
	k.LinearNumKeyHeads, k.LinearNumValueHeads = r.size("linear_num_key_heads"), r.size("linear_num_value_heads")
	k.LinearKeyHeadDim, k.LinearValueHeadDim = r.size("linear_key_head_dim"), r.size("linear_value_head_dim")
	k.ConvKernel = r.or("linear_conv_kernel_dim", 4)
	if k.LinearNumValueHeads%k.LinearNumKeyHeads != 0 {
		r.wrong("linear_num_value_heads", Value(int64(k.LinearNumValueHeads)), "must be a multiple of the %d key heads", k.LinearNumKeyHeads)
	}
	keys, values := k.LinearNumKeyHeads*k.LinearKeyHeadDim, k.LinearNumValueHeads*k.LinearValueHeadDim
	const keyWidth, valueWidth = "linear_num_key_heads*linear_key_head_dim", "linear_num_value_heads*linear_value_head_dim"
	d.parameter("conv1d", 2*keys+values, k.ConvKernel, "2*"+keyWidth+" + "+valueWidth)
	d.linear("in_proj_qkvz", 2*keys+2*values, r.hidden, "2*"+keyWidth+" + 2*"+valueWidth)
	d.linear("in_proj_ba", 2*k.LinearNumValueHeads, r.hidden, "2*linear_num_value_heads")
	norm := "gated"
	if r.fam.GDNNorm != "" {
		norm = r.fam.GDNNorm
	}
	d.norm("norm", norm, k.LinearValueHeadDim, "linear_value_head_dim")
	d.linear("out_proj", r.hidden, values, valueWidth)
}

// Kimi Delta Attention whose gates are not of low rank, and one whose
// projections are not fused (families.Family.LinearKind).
const (
	fullKDA  = "kda_full"
	splitKDA = "kda_split"
)

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
	width := heads * headDim
	const w, dim = "linear_attn_config.num_heads*linear_attn_config.head_dim", "linear_attn_config.head_dim"
	if r.fam.LinearKind == fullKDA {
		d.linear("qkv_proj", 3*width, r.hidden, "3*"+w)
		d.linear("b_proj", heads, r.hidden, "linear_attn_config.num_heads")
		d.linear("forget_gate.f_proj", width, r.hidden, w)
		d.linear("g_proj", width, r.hidden, w)
		d.parameter("qkv_conv1d", 3*width, conv, "3*"+w)
		d.norm("o_norm", "gated", headDim, dim)
		d.linear("o_proj", r.hidden, width, w)
		return
	}
	if r.fam.LinearKind == splitKDA {
		d.linear("qkv_proj", 3*width, r.hidden, "3*"+w)
		d.linear("b_proj", heads, r.hidden, "linear_attn_config.num_heads")
		for _, gate := range []string{"f", "g"} {
			d.linear(gate+"_a_proj", headDim, r.hidden, dim)
			d.linear(gate+"_b_proj", width, headDim, w)
		}
		d.parameter("qkv_conv1d", 3*width, conv, "3*"+w)
		d.norm("o_norm", "gated", headDim, dim)
		d.linear("o_proj", r.hidden, width, w)
		return
	}
	if r.flag("no_kda_lora", false) {
		d.linear("fused_qkvbfg_proj", 5*width+heads, r.hidden, "5*"+w+" + linear_attn_config.num_heads")
		d.parameter("qkv_conv1d", 3*width, conv, "3*"+w)
		d.norm("o_norm", "gated", headDim, dim)
		d.linear("o_proj", r.hidden, width, w)
		return
	}
	d.linear("fused_qkvbfg_a_proj", 3*width+heads+2*headDim, r.hidden, "3*"+w+" + linear_attn_config.num_heads + 2*"+dim)
	d.parameter("fused_fg_b_proj", width, headDim, w) // of both gates, in one batched product
	d.list[len(d.list)-1].Times = 2
	d.parameter("qkv_conv1d", 3*width, conv, "3*"+w)
	d.norm("o_norm", "gated", headDim, dim)
	d.linear("o_proj", r.hidden, width, w)
}

// kdaHeads are the heads of Kimi Delta Attention, their width and that of its
// convolution; 0 where the config does not say.
func (r *reader) kdaHeads() (heads, headDim, conv int) {
	o := &fields{root: r.root, text: r.text.Object("linear_attn_config")}
	if o.text != nil {
		heads, headDim, conv = o.opt("num_attention_heads"), o.opt("head_dim"), o.opt("short_conv_kernel_size")
	}
	r.keepError(o.err)
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
	width := heads * headDim
	k.NumHeads, k.NumKVHeads, k.HeadDim = heads, heads, headDim
	const w = "num_attention_heads*head_dim"
	if r.fam.LightningGate == "output_gate" {
		k.RotaryDim = 0
		d.linear("qkv_proj", 3*width, r.hidden, "3*"+w)
		d.linear("output_gate", width, r.hidden, w)
		d.linear("out_proj", r.hidden, width, w)
		d.norm("norm", "rmsnorm", width, w)
		return
	}
	k.RotaryDim = r.rotaryDim(headDim, "")
	d.linear("query_key_value", 3*width, r.hidden, "3*"+w)
	if r.flag("use_qk_norm", false) {
		k.QKNorm, k.QNormSize, k.KNormSize = "per_head", headDim, headDim
		d.norm("query_layernorm", "rmsnorm", headDim, "head_dim")
		d.norm("key_layernorm", "rmsnorm", headDim, "head_dim")
	}
	d.linear("g_proj", width, r.hidden, w)
	d.linear("dense", r.hidden, width, w)
	d.norm("g_norm", "gated", width, w)
	k.OutputGate = true
}

// convDims are LFM2's gated short convolution.
func (r *reader) convDims(d *dims, k *AttentionKind) {
	k.Attribute, k.ConvKernel = "conv", r.or("conv_kernel", 3)
	k.Core = ""
	d.linear("in_proj", 3*r.hidden, r.hidden, "3*hidden_size")
	d.linear("out_proj", r.hidden, r.hidden, "hidden_size")
	d.parameter("conv", r.hidden, k.ConvKernel, "hidden_size")
}

// rwkvDims are RWKV's time mixing.
func (r *reader) rwkvDims(d *dims, k *AttentionKind) {
	k.Attribute, k.Core = r.fam.Linear, ""
	if !r.known || k.Attribute == "linear_attn" {
		k.Attribute = "attention"
	}
	width := r.or("attention_hidden_size", r.hidden)
	for _, name := range []string{"key", "value", "receptance"} {
		d.linear(name, width, r.hidden, "attention_hidden_size")
	}
	d.linear("output", r.hidden, width, "attention_hidden_size")
}

// jetDims are the JetBlock's projections (Jet-Nemotron): a gated delta rule
// whose convolution kernels are made from the input.
func (r *reader) jetDims(d *dims, k *AttentionKind) {
	k.Type, k.Attribute, k.RotaryDim = "jet", "self_attn", 0
	block := r.text.Object("efficient_attention_config").Object("jet")
	if block == nil {
		r.noteMissing("efficient_attention_config.jet")
		return
	}
	o := &fields{root: r.root, text: block}
	heads, keyDim, kernel := o.opt("num_heads"), o.opt("head_dim"), o.opt("conv_size")
	reduction := max(o.opt("dconv_generator_reduction"), 1)
	r.keepError(o.err)
	expand, _, err := block.Float("expand_v")
	r.keepError(err)
	valueDim := int(float64(keyDim) * expand)
	keys, values := heads*keyDim, heads*valueDim
	k.LinearNumKeyHeads, k.LinearNumValueHeads, k.LinearKeyHeadDim, k.LinearValueHeadDim, k.ConvKernel = heads, heads, keyDim, valueDim, kernel
	d.linear("qkvabz_proj", 2*keys+2*values+2*heads, r.hidden, "2*num_heads*head_dim + 2*num_heads*head_dim*expand_v + 2*num_heads")
	d.linear("w1", values/reduction, r.hidden, "num_heads*head_dim*expand_v // dconv_generator_reduction")
	d.linear("w2", values*kernel, values/reduction, "num_heads*head_dim*expand_v*conv_size")
	d.norm("o_norm", "gated", valueDim, "head_dim*expand_v")
	d.linear("o_proj", r.hidden, values, "num_heads*head_dim*expand_v")
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
		width := r.or("lru_width", r.hidden)
		k.Type, k.Core, k.ConvKernel = "rglru", "rg_lru", r.or("conv_kernel", 4)
		d.linear("linear_y", width, r.hidden, "lru_width")
		d.linear("linear_x", width, r.hidden, "lru_width")
		d.linear("linear_out", r.hidden, width, "lru_width")
		d.parameter("conv_1d", width, k.ConvKernel, "lru_width")
	default:
		k.Type = m.word
	}
}
