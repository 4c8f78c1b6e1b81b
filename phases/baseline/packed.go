package baseline

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// packedExperts finds lists of experts whose weights a block packs into one
// tensor when it is constructed and hands to a fused kernel in forward()
// (DeepseekMoE of deepseek-moe-16b, XVERSE): their own linear layers never run.
func (w *forwardWalk) packedExperts(uncalled map[string]bool) map[string]*packed {
	found := map[string]*packed{}
	for _, n := range w.nodes {
		o, ok := n.v.(*object)
		if !ok || o.leaf != "" {
			continue
		}
		c, ok := o.cls.(*class)
		if !ok || !w.runsFusedExperts(c) {
			continue
		}
		for i, name := range o.attrs.keys {
			experts, isList := o.attrs.vals[i].(*moduleList)
			if !isList || !uncalled[joinPath(n.path, name)] {
				continue
			}
			if e := w.packedList(o, experts); e != nil {
				found[joinPath(n.path, name)] = e
			}
		}
	}
	return found
}

// packed are the sizes of a packed list of experts.
type packed struct{ num, hidden, intermediate, topK value }

// packedList reads the sizes of the list of experts that the block o holds; nil
// when it is none: its elements are no MLPs, or the block chooses none of them.
func (w *forwardWalk) packedList(o *object, experts *moduleList) *packed {
	if len(experts.list.items) == 0 {
		return nil
	}
	expert, ok := experts.list.items[0].(*object)
	if !ok {
		return nil
	}
	e := &packed{num: len(experts.list.items)}
	for _, v := range o.attrs.vals {
		if t, isObject := v.(*object); isObject && t.leaf == "TopK" {
			e.topK = t.arg("top_k")
		}
	}
	for _, v := range expert.attrs.vals {
		if l, isObject := v.(*object); isObject && l.leaf == "RowParallelLinear" {
			dims := w.dimensionsOf(l)
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
func (w *forwardWalk) runsFusedExperts(c *class) bool {
	_, def := w.forwardMethod(c)
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

// describe writes the sizes into the row of the list.
func (e *packed) describe(r *rowBuilder) {
	r.Packed = true
	r.NumExperts, r.TopK = r.number(e.num), r.number(e.topK)
	r.IntermediateSize, r.Hidden = r.number(e.intermediate), r.number(e.hidden)
}
