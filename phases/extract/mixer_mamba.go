package extract

import "strings"

// mamba2Dims are Mamba 2's projections. in_proj makes gate, input, both state
// projections and the time step at once.
func (r *reader) mamba2Dims(d *dims, k *AttentionKind) {
	k.Attribute = r.fam.Mixer
	k.RotaryDim = 0
	r.mamba2Sizes(k)
	if r.err != nil {
		return
	}
	r.mamba2Linears(d, k, "")
}

// mamba2Sizes works out heads, head size, groups and the inner width.
func (r *reader) mamba2Sizes(k *AttentionKind) {
	k.StateSize = r.or("ssm_state_size", 128)
	k.NGroups = r.or("mamba_n_groups", 1)
	k.ConvKernel = r.or("conv_kernel", 4)
	heads, headDim := r.mambaHeads(), r.mambaHeadDim()
	inner := r.opt("mamba_intermediate_size")
	switch {
	case inner > 0:
	case heads > 0 && headDim > 0 && r.fam.MambaByHeads:
		inner = heads * headDim
	default:
		inner = r.or("mamba_expand", 2) * r.hidden
	}
	if headDim == 0 && heads > 0 {
		headDim = inner / heads
		r.infer("mamba_head_dim", headDim, "inner width over mamba_num_heads")
	}
	if headDim == 0 {
		headDim = 64
		r.infer("mamba_head_dim", 64, "Mamba 2's own default")
	}
	if heads == 0 || r.text.Has("ssm_cfg") {
		heads = inner / headDim
		r.infer("mamba_num_heads", heads, "inner width over mamba_head_dim")
	}
	if heads < 1 || headDim < 1 {
		r.wrong("mamba_num_heads", Value(int64(heads)), "the inner width %d is not that of any heads", inner)
		return
	}
	k.MambaNumHeads, k.MambaHeadDim, k.MambaIntermediate = heads, headDim, inner
}

// mambaHeads reads the number of heads; the pure Mamba 2 class has no other
// heads and calls them num_heads.
func (r *reader) mambaHeads() int {
	if r.fam.MambaPlainNames && !r.has("mamba_num_heads") && r.plainlyNamed("num_attention_heads") {
		return r.opt("num_attention_heads")
	}
	return r.opt("mamba_num_heads")
}

// plainlyNamed reports whether the file has a field outside of attn_cfg, which
// has the heads of the attention layers that stand between Mamba layers.
func (r *reader) plainlyNamed(field string) bool {
	got, ok := r.lookup(field)
	return ok && !strings.Contains(got.Key, ".")
}

// mambaHeadDim reads the head size, which files also write as "auto".
func (r *reader) mambaHeadDim() int {
	got, ok := r.value("mamba_head_dim")
	if r.fam.MambaPlainNames && !r.has("mamba_head_dim") {
		if own, there := r.lookup("head_dim"); there && r.plainlyNamed("head_dim") {
			got, ok = own, true
		}
	}
	if !ok || got.Value == "auto" {
		return 0
	}
	n, err := scalarInt("mamba_head_dim", got.Value)
	if err != nil {
		r.fail(err)
		return 0
	}
	return r.check("mamba_head_dim", got.Key, got.Value, n, 0)
}

func (r *reader) mamba2Linears(d *dims, k *AttentionKind, prefix string) {
	width := "mamba_num_heads*mamba_head_dim"
	switch {
	case r.has("mamba_intermediate_size"):
		width = "mamba_intermediate_size"
	case k.MambaIntermediate != k.MambaNumHeads*k.MambaHeadDim || r.text.Has("ssm_cfg"):
		width = "mamba_expand*hidden_size"
	}
	d.shown = map[string]string{"inner_width": width}
	d.with(facts{
		"inner_width": k.MambaIntermediate, "mamba_num_heads": k.MambaNumHeads, "mamba_n_groups": k.NGroups, "ssm_state_size": k.StateSize,
		"kernel": k.ConvKernel, "inner_norm": r.flag("mamba_rms_norm", true),
	}).layers("mamba2", prefix)
}

// besideMamba adds the Mamba 2 that stands beside the attention of a layer.
func (r *reader) besideMamba(d *dims, k *AttentionKind) {
	if r.fam.Mamba == 1 {
		attribute, rotary := k.Attribute, k.RotaryDim
		r.mamba1Dims(d, k, "mamba.")
		k.Attribute, k.RotaryDim = attribute, rotary
		return
	}
	r.mamba2Sizes(k)
	if r.err != nil {
		return
	}
	r.mamba2Linears(d, k, "mamba.")
}

// mamba1Dims are Mamba 1's projections.
func (r *reader) mamba1Dims(d *dims, k *AttentionKind, prefix string) {
	k.Attribute, k.RotaryDim = r.fam.Mixer, 0
	k.StateSize, k.ConvKernel = r.or("ssm_state_size", 16), r.or("conv_kernel", 4)
	inner := r.opt("mamba_intermediate_size")
	width := "mamba_intermediate_size"
	pure := r.fam.Mixes == wordMamba && r.fam.NoMLPWithMamba // every layer is a Mamba, and intermediate_size its width
	if inner == 0 && pure && r.has("intermediate_size") && r.opt("intermediate_size") > 0 {
		inner, width = r.opt("intermediate_size"), "intermediate_size"
	}
	if inner == 0 {
		inner, width = r.or("mamba_expand", 2)*r.hidden, "mamba_expand*hidden_size"
	}
	rank := r.timeStepRank()
	k.MambaIntermediate, k.TimeStepRank = inner, rank
	d.shown = map[string]string{"inner_width": width}
	d.with(facts{"inner_width": inner, "time_step_rank": rank, "ssm_state_size": k.StateSize, "kernel": k.ConvKernel}).layers("mamba1", prefix)
}

// timeStepRank is stated, or "auto": hidden_size/16, rounded up.
func (r *reader) timeStepRank() int {
	got, ok := r.value("time_step_rank")
	if ok && got.Value != "auto" {
		n, err := scalarInt("time_step_rank", got.Value)
		if err != nil {
			r.fail(err)
			return 1
		}
		return max(1, r.check("time_step_rank", got.Key, got.Value, n, 0))
	}
	n := (r.hidden + 15) / 16
	r.infer("time_step_rank", n, "hidden_size/16, rounded up (auto)")
	return n
}
