package calls

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
)

// Any implements the watcher: of the elements of a module list one of each kind.
func (w *Walk) Any(items []pyeval.Value) pyeval.Value {
	var result pyeval.Value
	seen := map[string]bool{}
	for i := len(items) - 1; i >= 0 && len(seen) < pyeval.MaxAlternatives; i-- {
		o, ok := items[i].(*pyeval.Instance)
		if !ok {
			continue
		}
		key := o.ClassName() + w.signature(o)
		switch {
		case seen[key]:
		case result == nil:
			result = o
		default:
			result = pyeval.NewChoice("the kind of layer", o, result)
		}
		seen[key] = true
	}
	return result
}

// communicatorMethod is a method of the object that runs a layer's two norms
// around the communication between ranks; what it is given to run between
// them (qkv_latent_func) runs after the norm.
func (w *Walk) communicatorMethod(o *pyeval.Instance, name string) (pyeval.Value, bool) {
	norm := ""
	switch {
	case strings.HasPrefix(name, "prepare_attn"):
		norm = "input_layernorm"
	case strings.HasPrefix(name, "prepare_mlp"):
		norm = "post_attention_layernorm"
	default:
		return nil, false
	}
	return pyeval.NewBuiltin("LayerCommunicator."+name, func(in *pyeval.Interp, args []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
		layer, ok := o.Args.Value(norm).(*pyeval.Instance)
		if ok && layer.Recorded == "" && w.IsPart(layer) {
			w.record(layer, true, true)
		} else if ok {
			w.recordCall(layer, args, kw)
		}
		if norm == "input_layernorm" {
			runBetween(in, o.Args.Value("qkv_latent_func"))
		}
		return pyeval.Unknownf("the result of %s", name)
	}), true
}

// runBetween calls what a layer gives to be run between its norm and its
// projections.
func runBetween(in *pyeval.Interp, v pyeval.Value) {
	if f, ok := v.(*pyeval.Function); ok {
		in.Call(f, []pyeval.Value{pyeval.Unknownf("the hidden states"), pyeval.Unknownf("forward_batch")}, nil)
	}
}

// isOtherPlatform reports whether a function is for other hardware than CUDA, which
// SGLang tells by the function's name or its file's.
func isOtherPlatform(f *pyeval.Function) bool {
	other := func(name string) bool {
		return slices.ContainsFunc(strings.Split(name, "_"), func(word string) bool {
			switch word {
			case "rocm", "hip", "aiter", "npu", "xpu", "hpu", "cpu", "musa", "mps", "mlx":
				return true
			}
			return false
		})
	}
	return other(f.Name()) || other(pyeval.LastPart(f.Module.Name))
}
