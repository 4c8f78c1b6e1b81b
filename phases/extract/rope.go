package extract

import "math"

// ropeObject finds rope_parameters or rope_scaling; where they are keyed by
// layer type, the one for this type.
func (r *reader) ropeObject(layerType string) *Object {
	for _, key := range []string{"rope_parameters", "rope_scaling", "rope_config"} {
		o := r.text.Object(key)
		if o == nil {
			continue
		}
		for _, name := range []string{layerType, "full_attention"} {
			if sub := o.Object(name); sub != nil {
				return sub
			}
		}
		return o
	}
	return nil
}

// partialRotary is the share of a head that is rotated; 1 when nothing is said.
// Proportional scaling (Gemma 4) goes through the whole head: what the share
// leaves out has frequency 0.
func (r *reader) partialRotary(layerType string) float64 {
	o := r.ropeObject(layerType)
	if kind, ok := o.String("rope_type"); ok && kind == "proportional" {
		return 1
	}
	if o.Has("partial_rotary_factor") {
		if f, ok, err := o.Float("partial_rotary_factor"); ok && err == nil {
			return f
		}
	}
	for _, field := range []string{"partial_rotary_factor", "rotary_pct", "rotary_emb_fraction", "rope_percent", "rope_ratio_dim"} {
		if f := r.number(field); f > 0 {
			return f
		}
	}
	if r.fam.RotaryShare > 0 {
		return r.fam.RotaryShare
	}
	return 1
}

// rotaryDim is the rotated width of a head of this size.
func (r *reader) rotaryDim(headDim int, layerType string) int {
	if r.fam.NoRope || headDim == 0 || r.alibi() {
		return 0
	}
	for _, field := range rotaryFields {
		if n := r.opt(field); n > 0 {
			return min(n, headDim)
		}
	}
	return int(math.Floor(float64(headDim)*clamp(r.partialRotary(layerType)) + 1e-9))
}

// layerRotary is the share of a head that one layer rotates, where the file
// has a list of them (Step-3.5).
func (r *reader) layerRotary(layer int) (share float64, ok bool) {
	list, _ := r.text.List("partial_rotary_factors")
	if layer >= len(list) {
		return 0, false
	}
	f, err := toFloat("partial_rotary_factors", list[layer])
	return clamp(f), err == nil
}

// rotaryFields state the rotated width itself.
var rotaryFields = []string{"rotary_dim", "attn_rotary_emb", "rotary_emb_dim", "attn_cfg.rotary_emb_dim"}

func clamp(f float64) float64 { return math.Max(0, math.Min(1, f)) }

// alibi reports whether positions come from attention biases, not from rotation.
func (r *reader) alibi() bool {
	if t := r.str("position_embedding_type"); t == "nope" || t == "alibi" || t == "absolute" || t == "learned_absolute" {
		return true
	}
	return r.flag("use_alibi", false) || r.flag("alibi", false)
}

// rope summarises the rotary embedding; nil when no layer has one.
func (r *reader) rope() *Rope {
	dim, headDim := 0, 0
	for _, m := range r.mixers {
		if m.rotary > 0 {
			dim, headDim = m.rotary, m.headDim
			break
		}
	}
	if dim == 0 {
		return nil
	}
	o := r.ropeObject("full_attention")
	rope := &Rope{RotaryDim: dim, Theta: r.ropeTheta(o)}
	if headDim > 0 && dim != headDim && !r.mla() {
		rope.PartialFactor = float64(dim) / float64(headDim)
	}
	for _, key := range []string{"rope_type", "type"} {
		if t, ok := o.String(key); ok {
			rope.Type = t
			break
		}
	}
	if rope.Type == "default" && o.Has("mrope_section") {
		rope.Type = "mrope"
	}
	return rope
}

func (r *reader) ropeTheta(o *Object) float64 {
	if f, ok, err := o.Float("rope_theta"); ok && err == nil {
		return f
	}
	for _, key := range []string{"rope_theta", "rotary_emb_base", "rope_embedding_base", "global_rope_theta", "attn_config.rope_theta"} {
		v, ok := r.text.Path(key)
		if !ok || v == nil {
			continue
		}
		if list, isList := v.([]Value); isList && len(list) > 0 {
			v = list[0]
		}
		if f, err := toFloat(key, v); err == nil {
			return f
		}
	}
	if f := r.number("rope_theta"); f > 0 {
		return f
	}
	return 10000
}
