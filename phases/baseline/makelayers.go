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
	layers := newModuleList(in.at)
	layer := func(idx, name value) value {
		lkw := newNamespace()
		lkw.set("idx", idx)
		lkw.set("prefix", name)
		return in.call(fn, nil, lkw)
	}
	if n, ok := count.(int); ok {
		for i := 0; i < n && !in.halted() && in.grow(1); i++ {
			layers.list.items = append(layers.list.items, layer(i, prefix+"."+strconv.Itoa(i)))
		}
	} else {
		layers.list.items = []value{&repeated{item: layer(derived("layer index", count), prefix+".0"), count: count}}
	}
	if (hasRank && hasSize) || len(args) > 3 {
		return newTuple(layers, 0, count)
	}
	return layers
}

// rope records a rotary embedding.
func rope(in *interp, args []value, kw *namespace) value {
	bound := newNamespace()
	bound.setArguments(args, kw, "head_size", "rotary_dim", "max_position", "base", "is_neox_style", "rope_scaling", "dtype", "partial_rotary_factor")
	return in.newLeaf(newExternal("get_rope"), "rope", bound)
}

// opaqueLayer records a layer of which only the arguments matter; params name
// the first positional ones.
func opaqueLayer(name string, params ...string) native {
	return func(in *interp, args []value, kw *namespace) value {
		bound := kw.clone()
		for i, p := range params {
			if i < len(args) {
				bound.set(p, args[i])
			}
		}
		return in.newLeaf(newExternal(name), name, bound)
	}
}
