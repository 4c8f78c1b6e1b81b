package calls

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/baseline/tree"
)

// KernelCalls turns the recorded uses into the calls of the result: direct
// calls of a module, or where there are none the places that it is handed on.
func (w *Walk) KernelCalls(rows []*tree.Row) []KernelCall {
	byPath := map[string]*tree.Row{}
	for _, r := range rows {
		if byPath[r.Path] == nil {
			byPath[r.Path] = r
		}
	}
	recorded := normWeights(w.calls, byPath)
	direct := map[string]bool{}
	for _, c := range recorded {
		if c.direct {
			direct[c.path] = true
		}
	}
	out := []KernelCall{}
	called := map[string]bool{}
	for _, c := range recorded {
		row := byPath[c.path]
		if row == nil || !c.direct && direct[c.path] {
			continue
		}
		if function := kernelFunction(row, c); function != "" {
			called[c.path] = true
			if c.processor != nil && row.Type == tree.TypeEmbedding {
				c.path = headPath(rows, c.path)
			}
			if function == CallLatentPaged && byPath[siblingPath(c.path, "indexer")] != nil {
				function = CallSparse
			}
			out = append(out, w.kernelCall(row, c, function))
		}
	}
	return append(out, w.backendCalls(recorded, rows, byPath, called)...)
}

// normWeights counts a use of the weight of a norm of the model's own as one
// of the norm.
func normWeights(recorded []forwardCall, byPath map[string]*tree.Row) []forwardCall {
	out := slices.Clone(recorded)
	for i, c := range out {
		if parent := byPath[tree.ParentPath(c.path)]; !c.direct && parent != nil && parent.Type == tree.TypeNorm && strings.HasSuffix(c.path, ".weight") {
			out[i].path = parent.Path
		}
	}
	return out
}

// backendCalls finds where layers are used that forward() only hands on
// within something else: to a linear-attention kernel beside them, or inside
// a block that the attention backend runs (the innermost that is seen).
func (w *Walk) backendCalls(recorded []forwardCall, rows []*tree.Row, byPath map[string]*tree.Row, called map[string]bool) []KernelCall {
	first := map[string]forwardCall{}  // by path
	kernel := map[string]forwardCall{} // linear-attention kernels by their parent's path
	for _, c := range recorded {
		if _, ok := first[c.path]; !ok {
			first[c.path] = c
		}
		if row := byPath[c.path]; row != nil && row.Type == tree.TypeLinearAttention {
			if _, ok := kernel[tree.ParentPath(c.path)]; !ok {
				kernel[tree.ParentPath(c.path)] = c
			}
		}
	}
	var out []KernelCall
	for _, r := range rows {
		function := kernelFunction(r, forwardCall{direct: true})
		if r.Uncalled || called[r.Path] || r.Tied != "" || function == "" || r.Type == tree.TypeRope || r.Type == tree.TypeActivation {
			continue // a rotary embedding or activation that is only built runs nothing
		}
		called[r.Path] = true
		c, found := kernel[tree.ParentPath(r.Path)]
		for p := tree.ParentPath(r.Path); p != "" && !found; p = tree.ParentPath(p) {
			c, found = first[p]
		}
		if found {
			c.path, c.args = r.Path, nil
			out = append(out, w.kernelCall(r, c, function))
		}
	}
	return out
}

// turned is how many arguments a rotary embedding takes that turns something:
// the positions, the queries and the keys.
const turned = 3

func (w *Walk) kernelCall(row *tree.Row, c forwardCall, function string) KernelCall {
	k := KernelCall{Path: c.path, Function: function, Location: lines(c.file, c.at), Parameters: parameters(row, c),
		FlashInfer: flashInferAPI(function, row)}
	if function == CallRope && len(c.args) > 0 && len(c.args) < turned {
		k.FlashInfer = nil // it makes the table of angles (Gemma 3)
	}
	if c.method != nil && c.method.Def != nil {
		k.Method, k.MethodLocation = methodName(c.method), lines(c.method.Module.Path, c.method.Def.Lines())
	}
	k.BaselineImpl, k.BaselineLocation = w.baselineImpl(row.Target)
	if impl, location := w.headImpl(c.processor); impl != "" {
		k.BaselineImpl, k.BaselineLocation = impl, location
	}
	if _, ok := row.Target.(*engine.Tensor); ok && k.BaselineImpl == "" && k.MethodLocation != "" { // a bare weight has no method of its own
		k.BaselineImpl, k.BaselineLocation = c.method.Module.Path+":"+k.Method, k.MethodLocation
	}
	return k
}

