package baseline

import "strings"

// Newer layouts of SGLang run the norms of a layer inside of stage boundaries
// (srt/layers/layer_boundary): append_stages(declaration, norm, options) makes
// them, prepare() adds what the stage before left to the residual and
// normalises, finish() hands on.

const boundaryLeaf = "StageBoundary"

// appendStages is append_stages: one boundary for each stage.
func appendStages(in *interp, args []value, _ *namespace) value {
	out := newTuple()
	replaced := false
	for i, a := range args {
		stage, ok := iterate(a)
		if !ok || len(stage) < 2 || !in.grow(1) {
			return derived("append_stages()", args...)
		}
		o := in.newLeaf(newExternal(boundaryLeaf), boundaryLeaf, newNamespace())
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
