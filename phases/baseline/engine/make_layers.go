package engine

import (
	"strconv"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
)

// makeLayers is make_layers: it calls the layer function for every index, and
// gives the range of its layers beside them when it is told of a rank.
func makeLayers(in *pyeval.Interp, args []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
	_, hasRank := kw.Get("pp_rank")
	_, hasSize := kw.Get("pp_size")
	layers, count := allLayers(in, args, kw)
	if (hasRank && hasSize) || len(args) > 3 {
		return pyeval.NewTuple(layers, 0, count)
	}
	return layers
}

// makeStageLayers is make_pp_layers, which gives the range in any case.
func makeStageLayers(in *pyeval.Interp, args []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
	layers, count := allLayers(in, args, kw)
	return pyeval.NewTuple(layers, 0, count)
}

// makeAllLayers is make_layers_non_pp, which gives none.
func makeAllLayers(in *pyeval.Interp, args []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
	layers, _ := allLayers(in, args, kw)
	return layers
}

func allLayers(in *pyeval.Interp, args []pyeval.Value, kw *pyeval.Namespace) (layers *ModuleList, count pyeval.Value) {
	count = kw.Or("num_hidden_layers", pyeval.Argument(args, 0, nil))
	fn := kw.Or("layer_fn", pyeval.Argument(args, 1, nil))
	prefix, _ := kw.Value("prefix").(string)
	layers = newModuleList(in.At)
	layer := func(idx, name pyeval.Value) pyeval.Value {
		lkw := pyeval.NewNamespace()
		lkw.Set("idx", idx)
		lkw.Set("prefix", name)
		return in.Call(fn, nil, lkw)
	}
	if n, ok := count.(int); ok {
		for i := 0; i < n && !in.Halted() && in.Grow(1); i++ {
			layers.List.Items = append(layers.List.Items, layer(i, prefix+"."+strconv.Itoa(i)))
		}
	} else {
		layers.List.Items = []pyeval.Value{&pyeval.Repeated{Each: layer(pyeval.Derived("layer index", count), prefix+".0"), Count: count}}
	}
	return layers, count
}

// rope records a rotary embedding.
func rope(in *pyeval.Interp, args []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
	bound := pyeval.NewNamespace()
	bound.SetArguments(args, kw, "head_size", "rotary_dim", "max_position", "base", "is_neox_style", "rope_scaling", "dtype", "partial_rotary_factor")
	return in.NewRecorded(pyeval.NewExternal("get_rope"), "rope", bound)
}

// opaqueLayer records a layer of which only the arguments matter; params name
// the first positional ones.
func opaqueLayer(name string, params ...string) pyeval.Native {
	return func(in *pyeval.Interp, args []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
		bound := kw.Clone()
		for i, p := range params {
			if i < len(args) {
				bound.Set(p, args[i])
			}
		}
		return in.NewRecorded(pyeval.NewExternal(name), name, bound)
	}
}
