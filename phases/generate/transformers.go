package generate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// SGLang's Transformers backend serves a class that SGLang does not register:
// it takes HuggingFace's own modules and replaces their linear layers, norms,
// embedding and experts in place. What SGLang's own classes fuse stays apart
// there: q_proj, k_proj and v_proj, gate_proj and up_proj.

// TransformersFile is where SGLang has its Transformers backend.
const TransformersFile = "python/sglang/srt/models/transformers.py"

// ServedByTransformers reports whether the backend can run HuggingFace's class:
// it replaces the attention function, which classes of GPT-2's generation do not
// take from outside, and it has no state for recurrent mixers.
func ServedByTransformers(a *extract.Architecture) bool {
	for i := range a.AttentionKinds {
		switch a.AttentionKinds[i].Family {
		case extract.GQA, extract.Lightning:
		default:
			return false
		}
	}
	return !a.Generic && a.Skeleton.Model == "model"
}

// AsServed is the architecture in the projections that run: one that the
// Transformers backend serves has those of HuggingFace's class, any other is
// returned as it is. impl is what was read of SGLang's source (nil: nothing).
func AsServed(impl *baseline.Implementation, a *extract.Architecture) *extract.Architecture {
	if impl == nil || impl.File != TransformersFile {
		return a
	}
	return withSplitProjections(a)
}

// withSplitProjections is the architecture with HuggingFace's projections in
// place of the fused ones. A linear mixer's qkv_proj is one layer in
// HuggingFace's class too.
func withSplitProjections(a *extract.Architecture) *extract.Architecture {
	split := *a
	split.Dimensions = maps.Clone(a.Dimensions)
	split.AttentionKinds, split.MLPKinds = slices.Clone(a.AttentionKinds), slices.Clone(a.MLPKinds)
	for i := range split.AttentionKinds {
		k := &split.AttentionKinds[i]
		all := a.Dimensions[k.ID]
		k.Dimensions = splitProjections(k.Dimensions, k, all)
		if all != nil {
			split.Dimensions[k.ID] = splitProjections(all, k, all)
		}
	}
	for i := range split.MLPKinds {
		k := &split.MLPKinds[i]
		k.Dimensions = splitProjections(k.Dimensions, nil, nil)
		if all := a.Dimensions[k.ID]; all != nil {
			split.Dimensions[k.ID] = splitProjections(all, nil, nil)
		}
	}
	return &split
}

// splitProjections has q_proj, k_proj and v_proj for a qkv_proj, gate_proj and
// up_proj for a gate_up_proj. The attention kind and its widths say what the
// parts of qkv_proj are.
func splitProjections(dims []extract.Dimension, k *extract.AttentionKind, widths []extract.Dimension) []extract.Dimension {
	out := make([]extract.Dimension, 0, len(dims))
	for _, d := range dims {
		name := lastSegment(d.Name)
		prefix := strings.TrimSuffix(d.Name, name)
		var parts []extract.Dimension
		switch {
		case d.Type != "linear":
		case name == "gate_up_proj":
			half := d
			half.N, half.Formula = d.N/2, strings.TrimPrefix(d.Formula, "2*")
			parts = []extract.Dimension{half, half}
			parts[0].Name, parts[1].Name = prefix+"gate_proj", prefix+"up_proj"
		case name == "qkv_proj" && k != nil && k.Family == extract.GQA:
			parts = queryKeyValue(d, prefix, k, widths)
		}
		if parts == nil {
			parts = []extract.Dimension{d}
		}
		out = append(out, parts...)
	}
	return out
}

// queryKeyValue are the three parts of a qkv_proj; nil where its size is not
// theirs. The queries may have an output gate beside them.
func queryKeyValue(d extract.Dimension, prefix string, k *extract.AttentionKind, widths []extract.Dimension) []extract.Dimension {
	part := func(name, width string, n int) extract.Dimension {
		p := d
		p.Name, p.N = prefix+name, n
		for _, w := range widths {
			if w.Type == "width" && w.Name == width {
				p.Formula, p.Fields = w.Formula, w.Fields
				if times := n / w.N; times > 1 {
					p.Formula = fmt.Sprintf("%d*%s", times, w.Formula)
				}
			}
		}
		return p
	}
	keys, values, one := k.NumKVHeads*k.HeadDim, k.NumKVHeads*valueDim(k), k.NumHeads*k.HeadDim
	queries := d.N - keys - values
	if one == 0 || keys == 0 || queries < one || queries%one != 0 {
		return nil
	}
	v := part("v_proj", choose(keys == values, "kv_size", "v_size"), values)
	return []extract.Dimension{part("q_proj", "q_size", queries), part("k_proj", "kv_size", keys), v}
}

// TransformersTree is the module tree that the backend builds of it: the
// attention of SGLang stands beside HuggingFace's modules, not in them, one
// rotary embedding serves all layers, the router is a module with a bare weight,
// and the experts are wrapped.
func TransformersTree(a *extract.Architecture) []baseline.Module {
	var out []baseline.Module
	rope := false
	for _, r := range FromArchitecture(withSplitProjections(a)) {
		last := lastSegment(r.Path)
		r.Path = strings.Replace(r.Path, ".block_sparse_moe", ".mlp", 1) // its name since transformers 5
		switch r.Type {
		case baseline.TypeAttention, baseline.TypeLinearAttention, baseline.TypeTopK:
			continue
		case baseline.TypeRope:
			if !rope {
				rope = true
				model := strings.Split(r.Path, ".")[0]
				out = append(out, baseline.Module{Path: below(model, last), Class: r.Class, Type: baseline.TypeRope, Count: 1})
			}
			continue
		case baseline.TypeMoE:
			wrapper := r
			wrapper.Class, wrapper.IntermediateSize, wrapper.Hidden = "TransformersFusedMoE", nil, nil
			r.Path = below(r.Path, last)
			r.Hidden = known(a.HiddenSize)
			if a.MoE != nil && a.MoE.ExpertHiddenSize > 0 {
				r.Hidden = known(a.MoE.ExpertHiddenSize)
			}
			out = append(out, wrapper)
		case baseline.TypeLinear:
			if last == "gate" || last == "router" {
				r.Class, r.Type, r.Path = "Parameter", baseline.TypeParameter, below(r.Path, "weight")
				break
			}
			r.Class = "HFCompatibleLinear"
		case baseline.TypeNorm:
			if r.Class == "RMSNorm" {
				r.Class = "HFCompatibleRMSNorm"
			}
		case baseline.TypeBlock:
			if r.Path == "" {
				r.Class = TransformersClass(a)
			}
		}
		out = append(out, r)
	}
	return out
}

// TransformersClass is the class of SGLang's backend that serves a model.
func TransformersClass(a *extract.Architecture) string {
	if a.MoE != nil {
		return "TransformersMoEForCausalLM"
	}
	return "TransformersForCausalLM"
}
