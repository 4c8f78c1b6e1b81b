package extract

import "strings"

// normalization reads which norm the layers have and what they are called.
func (r *reader) normalization() Normalization {
	if !r.known {
		r.guessNorm()
	}
	n := Normalization{Type: r.fam.Norm, PerLayer: append(append([]string{}, r.fam.AttnNorms...), r.fam.MLPNorms...)}
	if len(n.PerLayer) == 2 && n.PerLayer[0] == n.PerLayer[1] {
		n.PerLayer = n.PerLayer[:1] // one part per layer, each with its norm
	}
	n.Epsilon = r.epsilon()
	return n
}

func (r *reader) epsilon() float64 {
	for _, field := range []string{"rms_norm_eps", "layer_norm_eps"} {
		if got, ok := r.lookup(field); ok {
			f, err := toFloat(got.Key, got.Value)
			r.fail(err)
			return f
		}
	}
	for _, field := range []string{"rms_norm_eps", "layer_norm_eps"} {
		if f := r.number(field); f > 0 {
			return f
		}
	}
	return 0
}

// guessNorm tells the norm of an unknown family by the field of its epsilon.
func (r *reader) guessNorm() {
	kind, _ := r.text.String("norm_type")
	switch {
	case r.text.Has("rms_norm_eps"), r.text.Has("rms_norm"), strings.Contains(kind, "rms"):
		return
	case r.has("layer_norm_eps"), strings.Contains(kind, "layer"):
		r.fam.Norm = "layernorm"
		r.infer("normalization", "layernorm", "from the field "+r.name("layer_norm_eps"))
	}
}

// qkNorm says how queries and keys of a softmax attention are normed.
func (r *reader) qkNorm() string {
	kind := r.fam.QKNorm
	stated, value := false, false
	for _, field := range []string{"use_qk_norm", "qk_layernorm", "qk_norm", "use_qk_layernorm", "use_query_key_norm", "qk_layernorms"} {
		if b, ok := r.truth(field); ok {
			stated, value = true, value || b
		}
	}
	switch {
	case kind == "per_head_if_stated":
		if !value {
			return ""
		}
		kind = "per_head"
	case kind == "" && value && !r.known:
		kind = "per_head"
	case kind != "" && stated && !value && r.has("use_qk_norm"):
		return ""
	}
	if t, _ := r.text.String("qk_norm_type"); t == "per_layer" && kind != "" {
		return "per_projection"
	}
	return kind
}
