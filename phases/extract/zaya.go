package extract

// Zaya alternates attention and mixtures of experts, a layer each. Its
// attention projects queries, keys and two halves of the values one by one and
// convolves them; its router is an MLP.

// wordsFromParts are the mixers of Zaya's layers.
func (r *reader) wordsFromParts() []string {
	if !r.fam.Alternates {
		return nil
	}
	return r.wordsWhere(func(i int) bool { return r.zayaPart(i) == partMixer }, wordFull, wordNone)
}

// zayaPart reads zaya_layers, "a" for attention and a number of experts; where
// it is not given, the even layers are attention.
func (r *reader) zayaPart(layer int) string {
	if list, ok := r.text.List("zaya_layers"); ok && len(list) > 0 {
		if len(list) < r.layers {
			r.wrong("zaya_layers", Value(int64(len(list))), "has %d values for %d layers", len(list), r.layers)
			return partMixer
		}
		if word, _ := list[layer].(string); word == "a" {
			return partMixer
		}
		return partMoE
	}
	if layer%2 == 0 {
		return partMixer
	}
	return partMoE
}

// zayaExpert is the width of one expert: ffn_hidden_size counts gate and up
// projection together.
func (r *reader) zayaExpert() int {
	if !r.has("intermediate_size") {
		return r.opt("moe_intermediate_size")
	}
	return r.size("intermediate_size") / 2
}

// zayaRouter are the layers of the router: a down projection, a norm and three
// linear layers, the last with an output more for tokens that skip the experts.
func (r *reader) zayaRouter(d *dims, f ffn) {
	width := r.firstOf("zaya_mlp_expansion")
	if width == 0 {
		width = r.or("router_hidden_size", 256)
	}
	d.with(facts{"zaya_mlp_expansion": width, "num_experts": f.experts, "skips_experts": r.flag("zaya_use_mod", true)}).layers("mlp_router", "")
}

// firstOf reads a field that is a number, or a list of which the first number
// above 0 counts.
func (r *reader) firstOf(field string) int {
	list, _, _ := r.ints(r.text, field)
	for _, n := range list {
		if n > 0 {
			return r.check(field, field, Value(int64(n)), n, 1)
		}
	}
	return 0
}
