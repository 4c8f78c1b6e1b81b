package baseline

import "strings"

// Newer layouts of SGLang run the norms of a layer inside of stage boundaries
// (srt/layers/layer_boundary): append_stages(declaration, norm, options) makes
// them, prepare() adds what the stage before left to the residual and
// normalises, finish() hands on.

const boundaryLeaf = "StageBoundary"

// appendStages is append_stages: one boundary for each stage.
func appendStages(in *interp, args []value, _ *namespace) value {
	out := &tuple{}
	replaced := false
	for i, a := range args {
		stage, ok := iterate(a)
		if !ok || len(stage) < 2 || !in.grow(1) {
			return derived("append_stages()", args...)
		}
		o := in.newObject(&external{"StageBoundary"}, moduleObject)
		o.leaf, o.args = boundaryLeaf, newNamespace()
		o.args.set("declaration", stage[0])
		o.args.set("norm", stage[1])
		if len(stage) > 2 {
			o.args.set("options", stage[2])
		}
		o.args.set("first", i == 0)
		replaced = replaced || replacesResidual(stage[0])
		out.items = append(out.items, o)
	}
	for _, b := range out.items {
		b.(*object).args.set("plain", replaced)
	}
	return out
}

// replacesResidual says that a stage adds its output to the residual itself,
// so that the next layer's first norm has nothing to add.
func replacesResidual(declaration value) bool {
	o, ok := declaration.(*object)
	if !ok {
		return false
	}
	update, ok := o.attrs.get("update")
	if !ok {
		update, _ = o.args.get("update")
	}
	rule, ok := update.(*object)
	return ok && strings.HasPrefix(rule.className(), "Replace")
}

// boundaryMethod is a method of a stage boundary in forward(). The norm of the
// first stage of all has no residual yet; that of a layer's first stage has
// none either when the layer before has added it.
func (in *interp) boundaryMethod(o *object, name string) (value, bool) {
	if name != "prepare" {
		return nil, false
	}
	return &builtin{boundaryLeaf + ".prepare", func(in *interp, args []value, kw *namespace) value {
		first, _ := o.args.value("first").(bool)
		plain, _ := o.args.value("plain").(bool)
		residual := !first || !plain
		if norm, ok := o.args.value("norm").(*object); ok && in.isModule(norm) {
			if first && !in.walk.residual {
				in.record(norm, false, true)
			}
			if residual {
				in.record(norm, true, true)
			}
		}
		in.walk.residual = true
		if options, ok := o.args.value("options").(*dict); ok {
			if v, _ := options.get("qkv_latent_func"); v != nil {
				if f, ok := v.(*function); ok {
					in.call(f, []value{in.unknownf("the hidden states"), in.unknownf("forward_batch")}, nil)
				}
			}
		}
		return in.unknownf("the result of prepare")
	}}, true
}

// finalNorm records the norm that is handed to the function that completes the
// residual stream; false when the function is another.
func (in *interp) finalNorm(function string, args []value) bool {
	if lastPart(function) != "final_norm" || !strings.Contains(function, ".layer_boundary.") {
		return false
	}
	for _, v := range args {
		if o, ok := v.(*object); ok && in.isModule(o) {
			in.record(o, true, true)
		}
	}
	return true
}
