package extract

import "fmt"

// widths are a kind's sizes that no layer has alone: what queries, keys and
// values take together, and the rotated part of a head.
func (r *reader) widths(k *AttentionKind, m mixer) []Dimension {
	d := &dims{r: r}
	width := func(name string, n int, formula string) {
		d.add(Dimension{Name: name, Type: "width", N: n, Formula: formula})
	}
	names := headNames(r, m)
	switch m.family {
	case MLA, DSA:
		width("q_size", k.NumHeads*(k.QKNopeHeadDim+k.QKRopeHeadDim), "num_attention_heads*(qk_nope_head_dim + qk_rope_head_dim)")
		width("kv_size", k.KVLoraRank+k.QKRopeHeadDim, "kv_lora_rank + qk_rope_head_dim")
	case GDN:
		width("q_size", k.LinearNumKeyHeads*k.LinearKeyHeadDim, "linear_num_key_heads*linear_key_head_dim")
		width("kv_size", k.LinearNumValueHeads*k.LinearValueHeadDim, "linear_num_value_heads*linear_value_head_dim")
	case GQA, ParallelAttnMamba, OtherMixer:
		width("q_size", m.heads*m.headDim, names.heads+"*"+names.dim)
		width("kv_size", m.kv*m.headDim, names.kv+"*"+names.dim)
		if m.vHeadDim != m.headDim {
			width("v_size", m.kv*m.vHeadDim, names.kv+"*"+names.vDim)
		}
	}
	width("rotary_dim", m.rotary, r.rotaryFormula(m, names.dim))
	return d.list
}

// rotaryFormula is how rotaryDim came to its number.
func (r *reader) rotaryFormula(m mixer, headDim string) string {
	if m.family == MLA || m.family == DSA || r.fam.Attention == compressedAttention {
		return "qk_rope_head_dim"
	}
	for _, field := range rotaryFields() {
		if r.opt(field) == m.rotary {
			return field
		}
	}
	switch {
	case m.rotary == m.headDim:
		return headDim
	case r.fam.RotaryShare > 0:
		return fmt.Sprintf("%s*%g", headDim, r.fam.RotaryShare)
	}
	if r.text.Has("partial_rotary_factors") {
		return headDim + "*partial_rotary_factors"
	}
	return headDim + "*partial_rotary_factor"
}

// dimensionsByKind puts together what every kind of layer is made of: the
// reading of model_architecture.json that needs no knowledge of the kinds.
// Attention and MLP kinds of the same id share a list.
func (r *reader) dimensionsByKind() map[string][]Dimension {
	all := map[string][]Dimension{}
	for i := range r.arch.AttentionKinds {
		k := &r.arch.AttentionKinds[i]
		all[k.ID] = append(append(all[k.ID], k.widths...), k.Dimensions...)
	}
	for i := range r.arch.MLPKinds {
		k := &r.arch.MLPKinds[i]
		all[k.ID] = append(all[k.ID], k.Dimensions...)
	}
	for id, list := range all {
		all[id] = nonNil(list)
	}
	return all
}