// headPath is the head that a tied weight is also known as; its own path when
// it has no other.
func headPath(rows []*tree.Row, path string) string {
	for _, r := range rows {
		if r.Tied == path {
			return r.Path
		}
	}
	return path
}

// logitsMethods are the methods of a logits processor that multiply by the
// head's weight, which has no kernel of its own, innermost first.
func logitsMethods() []string { return []string{"_compute_lm_head", "_get_logits", "forward"} }

// headImpl is the method of a logits processor that multiplies by the head.
func (w *Walk) headImpl(processor *pyeval.Instance) (impl, location string) {
	if processor == nil {
		return "", ""
	}
	c, ok := processor.Class.(*pyeval.Class)
	if !ok {
		return "", ""
	}
	for _, name := range logitsMethods() {
		owner, s := w.FindMember(c, name, nil)
		if def, ok := s.(*pysrc.FuncDef); ok {
			return owner.Module.Path + ":" + owner.Name + "." + def.Name, lines(owner.Module.Path, def.Lines())
		}
	}
	return "", ""
}

func lines(file string, s pysrc.Span) string { return fmt.Sprintf("%s:%d-%d", file, s.First, s.Last) }

func methodName(f *pyeval.Function) string {
	if f.Owner != nil {
		return f.Owner.Name + "." + f.Name()
	}
	return f.Name()
}

// kernelFunction names what a use of a module runs; "" when that is not a kernel
// of its own.
func kernelFunction(row *tree.Row, c forwardCall) string {
	switch row.Type {
	case tree.TypeNorm:
		return normFunction(row, c.residual)
	case tree.TypeLinear, tree.TypeLMHead:
		if row.Type == tree.TypeLinear && !row.Gemm {
			return "causal_conv1d"
		}
		return CallGEMM
	case tree.TypeParameter:
		if row.Gemm {
			return CallGEMM
		}
	case tree.TypeAttention:
		if strings.HasSuffix(row.Path, "attn_mqa") || row.NumKVHeads != nil && *row.NumKVHeads == 1 && differ(row.HeadDim, row.VHeadDim) {
			return CallLatentPaged
		}
		if differ(row.HeadDim, row.VHeadDim) {
			return CallLatentRagged
		}
		return CallAttention
	case tree.TypeLinearAttention:
		return "linear_attention"
	case tree.TypeMoE:
		return CallMoE
	case tree.TypeTopK:
		return CallTopK
	case tree.TypeRope:
		return CallRope
	case tree.TypeActivation:
		return CallActivation
	case tree.TypeEmbedding:
		if c.processor != nil {
			return CallGEMM // its weight makes the logits
		}
		return "embedding"
	case tree.TypeBlock:
		if row.Packed {
			return CallMoE
		}
		if c.direct && strings.HasSuffix(row.Path, ".indexer") {
			return CallIndexer
		}
		if strings.Contains(row.Class, "Mamba") && !c.direct {
			return "mamba"
		}
	}
	return ""
}

func differ(a, b *int) bool { return a != nil && b != nil && *a != *b }

// normFunction names what a norm runs. A gated norm takes a gate where others
// take the residual; FLA's is a plain RMSNorm in a module of gated norms.
func normFunction(row *tree.Row, residual bool) string {
	module := ""
	if o, ok := row.Target.(*pyeval.Instance); ok {
		if c, ok := o.Class.(*pyeval.Class); ok {
			module = pyeval.LastPart(tree.ParentPath(c.Full))
		}
	}
	switch {
	case strings.Contains(row.Class, "Gated"), strings.Contains(module, "gated"):
		return "rmsnorm_gated"
	case !strings.Contains(row.Class, "RMS"):
		return "layernorm"
	}
	name := "rmsnorm"
	if residual {
		name = "fused_add_rmsnorm"
	}
	if strings.HasPrefix(row.Class, "Gemma") && !unshifted(row) {
		name = "gemma_" + name
	}
	return name
}

// unshifted reports whether a norm of Gemma's scales by its weight as it is,
// not by 1 + weight: Gemma 4's does unless it is built with a shift.
func unshifted(row *tree.Row) bool {
	o, ok := row.Target.(*pyeval.Instance)
	if !ok {
		return false
	}
	shift, ok := o.Args.Get("scale_shift")
	return ok && shift != 1.0 || ok && o.Args.Value("with_scale") == false
}

