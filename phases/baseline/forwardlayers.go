package baseline

import (
	"slices"
	"strings"
)

// Any implements the watcher: of the elements of a module list one of each kind.
func (w *forwardWalk) Any(items []value) value {
	var result value
	seen := map[string]bool{}
	for i := len(items) - 1; i >= 0 && len(seen) < maxAlternatives; i-- {
		o, ok := items[i].(*object)
		if !ok {
			continue
		}
		key := o.className() + w.signature(o)
		switch {
		case seen[key]:
		case result == nil:
			result = o
		default:
			result = newChoice("the kind of layer", o, result)
		}
		seen[key] = true
	}
	return result
}

// communicatorMethod is a method of the object that runs a layer's two norms
// around the communication between ranks; what it is given to run between
// them (qkv_latent_func) runs after the norm.
func (w *forwardWalk) communicatorMethod(o *object, name string) (value, bool) {
	norm := ""
	switch {
	case strings.HasPrefix(name, "prepare_attn"):
		norm = "input_layernorm"
	case strings.HasPrefix(name, "prepare_mlp"):
		norm = "post_attention_layernorm"
	default:
		return nil, false
	}
	return newBuiltin("LayerCommunicator."+name, func(in *interp, args []value, kw *namespace) value {
		layer, ok := o.args.value(norm).(*object)
		if ok && layer.leaf == "" && w.isModule(layer) {
			w.record(layer, true, true)
		} else if ok {
			w.recordCall(layer, args, kw)
		}
		if f, ok := o.args.value("qkv_latent_func").(*function); ok && norm == "input_layernorm" {
			in.call(f, []value{unknownf("the hidden states"), unknownf("forward_batch")}, nil)
		}
		return unknownf("the result of %s", name)
	}), true
}

// isOtherPlatform says that a function is for other hardware than CUDA, which
// SGLang tells by the function's name or its file's.
func isOtherPlatform(f *function) bool {
	other := func(name string) bool {
		return slices.ContainsFunc(strings.Split(name, "_"), func(word string) bool {
			switch word {
			case "rocm", "hip", "aiter", "npu", "xpu", "hpu", "cpu", "musa", "mps", "mlx":
				return true
			}
			return false
		})
	}
	return other(f.name()) || other(lastPart(f.mod.name))
}
