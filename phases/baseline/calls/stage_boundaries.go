package calls

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
)

// boundaryMethod is a method of a stage boundary in forward(). The norm of the
// first stage of all has no residual yet; that of a layer's first stage has
// none either when the layer before has added it.
func (w *Walk) boundaryMethod(o *pyeval.Instance, name string) (pyeval.Value, bool) {
	if name != "prepare" {
		return nil, false
	}
	return pyeval.NewBuiltin(engine.BoundaryLayer+".prepare", func(in *pyeval.Interp, args []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
		first, _ := o.Args.Value("first").(bool)
		plain, _ := o.Args.Value("plain").(bool)
		residual := !first || !plain
		if norm, ok := o.Args.Value("norm").(*pyeval.Instance); ok && w.IsPart(norm) {
			if first && !w.residual {
				w.record(norm, false, true)
			}
			if residual {
				w.record(norm, true, true)
			}
		}
		w.residual = true
		if options, ok := o.Args.Value("options").(*pyeval.Dict); ok {
			between, _ := options.Get("qkv_latent_func")
			runBetween(in, between)
		}
		return pyeval.Unknownf("the result of prepare")
	}), true
}

// finalNorm records the norm that is handed to the function that completes the
// residual stream; false when the function is another.
func (w *Walk) finalNorm(function string, args []pyeval.Value) bool {
	if pyeval.LastPart(function) != "final_norm" || !strings.Contains(function, ".layer_boundary.") {
		return false
	}
	for _, v := range args {
		if o, ok := v.(*pyeval.Instance); ok && w.IsPart(o) {
			w.record(o, true, true)
		}
	}
	return true
}
