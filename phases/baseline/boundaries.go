package baseline

import "strings"

// boundaryMethod is a method of a stage boundary in forward(). The norm of the
// first stage of all has no residual yet; that of a layer's first stage has
// none either when the layer before has added it.
func (w *forwardWalk) boundaryMethod(o *object, name string) (value, bool) {
	if name != "prepare" {
		return nil, false
	}
	return newBuiltin(boundaryLeaf+".prepare", func(in *interp, args []value, kw *namespace) value {
		first, _ := o.args.value("first").(bool)
		plain, _ := o.args.value("plain").(bool)
		residual := !first || !plain
		if norm, ok := o.args.value("norm").(*object); ok && w.isModule(norm) {
			if first && !w.residual {
				w.record(norm, false, true)
			}
			if residual {
				w.record(norm, true, true)
			}
		}
		w.residual = true
		if options, ok := o.args.value("options").(*dict); ok {
			if v, _ := options.get("qkv_latent_func"); v != nil {
				if f, ok := v.(*function); ok {
					in.call(f, []value{unknownf("the hidden states"), unknownf("forward_batch")}, nil)
				}
			}
		}
		return unknownf("the result of prepare")
	}), true
}

// finalNorm records the norm that is handed to the function that completes the
// residual stream; false when the function is another.
func (w *forwardWalk) finalNorm(function string, args []value) bool {
	if lastPart(function) != "final_norm" || !strings.Contains(function, ".layer_boundary.") {
		return false
	}
	for _, v := range args {
		if o, ok := v.(*object); ok && w.isModule(o) {
			w.record(o, true, true)
		}
	}
	return true
}
