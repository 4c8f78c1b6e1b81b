package engine

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
)

// Newer layouts of SGLang run the norms of a layer inside of stage boundaries
// (srt/layers/layer_boundary): append_stages(declaration, norm, options) makes
// them, prepare() adds what the stage before left to the residual and
// normalises, finish() hands on.

// BoundaryLayer is the name under which a stage boundary is recorded.
const BoundaryLayer = "StageBoundary"

// appendStages is append_stages: one boundary for each stage.
func appendStages(in *pyeval.Interp, args []pyeval.Value, _ *pyeval.Namespace) pyeval.Value {
	out := pyeval.NewTuple()
	replaced := false
	for i, a := range args {
		stage, ok := pyeval.Iterate(a)
		if !ok || len(stage) < 2 || !in.Grow(1) {
			return pyeval.Derived("append_stages()", args...)
		}
		o := in.NewRecorded(pyeval.NewExternal(BoundaryLayer), BoundaryLayer, pyeval.NewNamespace())
		o.Args.Set("declaration", stage[0])
		o.Args.Set("norm", stage[1])
		if len(stage) > 2 {
			o.Args.Set("options", stage[2])
		}
		o.Args.Set("first", i == 0)
		replaced = replaced || replacesResidual(stage[0])
		out.Items = append(out.Items, o)
	}
	for _, b := range out.Items {
		b.(*pyeval.Instance).Args.Set("plain", replaced)
	}
	return out
}

// replacesResidual reports whether a stage adds its output to the residual itself,
// so that the next layer's first norm has nothing to add.
func replacesResidual(declaration pyeval.Value) bool {
	o, ok := declaration.(*pyeval.Instance)
	if !ok {
		return false
	}
	rule, ok := o.Attrs.Or("update", o.Args.Value("update")).(*pyeval.Instance)
	return ok && strings.HasPrefix(rule.ClassName(), "Replace")
}