// siblingPath is the path of a module beside another.
func siblingPath(path, name string) string {
	if parent := tree.ParentPath(path); parent != "" {
		return parent + "." + name
	}
	return name
}

// flashInferAPI lists the functions and classes of FlashInfer that do what a
// kernel does, for the layers that SGLang can run on FlashInfer.
func flashInferAPI(function string, row *tree.Row) []string {
	switch function {
	case "rmsnorm", "fused_add_rmsnorm", "gemma_rmsnorm", "gemma_fused_add_rmsnorm":
		return []string{"flashinfer.norm." + function}
	case CallAttention:
		return []string{"flashinfer.BatchDecodeWithPagedKVCacheWrapper", "flashinfer.BatchPrefillWithPagedKVCacheWrapper",
			"flashinfer.BatchPrefillWithRaggedKVCacheWrapper"}
	case CallLatentPaged:
		return []string{"flashinfer.mla.BatchMLAPagedAttentionWrapper"}
	case CallSparse:
		return []string{"flashinfer.mla.trtllm_batch_decode_with_kv_cache_mla"}
	case CallIndexer:
		return []string{"flashinfer.paged_mqa.fp8_paged_mqa_logits", "flashinfer.topk.top_k_page_table_transform"}
	case CallLatentRagged:
		return []string{"flashinfer.BatchPrefillWithRaggedKVCacheWrapper"}
	case CallMoE:
		return []string{"flashinfer.fused_moe.cutlass_fused_moe", "flashinfer.fused_moe.trtllm_fp8_block_scale_moe",
			"flashinfer.fused_moe.trtllm_fp8_per_tensor_scale_moe", "flashinfer.fused_moe.trtllm_fp4_block_scale_moe"}
	case "linear_attention":
		if strings.Contains(row.Path, "linear_attn") || strings.Contains(row.Path, "gdn") {
			return []string{"flashinfer.gdn_prefill.chunk_gated_delta_rule", "flashinfer.gdn_decode.gated_delta_rule_decode_pretranspose",
				"flashinfer.gdn_decode.gated_delta_rule_mtp"}
		}
	case "mamba":
		return []string{"flashinfer.mamba.selective_state_update"}
	case CallRope:
		return []string{"flashinfer.rope.apply_rope_with_cos_sin_cache_inplace"}
	}
	return nil
}

// parameters are the sizes of the layer and the arguments of the call as
// written.
func parameters(row *tree.Row, c forwardCall) map[string]string {
	out := map[string]string{}
	put := func(name string, v *int) {
		if v != nil {
			out[name] = strconv.Itoa(*v)
		}
	}
	put("n", row.N)
	put("k", row.K)
	put("hidden", row.Hidden)
	put("num_heads", row.NumHeads)
	put("num_kv_heads", row.NumKVHeads)
	put("head_dim", row.HeadDim)
	put("v_head_dim", row.VHeadDim)
	put("num_experts", row.NumExperts)
	put("top_k", row.TopK)
	put("intermediate_size", row.IntermediateSize)
	put("rotary_dim", row.RotaryDim)
	if len(c.args) > 0 {
		out["args"] = strings.Join(c.args, ", ")
	}
	return out
}

// baselineImpl is the method of a layer that runs on CUDA, and where it
// stands; empty when its class is not in the tree.
func (w *Walk) baselineImpl(target pyeval.Value) (impl, location string) {
	o, ok := target.(*pyeval.Instance)
	if !ok {
		return "", ""
	}
	if o.Recorded == "act_fn" {
		if o = w.Activation(o); o == nil {
			return "", ""
		}
	}
	c, ok := o.Class.(*pyeval.Class)
	if e, isExternal := o.Class.(*pyeval.External); isExternal && o.Recorded == "rope" {
		c, ok = w.RotaryEmbedding(), true
	} else if isExternal && strings.HasPrefix(e.Path, "torch.") {
		return e.Path + ".forward", ""
	}
	if !ok || c == nil {
		return "", ""
	}
	owner, def := w.ForwardMethod(c)
	if def == nil {
		return "", ""
	}
	return owner.Module.Path + ":" + owner.Name + "." + def.Name, lines(owner.Module.Path, def.Lines())
}
