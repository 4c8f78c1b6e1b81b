package generate

import (
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

// TransformersRows are the rows of an entry that the Transformers backend
// serves: those of FromArchitecture with the projections that run there.
func TransformersRows(a *extract.Architecture) []baseline.Module {
	var out []baseline.Module
	rows := FromArchitecture(a)
	for _, r := range rows {
		out = append(out, splitProjections(r, rows)...)
	}
	return out
}

// splitProjections are the projections of HuggingFace's module for one of
// SGLang's fused ones; other rows stay as they are. A linear mixer's qkv_proj
// is one layer in HuggingFace's class too.
func splitProjections(r baseline.Module, rows []baseline.Module) []baseline.Module {
	parent := strings.TrimSuffix(r.Path, "."+lastSegment(r.Path))
	part := func(name string, n int) baseline.Module {
		m := r
		m.Path, m.Class, m.N = below(parent, name), "ColumnParallelLinear", known(n)
		m.NumHeads, m.NumKVHeads, m.HeadDim, m.VHeadDim = nil, nil, nil, nil
		return m
	}
	switch {
	case r.N == nil:
	case lastSegment(r.Path) == "gate_up_proj":
		return []baseline.Module{part("gate_proj", *r.N/2), part("up_proj", *r.N/2)}
	case lastSegment(r.Path) == "qkv_proj":
		for _, attn := range rows {
			if attn.Type != baseline.TypeAttention || attn.Layers != r.Layers || !strings.HasPrefix(attn.Path, parent+".") {
				continue
			}
			if attn.NumHeads == nil || attn.NumKVHeads == nil || attn.HeadDim == nil {
				break
			}
			q, k := *attn.NumHeads**attn.HeadDim, *attn.NumKVHeads**attn.HeadDim
			if v := *r.N - q - k; v > 0 {
				return []baseline.Module{part("q_proj", q), part("k_proj", k), part("v_proj", v)}
			}
		}
	}
	return []baseline.Module{r}
}

// TransformersTree is the module tree that the backend builds of it: the
// attention of SGLang stands beside HuggingFace's modules, not in them, one
// rotary embedding serves all layers, the router is a module with a bare weight,
// and the experts are wrapped.
func TransformersTree(a *extract.Architecture) []baseline.Module {
	var out []baseline.Module
	rope := false
	for _, r := range TransformersRows(a) {
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
