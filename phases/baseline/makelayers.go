package baseline

import "strconv"

// makeLayers is make_layers: it calls the layer function for every index.
func makeLayers(in *interp, args []value, kw *namespace) value {
	count := argument(args, 0, nil)
	if v, ok := kw.get("num_hidden_layers"); ok {
		count = v
	}
	fn := argument(args, 1, nil)
	if v, ok := kw.get("layer_fn"); ok {
		fn = v
	}
	prefix := ""
	if v, ok := kw.get("prefix"); ok {
		prefix, _ = v.(string)
	}
	_, hasRank := kw.get("pp_rank")
	_, hasSize := kw.get("pp_size")
	layers := &moduleList{list: list{}, site: in.at}
	layer := func(idx, name value) value {
		lkw := newNamespace()
		lkw.set("idx", idx)
		lkw.set("prefix", name)
		return in.call(fn, nil, lkw)
	}
	if n, ok := count.(int); ok {
		for i := 0; i < n && !in.halted() && in.grow(1); i++ {
			layers.items = append(layers.items, layer(i, prefix+"."+strconv.Itoa(i)))
		}
	} else {
		layers.items = []value{&repeated{layer(derived("layer index", count), prefix+".0"), count}}
	}
	if (hasRank && hasSize) || len(args) > 3 {
		return &tuple{[]value{layers, 0, count}}
	}
	return layers
}

// rope records a rotary embedding.
func rope(in *interp, args []value, kw *namespace) value {
	o := in.newObject(&external{"get_rope"}, moduleObject)
	o.leaf, o.args = "rope", newNamespace()
	names := []string{"head_size", "rotary_dim", "max_position", "base", "is_neox_style", "rope_scaling", "dtype", "partial_rotary_factor"}
	for i, v := range args {
		if i < len(names) {
			o.args.set(names[i], v)
		}
	}
	if kw != nil {
		for i, k := range kw.keys {
			o.args.set(k, kw.vals[i])
		}
	}
	return o
}

// opaqueLayer records a layer of which only the arguments matter; params name
// the first positional ones.
func opaqueLayer(name string, params ...string) native {
	return func(in *interp, args []value, kw *namespace) value {
		o := in.newObject(&external{name}, moduleObject)
		o.leaf, o.args = name, kw.clone()
		for i, p := range params {
			if i < len(args) {
				o.args.set(p, args[i])
			}
		}
		return o
	}
}
