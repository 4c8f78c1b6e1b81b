package extract

import "strings"

// normalization reads which norm the layers have and what they are called.
func (r *reader) normalization() Normalization {
	if !r.known {
		r.guessNorm()
	}
	r.falconNorms()
	r.residualNorms()
	n := Normalization{Type: r.lay.norm, PerLayer: append(append([]string{}, r.lay.attnNorms...), r.lay.mlpNorms...)}
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
			if err != nil {
				r.fail(err)
			}
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
		r.lay.norm = "layernorm"
		r.infer("normalization", "layernorm", "from the field "+r.name("layer_norm_eps"))
	}
}

// falconNorms: Falcon's norms depend on its generation.
func (r *reader) falconNorms() {
	if r.row != "falcon" {
		return
	}
	r.lay.noRope = r.flag("alibi", false)
	switch {
	case r.flag("new_decoder_architecture", false):
		r.lay.parallel = true
		r.lay.attnNorms, r.lay.mlpNorms = []string{"ln_attn"}, []string{"ln_mlp"}
		if got, ok := r.lookup("num_ln_in_parallel_attn"); ok {
			if n, err := scalarInt("num_ln_in_parallel_attn", got.Value); err == nil && n == 1 {
				r.lay.attnNorms, r.lay.mlpNorms = []string{"input_layernorm"}, nil
			}
		}
	case r.flag("parallel_attn", true):
		r.lay.parallel, r.lay.mlpNorms = true, nil
	}
}

// residualNorms: families whose norm layout a field decides.
func (r *reader) residualNorms() {
	switch r.row {
	case "stablelm":
		if r.flag("use_parallel_residual", false) {
			r.lay.parallel, r.lay.mlpNorms = true, nil
		}
	case "hyperclovax":
		if !r.flag("use_post_norm", false) {
			r.lay.attnNorms, r.lay.mlpNorms = []string{"input_layernorm"}, []string{"post_attention_layernorm"}
		}
	case "chatglm":
		if !r.flag("rmsnorm", true) {
			r.lay.norm = "layernorm"
		}
	}
}

// parallelBlock: attention and MLP read the same normed input.
func (r *reader) parallelBlock() bool {
	if r.row == "gpt_neox" {
		return r.flag("use_parallel_residual", true)
	}
	return r.lay.parallel
}

// qkNorm says how queries and keys of a softmax attention are normed.
func (r *reader) qkNorm() string {
	kind := r.lay.qkNorm
	stated, value := false, false
	for _, field := range []string{"use_qk_norm", "qk_layernorm", "qk_norm", "use_qk_layernorm", "use_query_key_norm", "qk_layernorms"} {
		if got, ok := r.value(field); ok {
			if b, isBool := asBool(got.Value); isBool {
				stated, value = true, value || b
			}
		}
	}
	switch {
	case strings.HasPrefix(kind, "field"):
		if !value {
			return ""
		}
		kind = map[string]string{"field_projection": "per_projection"}[kind]
		if kind == "" {
			kind = "per_head"
		}
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
