package calls

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/baseline/tree"
)

// PackedExperts finds lists of experts whose weights a block packs into one
// tensor when it is constructed and hands to a fused kernel in forward()
// (DeepseekMoE of deepseek-moe-16b, XVERSE): their own linear layers never run.
func (w *Walk) PackedExperts(uncalled map[string]bool) map[string]*Packed {
	found := map[string]*Packed{}
	for _, n := range w.nodes {
		o, ok := n.Value.(*pyeval.Instance)
		if !ok || o.Recorded != "" {
			continue
		}
		c, ok := o.Class.(*pyeval.Class)
		if !ok || !w.runsFusedExperts(c) {
			continue
		}
		for name, v := range o.Attrs.All() {
			experts, isList := v.(*engine.ModuleList)
			if !isList || !uncalled[tree.JoinPath(n.Path, name)] {
				continue
			}
			if e := w.packedList(o, experts); e != nil {
				found[tree.JoinPath(n.Path, name)] = e
			}
		}
	}
	return found
}

// Packed are the sizes of a packed list of experts.
type Packed struct{ num, hidden, intermediate, topK pyeval.Value }

// packedList reads the sizes of the list of experts that the block o holds; nil
// when it is none: its elements are not MLPs, or the block chooses none of them.
func (w *Walk) packedList(o *pyeval.Instance, experts *engine.ModuleList) *Packed {
	if len(experts.List.Items) == 0 {
		return nil
	}
	expert, ok := experts.List.Items[0].(*pyeval.Instance)
	if !ok {
		return nil
	}
	e := &Packed{num: len(experts.List.Items)}
	for _, v := range o.Attrs.Vals {
		if t, isObject := v.(*pyeval.Instance); isObject && t.Recorded == "TopK" {
			e.topK = t.Arg("top_k")
		}
	}
	for _, v := range expert.Attrs.Vals {
		if l, isObject := v.(*pyeval.Instance); isObject && l.Recorded == "RowParallelLinear" {
			dims := w.DimensionsOf(l)
			e.hidden, e.intermediate = dims[0], dims[1]
		}
	}
	if e.topK == nil || e.hidden == nil {
		return nil
	}
	return e
}

// runsFusedExperts reports whether a class's forward() calls a kernel of fused
// experts.
func (w *Walk) runsFusedExperts(c *pyeval.Class) bool {
	_, def := w.ForwardMethod(c)
	if def == nil {
		return false
	}
	fused := false
	pysrc.Inspect(def, func(n any) bool {
		if call, ok := n.(*pysrc.Call); ok {
			name := pysrc.Unparse(call.Fn)
			fused = fused || strings.Contains(name, "fused_moe") || strings.Contains(name, "fused_experts")
		}
		return !fused
	})
	return fused
}

// Describe writes the sizes into the row of the list.
func (e *Packed) Describe(r *tree.Row) {
	r.Packed = true
	r.NumExperts, r.TopK = r.Number(e.num), r.Number(e.topK)
	r.IntermediateSize, r.Hidden = r.Number(e.intermediate), r.Number(e.hidden)
}
